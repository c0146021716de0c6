// SPDX-License-Identifier: BSD-3-Clause
// Segments that were lost on the sender's side: whoever holds what came behind them says so, as any receiver
// would (RFC 5681 4.2, RFC 2018 4).
#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

class Gaps : public Gate {
  protected:
    void part(std::size_t from, std::size_t to) {
        send({.from = Arrival::inside,
              .seq = kClient + 1 + static_cast<Sequence>(from),
              .ack = at[1],
              .flags = "A",
              .payload = text.substr(from, to - from),
              .options = {}});
    }
    static std::string be32(Sequence v) {
        return {static_cast<char>(v >> 24 & 0xFF), static_cast<char>(v >> 16 & 0xFF),
                static_cast<char>(v >> 8 & 0xFF), static_cast<char>(v & 0xFF)};
    }
    const std::string text = message(std::string(300, 'b'));
};

TEST_F(Gaps, EachSegmentBehindOneIsToldAtOnce) {
    shake_hands(std::string("\x04\x02\x01\x01", 4));
    part(0, 50);
    EXPECT_TRUE(ours(Arrival::inside).empty());
    part(100, 150);
    part(150, 200);
    part(200, 220);
    const auto told = ours(Arrival::inside);
    ASSERT_EQ(told.size(), 3U) << "what makes a sender send again";
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(told[i].ack, kClient + 1 + 50);
        EXPECT_EQ(told[i].flags, "A");
        EXPECT_EQ(told[i].payload, "");
        EXPECT_EQ(told[i].window, told[0].window);
    }
    const std::string nops("\x01\x01\x05\x0a", 4);
    EXPECT_EQ(told[0].options, nops + be32(kClient + 101) + be32(kClient + 151));
    EXPECT_EQ(told[2].options, nops + be32(kClient + 201) + be32(kClient + 221));
    part(50, 100);
    ASSERT_EQ(ours(Arrival::inside).size(), 4U) << "the gap is filled, the message still not whole";
    EXPECT_EQ(ours(Arrival::inside)[3].ack, kClient + 1 + 220);
    EXPECT_EQ(ours(Arrival::inside)[3].options, "");
    EXPECT_EQ(passed_to(Arrival::outside), "");
    part(220, text.size());
    EXPECT_EQ(passed_to(Arrival::outside), text);
}

TEST_F(Gaps, WithTimestampsAsWell) {
    const std::string stamp("\x01\x01\x08\x0a\x00\x00\x00\x09\x00\x00\x00\x00", 12);
    shake_hands(std::string("\x04\x02", 2) + stamp.substr(2) + std::string("\x01\x01\x01\x01", 4));
    send({.from = Arrival::inside,
          .seq = kClient + 1 + 100,
          .ack = at[1],
          .flags = "A",
          .payload = text.substr(100, 10),
          .options = stamp});
    ASSERT_EQ(ours(Arrival::inside).size(), 1U);
    EXPECT_EQ(ours(Arrival::inside)[0].options.size(), 24U);
    EXPECT_EQ(ours(Arrival::inside)[0].options.substr(12),
              std::string("\x01\x01\x05\x0a", 4) + be32(kClient + 101) + be32(kClient + 111));
}

TEST_F(Gaps, WithoutSelectiveAcknowledgementsTheNumberAlone) {
    shake_hands();
    part(100, 150);
    ASSERT_EQ(ours(Arrival::inside).size(), 1U);
    EXPECT_EQ(ours(Arrival::inside)[0].ack, kClient + 1);
    EXPECT_EQ(ours(Arrival::inside)[0].options, "");
}

TEST_F(Gaps, WhatIsWholeBehindTheGapNeedsNoWordOfOurs) {
    shake_hands();
    part(50, text.size());
    EXPECT_EQ(ours(Arrival::inside).size(), 1U);
    part(0, 50);
    EXPECT_EQ(passed_to(Arrival::outside), text);
    EXPECT_EQ(ours(Arrival::inside).size(), 1U) << "its receiver has it, and says so";
}

TEST_F(Gaps, AWatchingEdgeSaysNothing) {
    host->watches = true;
    shake_hands();
    part(100, 150);
    EXPECT_TRUE(host->sent.empty());
}

}  // namespace
}  // namespace kmsgate::stream::test
