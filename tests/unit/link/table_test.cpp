// SPDX-License-Identifier: BSD-3-Clause
// Tables by the socket: what is wrong is refused by name and leaves the one in force.
#include <fmt/format.h>

#include "tests/unit/link/kit.hpp"

namespace kmsgate::link::test {
namespace {

json push(std::uint64_t generation) {
    return {{"op", "table"}, {"generation", generation}};
}

TEST(Tables, InForceBeforeTheAnswer) {
    Kit kit;
    kit.serve();
    Client c(kit.startup.table_socket);
    const json answer = c.call(push(3), table());
    ASSERT_EQ(answer["ok"], true) << answer;
    const publish::Generation* now = kit.publisher->current();
    ASSERT_NE(now, nullptr);
    EXPECT_EQ(answer["generation"], 3);
    EXPECT_EQ(answer["digest"], now->proven().digest);
    EXPECT_GT(answer["micros"], 0);
    EXPECT_EQ(answer["fresh"], true);
    EXPECT_TRUE(answer["last_table"].is_null());
    EXPECT_EQ(publish::Publisher::last_table(kit.folder.path)->first, 3U) << "kept before the answer, too";
    EXPECT_EQ(c.call(push(3), table())["fresh"], false);
    const Blob odd = sealed(policy("A", "roaming", ", \"sip:ops-*@mc9.example\""));
    EXPECT_EQ(c.outcome(push(4), odd), "");
    EXPECT_NE(kit.publisher->current()->judge(1, 0).odd, nullptr);
}

TEST(Tables, Refused) {
    Kit kit;
    kit.serve();
    Client c(kit.startup.table_socket);
    ASSERT_EQ(c.outcome(push(1), table()), "");
    const publish::Generation* before = kit.publisher->current();
    EXPECT_EQ(c.outcome(push(2)), "table-invalid");
    EXPECT_EQ(c.outcome(push(1), table("B")), "generation-taken");
    std::string missing = policy();
    missing.resize(missing.find("  f:\n"));
    const json answer = c.call(push(2), sealed(missing));
    EXPECT_EQ(answer["error"]["name"], "edge-missing");
    EXPECT_NE(answer["error"]["message"].get<std::string>().find('f'), std::string::npos);
    json with_modes = push(2);
    with_modes["modes"] = {{"nowhere", "shadow"}};
    EXPECT_EQ(c.outcome(with_modes, table("B")), "unknown-edge");
    std::string many = "roaming, t0", more = "roaming, u0";
    for (int i = 1; i < 20; ++i) {
        many += fmt::format(", t{}", i);
        more += fmt::format(", u{}", i);
    }
    EXPECT_EQ(kit.publisher->current(), before);
    EXPECT_EQ(c.outcome(push(2), table("A", many)), "");
    EXPECT_EQ(c.outcome(push(3), table("A", more)), "tag-words-full");
    EXPECT_EQ(kit.publisher->current()->proven().number, 2U);
}

TEST(Tables, EveryTruncationAndManyFlips) {
    Kit kit({.kept = false});
    kit.serve();
    Client c(kit.startup.table_socket);
    const Blob good = table();
    ASSERT_EQ(c.outcome(push(1), good), "");
    const publish::Generation* before = kit.publisher->current();
    for (std::size_t size = 0; size < good.size(); size += size < 450 ? 1 : 13)
        ASSERT_EQ(c.outcome(push(2), Blob(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
                  "table-invalid");
    std::uint64_t random = 7;
    for (int i = 0; i < 2000; ++i) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        Blob bad = good;
        bad[(random >> 24) % bad.size()] ^= static_cast<std::byte>(1U << (random >> 60 & 7U));
        ASSERT_EQ(c.outcome(push(2), bad), "table-invalid");
    }
    EXPECT_EQ(kit.publisher->current(), before);
}

TEST(Tables, VanishingInTheMiddleOfAPush) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    const Blob next = table("B");
    const std::string head = encode(R"({"id":7,"op":"table","generation":2})", next.size());
    const std::string whole = head + std::string(reinterpret_cast<const char*>(next.data()), next.size());
    for (const std::size_t cut : {std::size_t{3}, std::size_t{16}, head.size() - 1, head.size(),
                                  head.size() + 100, whole.size() - 1}) {
        Client c(kit.startup.table_socket);
        c.write(std::string_view(whole).substr(0, cut));
        c.close();
        Client after(kit.startup.table_socket);
        EXPECT_EQ(after.hello["generation"], 1) << cut;
    }
    Client c(kit.startup.table_socket);
    EXPECT_EQ(c.outcome(push(2), next), "");
}

TEST(Tables, ALargeTableLeavesTheOtherWorkGoingOn) {
    // 1,000 odd patterns: seconds of Hyperscan. Events come through meanwhile, and requests behind it wait
    // for it.
    std::string globs;
    for (int i = 0; i < 1000; ++i) globs += fmt::format(", \"sip:ops-{}-*@mc{}.example\"", i, i % 37 + 10);
    const Blob large = sealed(policy("A", "roaming", globs));
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    c.write(encode(R"({"id":50,"op":"table","generation":2,"modes":{"e":"shadow"}})", large.size()));
    c.write({reinterpret_cast<const char*>(large.data()), large.size()});
    c.write(encode(R"({"id":51,"op":"modes","modes":{"e":"bypass"}})"));
    kit.message(Kit::request(1, kToB));
    const auto first = c.next();
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->body.value("op", ""), "events") << first->body;
    std::vector<int> answers;
    while (answers.size() < 2) {
        const auto frame = c.next(std::chrono::seconds(60));
        ASSERT_TRUE(frame.has_value());
        if (!frame->body.contains("id")) continue;
        EXPECT_EQ(frame->body["ok"], true) << frame->body;
        answers.push_back(frame->body["id"]);
    }
    EXPECT_EQ(answers, (std::vector<int>{50, 51}));
    EXPECT_EQ(kit.publisher->current()->proven().number, 2U);
    EXPECT_EQ(kit.publisher->current()->judge(0, 0).mode, policy::table::Mode::bypass)
        << "in the order of the requests";
}

TEST(Tables, TheServerEndsWhileATableIsBeingProven) {
    std::string globs;
    for (int i = 0; i < 200; ++i) globs += fmt::format(", \"sip:ops-{}-*@mc{}.example\"", i, i % 37 + 10);
    const Blob large = sealed(policy("A", "roaming", globs));
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    c.write(encode(R"({"id":50,"op":"table","generation":2})", large.size()));
    c.write({reinterpret_cast<const char*>(large.data()), large.size()});
    kit.stop();
    EXPECT_TRUE(c.closed());
    ASSERT_NE(kit.publisher->current(), nullptr);
}

TEST(Modes, EffectiveModesComeBack) {
    Kit kit;
    kit.serve();
    Client c(kit.startup.table_socket);
    EXPECT_TRUE(c.call({{"op", "modes"}, {"modes", json::object()}})["modes"]["e"].is_null())
        << "no table yet";
    ASSERT_EQ(c.outcome(push(1), table()), "");
    json answer = c.call({{"op", "modes"}, {"modes", {{"e", "bypass"}}}});
    EXPECT_EQ(answer["modes"], (json{{"e", "bypass"}, {"f", "shadow"}}));
    kit.message(Kit::request(1, kToB));
    EXPECT_EQ(kit.workers[0]->counters(0).outcome[static_cast<std::size_t>(core::Outcome::redirect)].get(),
              0U);
    answer = c.call({{"op", "modes"}, {"modes", {{"e", nullptr}}}});
    EXPECT_EQ(answer["modes"]["e"], "enforce");
    kit.message(Kit::request(2, kToB));
    EXPECT_EQ(kit.workers[0]->counters(0).outcome[static_cast<std::size_t>(core::Outcome::redirect)].get(),
              1U);
    json both = push(2);
    both["modes"] = {{"e", "shadow"}};
    ASSERT_EQ(c.outcome(both, table("B")), "");
    EXPECT_EQ(c.call({{"op", "modes"}})["modes"]["e"], "shadow");
}

}  // namespace
}  // namespace kmsgate::link::test
