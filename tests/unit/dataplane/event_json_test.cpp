// SPDX-License-Identifier: BSD-3-Clause
// Every line is valid JSON with every field of the contract, whatever a message holds.
#include "dataplane/watch/event_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace kmsgate::watch {
namespace {

using nlohmann::json;

std::string literal(std::string_view text) {
    std::string out;
    append_json(out, text);
    return out;
}

TEST(EventJson, HostileText) {
    for (int c = 0; c < 256; ++c) {
        const std::string text = std::string("a") + static_cast<char>(c) + "z";
        const json j = json::parse(literal(text), nullptr, false);
        ASSERT_FALSE(j.is_discarded()) << c;
        const std::string got = j.get<std::string>();
        if (c < 0x80)
            EXPECT_EQ(got, text);
        else
            EXPECT_EQ(got.size(), 4U) << "one code point of the same number";
    }
    EXPECT_EQ(literal("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"),
              "\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80\"");
    // overlong, surrogates, beyond the last code point, cut short
    for (const std::string_view bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                       "\xF0\x80\x80\xAF", "\xE2\x82", "\xF0\x9F\x98", "\xFF\xFE"})
        EXPECT_FALSE(json::parse(literal(bad), nullptr, false).is_discarded());
    std::mt19937 random(3);
    for (int i = 0; i < 20000; ++i) {
        std::string text(random() % 12, '\0');
        for (char& c : text)
            c = static_cast<char>(random() % 3 != 0 ? 0x80 + random() % 128 : random() % 128);
        const std::string line = literal(text);
        ASSERT_FALSE(json::parse(line, nullptr, false).is_discarded()) << line;
        ASSERT_EQ(line.find('\n'), std::string::npos);
    }
}

TEST(EventJson, Time) {
    const auto of = [](core::Time t) {
        std::string out;
        append_time(out, t);
        return out;
    };
    EXPECT_EQ(of(0), "0.000000000");
    EXPECT_EQ(of(1), "0.000000001");
    EXPECT_EQ(of(1'500'000'000), "1.500000000");
    EXPECT_EQ(of(1'700'000'000'999'999'999), "1700000000.999999999");
}

TEST(EventJson, Endpoints) {
    core::Endpoint e{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1}, 5060, false};
    EXPECT_EQ(endpoint_text(e), "10.0.0.1:5060");
    e = {{0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 65535, true};
    EXPECT_EQ(endpoint_text(e), "[2001:db8::1]:65535");
    EXPECT_EQ(identity_text({true, true, std::string_view("\x00\xFF\x0A", 3)}), "uid:00ff0a");
    EXPECT_EQ(identity_text({}), "");
}

TEST(EventJson, MessageHasEveryField) {
    const std::string nasty("\"\\\n\0\xFF</", 7);
    sip::Message m;
    policy::decide::Decision d;
    core::MessageRecord r;
    r.message = &m;
    r.decision = &d;
    const std::vector<std::string> fields = {
        "event", "time", "edge",    "table",  "generation", "port",   "frames", "transport", "src",
        "dst",   "kind", "method",  "status", "call_id",    "cseq",   "branch", "mikey",     "user",
        "side",  "rule", "verdict", "would",  "reason",     "krr_in", "krr_out"};
    for (const bool full : {false, true}) {
        const std::vector<std::uint64_t> frames = {3, 5};
        const std::vector<std::string_view> names = {"kms.a.example", nasty};
        std::vector<core::IMessageRecord> offers(2);
        if (full) {
            m.kind = sip::Kind::response;
            m.status = 488;
            m.method = m.call_id = m.via.branch = nasty;
            m.cseq = 4294967295;
            r.edge = r.table = nasty;
            r.frames = frames;
            r.users = {nasty, nasty};
            r.rules = {nasty, nasty};
            d.policed = {true, true};
            d.would = policy::decide::Verdict::redirect;
            offers[0].idri = {true, true, nasty};
            offers[0].idrkmsi = {true, false, nasty};
            offers[1].error = "length";
            r.mikey = offers;
            r.krr_in = core::KrrRecord{};
            r.krr_in->lists[0] = names;
            r.krr_unknown = names;
            r.krr_out = core::KrrRecord{};
            r.krr_out->lists[1] = std::span<const std::string_view>{};
        }
        const json j = json::parse(message_json(r), nullptr, false);
        ASSERT_FALSE(j.is_discarded()) << message_json(r);
        EXPECT_EQ(j.size(), fields.size() + (full ? 1 : 0)) << "krr_unknown stands only when there are some";
        for (const auto& f : fields) EXPECT_TRUE(j.contains(f)) << f;
        EXPECT_EQ(j["event"], "message");
        if (!full) {
            for (const char* f :
                 {"method", "status", "call_id", "cseq", "branch", "side", "would", "krr_in", "krr_out"})
                EXPECT_TRUE(j[f].is_null()) << f;
            EXPECT_EQ(j["kind"], "unknown");
            continue;
        }
        EXPECT_EQ(j["frames"], (json::array({3, 5})));
        EXPECT_EQ(j["status"], 488);
        EXPECT_EQ(j["cseq"], 4294967295);
        EXPECT_EQ(j["side"], "both");
        EXPECT_EQ(j["would"], "redirect");
        EXPECT_EQ(j["mikey"][0]["idri"], "uid:225c0a00ff3c2f");
        EXPECT_TRUE(j["mikey"][0]["idrr"].is_null());
        EXPECT_EQ(j["mikey"][1]["error"], "length");
        EXPECT_EQ(j["krr_in"]["receiver"], "ANY");
        EXPECT_EQ(j["krr_in"]["initiator"].size(), 2U);
        EXPECT_EQ(j["krr_out"]["receiver"], json::array());
        EXPECT_EQ(j["krr_unknown"], j["krr_in"]["initiator"]);
    }
}

TEST(EventJson, DropAndSummary) {
    const std::vector<std::uint64_t> frames = {1};
    const json d =
        json::parse(drop_json({1'500'000'000, "e", core::Arrival::outside, frames, "fragment-timeout"}));
    EXPECT_EQ(d["event"], "drop");
    EXPECT_EQ(d["port"], "outside");
    EXPECT_EQ(d["frames"], json::array({1}));
    EXPECT_EQ(d["reason"], "fragment-timeout");
    const json s = json::parse(summary_json({}));
    for (const char* f : {"frames_in", "generated", "frames_out", "absorbed", "dropped", "held", "messages"})
        EXPECT_EQ(s[f], 0) << f;
    for (const char* f : {"forward", "redirect", "reject", "rewrite", "absorb", "drop"})
        EXPECT_EQ(s["verdicts"][f], 0) << f;
    EXPECT_EQ(s["outcomes"].size(), core::kOutcomes);
    EXPECT_EQ(s["outcomes"]["capture-end"], 0);
}

}  // namespace
}  // namespace kmsgate::watch
