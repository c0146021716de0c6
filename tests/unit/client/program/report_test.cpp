// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kmsgate::client::program {
namespace {

using agent::Event;

select::Profile profile() {
    select::Profile out;
    out.user = "sip:bob@mc2.example";
    out.home = "B";
    out.external = {"A"};
    out.refuse = {"R"};
    return out;
}
Event event(Event::Kind kind, select::Pair pair) {
    Event out;
    out.kind = kind;
    out.time = 1'700'000'000'000'000'042;
    out.call_id = "c\"1";
    out.peer = "sip:alice@mc1.example";
    out.pair = std::move(pair);
    return out;
}

TEST(Report, JsonOfEveryKindIsOneLineThatParses) {
    for (int kind = 0; kind <= static_cast<int>(Event::Kind::ended); ++kind) {
        Event e = event(static_cast<Event::Kind>(kind), {"A", "\xFF\x1B"});
        e.detail = "two\nlines";
        const std::string line = as_json(profile(), e);
        EXPECT_EQ(line.find('\n'), std::string::npos);
        const auto read = nlohmann::json::parse(line, nullptr, false);
        ASSERT_TRUE(read.is_object()) << line;
        EXPECT_EQ(read["event"], to_string(e.kind));
        EXPECT_EQ(read["call_id"], "c\"1");
        EXPECT_EQ(read["pair"]["idrkmsi"], "A");
        EXPECT_TRUE(line.find("\"time\":1700000000.000000042,") != std::string::npos) << line;
        const std::string human = as_line(profile(), e);
        EXPECT_EQ(human.find_first_of("\n\x1B"), std::string::npos) << kind;
    }
}

TEST(Report, ListsAreNamesOrAny) {
    Event e = event(Event::Kind::sent_krr, {"Q", "B"});
    e.lists = {std::nullopt, std::vector<std::string>{"B", "C"}};
    const auto read = nlohmann::json::parse(as_json(profile(), e));
    EXPECT_EQ(read["lists"]["initiator"], "ANY");
    EXPECT_EQ(read["lists"]["receiver"], (std::vector<std::string>{"B", "C"}));
    EXPECT_NE(as_line(profile(), e).find("initiator ANY, receiver [B, C]"), std::string::npos);
}

TEST(Report, SaysWhyAKrrWasSent) {
    const auto why = [](const char* kmsi, const char* kmsr) {
        return explain(profile(), event(Event::Kind::sent_krr, {kmsi, kmsr}));
    };
    EXPECT_EQ(why("A", "A"), "IDRkmsr A is neither Home nor Secondary");
    EXPECT_EQ(why("Q", "B"), "IDRkmsi Q is neither Home, Secondary nor External");
    EXPECT_EQ(why("R", "Q"), "IDRkmsi R is refused by local policy; IDRkmsr Q is neither Home nor Secondary");
    EXPECT_EQ(why("A", "B"), "acceptable, but other KMSs are preferred");
}

TEST(Report, KeysAreNeverPrinted) {
    Event e = event(Event::Kind::accepted, {"A", "B"});
    e.key = Bytes(16, 0);
    // The first 8 bytes of SHA-256 over 16 zero bytes.
    EXPECT_NE(as_json(profile(), e).find("\"key_check\":\"374708fff7719dd5\""), std::string::npos);
    EXPECT_NE(as_line(profile(), e).find("key check 374708fff7719dd5"), std::string::npos);
    EXPECT_EQ(as_json(profile(), e).find("00000000000000000000000000000000"), std::string::npos);
}

TEST(Report, AKeptKrrIsToldWhole) {
    select::KeptKrr krr;
    krr.number = 7;
    krr.received = 1'700'000'000'000'000'000;
    krr.peer = "sip:bob@x";
    krr.outcome = "retry A B";
    krr.due = {"A", "C"};
    krr.body = "<xml/>";
    const auto read = nlohmann::json::parse(as_json(krr));
    EXPECT_EQ(read["number"], 7);
    EXPECT_EQ(read["body"], "<xml/>");
    EXPECT_EQ(as_line(krr),
              "   7  2023-11-14 22:13:20  to sip:bob@x: retry A B; 6 bytes, not yet heard of by A, C");
}

}  // namespace
}  // namespace kmsgate::client::program
