// SPDX-License-Identifier: BSD-3-Clause
// Connections and messages in them: held, let go as they came, refused; and what only one end would believe.
#include <array>

#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

using core::Counter;

using Messages = Gate;

TEST_F(Messages, OneInOneSegmentLeavesAsItCame) {
    shake_hands();
    EXPECT_EQ(ends(Outcome::passed), 3U);
    say(Arrival::inside, message("hello"));
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, message("hello"));
    EXPECT_EQ(host->messages[0].second, std::vector<std::uint64_t>{4});
    EXPECT_EQ(passed_to(Arrival::outside), message("hello"));
    EXPECT_EQ(ends(Outcome::forward), 1U);
    EXPECT_TRUE(host->sent.empty());
}

TEST_F(Messages, IsHeldUntilItsLastByte) {
    shake_hands();
    const std::string text = message("some body");
    for (std::size_t i = 0; i + 1 < text.size(); ++i) say(Arrival::inside, text.substr(i, 1));
    EXPECT_EQ(passed_to(Arrival::outside), "");
    EXPECT_TRUE(host->messages.empty());
    say(Arrival::inside, text.substr(text.size() - 1));
    EXPECT_EQ(passed_to(Arrival::outside), text);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].second.size(), text.size());
    EXPECT_EQ(streams->held(), 0U);
}

TEST_F(Messages, SeveralInOneSegmentAndAcross) {
    shake_hands();
    const std::string one = message("1"), two = message("22"), three = message("333");
    const std::string all = one + "\r\n" + two + three;
    say(Arrival::inside, all.substr(0, all.size() - 2));
    EXPECT_EQ(host->messages.size(), 2U);
    EXPECT_EQ(passed_to(Arrival::outside), "") << "its last message is not whole";
    say(Arrival::inside, all.substr(all.size() - 2));
    ASSERT_EQ(host->messages.size(), 3U);
    EXPECT_EQ(host->messages[2].first, three);
    EXPECT_EQ(host->messages[2].second, (std::vector<std::uint64_t>{4, 5}));
    EXPECT_EQ(passed_to(Arrival::outside), all);
}

TEST_F(Messages, KeepAlivesPassAtOnceInBothDirections) {
    shake_hands();
    say(Arrival::inside, "\r\n\r\n");
    say(Arrival::outside, "\r\n");
    EXPECT_EQ(ends(Outcome::keep_alive), 2U);
    EXPECT_EQ(passed_to(Arrival::outside), "\r\n\r\n");
    EXPECT_EQ(passed_to(Arrival::inside), "\r\n");
    say(Arrival::inside, message());
    EXPECT_EQ(passed_to(Arrival::outside), "\r\n\r\n" + message());
}

TEST_F(Messages, OutOfOrderSegmentsWaitAndLeaveInOrder) {
    shake_hands();
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    const auto part = [&](std::size_t from, std::size_t size) {
        send({.from = Arrival::inside,
              .seq = start + static_cast<Sequence>(from),
              .ack = at[1],
              .flags = "A",
              .payload = text.substr(from, size),
              .options = {}});
    };
    part(50, text.size() - 50);
    part(20, 30);
    EXPECT_EQ(passed_to(Arrival::outside), "");
    part(0, 20);
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Messages, TheSameBytesAgainAreJudgedOnce) {
    shake_hands();
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    const auto part = [&](std::size_t from, std::size_t size) {
        send({.from = Arrival::inside,
              .seq = start + static_cast<Sequence>(from),
              .ack = at[1],
              .flags = "A",
              .payload = text.substr(from, size),
              .options = {}});
    };
    part(0, 30);
    part(10, 10);
    EXPECT_EQ(ends(Outcome::tcp_duplicate), 1U);
    part(20, 30);  // overlaps, the same
    part(50, text.size() - 50);
    EXPECT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
    part(0, text.size());  // its receiver may have lost all of it
    EXPECT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(read_back(host->ended.back().frame).payload, text);
    EXPECT_EQ(host->ended.back().outcome, Outcome::forward);
}

