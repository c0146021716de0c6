// SPDX-License-Identifier: BSD-3-Clause
// Event lines: which, how many, and what becomes of those that find no room.
#include "dataplane/link/backlog.hpp"
#include "tests/unit/link/kit.hpp"

namespace kmsgate::link::test {
namespace {

using namespace std::chrono_literals;

Bytes broken_frame() {
    Bytes b = frame4(bytes("x"));
    b[17] = 0xFF;  // an IP length beyond the frame
    return b;
}

TEST(Events, Filter) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    unsigned n = 0;
    // one that passes, one that is refused, one refused in shadow mode, a broken frame, and one to end with
    const auto play = [&] {
        kit.message(Kit::request(++n));
        kit.message(Kit::request(++n, kToB));
        kit.message(Kit::request(++n, {.kmsi = kC}), 0, 2);
        kit.frame(broken_frame());
    };
    const auto kinds = [&](std::size_t count, std::chrono::milliseconds wait = 10s) {
        std::string out;
        for (const json& e : c.events(count, wait))
            out += e["event"] == "message" ? e["verdict"].get<std::string>() + " "
                                           : e["reason"].get<std::string>() + " ";
        return out;
    };
    play();
    EXPECT_EQ(kinds(3), "redirect forward ip-malformed ") << "refusals unless told otherwise";
    EXPECT_EQ(c.outcome({{"op", "events"}, {"mode", "all"}}), "");
    play();
    EXPECT_EQ(kinds(4), "forward redirect forward ip-malformed ");
    EXPECT_EQ(c.outcome({{"op", "events"}, {"mode", "none"}}), "");
    play();
    EXPECT_EQ(kinds(1, 100ms), "");
    EXPECT_EQ(c.outcome({{"op", "events"}, {"mode", "refusals"}, {"per_second", 1000}}), "");
    kit.message(Kit::request(++n, kToB), 1);
    EXPECT_EQ(kinds(1), "redirect ") << "of another worker";
}

TEST(Events, LinesAreThoseOfTheContract) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    kit.message(Kit::request(9, kToB));
    const auto events = c.events(1);
    ASSERT_EQ(events.size(), 1U);
    const json& e = events[0];
    EXPECT_EQ(e["event"], "message");
    EXPECT_EQ(e["edge"], "e");
    EXPECT_EQ(e["generation"], 1);
    EXPECT_EQ(e["table"], kit.publisher->current()->proven().digest);
    EXPECT_EQ(e["call_id"], "call-9");
    EXPECT_EQ(e["reason"], "initiator-kms-not-allowed");
    EXPECT_EQ(e["krr_out"]["initiator"], json{"kms.a.example"});
    EXPECT_EQ(e.size(), 25U) << "every field stands";
}

TEST(Events, RateAndWhatItSuppressed) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    Client c(kit.startup.table_socket);
    ASSERT_EQ(c.outcome({{"op", "events"}, {"per_second", 3}}), "");
    for (unsigned i = 1; i <= 10; ++i) kit.message(Kit::request(i, kToB));
    auto events = c.events(4);
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[2]["call_id"], "call-3");
    EXPECT_EQ(events[3]["event"], "suppressed");
    EXPECT_EQ(events[3]["count"], 7);
    EXPECT_TRUE(events[3]["time"].is_number());
    EXPECT_EQ(c.call({{"op", "status"}})["events"]["suppressed"], 7);
    kit.clock.time += core::kSecond / 3 + 1;
    for (unsigned i = 11; i <= 12; ++i) kit.message(Kit::request(i, kToB));
    events = c.events(2);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0]["call_id"], "call-11") << "a third of a second is one line";
    EXPECT_EQ(events[1]["count"], 1);
    kit.clock.time -= 100 * core::kSecond;
    kit.message(Kit::request(13, kToB));
    events = c.events(1);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0]["event"], "suppressed") << "a clock that jumps back gives nothing";
}

TEST(Events, KeptWhileControlIsAway) {
    Kit kit;
    kit.publish(table(), 1);
    kit.serve();
    for (unsigned i = 1; i <= 20; ++i) kit.message(Kit::request(i, kToB));
    ASSERT_TRUE(soon([&] { return kit.watches[0]->lost() == 0; }));
    Client c(kit.startup.table_socket);
    const auto events = c.events(20);
    ASSERT_EQ(events.size(), 20U);
    for (unsigned i = 0; i < 20; ++i) EXPECT_EQ(events[i]["call_id"], "call-" + std::to_string(i + 1));
}

TEST(Events, ARingWithoutRoomCountsWhatIsLost) {
    Kit kit({.ring = 4096});
    kit.publish(table(), 1);
    for (unsigned i = 1; i <= 20; ++i) kit.message(Kit::request(i, kToB));  // nobody empties it yet
    const std::uint64_t lost = kit.watches[0]->lost();
    EXPECT_GT(lost, 0U);
    EXPECT_LT(lost, 20U);
    kit.serve();
    Client c(kit.startup.table_socket);
    EXPECT_EQ(c.call({{"op", "status"}})["events"]["lost"], lost);
    const auto events = c.events(21 - lost);
    ASSERT_EQ(events.size(), 21 - lost);
    const auto told = std::ranges::find(events, "lost", [](const json& e) { return e["event"]; });
    ASSERT_NE(told, events.end());
    EXPECT_EQ((*told)["count"], lost);
}

TEST(Backlog, OldestGoFirst) {
    Backlog b(200'000);
    std::uint64_t size = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string line = std::to_string(i) + std::string(995, 'x') + "\n";
        size += line.size();
        b.add(line);
        ASSERT_LE(b.size(), 200'000U);
    }
    EXPECT_GT(b.lost(), 790U);
    EXPECT_LT(b.lost(), 900U);
    std::string all;
    while (!b.empty()) all += b.take();
    EXPECT_EQ(b.size(), 0U);
    EXPECT_TRUE(all.starts_with(std::to_string(b.lost()) + "xx")) << "none between is missing";
    EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(all, '\n')) + b.lost(), 1000U);
    b.add(std::string(200'001, 'y'));
    EXPECT_TRUE(b.empty());
}

}  // namespace
}  // namespace kmsgate::link::test
