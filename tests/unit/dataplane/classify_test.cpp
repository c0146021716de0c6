// SPDX-License-Identifier: BSD-3-Clause
// Where the headers lie, for frames as networks carry them.
#include "dataplane/classify/packet.hpp"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/frames.hpp"

namespace kmsgate::classify {
namespace {

using namespace kmsgate::test;

const Bytes kData = bytes("OPTIONS sip:x SIP/2.0\r\n\r\n");

std::string payload_of(const Bytes& frame, const Packet& p) {
    if (p.payload + std::size_t{p.payload_size} > frame.size()) return "outside the frame";
    return text(part(frame, p.payload, p.payload_size));
}

/// A UDP frame from port 1111 to 2222 that carries kData.
void expect_udp(const Bytes& frame, const char* what) {
    SCOPED_TRACE(what);
    const Packet p = read(frame);
    ASSERT_EQ(p.kind, Kind::udp);
    EXPECT_EQ(payload_of(frame, p), text(kData));
    EXPECT_EQ(p.source_port, 1111);
    EXPECT_EQ(p.destination_port, 2222);
    EXPECT_EQ(p.protocol, 17);
}
const Bytes kUdp = udp(1111, 2222, kData);

TEST(Classify, PlainIpv4) {
    const Bytes frame = ether(0x0800, ipv4({}, kUdp));
    expect_udp(frame, "plain");
    const Packet p = read(frame);
    EXPECT_FALSE(p.v6);
    EXPECT_FALSE(p.tunnelled);
    EXPECT_EQ(p.l3, 14);
    EXPECT_EQ(p.l4, 34U);
    EXPECT_EQ(p.vlan, 0U);
    EXPECT_EQ(p.source, (policy::table::Address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1}));
    EXPECT_EQ(p.destination[15], 2);
    expect_udp(ether(0x0800, ipv4({}, kUdp)) + Bytes(18, 0xEE), "Ethernet padding");
    expect_udp(ether(0x0800, ipv4({.field = 0x4000}, kUdp)), "don't fragment");
    for (std::size_t words = 1; words <= 10; ++words)
        expect_udp(ether(0x0800, ipv4({.options = Bytes(words * 4, 1)}, kUdp)), "options");
    expect_udp(ether(0x86DD, ipv6({}, kUdp)), "IPv6");
}

TEST(Classify, VlanTags) {
    expect_udp(tagged({{0x8100, 0x6007}}, 0x0800, ipv4({}, kUdp)), "one tag");
    const Bytes qinq = tagged({{0x88A8, 5}, {0x8100, 6}}, 0x86DD, ipv6({}, kUdp));
    expect_udp(qinq, "QinQ");
    EXPECT_EQ(read(qinq).l3, 22);
    EXPECT_NE(read(qinq).vlan, read(tagged({{0x88A8, 6}, {0x8100, 5}}, 0x86DD, ipv6({}, kUdp))).vlan);
    // id 0 (priority only) is the same link as no tag: fragments of both meet at the receiver
    EXPECT_EQ(read(tagged({{0x8100, 0xE000}}, 0x0800, ipv4({}, kUdp))).vlan, 0U);
    EXPECT_EQ(read(tagged({{0x8100, 0xE007}}, 0x0800, ipv4({}, kUdp))).vlan,
              read(tagged({{0x88A8, 0}, {0x8100, 7}}, 0x0800, ipv4({}, kUdp))).vlan);
    for (const std::size_t tpid : {0x8100U, 0x88A8U, 0x9100U, 0x9200U, 0x9300U})
        expect_udp(tagged({{tpid, 9}}, 0x0800, ipv4({}, kUdp)), "tag protocol");
    const auto tags = [](std::size_t n) {
        Bytes f = kMacs;
        for (std::size_t i = 0; i < n; ++i) f = f + u16(0x8100) + u16(i + 1);
        return f + u16(0x0800) + ipv4({}, kUdp);
    };
    expect_udp(tags(8), "eight tags");
    EXPECT_EQ(read(tags(9)).kind, Kind::malformed) << "SIP behind more tags than are read must not pass";
}

TEST(Classify, Ipv6ExtensionHeaders) {
    for (const std::size_t type : {0U, 43U, 60U, 135U, 139U, 140U})
        for (const std::size_t units : {0U, 1U, 10U})
            expect_udp(ether(0x86DD, ipv6({.next = type}, extension(17, units) + kUdp)),
                       "one extension header");
    const auto chain = [](std::size_t n) {
        Bytes payload;
        for (std::size_t i = 0; i < n; ++i) payload = payload + extension(i + 1 < n ? 60 : 17);
        return ether(0x86DD, ipv6({.next = 60}, payload + kUdp));
    };
    expect_udp(chain(16), "16 headers");
    for (const std::size_t n : {17U, 18U, 40U})
        EXPECT_NE(read(chain(n)).kind, Kind::other)
            << n << " headers: what is not read to its end must not pass unread";
    EXPECT_EQ(read(chain(17)).kind, Kind::malformed);
    // lengths past the packet
    EXPECT_EQ(read(ether(0x86DD, ipv6({.next = 60}, u8(17) + u8(9) + Bytes(14, 0)))).kind, Kind::malformed);
    EXPECT_EQ(read(ether(0x86DD, ipv6({.next = 60}, Bytes(4, 0)))).kind, Kind::malformed);
    // the same numbers are no extension headers in IPv4
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 60}, extension(17) + kUdp))).kind, Kind::other);
}