TEST_F(Messages, OtherBytesForTheSamePlaceNeverCount) {
    shake_hands();
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    say(Arrival::inside, text.substr(0, 40));
    std::string other = text;
    other[20] = 'x';
    send({.from = Arrival::inside,
          .seq = start + 10,
          .ack = at[1],
          .flags = "A",
          .payload = other.substr(10),
          .options = {}});
    EXPECT_EQ(host->counted(Counter::tcp_overlap), 1U);
    EXPECT_EQ(ends(Outcome::tcp_invalid), 1U);
    say(Arrival::inside, text.substr(40));
    EXPECT_EQ(passed_to(Arrival::outside), text);
    // also what was let go, as long as its receiver has not said that it came
    send(
        {.from = Arrival::inside, .seq = start, .ack = at[1], .flags = "A", .payload = other, .options = {}});
    EXPECT_EQ(host->counted(Counter::tcp_overlap), 2U);
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Messages, BytesThatTheirReceiverHasAreNobodysMatter) {
    shake_hands();
    const Sequence start = at[0];
    say(Arrival::inside, message());
    send({.from = Arrival::outside, .seq = at[1], .ack = at[0], .flags = "A", .payload = {}, .options = {}});
    EXPECT_EQ(room->kept(), 0U);
    send({.from = Arrival::inside, .seq = start, .ack = at[1], .flags = "A", .payload = "zz", .options = {}});
    EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
}

TEST_F(Messages, ShorterSegmentsNestedInALongerOneHideNothing) {
    shake_hands();
    const std::string text = message("0123456789012345678901234567890123456789");
    const Sequence start = at[0];
    const auto part = [&](std::size_t from, std::size_t to, const std::string& of) {
        send({.from = Arrival::inside,
              .seq = start + static_cast<Sequence>(from),
              .ack = at[1],
              .flags = "A",
              .payload = of.substr(from, to - from),
              .options = {}});
    };
    std::string other = text;
    other[39] = '#';
    part(10, 20, text);
    part(0, 42, text);
    part(39, 57, other);
    EXPECT_EQ(host->counted(Counter::tcp_overlap), 1U);
    part(30, 40, text);
    EXPECT_EQ(ends(Outcome::tcp_duplicate), 1U);
    part(42, text.size(), text);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
    EXPECT_EQ(passed_to(Arrival::outside).size(), 10 + text.size());
}

TEST_F(Messages, AFrameThatBroughtOnlyCopiesIsNotNamed) {
    shake_hands();
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    const auto part = [&](std::size_t from, std::size_t to) {
        send({.from = Arrival::inside,
              .seq = start + static_cast<Sequence>(from),
              .ack = at[1],
              .flags = "A",
              .payload = text.substr(from, to - from),
              .options = {}});
    };
    part(0, 30);            // 4
    part(40, 50);           // 5
    part(30, 60);           // 6, of which 5 has a part
    part(25, text.size());  // 7
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].second, (std::vector<std::uint64_t>{4, 5, 6, 7}));
    part(0, 10);
    const std::string next = message("next");
    at[0] = start + static_cast<Sequence>(text.size());
    say(Arrival::inside, next);
    EXPECT_EQ(host->messages[1].second, std::vector<std::uint64_t>{9});
}

TEST_F(Messages, AFinLeavesBehindWhatStandsBeforeIt) {
    shake_hands();
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    send({.from = Arrival::inside,
          .seq = start,
          .ack = at[1],
          .flags = "A",
          .payload = text.substr(0, 60),
          .options = {}});
    send({.from = Arrival::inside,
          .seq = start + static_cast<Sequence>(text.size()),
          .ack = at[1],
          .flags = "FA",
          .payload = {},
          .options = {}});
    EXPECT_EQ(ends(Outcome::passed), 3U) << "the handshake";
    send({.from = Arrival::inside,
          .seq = start + 60,
          .ack = at[1],
          .flags = "A",
          .payload = text.substr(60),
          .options = {}});
    ASSERT_EQ(passed_to(Arrival::outside), text);
    EXPECT_EQ(read_back(host->ended.back().frame).flags, "FA");
    EXPECT_EQ(streams->held(), 0U);
}

