// SPDX-License-Identifier: BSD-3-Clause
// What was held leaves late: its receiver must not find it too old, its sender must not wait for room in
// vain.
#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

using Delivery = Gate;

constexpr std::size_t kTcp = 14 + 20;  // in frames of the kit

std::string number(std::uint32_t v) {
    return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
            static_cast<char>(v)};
}
std::string stamps(std::uint32_t value, std::uint32_t echo = 0) {
    return std::string("\1\1\10\12", 4) + number(value) + number(echo);
}
std::uint32_t stamp_of(std::string_view frame) {
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < 4; ++i) v = v << 8 | static_cast<std::uint8_t>(frame[kTcp + 24 + i]);
    return v;
}
/// Does the checksum fit?
bool sound(const std::string& frame) {
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size());
    Segment segment;
    return read_segment(bytes, classify::read(bytes), segment) == Unsound::none;
}

TEST_F(Delivery, ASegmentBehindOneWithANewerTimestampGetsThat) {
    shake_hands(stamps(100));
    const std::string text = message(std::string(600, 'b'));
    part(text, 300, 600, stamps(110));  // the first one was lost
    part(text, 600, text.size(), stamps(111));
    part(text, 0, 300, stamps(400));
    ASSERT_EQ(passed_to(Arrival::outside), text);
    const std::vector<Left> left(host->ended.end() - 3, host->ended.end());
    for (const Left& one : left) {
        EXPECT_EQ(stamp_of(one.frame), 400U);
        EXPECT_TRUE(sound(one.frame));
    }
}

TEST_F(Delivery, WhatWeSayInASendersNameIsNoNewerThanWhatItsPeerHasSeen) {
    shake_hands(stamps(100));
    const std::string text = message(std::string(600, 'b'));
    send({.from = Arrival::inside,
          .seq = at[0],
          .ack = at[1],
          .flags = "A",
          .payload = text.substr(0, 300),
          .options = stamps(150)});
    // the other direction is held as well, and its sender is told so, in the client's name
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = at[0],
          .flags = "A",
          .payload = text.substr(0, 300),
          .options = stamps(300)});
    tick(200 * core::kMillisecond);
    ASSERT_EQ(ours(Arrival::outside).size(), 1U);
    for (const auto& [port, frame] : host->sent)
        if (port == Arrival::outside) {
            EXPECT_EQ(stamp_of(frame), 100U) << "what is held says 150";
        }
}

TEST_F(Delivery, AnAcknowledgementThatGrewTooOldIsBroughtUpToDate) {
    shake_hands({}, 20'000);
    const std::string text = message(std::string(600, 'b'));
    const Sequence old = at[1];
    say(Arrival::inside, text.substr(0, 300));
    for (int i = 0; i < 10; ++i) {
        say(Arrival::outside, message(std::string(1'000, 'c')));
        send({.from = Arrival::inside,
              .seq = at[0],
              .ack = at[1],
              .flags = "A",
              .window = 20'000,
              .payload = {},
              .options = {}});
    }
    ASSERT_GT(at[1] - old, 8'192U);
    say(Arrival::inside, text.substr(300));
    ASSERT_EQ(passed_to(Arrival::outside), text);
    const Left& first = host->ended[host->ended.size() - 2];
    EXPECT_EQ(read_back(first.frame).payload, text.substr(0, 300));
    EXPECT_EQ(read_back(first.frame).ack, at[1]);
    EXPECT_EQ(read_back(first.frame).window, 65'535U) << "as say() has it";
    EXPECT_TRUE(sound(first.frame));
}

TEST_F(Delivery, AReceiverWithoutRoomIsAskedForIt) {
    shake_hands({}, 1'000);
    const std::string text = message(std::string(1'700, 'b'));
    say(Arrival::inside, text.substr(0, 900));
    tick(200 * core::kMillisecond);
    say(Arrival::inside, text.substr(900));
    EXPECT_EQ(passed_to(Arrival::outside), text.substr(0, 900));
    // it has that, and no room; what it says of room later is lost
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = kClient + 901,
          .flags = "A",
          .window = 0,
          .payload = {},
          .options = {}});
    host->sent.clear();
    for (int i = 0; i < 25; ++i) tick(100 * core::kMillisecond);
    EXPECT_GE(host->counted(Counter::tcp_probes), 1U);
    ASSERT_FALSE(ours(Arrival::outside).empty());
    const Wire asked = ours(Arrival::outside)[0];
    EXPECT_EQ(asked.payload, "");
    EXPECT_EQ(asked.seq, kClient + 900) << "in front of what it waits for: it must answer";
    send({.from = Arrival::outside,
          .seq = at[1],
          .ack = kClient + 901,
          .flags = "A",
          .window = 1'000,
          .payload = {},
          .options = {}});
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Delivery, OfSeveralThatWereLostEachAcknowledgementBringsTheNext) {
    shake_hands();
    const std::string text = message(std::string(4'000, 'b'));
    for (std::size_t i = 0; i < 3'000; i += 1'000) say(Arrival::inside, text.substr(i, 1'000));
    tick(200 * core::kMillisecond);
    say(Arrival::inside, text.substr(3'000));
    ASSERT_EQ(passed_to(Arrival::outside), text);
    host->sent.clear();
    const auto has = [&](Sequence ack) {
        send(
            {.from = Arrival::outside, .seq = at[1], .ack = ack, .flags = "A", .payload = {}, .options = {}});
    };
    for (int i = 0; i < 3; ++i) has(kClient + 1);
    ASSERT_EQ(ours(Arrival::outside).size(), 1U);
    has(kClient + 1'001);
    ASSERT_EQ(ours(Arrival::outside).size(), 2U);
    EXPECT_EQ(ours(Arrival::outside)[1].seq, kClient + 1'001);
    has(at[0]);
    EXPECT_EQ(ours(Arrival::outside).size(), 2U);
    EXPECT_EQ(room->kept(), 0U);
}

TEST_F(Delivery, ASlowReceiverSlowsItsSender) {
    shake_hands({}, 2'000);
    const std::string begun = message(std::string(900, 'b'));
    say(Arrival::inside, begun.substr(0, 500));
    tick(200 * core::kMillisecond);
    ASSERT_EQ(ours(Arrival::inside).size(), 1U);
    say(Arrival::inside, begun.substr(500));
    std::size_t sent = 0;
    Sequence limit = 0;
    // as a sender does: as much as it was told that there is room for
    for (int i = 0; i < 400; ++i) {
        const std::string text = message(std::string(900, 'b'));
        if (limit != 0 && !before(at[0] + static_cast<Sequence>(text.size()), limit)) break;
        say(Arrival::inside, text);
        sent += text.size();
        tick(200 * core::kMillisecond / 10);
        for (const Wire& w : ours(Arrival::inside)) limit = w.ack + w.window;
    }
    EXPECT_GT(sent, 30'000U);
    EXPECT_LT(sent, 2U * kMaxMessage) << "what its receiver is slow to take is not taken without end";
}

}  // namespace
}  // namespace kmsgate::stream::test
