// SPDX-License-Identifier: BSD-3-Clause
// Lengths that lie, frames cut anywhere: never a read outside (the sanitizer sees it), never a payload
// outside.
#include <gtest/gtest.h>

#include <random>

#include "dataplane/classify/packet.hpp"
#include "tests/unit/dataplane/frames.hpp"

namespace kmsgate::classify {
namespace {

using namespace kmsgate::test;

const Bytes kUdp = udp(1111, 2222, bytes("some payload here"));

std::vector<Bytes> one_of_each() {
    const Bytes four = ipv4({}, kUdp), six = ipv6({}, kUdp);
    return {
        ether(0x0800, four),
        ether(0x86DD, six),
        ether(0x0800, ipv4({.options = Bytes(40, 1)}, kUdp)),
        tagged({{0x88A8, 1}, {0x8100, 2}}, 0x0800, four),
        tagged({{0x8100, 1},
                {0x8100, 2},
                {0x8100, 3},
                {0x8100, 4},
                {0x8100, 5},
                {0x8100, 6},
                {0x8100, 7},
                {0x8100, 8}},
               0x86DD, six),
        ether(0x86DD, ipv6({.next = 0}, extension(43) + extension(60, 2) + extension(17) + kUdp)),
        ether(0x86DD, ipv6({.next = 44}, fragment_header(17, 0, false) + kUdp)),
        ether(0x86DD, ipv6({.next = 44}, fragment_header(17, 8, true) + kUdp)),
        ether(0x0800, ipv4({.field = 0x2000}, kUdp)),
        ether(0x0800, ipv4({.protocol = 6}, tcp(1, 2, bytes("text"), 8))),
        ether(0x0800, ipv4({.protocol = 51}, u8(17) + u8(4) + Bytes(22, 0) + kUdp)),
        ether(0x0800, ipv4({.protocol = 47}, u16(0xB000) + u16(0x86DD) + Bytes(12, 0) + six)),
        ether(0x0800, ipv4({.protocol = 4}, ipv4({.protocol = 41}, six))),
        ether(0x0800, ipv4({.protocol = 50}, Bytes(20, 0))),
        ether(0x8847, Bytes(30, 0)),
        ether(8 + four.size(), u8(0xAA) + u8(0xAA) + u8(3) + u8(0) + u16(0) + u16(0x0800) + four),
    };
}

void expect_inside(const Bytes& frame) {
    const Bytes exact(frame);  // an allocation of its own size: one byte too far is seen
    const Packet p = read(exact);
    if (p.kind == Kind::udp || p.kind == Kind::tcp) {
        ASSERT_LE(p.payload, exact.size());
        ASSERT_LE(p.payload_size, exact.size() - p.payload);
    }
    if (p.kind == Kind::udp || p.kind == Kind::tcp || p.kind == Kind::fragment) {
        ASSERT_LE(p.l4, exact.size());
        ASSERT_LE(p.l4_size, exact.size() - p.l4);
        ASSERT_GE(p.l3, 14);
        ASSERT_GE(p.l4, p.l3 + 20U);
    }
    if (p.kind == Kind::fragment) {
        Bytes data = part(exact, p.l4, p.l4_size);
        data.shrink_to_fit();
        Packet q = p;
        const Kind kind = read_transport(data, q);
        if (kind == Kind::udp || kind == Kind::tcp) {
            ASSERT_LE(q.payload, data.size());
            ASSERT_LE(q.payload_size, data.size() - q.payload);
        }
    }
}

TEST(ClassifyHostile, EveryTruncation) {
    for (const Bytes& whole : one_of_each()) {
        const Kind kind = read(whole).kind;
        for (std::size_t n = 0; n < whole.size(); ++n) {
            const Bytes cut = part(whole, 0, n);
            expect_inside(cut);
            const Kind now = read(cut).kind;
            const bool opaque = kind == Kind::tunnel || kind == Kind::encrypted;
            EXPECT_TRUE(now == Kind::malformed || (n < 54 && now == Kind::other) || opaque)
                << "a frame of kind " << int(kind) << " cut to " << n << " reads as " << int(now);
        }
    }
}

TEST(ClassifyHostile, EveryByteChanged) {
    std::mt19937 random(20240501);
    for (const Bytes& whole : one_of_each())
        for (std::size_t at = 12; at < whole.size(); ++at)
            for (const int value : {0x00, 0xFF, 0x01, 0x80, static_cast<int>(random() & 0xFF)}) {
                Bytes changed = whole;
                changed[at] = static_cast<std::uint8_t>(value);
                expect_inside(changed);
            }
}

TEST(ClassifyHostile, Noise) {
    std::mt19937 random(7);
    const auto seeds = one_of_each();
    for (int round = 0; round < 20000; ++round) {
        Bytes f = seeds[random() % seeds.size()];
        for (std::size_t n = random() % 8; n != 0; --n)
            f[12 + random() % (f.size() - 12)] = static_cast<std::uint8_t>(random());
        f.resize(random() % (f.size() + 1));
        expect_inside(f);
        // random extension header chains
        Bytes chain;
        for (std::size_t n = random() % 20; n != 0; --n) {
            static constexpr std::uint8_t kTypes[] = {0, 43, 44, 51, 60, 135, 17, 4, 41, 47};
            chain = chain + u8(kTypes[random() % std::size(kTypes)]) + u8(random() % 3) +
                    Bytes(6, static_cast<std::uint8_t>(random() % 2));
        }
        expect_inside(ether(0x86DD, ipv6({.next = 60}, chain + kUdp)));
    }
}

TEST(ClassifyHostile, Ipv4Lengths) {
    const auto kind = [](const V4& h, std::size_t padding = 0) {
        return read(ether(0x0800, ipv4(h, kUdp)) + Bytes(padding, 0)).kind;
    };
    const std::size_t right = 20 + kUdp.size();
    for (const std::size_t total : {std::size_t{0}, std::size_t{19}, std::size_t{20}, std::size_t{27},
                                    right - 1, right + 1, std::size_t{65535}})
        EXPECT_EQ(kind({.total = total}), Kind::malformed) << total;
    EXPECT_EQ(kind({.total = right + 1}, 1), Kind::malformed) << "UDP ends before IP does";
    for (const std::size_t ihl : {0U, 4U, 6U, 15U}) EXPECT_EQ(kind({.ihl = ihl}), Kind::malformed) << ihl;
    EXPECT_EQ(kind({.bad_sum = true}), Kind::malformed);
    EXPECT_EQ(kind({.field = 0x2000, .bad_sum = true}), Kind::malformed);
    Bytes other_version = ether(0x0800, ipv4({}, kUdp));
    other_version[14] = 0x65;
    EXPECT_EQ(read(other_version).kind, Kind::malformed);
    EXPECT_EQ(read(ether(0x86DD, ipv4({}, kUdp))).kind, Kind::malformed);
    EXPECT_EQ(read(ether(0x0800, {})).kind, Kind::malformed);
}

TEST(ClassifyHostile, Ipv6Lengths) {
    const auto kind = [](std::size_t length, std::size_t padding = 0) {
        return read(ether(0x86DD, ipv6({.length = length}, kUdp)) + Bytes(padding, 0)).kind;
    };
    EXPECT_EQ(kind(kUdp.size(), 9), Kind::udp);
    for (const std::size_t n :
         {std::size_t{0}, std::size_t{7}, kUdp.size() - 1, kUdp.size() + 1, std::size_t{65535}})
        EXPECT_EQ(kind(n), Kind::malformed) << n;
    // a jumbogram says 0 here and its length in a hop-by-hop option (RFC 2675)
    const Bytes jumbo = u8(17) + u8(0) + u8(0xC2) + u8(4) + u32(70000) + kUdp;
    EXPECT_EQ(read(ether(0x86DD, ipv6({.next = 0, .length = 0}, jumbo))).kind, Kind::malformed);
}

TEST(ClassifyHostile, UdpLengths) {
    const Bytes data = bytes("abcdef");
    for (const std::size_t length : {0U, 1U, 7U, 8U, 13U, 15U, 65535U})
        EXPECT_EQ(read(ether(0x0800, ipv4({}, udp(1, 2, data, length)))).kind, Kind::malformed) << length;
    EXPECT_EQ(read(ether(0x0800, ipv4({}, udp(1, 2, {})))).kind, Kind::udp) << "an empty datagram";
    EXPECT_EQ(read(ether(0x0800, ipv4({}, part(udp(1, 2, {}), 0, 7)))).kind, Kind::malformed);
}

TEST(ClassifyHostile, InnerLengthsReachNotBeyondTheOuterPacket) {
    const Bytes inner = ipv4({}, kUdp);
    // the outer packet ends in the middle of the inner one, although the frame goes on
    const Bytes short_outer = ether(0x0800, ipv4({.protocol = 4, .total = 20 + inner.size() - 4}, inner));
    EXPECT_EQ(read(short_outer).kind, Kind::tunnel) << "no IP to any reader: counted as a tunnel";
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 51}, u8(17) + u8(200) + Bytes(22, 0) + kUdp))).kind,
              Kind::malformed);
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 51}, Bytes(11, 0)))).kind, Kind::malformed);
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 51}, u8(17) + u8(0) + Bytes(22, 0)))).kind,
              Kind::malformed)
        << "AH of 8 bytes";
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 47}, u16(0x8000)))).kind, Kind::malformed);
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 47}, u16(0xB000) + u16(0x0800) + Bytes(11, 0)))).kind,
              Kind::malformed);
}