TEST_F(Messages, AResetWhileItsMessageIsHeldReachesThePeerWhereItStands) {
    shake_hands();
    say(Arrival::inside, message("0123456789").substr(0, 60));
    send({.from = Arrival::inside, .seq = at[0], .flags = "R", .payload = {}, .options = {}});
    ASSERT_EQ(ours(Arrival::outside).size(), 1U);
    EXPECT_EQ(ours(Arrival::outside)[0].flags, "R");
    EXPECT_EQ(ours(Arrival::outside)[0].seq, kClient + 1);
    EXPECT_EQ(ends(Outcome::tcp_reset), 1U);
    EXPECT_EQ(streams->held(), 0U);
}

TEST_F(Messages, ALateCopyOfWhatWasJudgedLeavesWhileTheNextMessageHasBegun) {
    shake_hands();
    const std::string text = message("0123456789") + message("another");
    const Sequence start = at[0];
    const auto part = [&](std::size_t from, std::size_t to) {
        send({.from = Arrival::inside,
              .seq = start + static_cast<Sequence>(from),
              .ack = at[1],
              .flags = "A",
              .payload = text.substr(from, to - from),
              .options = {}});
    };
    part(0, 20);
    part(20, message("0123456789").size() + 10);
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = start + 20,
          .flags = "A",
          .payload = {},
          .options = {}});
    part(10, 40);
    part(40, text.size());
    EXPECT_EQ(passed_to(Arrival::outside), text.substr(0, 20) + text.substr(10, 30) +
                                               text.substr(20, message("0123456789").size() - 10) +
                                               text.substr(40));
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = start + static_cast<Sequence>(text.size()),
          .flags = "A",
          .payload = {},
          .options = {}});
    EXPECT_EQ(room->kept(), 0U);
    EXPECT_EQ(host->ended.size(), number) << "every frame has ended";
}

using Refusals = Gate;

TEST_F(Refusals, WhatWaitsBehindTheMessageIsNoPartOfIt) {
    host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    shake_hands();
    const std::string text = message("0123456789");
    const Sequence start = at[0];
    const auto next = start + static_cast<Sequence>(text.size());
    send({.from = Arrival::inside,
          .seq = next,
          .ack = at[1],
          .flags = "A",
          .payload = message("next"),
          .options = {}});
    say(Arrival::inside, text);
    EXPECT_EQ(ends(Outcome::redirect), 1U);
    EXPECT_EQ(ends(Outcome::tcp_reset), 1U);
    ASSERT_EQ(host->lines.size(), 1U);
    EXPECT_EQ(host->lines[0], (std::pair{Outcome::tcp_reset, std::vector<std::uint64_t>{4}}));
}

TEST_F(Refusals, BothEndsHearAResetAndNothingOfItLeaves) {
    host->verdict = [](std::string_view) {
        return Host::Judged{.forward = false, .answer = "SIP/2.0 488 No\r\nContent-Length: 0\r\n\r\n"};
    };
    shake_hands();
    const std::string text = message("forbidden");
    say(Arrival::inside, text.substr(0, 30));
    say(Arrival::inside, text.substr(30));
    EXPECT_EQ(passed_to(Arrival::outside), "");
    EXPECT_EQ(ends(Outcome::redirect), 2U);
    EXPECT_EQ(host->answered, std::vector{true});
    const auto back = ours(Arrival::inside);
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[0].payload, "SIP/2.0 488 No\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(back[0].seq, kServer + 1);
    EXPECT_EQ(back[0].ack, at[0]) << "it was taken";
    EXPECT_EQ(back[1].flags, "RA");
    EXPECT_EQ(back[1].seq, kServer + 1 + back[0].payload.size());
    const auto on = ours(Arrival::outside);
    ASSERT_EQ(on.size(), 1U);
    EXPECT_EQ(on[0].flags, "RA");
    EXPECT_EQ(on[0].seq, kClient + 1) << "where its receiver stands";
    EXPECT_EQ(host->counted(Counter::tcp_refused), 1U);
}

TEST_F(Refusals, EarlierMessagesStayWhereTheyWent) {
    host->verdict = [](std::string_view text) {
        return Host::Judged{.forward = !text.ends_with("no"), .answer = {}};
    };
    shake_hands();
    say(Arrival::inside, message("yes"));
    say(Arrival::inside, message("no"));
    EXPECT_EQ(passed_to(Arrival::outside), message("yes"));
    ASSERT_EQ(ours(Arrival::outside).size(), 1U);
    EXPECT_EQ(ours(Arrival::outside)[0].seq, kClient + 1 + message("yes").size());
    EXPECT_EQ(host->answered, (std::vector{false, false}));
}

