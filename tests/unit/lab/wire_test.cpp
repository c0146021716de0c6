// SPDX-License-Identifier: BSD-3-Clause
// The lab's hosts: what they send is taken by a strict stack, and a stack that is not strict would prove
// nothing.
#include "tools/lab/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kmsgate::lab {
namespace {

constexpr Station kA{{2, 0, 0, 0, 0, 1}, {10, 0, 0, 1}, 5060};
constexpr Station kB{{2, 0, 0, 0, 0, 2}, {10, 0, 0, 2}, 5062};

std::string long_text(std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>('a' + i % 26);
    return out;
}

TEST(Wire, ShortDatagramIsOneFrame) {
    const auto frames = send_datagram(kA, kB, "hello", 7);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].size(), 14U + 20 + 8 + 5);
    Reassembler r;
    const auto got = r.take(frames[0]);
    ASSERT_TRUE(got && *got) << (got ? "incomplete" : got.error());
    EXPECT_EQ((*got)->payload, "hello");
    EXPECT_EQ((*got)->source, kA.ip);
    EXPECT_EQ((*got)->destination, kB.ip);
    EXPECT_EQ((*got)->source_port, 5060);
    EXPECT_EQ((*got)->destination_port, 5062);
}

/// 192.0.2.1 -> 192.0.2.2, UDP 1 -> 2, payload "ab": sums added by hand (RFC 1071).
TEST(Wire, ChecksumsAsAddedByHand) {
    const Station a{{}, {192, 0, 2, 1}, 1}, b{{}, {192, 0, 2, 2}, 2};
    const auto frames = send_datagram(a, b, "ab", 0x1234);
    // IP: 4500 001e 1234 0000 4011 c000 0201 c000 0202 -> carry folded 1b69 -> complement
    const unsigned ip = 0x4500 + 0x001e + 0x1234 + 0x4011 + 0xc000 + 0x0201 + 0xc000 + 0x0202;
    const unsigned ip_sum = ~((ip & 0xFFFF) + (ip >> 16)) & 0xFFFF;
    EXPECT_EQ(frames[0][24] << 8 | frames[0][25], static_cast<int>(ip_sum));
    // UDP: addresses, 17, length 10 twice, ports, "ab"
    const unsigned udp = 0xc000 + 0x0201 + 0xc000 + 0x0202 + 17 + 10 + 1 + 2 + 10 + 0x6162;
    const unsigned udp_sum = ~((udp & 0xFFFF) + (udp >> 16)) & 0xFFFF;
    EXPECT_EQ(frames[0][40] << 8 | frames[0][41], static_cast<int>(udp_sum));
}

TEST(Wire, LongDatagramIsFragmentedAndComesTogetherInAnyOrder) {
    const std::string text = long_text(4000);
    auto frames = send_datagram(kA, kB, text, 9, 1500);
    ASSERT_EQ(frames.size(), 3U);
    for (const Frame& f : frames) EXPECT_LE(f.size(), 14U + 1500);
    EXPECT_EQ((frames[0].size() - 34) % 8, 0U);
    std::ranges::sort(frames);
    do {
        Reassembler r;
        std::string whole;
        for (const Frame& f : frames) {
            const auto got = r.take(f);
            ASSERT_TRUE(got) << got.error();
            if (*got) whole = (*got)->payload;
        }
        EXPECT_EQ(whole, text);
        EXPECT_EQ(r.waiting(), 0U);
    } while (std::ranges::next_permutation(frames).found);
}

TEST(Wire, MissingFragmentIsNoticed) {
    const auto frames = send_datagram(kA, kB, long_text(3000), 9, 1500);
    Reassembler r;
    const auto got = r.take(frames[0]);
    ASSERT_TRUE(got);
    EXPECT_FALSE(*got);
    EXPECT_EQ(r.waiting(), 1U);
}

/// Every single changed bit of the IP header's and the UDP datagram's bytes is noticed (both have checksums).
TEST(Wire, EveryChangedBitIsNoticed) {
    const auto frames = send_datagram(kA, kB, "INVITE", 7);
    for (std::size_t at = 12; at < frames[0].size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            Frame changed = frames[0];
            changed[at] = static_cast<std::uint8_t>(changed[at] ^ 1 << bit);
            Reassembler r;
            EXPECT_FALSE(r.take(changed)) << "byte " << at << " bit " << bit;
        }
}

TEST(Wire, EveryTruncationIsNoticed) {
    const auto frames = send_datagram(kA, kB, "INVITE", 7);
    for (std::size_t size = 0; size < frames[0].size(); ++size) {
        Reassembler r;
        EXPECT_FALSE(r.take(std::span(frames[0]).first(size))) << size;
    }
}

TEST(Wire, TwoFragmentsAtOneOffsetAndOverlapsAreRefused) {
    const auto frames = send_datagram(kA, kB, long_text(3000), 9, 1500);
    Reassembler twice;
    ASSERT_TRUE(twice.take(frames[0]));
    EXPECT_FALSE(twice.take(frames[0]));
    const auto smaller = send_datagram(kA, kB, long_text(3000), 9, 1000);
    Reassembler overlap;
    ASSERT_TRUE(overlap.take(frames[0]));
    EXPECT_FALSE(overlap.take(smaller[1]));
}

}  // namespace
}  // namespace kmsgate::lab