TEST(ClassifyHostile, ReassembledTransport) {
    const auto kind = [](const Bytes& datagram, std::uint8_t protocol, bool v6) {
        Packet p;
        p.protocol = protocol;
        p.v6 = v6;
        return read_transport(datagram, p);
    };
    EXPECT_EQ(kind(kUdp, 17, false), Kind::udp);
    EXPECT_EQ(kind(extension(17) + kUdp, 60, true), Kind::udp)
        << "extension headers behind the Fragment header";
    EXPECT_EQ(kind(extension(17) + kUdp, 139, true), Kind::udp);
    EXPECT_EQ(kind(part(kUdp, 0, kUdp.size() - 1), 17, false), Kind::malformed);
    // RFC 8200 4.1 has one Fragment header; a second inside the first would be reassembled by nobody here,
    // but by some host
    EXPECT_EQ(kind(fragment_header(17, 0, true) + kUdp, 44, true), Kind::malformed);
    EXPECT_EQ(kind(extension(44) + fragment_header(17, 8, false) + kUdp, 60, true), Kind::malformed);
    EXPECT_EQ(kind(fragment_header(17, 0, false) + kUdp, 44, true), Kind::udp)
        << "an atomic one is as good as none";
    for (std::size_t n = 0; n < kUdp.size(); ++n)
        EXPECT_EQ(kind(part(kUdp, 0, n), 17, true), Kind::malformed);
}

}  // namespace
}  // namespace kmsgate::classify