TEST_F(Refusals, NoAnswerWhereTheOtherStreamStandsInsideAMessage) {
    host->verdict = [](std::string_view) {
        return Host::Judged{.forward = false, .answer = "SIP/2.0 488 No\r\n\r\n"};
    };
    shake_hands();
    say(Arrival::outside, "SIP/2.0 200 OK\r\n");
    say(Arrival::inside, message());
    EXPECT_EQ(host->answered, std::vector{false});
    ASSERT_EQ(ours(Arrival::inside).size(), 1U);
    EXPECT_EQ(ours(Arrival::inside)[0].flags, "RA");
    EXPECT_EQ(ends(Outcome::tcp_reset), 1U) << "what the other side had begun";
}

TEST_F(Refusals, AnAnswerLargerThanASegmentGoesInSeveral) {
    const std::string long_answer = "SIP/2.0 488 No\r\nX: " + std::string(3000, 'x') + "\r\n\r\n";
    host->verdict = [&](std::string_view) { return Host::Judged{.forward = false, .answer = long_answer}; };
    shake_hands(std::string("\x02\x04\x05\xb4", 4));  // MSS 1460
    say(Arrival::inside, message());
    const auto back = ours(Arrival::inside);
    ASSERT_EQ(back.size(), 4U);
    EXPECT_EQ(back[0].payload + back[1].payload + back[2].payload, long_answer);
    EXPECT_EQ(back[0].payload.size(), 1460U);
    EXPECT_EQ(back[1].seq, back[0].seq + 1460);
}

TEST_F(Refusals, NoAnswerBeyondTheWindow) {
    host->verdict = [](std::string_view) {
        return Host::Judged{.forward = false,
                            .answer = std::string_view("SIP/2.0 488 Not Acceptable Here\r\n\r\n")};
    };
    shake_hands({}, 16);
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = at[0],
          .flags = "A",
          .window = 60'000,
          .payload = {},
          .options = {}});
    send({.from = Arrival::inside,
          .seq = at[0],
          .ack = at[1],
          .flags = "A",
          .window = 16,
          .payload = message(),
          .options = {}});
    EXPECT_EQ(host->answered, std::vector{false});
}

TEST_F(Refusals, WhoeverGoesOnHearsSoAgain) {
    host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    shake_hands();
    say(Arrival::inside, message());
    host->sent.clear();
    say(Arrival::outside, "SIP/2.0 200 OK\r\n\r\n");
    ASSERT_EQ(host->sent.size(), 1U);
    const Wire w = read_back(host->sent[0].second);
    EXPECT_EQ(host->sent[0].first, Arrival::outside);
    EXPECT_EQ(w.flags, "R");
    EXPECT_EQ(w.seq, at[0]);
    EXPECT_EQ(ends(Outcome::tcp_reset), 1U);
    // and the next connection with the same ends begins from the start
    host->verdict = [](std::string_view) { return Host::Judged{}; };
    at[0] = kClient + 1;
    at[1] = kServer + 1;
    shake_hands();
    say(Arrival::inside, message("again"));
    EXPECT_EQ(passed_to(Arrival::outside), message("again"));
}

TEST_F(Refusals, ABrokenStreamIsResetAndTold) {
    shake_hands();
    say(Arrival::inside, "MESSAGE sip:b@h SIP/2.0\r\n\r\n");
    EXPECT_EQ(host->counted(Counter::tcp_content_length), 1U);
    EXPECT_EQ(ends(Outcome::tcp_broken), 1U);
    ASSERT_EQ(host->lines.size(), 1U);
    EXPECT_EQ(host->lines[0].first, Outcome::tcp_broken);
    EXPECT_EQ(ours(Arrival::inside).size(), 1U);
    EXPECT_EQ(ours(Arrival::outside).size(), 1U);
}