TEST(Classify, Fragments) {
    const Bytes frame = ether(0x0800, ipv4({.id = 0xBEEF, .field = 0x2000 | 185}, kUdp));
    const Packet p = read(frame);
    ASSERT_EQ(p.kind, Kind::fragment);
    EXPECT_EQ(p.fragment_id, 0xBEEFU);
    EXPECT_EQ(p.fragment_offset, 185U * 8);
    EXPECT_TRUE(p.more_fragments);
    EXPECT_EQ(p.protocol, 17);
    EXPECT_EQ(part(frame, p.l4, p.l4_size), kUdp);
    EXPECT_EQ(read(ether(0x0800, ipv4({.field = 1}, kUdp))).kind, Kind::fragment) << "the last one";
    EXPECT_EQ(read(ether(0x0800, ipv4({.field = 0x2000}, kUdp))).kind, Kind::fragment) << "the first one";

    const Bytes six = ether(
        0x86DD, ipv6({.next = 60}, extension(44) + fragment_header(17, 1480, false, 0xCAFE0001) + kUdp));
    const Packet q = read(six);
    ASSERT_EQ(q.kind, Kind::fragment);
    EXPECT_EQ(q.fragment_id, 0xCAFE0001U);
    EXPECT_EQ(q.fragment_offset, 1480U);
    EXPECT_FALSE(q.more_fragments);
    EXPECT_EQ(q.protocol, 17);
    EXPECT_EQ(part(six, q.l4, q.l4_size), kUdp);
    expect_udp(ether(0x86DD, ipv6({.next = 44}, fragment_header(17, 0, false) + kUdp)),
               "atomic fragment (RFC 6946)");
    // offset and M flag share a word with two reserved bits, which a receiver ignores
    expect_udp(ether(0x86DD, ipv6({.next = 44}, u8(17) + u8(0xFF) + u16(0x0006) + u32(1) + kUdp)),
               "reserved bits");
    const Packet twice = read(ether(0x86DD, ipv6({.next = 44}, fragment_header(44, 0, false, 1) +
                                                                   fragment_header(17, 0, true, 2) + kUdp)));
    EXPECT_EQ(twice.kind, Kind::fragment);
    EXPECT_EQ(twice.fragment_id, 2U);
}

TEST(Classify, Tcp) {
    const Bytes frame = ether(0x0800, ipv4({.protocol = 6}, tcp(1111, 5060, kData, 15, 0x02)));
    const Packet p = read(frame);
    ASSERT_EQ(p.kind, Kind::tcp);
    EXPECT_TRUE(p.tcp_syn);
    EXPECT_EQ(payload_of(frame, p), text(kData));
    EXPECT_FALSE(read(ether(0x0800, ipv4({.protocol = 6}, tcp(1, 2, {})))).tcp_syn);
    for (const std::size_t words : {0U, 1U, 4U})
        EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 6}, tcp(1, 2, kData, words)))).kind, Kind::malformed)
            << words;
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 6}, part(tcp(1, 2, {}, 15), 0, 59)))).kind,
              Kind::malformed);
}

