// SPDX-License-Identifier: BSD-3-Clause
// Datagrams of our own: checksums, and fragments that come together again at every MTU.
#include "dataplane/emit/datagram.hpp"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/frames.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::emit {
namespace {

using namespace kmsgate::test;

rte_mempool* pool() {
    static const auto made = replay::make_pool("datagram-test", 511);
    return made ? made->get() : nullptr;
}

Envelope envelope(bool v6, const Bytes& link) {
    Envelope e;
    e.link = link;
    e.swap_link = true;
    policy::table::Address a = kA6, b = kB6;
    if (!v6) {
        a = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1};
        b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 2};
    }
    e.source = {a, 5060, v6};
    e.destination = {b, 6001, v6};
    e.traffic_class = 0xA5;
    e.packet_id = 0xABCD;
    return e;
}

std::vector<Bytes> made_of(core::FrameList& list) {
    std::vector<Bytes> out;
    std::vector<std::uint8_t> scratch(70000);
    while (core::Mbuf m = list.pop()) {
        const auto b = core::linear(m.get(), scratch);
        EXPECT_EQ(b.size(), m->pkt_len);
        EXPECT_EQ(rte_mbuf_check(m.get(), 1, nullptr), 0);
        out.emplace_back(b.begin(), b.end());
    }
    return out;
}

std::string sample(std::size_t n) {
    std::string s(n, '\0');
    for (std::size_t i = 0; i < n; ++i) s[i] = static_cast<char>(i * 131 + i / 251);
    return s;
}

TEST(Datagram, RoundTripAtManySizes) {
    const unsigned before = rte_mempool_avail_count(pool());
    const Bytes plain = kMacs + u16(0x0800), six = kMacs + u16(0x8100) + u16(7) + u16(0x86DD);
    for (const bool v6 : {false, true}) {
        const Bytes& link = v6 ? six : plain;
        const std::size_t header = v6 ? 40 : 20;
        for (const std::size_t mtu : {68U, 100U, 576U, 577U, 1280U, 1281U, 1499U, 1500U, 9000U})
            for (const std::size_t size :
                 {std::size_t{0}, std::size_t{1}, mtu - header - 8 - 1, mtu - header - 8, mtu - header - 7,
                  std::size_t{2500}, std::size_t{6501}}) {
                SCOPED_TRACE(testing::Message()
                             << (v6 ? "v6" : "v4") << " mtu " << mtu << " payload " << size);
                const std::string payload = sample(size);
                core::FrameList list;
                ASSERT_TRUE(write_datagram(envelope(v6, link), payload, mtu, pool(), list));
                const auto frames = made_of(list);
                const Received r = receive(frames, link.size());
                EXPECT_EQ(r.payload, payload);
                EXPECT_EQ(r.source_port, 5060U);
                EXPECT_EQ(r.destination_port, 6001U);
                EXPECT_EQ(r.source, v6 ? bytes(kA6) : bytes(kA4));
                EXPECT_EQ(r.traffic_class, 0xA5U);
                EXPECT_LE(r.largest, mtu);
                EXPECT_EQ(frames.size() > 1, header + 8 + size > mtu);
                EXPECT_TRUE(frames.size() == 1 || r.id == 0xABCD) << "a fresh id";
                for (const Bytes& f : frames) {
                    EXPECT_EQ(part(f, 0, 12), part(kMacs, 6, 6) + part(kMacs, 0, 6))
                        << "MAC addresses change places";
                    EXPECT_EQ(part(f, 12, link.size() - 12), part(link, 12, link.size() - 12));
                }
            }
    }
    EXPECT_EQ(rte_mempool_avail_count(pool()), before);
}

TEST(Datagram, OneFrameHasDontFragment) {
    core::FrameList list;
    ASSERT_TRUE(write_datagram(envelope(false, kMacs + u16(0x0800)), "x", 1500, pool(), list));
    EXPECT_EQ(get16(made_of(list).at(0), 14 + 6), 0x4000U);
}

TEST(Datagram, ChecksumIsNeverZero) {
    // one's complement zero is written as 0xFFFF: 0 would mean that there is none (RFC 768)
    int met = 0;
    for (unsigned i = 0; i < 65536; ++i) {
        const std::array<char, 2> two = {static_cast<char>(i >> 8), static_cast<char>(i)};
        core::FrameList list;
        ASSERT_TRUE(write_datagram(envelope(true, kMacs + u16(0x86DD)), {two.data(), 2}, 1500, pool(), list));
        const auto* f = rte_pktmbuf_mtod(list.front(), const std::uint8_t*);
        const unsigned sum = static_cast<unsigned>(f[60] << 8 | f[61]);
        ASSERT_NE(sum, 0U);
        met += sum == 0xFFFF ? 1 : 0;
    }
    EXPECT_GE(met, 1);
}

TEST(Datagram, Largest) {
    for (const bool v6 : {false, true}) {
        const std::size_t most = v6 ? 65527 : 65507;
        const Bytes link = kMacs + u16(v6 ? 0x86DD : 0x0800);
        core::FrameList list;
        ASSERT_TRUE(write_datagram(envelope(v6, link), sample(most), 1500, pool(), list));
        EXPECT_EQ(receive(made_of(list)).payload, sample(most));
        EXPECT_FALSE(write_datagram(envelope(v6, link), sample(most + 1), 1500, pool(), list));
        EXPECT_TRUE(list.empty());
    }
}

TEST(Datagram, WhatCannotBeMade) {
    core::FrameList list;
    const Bytes link = kMacs + u16(0x0800);
    EXPECT_FALSE(write_datagram(envelope(false, link), sample(100), 27, pool(), list))
        << "no room for 8 bytes";
    EXPECT_TRUE(write_datagram(envelope(false, link), sample(100), 28, pool(), list));
    list.clear();
    EXPECT_FALSE(write_datagram(envelope(true, link), sample(100), 55, pool(), list));
    EXPECT_FALSE(write_datagram(envelope(false, Bytes(13, 0)), "x", 1500, pool(), list));
    EXPECT_FALSE(write_datagram(envelope(false, Bytes(65, 0)), "x", 1500, pool(), list));
    EXPECT_TRUE(list.empty());
}

TEST(Datagram, OutOfBuffersAtEveryPoint) {
    for (unsigned buffers = 1; buffers < 8; ++buffers) {
        const auto small = replay::make_pool("datagram-small", buffers);
        ASSERT_TRUE(small);
        const unsigned before = rte_mempool_avail_count(small->get());
        core::FrameList list;
        list.push(core::make_frame(pool(), bytes("kept")));
        const bool ok =
            write_datagram(envelope(false, kMacs + u16(0x0800)), sample(7000), 1500, small->get(), list);
        EXPECT_EQ(ok, before >= 5);
        EXPECT_TRUE(ok || list.size() == 1) << "all or nothing";
        list.clear();
        EXPECT_EQ(rte_mempool_avail_count(small->get()), before);
    }
}

TEST(Datagram, LargeFramesAreChained) {
    core::FrameList list;
    ASSERT_TRUE(write_datagram(envelope(false, kMacs + u16(0x0800)), sample(8000), 9000, pool(), list));
    EXPECT_GT(list.front()->nb_segs, 1);
    EXPECT_EQ(receive(made_of(list)).payload, sample(8000));
}

}  // namespace
}  // namespace kmsgate::emit