TEST_F(Refusals, AStreamThatEndsInsideAMessageIsBroken) {
    shake_hands();
    say(Arrival::inside, message("0123456789").substr(0, 60), "FA");
    EXPECT_EQ(host->counted(Counter::tcp_cut), 1U);
    EXPECT_EQ(ends(Outcome::tcp_broken), 1U);
    EXPECT_EQ(passed_to(Arrival::outside), "");
}

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
    send({.from = Arrival::inside,
          .seq = start,
          .ack = at[1],
          .flags = "A",
          .payload = text.substr(60),
          .options = {}});
    EXPECT_EQ(ends(Outcome::tcp_midstream), 2U) << "still no start line";
    send({.from = Arrival::inside,
          .seq = start + 100,
          .ack = at[1],
          .flags = "A",
          .payload = text,
          .options = {}});
    EXPECT_EQ(ends(Outcome::tcp_midstream), 3U) << "not what its receiver waits for";
    EXPECT_EQ(passed_to(Arrival::outside), "");
    send({.from = Arrival::inside,
          .seq = start,
          .ack = at[1],
          .flags = "A",
          .payload = text.substr(0, 70),
          .options = {}});
    send({.from = Arrival::inside,
          .seq = start + 70,
          .ack = at[1],
          .flags = "A",
          .payload = text.substr(70),
          .options = {}});
    EXPECT_EQ(passed_to(Arrival::outside), text);
    ASSERT_EQ(host->messages.size(), 1U);
    say(Arrival::outside, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(host->messages.size(), 2U);
    EXPECT_EQ(passed_to(Arrival::inside), "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
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

using Ours = Gate;

TEST_F(Ours, HeldBytesAreAcknowledgedWhenTheirSenderWaits) {
    shake_hands();
    const std::string text = message(std::string(2000, 'b'));
    say(Arrival::inside, text.substr(0, 1000));
    EXPECT_TRUE(host->sent.empty());
    tick(200 * core::kMillisecond);
    ASSERT_EQ(ours(Arrival::inside).size(), 1U);
    const Wire ack = ours(Arrival::inside)[0];
    EXPECT_EQ(ack.flags, "A");
    EXPECT_EQ(ack.ack, at[0]);
    EXPECT_EQ(ack.seq, at[1]);
    EXPECT_GT(ack.window, 0U);
    say(Arrival::inside, text.substr(1000));
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Ours, ASenderNeedNotWaitForMoreThanItMayHaveOutstanding) {
    shake_hands();
    const std::string text = message(std::string(9000, 'b'));
    for (std::size_t i = 0; i < 3; ++i) say(Arrival::inside, text.substr(i * 1460, 1460));
    ASSERT_EQ(ours(Arrival::inside).size(), 1U);
    EXPECT_EQ(ours(Arrival::inside)[0].ack, at[0]);
}

TEST_F(Ours, WhatWasAcknowledgedHereIsSentAgainUntilItArrives) {
    shake_hands();
    const std::string text = message(std::string(2000, 'b'));
    say(Arrival::inside, text.substr(0, 1000));
    tick(200 * core::kMillisecond);
    say(Arrival::inside, text.substr(1000));
    EXPECT_EQ(passed_to(Arrival::outside), text);
    host->sent.clear();
    for (int i = 0; i < 30; ++i) tick(100 * core::kMillisecond);
    ASSERT_GE(ours(Arrival::outside).size(), 1U);
    EXPECT_EQ(ours(Arrival::outside)[0].payload, text.substr(0, 1000));
    EXPECT_EQ(ours(Arrival::outside)[0].seq, kClient + 1);
    EXPECT_GE(host->counted(Counter::tcp_retransmissions), 1U);
    // it has arrived: nothing is owed any more
    send({.from = Arrival::outside, .seq = at[1], .ack = at[0], .flags = "A", .payload = {}, .options = {}});
    host->sent.clear();
    for (int i = 0; i < 100; ++i) tick(core::kSecond);
    EXPECT_TRUE(host->sent.empty());
    EXPECT_EQ(room->kept(), 0U);
}

TEST_F(Ours, ThreeEqualAcknowledgementsBringItSooner) {
    shake_hands();
    const std::string text = message(std::string(2000, 'b'));
    say(Arrival::inside, text.substr(0, 1000));
    tick(200 * core::kMillisecond);
    say(Arrival::inside, text.substr(1000));
    host->sent.clear();
    for (int i = 0; i < 3; ++i)
        send({.from = Arrival::outside,
              .seq = at[1],
              .ack = kClient + 1,
              .flags = "A",
              .payload = {},
              .options = {}});
    ASSERT_EQ(ours(Arrival::outside).size(), 1U);
    EXPECT_EQ(ours(Arrival::outside)[0].payload, text.substr(0, 1000));
}

TEST_F(Ours, AReceiverThatTakesNothingMoreIsGivenUp) {
    shake_hands();
    const std::string text = message(std::string(2000, 'b'));
    say(Arrival::inside, text.substr(0, 1000));
    tick(200 * core::kMillisecond);
    say(Arrival::inside, text.substr(1000));
    for (int i = 0; i < 400; ++i) tick(core::kSecond);
    EXPECT_EQ(host->counted(Counter::tcp_late), 1U);
    EXPECT_EQ(host->causes, std::vector{policy::Cause::tcp_budget});
    EXPECT_EQ(ours(Arrival::inside).back().flags, "RA");
    EXPECT_EQ(room->kept(), 0U);
}

TEST_F(Ours, NeverMoreThanTheReceiverTakes) {
    shake_hands({}, 1'000);
    const std::string text = message(std::string(2000, 'b'));
    say(Arrival::inside, text.substr(0, 900));
    tick(200 * core::kMillisecond);
    ASSERT_EQ(ours(Arrival::inside).size(), 1U);
    say(Arrival::inside, text.substr(900, 900));
    say(Arrival::inside, text.substr(1800));
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(passed_to(Arrival::outside), text.substr(0, 900));
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = kClient + 1 + 900,
          .flags = "A",
          .window = 1'000,
          .payload = {},
          .options = {}});
    EXPECT_EQ(passed_to(Arrival::outside), text.substr(0, 1800));
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = kClient + 1 + 1800,
          .flags = "A",
          .window = 1'000,
          .payload = {},
          .options = {}});
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

