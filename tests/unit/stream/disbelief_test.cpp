// SPDX-License-Identifier: BSD-3-Clause
// What only one of the two ends would believe, and streams whose beginning nobody saw.
#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

using Disbelief = Gate;

TEST_F(Disbelief, WhatOnlyOneEndWouldTakeReachesNobody) {
    shake_hands();
    const std::string text = message("0123456789");
    const Wire good{
        .from = Arrival::inside, .seq = at[0], .ack = at[1], .flags = "A", .payload = text, .options = {}};
    struct Case {
        const char* name;
        Counter counter;
        Wire wire;
    };
    std::vector<Case> cases;
    const auto add = [&](const char* name, Counter counter, auto change) {
        Wire w = good;
        change(w);
        cases.push_back({name, counter, w});
    };
    add("checksum", Counter::tcp_checksum, [](Wire& w) { w.bad_checksum = true; });
    add("urgent", Counter::tcp_urgent, [](Wire& w) { w.flags = "AU"; });
    add("no ACK", Counter::tcp_window, [](Wire& w) { w.flags = "P"; });
    add("acknowledges what was never sent", Counter::tcp_window, [](Wire& w) { w.ack += 100; });
    add("beyond the window", Counter::tcp_window, [](Wire& w) { w.seq += 65'535; });
    add("before the start", Counter::tcp_window, [](Wire& w) { w.seq -= 10; });
    add("data on a SYN", Counter::tcp_syn_data, [](Wire& w) { w.flags = "S"; });
    add("a SYN with FIN", Counter::tcp_syn_data, [](Wire& w) { w.flags = "SF", w.payload.clear(); });
    add("options beyond their place", Counter::tcp_options,
        [](Wire& w) { w.options = std::string("\x08\x0a\x00\x00", 4); });
    add("an option twice", Counter::tcp_options,
        [](Wire& w) { w.options = std::string("\x02\x04\x05\xb4\x02\x04\x05\xb4", 8); });
    add("a FIN in front of its own bytes", Counter::tcp_window,
        [](Wire& w) { w.flags = "FA", w.payload.resize(5); });
    say(Arrival::inside, text.substr(0, 10));
    at[0] -= 10;
    for (const Case& c : cases) {
        const auto was = host->counted(c.counter);
        send(c.wire);
        EXPECT_EQ(host->counted(c.counter), was + 1) << c.name;
        EXPECT_EQ(host->ended.back().outcome, Outcome::tcp_invalid) << c.name;
    }
    EXPECT_EQ(passed_to(Arrival::outside), "");
    EXPECT_TRUE(host->messages.empty());
    send(good);
    EXPECT_EQ(passed_to(Arrival::outside), text.substr(0, 10) + text) << "both segments, as they came";
    EXPECT_TRUE(host->sent.empty());
}

std::string stamp(std::uint32_t value) {
    std::string out("\x01\x01\x08\x0a", 4);
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
    return out + std::string(4, '\0');
}

TEST_F(Disbelief, OldTimestamps) {
    shake_hands(stamp(1'000));
    const std::string text = message();
    send({.from = Arrival::inside,
          .seq = at[0],
          .ack = at[1],
          .flags = "A",
          .payload = text,
          .options = stamp(999)});
    EXPECT_EQ(host->counted(Counter::tcp_old_timestamp), 1U);
    send({.from = Arrival::inside,
          .seq = at[0],
          .ack = at[1],
          .flags = "A",
          .payload = text,
          .options = stamp(1'000)});
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Disbelief, BelowTheLeastTtl) {
    Limits limits;
    limits.least_ttl = 5;
    build(limits);
    shake_hands();
    send({.from = Arrival::inside,
          .seq = at[0],
          .ack = at[1],
          .flags = "A",
          .payload = message(),
          .options = {},
          .ttl = 4});
    EXPECT_EQ(host->counted(Counter::tcp_low_ttl), 1U);
    EXPECT_TRUE(host->messages.empty());
}

TEST_F(Disbelief, AResetElsewhereInTheWindowEndsNothing) {
    shake_hands();
    send({.from = Arrival::inside, .seq = at[0] + 5, .flags = "R", .payload = {}, .options = {}});
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed) << "its receiver asks back (RFC 5961 3.2)";
    send({.from = Arrival::inside, .seq = at[0] + 70'000, .flags = "R", .payload = {}, .options = {}});
    EXPECT_EQ(host->ended.back().outcome, Outcome::tcp_invalid);
    say(Arrival::inside, message());
    EXPECT_EQ(passed_to(Arrival::outside), message());
    send({.from = Arrival::inside, .seq = at[0], .flags = "R", .payload = {}, .options = {}});
    say(Arrival::inside, message("late"));
    EXPECT_EQ(ends(Outcome::tcp_midstream), 1U);
}

TEST_F(Disbelief, NoBeginningWasSeen) {
    say(Arrival::inside, message());
    EXPECT_EQ(ends(Outcome::tcp_midstream), 1U);
    EXPECT_EQ(host->causes, std::vector{policy::Cause::tcp_midstream});
    ASSERT_EQ(ours(Arrival::inside).size(), 1U);
    EXPECT_EQ(ours(Arrival::inside)[0].flags, "RA");
    EXPECT_EQ(ours(Arrival::outside).size(), 1U);
    host->action = policy::Action::drop;
    host->sent.clear();
    say(Arrival::inside, message());
    EXPECT_TRUE(host->sent.empty());
    send({.from = Arrival::inside, .seq = at[0], .ack = at[1], .flags = "A", .payload = {}, .options = {}});
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed) << "no byte of a stream in it";
}

TEST_F(Disbelief, JoinedWhereAMessageCertainlyBegins) {
    host->action = policy::Action::judge;
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    say(Arrival::inside, text.substr(60));  // the end of something
    EXPECT_EQ(ends(Outcome::tcp_midstream), 1U);
    ASSERT_EQ(ours(Arrival::outside).size(), 1U) << "its receiver is asked";
    EXPECT_EQ(ours(Arrival::outside)[0].seq, start - 1);
    EXPECT_EQ(ours(Arrival::outside)[0].payload, "");
    send({.from = Arrival::outside, .seq = at[1], .ack = start, .flags = "A", .payload = {}, .options = {}});
    part(text.substr(60), 0);
    EXPECT_EQ(ends(Outcome::tcp_midstream), 2U) << "still no start line";
    send({.from = Arrival::inside,
          .seq = start + 100,
          .ack = at[1],
          .flags = "A",
          .payload = text,
          .options = {}});
    EXPECT_EQ(ends(Outcome::tcp_midstream), 3U) << "not what its receiver waits for";
    EXPECT_EQ(passed_to(Arrival::outside), "");
    part(text, 0, 70);
    part(text, 70);
    EXPECT_EQ(passed_to(Arrival::outside), text);
    ASSERT_EQ(host->messages.size(), 1U);
    say(Arrival::outside, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(host->messages.size(), 2U);
    EXPECT_EQ(passed_to(Arrival::inside), "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(Disbelief, JoinedByTheSideThatDidNotOpen) {
    host->action = policy::Action::judge;
    send({.from = Arrival::outside, .seq = at[1], .ack = at[0], .flags = "A", .payload = "x", .options = {}});
    send({.from = Arrival::inside, .seq = at[0], .ack = at[1], .flags = "A", .payload = {}, .options = {}});
    say(Arrival::outside, message("1"));
    EXPECT_EQ(passed_to(Arrival::inside), message("1"));
    say(Arrival::inside, message("2"));
    EXPECT_EQ(passed_to(Arrival::outside), message("2"));
}

TEST_F(Disbelief, AResetWithBytesWhileJoining) {
    host->action = policy::Action::judge;
    say(Arrival::inside, "the end of something");
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = at[0],
          .flags = "FR",
          .payload = message(),
          .options = {}});
    EXPECT_EQ(passed_to(Arrival::inside), "");
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U);
}

TEST_F(Disbelief, AWatchingEdgeChangesNothing) {
    host->watches = true;
    host->verdict = [](std::string_view) { return Host::Judged{.forward = true, .answer = {}}; };
    shake_hands();
    const std::string text = message("0123456789");
    say(Arrival::inside, text.substr(0, 20));
    EXPECT_EQ(passed_to(Arrival::outside), text.substr(0, 20));
    say(Arrival::inside, text.substr(20));
    EXPECT_EQ(passed_to(Arrival::outside), text);
    EXPECT_EQ(host->messages.size(), 1U);
    say(Arrival::inside, "MESSAGE sip:b@h SIP/2.0\r\n\r\n");  // broken
    say(Arrival::inside, "anything");
    EXPECT_EQ(passed_to(Arrival::outside), text + "MESSAGE sip:b@h SIP/2.0\r\n\r\nanything");
    EXPECT_TRUE(host->sent.empty());
}

}  // namespace
}  // namespace kmsgate::stream::test