TEST(Classify, ReadableTunnels) {
    const auto expect_tunnelled = [](const Bytes& frame, const char* what) {
        expect_udp(frame, what);
        EXPECT_TRUE(read(frame).tunnelled) << what;
    };
    const Bytes inner = ipv4({.source = {192, 0, 2, 1}}, kUdp);
    expect_tunnelled(ether(0x0800, ipv4({.protocol = 4}, inner)), "IP in IP");
    expect_tunnelled(ether(0x0800, ipv4({.protocol = 41}, ipv6({}, kUdp))), "6in4");
    expect_tunnelled(ether(0x86DD, ipv6({.next = 4}, inner)), "4in6");
    for (const std::size_t flags : {0U, 0x8000U, 0x2000U, 0x1000U, 0xB000U}) {
        const auto words = static_cast<std::size_t>(__builtin_popcountll(flags));
        expect_tunnelled(
            ether(0x0800, ipv4({.protocol = 47}, u16(flags) + u16(0x0800) + Bytes(words * 4, 0) + inner)),
            "GRE");
    }
    expect_tunnelled(ether(0x0800, ipv4({.protocol = 4}, ipv4({.protocol = 4}, inner))), "two deep");
    Bytes nested = inner;
    for (int i = 0; i < 4; ++i) nested = ipv4({.protocol = 4}, nested);
    expect_tunnelled(ether(0x0800, nested), "four deep");
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 4}, nested))).kind, Kind::malformed)
        << "deeper is to hide";
    const Bytes ethernet = Bytes(12, 2) + u16(0x0800) + inner;
    expect_tunnelled(ether(0x0800, ipv4({.protocol = 47}, u16(0) + u16(0x6558) + ethernet)),
                     "Ethernet in GRE");
    expect_tunnelled(ether(0x0800, ipv4({}, udp(1, 2152, u8(0x30) + u8(0xFF) + Bytes(6, 0) + inner))),
                     "GTP-U");
    expect_tunnelled(ether(0x0800, ipv4({}, udp(1, 2152, u8(0x32) + u8(0xFF) + Bytes(10, 0) + inner))),
                     "GTP-U, sequence");
    expect_tunnelled(ether(0x0800, ipv4({}, udp(1, 4789, u8(0x08) + Bytes(7, 0) + ethernet))), "VXLAN");
    expect_tunnelled(ether(0x8847, u16(1) + u16(0x0040) + u16(2) + u16(0x0140) + inner), "MPLS, two labels");
    expect_tunnelled(ether(0x8864, u16(0x1100) + u16(1) + u16(2 + inner.size()) + u16(0x0021) + inner),
                     "PPPoE");
    EXPECT_EQ(read(ether(0x0800, ipv4({}, udp(1, 2152, bytes("no GTP"))))).kind, Kind::udp);
    expect_tunnelled(ether(0x0800, ipv4({.protocol = 51}, u8(17) + u8(4) + Bytes(22, 0) + kUdp)), "AH");
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 4}, inner))).source[12], 192)
        << "the inner addresses count";
    const Packet f = read(ether(0x0800, ipv4({.protocol = 4}, ipv4({.field = 0x2000}, kUdp))));
    EXPECT_EQ(f.kind, Kind::fragment);
    EXPECT_TRUE(f.tunnelled);
}

TEST(Classify, UnreadableTunnelsAndTheRest) {
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 50}, Bytes(40, 1)))).kind, Kind::encrypted);
    EXPECT_EQ(read(ether(0x86DD, ipv6({.next = 60}, extension(50) + Bytes(40, 1)))).kind, Kind::encrypted);
    for (const std::size_t type : {0x8847U, 0x8848U, 0x8864U})
        EXPECT_EQ(read(ether(type, Bytes(60, 1))).kind, Kind::tunnel);
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 47}, u16(0x4000) + u16(0x0800) + Bytes(40, 0)))).kind,
              Kind::tunnel);
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 47}, u16(1) + u16(0x880B) + Bytes(40, 0)))).kind,
              Kind::tunnel)
        << "PPTP";
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 47}, u16(0) + u16(0x6558) + Bytes(40, 0)))).kind,
              Kind::tunnel);
    EXPECT_EQ(read(ether(0x0806, Bytes(28, 0))).kind, Kind::other) << "ARP";
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 1}, Bytes(8, 0)))).kind, Kind::other) << "ICMP";
    EXPECT_EQ(read(ether(0x0800, ipv4({.protocol = 132}, Bytes(40, 0)))).kind, Kind::other) << "SCTP";
    EXPECT_EQ(read(ether(0x86DD, ipv6({.next = 59}, {}))).kind, Kind::other) << "no next header";
}

/// RFC 1042: an IPv4 packet behind an LLC/SNAP header is read by some hosts.
TEST(Classify, SnapFrames) {
    const Bytes ip = ipv4({}, kUdp);
    const Bytes snap = u8(0xAA) + u8(0xAA) + u8(3) + u8(0) + u16(0) + u16(0x0800);
    const Bytes frame = ether(snap.size() + ip.size(), snap + ip);
    expect_udp(frame, "SNAP");
    EXPECT_TRUE(read(frame).tunnelled) << "its link header holds a length: no answer can borrow it";
    EXPECT_EQ(read(ether(38, u8(0x42) + u8(0x42) + u8(3) + Bytes(35, 0))).kind, Kind::other)
        << "spanning tree";
}

}  // namespace
}  // namespace kmsgate::classify