/// Connections that use no signalling port.
class OffPort : public Gate {
  protected:
    void open() {
        send({.from = Arrival::inside,
              .seq = kClient,
              .flags = "S",
              .payload = {},
              .options = {},
              .server_port = 8080});
        send({.from = Arrival::outside,
              .seq = kServer,
              .ack = kClient + 1,
              .flags = "SA",
              .payload = {},
              .options = {},
              .server_port = 8080});
    }
    void say(Arrival from, std::string payload) {
        const auto side = static_cast<std::size_t>(from);
        const auto size = static_cast<Sequence>(payload.size());
        send({.from = from,
              .seq = at[side],
              .ack = at[1 - side],
              .payload = std::move(payload),
              .options = {},
              .server_port = 8080});
        at[side] += size;
    }
};

TEST_F(OffPort, AStreamThatStartsLikeSipIsJudged) {
    open();
    const std::string text = message("0123456789");
    say(Arrival::inside, text.substr(0, 50));
    EXPECT_EQ(passed_to(Arrival::outside), "");
    say(Arrival::inside, text.substr(50));
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(passed_to(Arrival::outside), text);
    host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    say(Arrival::inside, text);
    EXPECT_EQ(passed_to(Arrival::outside), text);
    EXPECT_EQ(ours(Arrival::outside).size(), 1U);
}

TEST_F(OffPort, AlsoByteByByte) {
    host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    open();
    const std::string text = message("0123456789");
    for (const char c : text) say(Arrival::inside, std::string(1, c));
    EXPECT_LT(passed_to(Arrival::outside).size(), text.find("\r\n") + 1) << "less than its first line";
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].first, text);
    EXPECT_EQ(ours(Arrival::outside).size(), 1U);
}

