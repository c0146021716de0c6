// SPDX-License-Identifier: BSD-3-Clause
// Which pair takes a frame, and what passes without one.
#include "dataplane/worker/routes.hpp"

#include "tests/unit/worker/rig.hpp"

namespace kmsgate::worker {
namespace {

using namespace test;

constexpr std::uint16_t kNone = Routes::kNoPair;

struct Wires {
    nic::FakePort a{"a"}, b{"b"}, c{"c"};
    Plan plan{.ports = {&a, &b, &c}, .pairs = {}, .edges = {"e", "f"}};
};
Bytes with_vlan(std::size_t vid, std::size_t type = 0x8100) {
    return tagged({{type, vid}}, 0x0800, ipv4({}, udp(1, 2, {})));
}

TEST(Routes, OuterTagOfEveryKind) {
    for (const std::size_t type : {0x8100U, 0x88A8U, 0x9100U, 0x9200U, 0x9300U})
        EXPECT_EQ(Routes::outer_vlan(with_vlan(7, type)), 7) << std::hex << type;
    EXPECT_EQ(Routes::outer_vlan(with_vlan(0xE007)), 7) << "priority and DEI are no part of it";
    EXPECT_EQ(Routes::outer_vlan(tagged({{0x88A8, 5}, {0x8100, 7}}, 0x0800, {})), 5)
        << "the outermost counts";
    EXPECT_EQ(Routes::outer_vlan(with_vlan(0xE000)), 0) << "a priority tag";
    EXPECT_EQ(Routes::outer_vlan(frame4({})), 0);
    // a frame that ends inside its tag has none
    const Bytes whole = with_vlan(7);
    for (std::size_t n = 0; n <= whole.size(); ++n)
        EXPECT_EQ(Routes::outer_vlan(std::span(whole).first(n)), n < 16 ? 0 : 7) << n;
}

TEST(Routes, PairByPortAndVlan) {
    Wires w;
    // on VLAN 8 the sides are swapped; what has no pair of its own is the last one's
    w.plan.pairs = {{0, {0, 1}, 7}, {1, {1, 0}, 8}, {1, {0, 1}, std::nullopt}, {0, {2, 1}, 4094}};
    const Routes routes(w.plan);
    const auto is = [&](std::size_t port, std::size_t vid, std::uint16_t pair, Arrival arrival) {
        const auto r = routes.find(port, with_vlan(vid));
        EXPECT_EQ(r.pair, pair) << port << " " << vid;
        EXPECT_EQ(r.arrival, arrival) << port << " " << vid;
    };
    is(0, 7, 0, Arrival::inside);
    is(1, 7, 0, Arrival::outside);
    is(0, 8, 1, Arrival::outside);
    is(1, 8, 1, Arrival::inside);
    is(0, 9, 2, Arrival::inside);
    is(1, 4095, 2, Arrival::outside);
    is(0, 0, 2, Arrival::inside);
    is(2, 4094, 3, Arrival::inside);
    is(1, 4094, 3, Arrival::outside);
    is(0, 4094, 2, Arrival::inside);
    EXPECT_EQ(routes.find(0, frame4({})).pair, 2);
    EXPECT_EQ(routes.find(2, with_vlan(7)).pair, kNone);
    EXPECT_EQ(routes.find(2, frame4({})).pair, kNone);
    EXPECT_EQ(routes.find(0, {}).pair, 2) << "too short to have a tag";
}

TEST(Routes, OnePartnerOrNone) {
    Wires w;
    w.plan.pairs = {{0, {0, 1}, 7}, {1, {1, 0}, 8}};
    const Routes two(w.plan);
    EXPECT_EQ(two.partner(0), 1U);
    EXPECT_EQ(two.partner(1), 0U);
    EXPECT_EQ(two.partner(2), std::nullopt);
    w.plan.pairs.push_back({0, {0, 2}, 9});
    w.plan.pairs.push_back({0, {0, 1}, 10});
    const Routes three(w.plan);
    EXPECT_EQ(three.partner(0), std::nullopt) << "two partners";
    EXPECT_EQ(three.partner(1), 0U);
    EXPECT_EQ(three.partner(2), 0U);
}

Bytes to_group(unsigned last, std::size_t type, const Bytes& payload) {
    Bytes f = ether(type, payload);
    const Bytes group = {0x01, 0x80, 0xC2, 0, 0, static_cast<std::uint8_t>(last)};
    std::copy(group.begin(), group.end(), f.begin());
    return f;
}

TEST(LinkLocal, ControlFramesOfTheLink) {
    const Bytes some(46, 0x42);
    EXPECT_TRUE(is_link_local(to_group(0x00, 38, bytes("\x42\x42\x03") + Bytes(43, 0)))) << "STP (LLC)";
    EXPECT_TRUE(is_link_local(to_group(0x02, 0x8809, some))) << "LACP";
    EXPECT_TRUE(is_link_local(to_group(0x0E, 0x88CC, some))) << "LLDP";
    EXPECT_TRUE(is_link_local(to_group(0x0F, 0x4242, some)));
    EXPECT_FALSE(is_link_local(to_group(0x10, 0x4242, some))) << "bridges pass this on";
    for (const std::size_t type : {0x88CCU, 0x8809U, 0x88F7U, 0x888EU})
        EXPECT_TRUE(is_link_local(ether(type, some))) << std::hex << type;
    for (const std::size_t type : {0x88CBU, 0x0806U, 0x88F8U, 0x888FU, 0x8863U})
        EXPECT_FALSE(is_link_local(ether(type, some))) << std::hex << type;
    const Bytes lldp = to_group(0x0E, 0x88CC, some);
    for (std::size_t n = 0; n < 14; ++n) EXPECT_FALSE(is_link_local(std::span(lldp).first(n))) << n;
}

TEST(LinkLocal, NeverWhatSomebodyCouldReadSipIn) {
    const Bytes sip = bytes(invite({}).text());
    const Bytes ip4 = ipv4({}, udp(5060, 5060, sip));
    EXPECT_FALSE(is_link_local(to_group(0, 0x0800, ip4)));
    EXPECT_FALSE(is_link_local(to_group(0, 0x86DD, ipv6({}, udp(5060, 5060, sip)))));
    EXPECT_FALSE(is_link_local(to_group(0x0E, 0x8100, u16(7) + u16(0x0800) + ip4)));
    const Bytes snap = bytes(std::string("\xAA\xAA\x03\0\0\0", 6)) + u16(0x0800) + ip4;
    EXPECT_FALSE(is_link_local(to_group(0, snap.size(), snap)));
    // one fragment of it, and one that is cut
    EXPECT_FALSE(is_link_local(to_group(0, 0x0800, ipv4({.field = 0x2000}, Bytes(64, 1)))));
    EXPECT_FALSE(is_link_local(to_group(0, 0x0800, part(ip4, 0, 40))));
}

}  // namespace
}  // namespace kmsgate::worker
