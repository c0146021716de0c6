// SPDX-License-Identifier: BSD-3-Clause
// What became of a connection in which something was refused or broken: answers, resets, who hears of it.
#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

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

}  // namespace
}  // namespace kmsgate::stream::test