TEST_F(OffPort, WhatIsNoSipIsForgottenAtOnce) {
    open();
    EXPECT_EQ(room->flows.size(), 1U);
    say(Arrival::inside, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(room->flows.size(), 0U);
    EXPECT_EQ(room->kept(), 0U);
    say(Arrival::outside, "HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_EQ(ends(Outcome::passed), 4U);
    EXPECT_TRUE(host->messages.empty());
}

TEST_F(OffPort, NothingWaitsWhileItIsUnclear) {
    open();
    for (int i = 0; i < 40; ++i) say(Arrival::inside, "x");
    EXPECT_EQ(passed_to(Arrival::outside), std::string(40, 'x'));
    EXPECT_EQ(streams->held(), 0U);
    for (int i = 0; i < 20; ++i) say(Arrival::inside, std::string(100, 'x'));
    EXPECT_EQ(room->flows.size(), 0U) << "no start line is that long";
}

TEST_F(OffPort, WhatLooksOddIsNobodysMatterWhereItIsNoSip) {
    const auto odd = [&](Wire w) {
        w.server_port = 8080;
        send(w);
        EXPECT_EQ(host->ended.back().outcome, Outcome::passed);
    };
    odd({.from = Arrival::inside,
         .seq = kClient,
         .flags = "S",
         .payload = "GET / HTTP/1.1\r\n",
         .options = {}});
    odd({.from = Arrival::inside, .seq = kClient, .flags = "S", .payload = {}, .options = {}});
    odd({.from = Arrival::inside,
         .seq = at[0],
         .ack = at[1],
         .payload = "one direction only",
         .options = {}});
    open();
    say(Arrival::inside, "GET / HTTP/1.1\r\n");
    odd({.from = Arrival::inside, .seq = at[0] + 200'000, .ack = at[1], .payload = "zz", .options = {}});
    odd({.from = Arrival::inside, .seq = at[0], .ack = at[1], .flags = "AU", .payload = "zz", .options = {}});
    at[0] = kClient + 1;
    open();  // the same ends once more
    say(Arrival::inside, message());
    EXPECT_EQ(host->messages.size(), 1U);
    send({.from = Arrival::inside,
          .seq = kClient,
          .flags = "S",
          .payload = message(),
          .options = {},
          .client_port = 7,
          .server_port = 8080});
    EXPECT_EQ(host->ended.back().outcome, Outcome::tcp_invalid);
}

TEST_F(OffPort, SipOfWhichNoBeginningWasSeen) {
    say(Arrival::inside, message());
    EXPECT_EQ(ends(Outcome::tcp_midstream), 1U);
    say(Arrival::inside, "something else");
    EXPECT_EQ(ends(Outcome::passed), 1U);
}

using Budgets = Gate;

TEST_F(Budgets, AMessageThatDoesNotBecomeWholeInTime) {
    Limits limits;
    limits.held = 5 * core::kSecond;
    build(limits);
    shake_hands();
    say(Arrival::inside, message("0123456789").substr(0, 40));
    for (int i = 0; i < 60; ++i) tick(100 * core::kMillisecond);
    EXPECT_EQ(host->counted(Counter::tcp_late), 1U);
    EXPECT_EQ(ends(Outcome::tcp_budget), 1U);
    EXPECT_EQ(ours(Arrival::inside).back().flags, "RA");
    EXPECT_EQ(ours(Arrival::outside).back().flags, "RA");
    EXPECT_EQ(streams->held(), 0U);
}

TEST_F(Budgets, OneDirectionTakesAQuarterOfWhatIsLeft) {
    Limits limits;
    limits.frames = 20;
    build(limits);
    shake_hands();
    const std::string text = message(std::string(100, 'b'));
    for (std::size_t i = 0; i < 9; ++i) say(Arrival::inside, text.substr(i, 1));
    EXPECT_EQ(room->kept(), 4U) << "(20 - 4) / 4";
    EXPECT_EQ(ends(Outcome::tcp_budget), 5U);
    EXPECT_EQ(host->causes, std::vector(5, policy::Cause::tcp_budget));
    // what was lost so comes again once there is room
    limits.frames = 16'384;
    build(limits);
    at[0] = kClient + 1;
    shake_hands();
    const std::string large = message(std::string(3'000, 'b'));
    for (const char c : large) say(Arrival::inside, std::string(1, c));
    EXPECT_EQ(ends(Outcome::tcp_budget), 0U);
    ASSERT_EQ(host->messages.size(), 1U);
    EXPECT_EQ(host->messages[0].second.size(), large.size());
    EXPECT_EQ(passed_to(Arrival::outside), large);
}

TEST_F(Budgets, WhatCameEarlyDoesNotKeepOutWhatItWaitsFor) {
    Limits limits;
    limits.frames = 20;
    build(limits);
    shake_hands();
    const std::string first = message(std::string(200, 'b'));
    const std::string text = first + message("next");
    const Sequence start = at[0];
    const auto part = [&](std::size_t from, std::size_t to) {
        send({.from = Arrival::inside,
              .seq = start + static_cast<Sequence>(from),
              .ack = at[1],
              .flags = "A",
              .payload = text.substr(from, to - from),
              .options = {}});
    };
    part(100, 120);
    part(120, 140);
    part(140, first.size());
    part(first.size(), text.size());
    EXPECT_EQ(room->kept(), 4U) << "all that there is for one direction";
    part(0, 100);
    EXPECT_EQ(ends(Outcome::tcp_budget), 1U) << "the last one gave way";
    EXPECT_EQ(passed_to(Arrival::outside), first);
    ASSERT_EQ(host->lines.size(), 1U);
    EXPECT_EQ(host->lines[0], (std::pair{Outcome::tcp_budget, std::vector<std::uint64_t>{7}}));
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = start + static_cast<Sequence>(first.size()),
          .flags = "A",
          .payload = {},
          .options = {}});
    part(first.size(), text.size());
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Budgets, LookingForAPlaceHasAnEnd) {
    shake_hands();
    const std::string large = message(std::string(3'000, 'b'));
    const Sequence start = at[0];
    const auto byte = [&](std::size_t i) {
        send({.from = Arrival::inside,
              .seq = start + static_cast<Sequence>(i),
              .ack = at[1],
              .flags = "A",
              .payload = large.substr(i, 1),
              .options = {}});
    };
    for (std::size_t i = 1; i < 2'000; ++i) byte(i);
    EXPECT_EQ(ends(Outcome::tcp_budget), 0U) << "each behind all others";
    byte(1'998);
    EXPECT_EQ(ends(Outcome::tcp_budget), 1U) << "behind too many";
    byte(5);
    EXPECT_EQ(ends(Outcome::tcp_duplicate), 1U);
    byte(0);
    for (std::size_t i = 2'000; i < large.size(); ++i) byte(i);
    EXPECT_EQ(passed_to(Arrival::outside), large);
}

TEST_F(Budgets, ConnectionsMakeRoomUntilTheirClientHasAnswered) {
    Limits limits;
    limits.flows = 2;
    build(limits);
    const auto syn = [&](std::uint16_t port) {
        send({.from = Arrival::inside,
              .seq = kClient,
              .flags = "S",
              .payload = {},
              .options = {},
              .client_port = port});
    };
    for (const std::uint16_t port : std::array<std::uint16_t, 4>{1, 2, 3, 4}) syn(port);
    EXPECT_EQ(ends(Outcome::passed), 4U);
    EXPECT_EQ(room->flows.size(), 2U);
    for (const std::uint16_t port : std::array<std::uint16_t, 2>{3, 4}) {
        send({.from = Arrival::outside,
              .seq = kServer,
              .ack = kClient + 1,
              .flags = "SA",
              .payload = {},
              .options = {},
              .client_port = port});
        send({.from = Arrival::inside,
              .seq = kClient + 1,
              .ack = kServer + 1,
              .payload = {},
              .options = {},
              .client_port = port});
    }
    syn(5);
    EXPECT_EQ(host->ended.back().outcome, Outcome::tcp_budget);
    EXPECT_EQ(host->causes, std::vector{policy::Cause::tcp_budget});
    for (int i = 0; i < 200; ++i) tick(60 * core::kSecond);
    EXPECT_EQ(room->flows.size(), 0U) << "idle for two hours and four minutes";
}

TEST_F(Budgets, EndOfInput) {
    shake_hands();
    say(Arrival::inside, message("0123456789").substr(0, 40));
    EXPECT_EQ(streams->held(), 1U);
    streams->drain(now, *host);
    EXPECT_EQ(ends(Outcome::capture_end), 1U);
    EXPECT_EQ(streams->held(), 0U);
}

}  // namespace
}  // namespace kmsgate::stream::test
