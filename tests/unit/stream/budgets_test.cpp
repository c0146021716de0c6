// SPDX-License-Identifier: BSD-3-Clause
// Limits of time, frames and connections, and the end of the input.
#include <array>

#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

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
    part(text, 100, 120);
    part(text, 120, 140);
    part(text, 140, first.size());
    part(text, first.size());
    EXPECT_EQ(room->kept(), 4U) << "all that there is for one direction";
    part(text, 0, 100);
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
    part(text, first.size());
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Budgets, LookingForAPlaceHasAnEnd) {
    shake_hands();
    const std::string large = message(std::string(3'000, 'b'));
    const auto byte = [&](std::size_t i) { part(large, i, i + 1); };
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
