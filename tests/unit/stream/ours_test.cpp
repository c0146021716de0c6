// SPDX-License-Identifier: BSD-3-Clause
// Segments of our own: acknowledgements of what is held, and bytes that are owed to their receiver.
#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

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

}  // namespace
}  // namespace kmsgate::stream::test
