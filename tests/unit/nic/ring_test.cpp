// SPDX-License-Identifier: BSD-3-Clause
// Two ports with a cable of rings between them.
#include "tests/unit/nic/kit.hpp"

namespace kmsgate::nic {
namespace {

TEST(NicRing, FramesGoThroughBothWaysWithTheirChains) {
    RingCable cable("pair", 256, 2);
    {
        const auto a = opened(cable.a, options(2));
        const auto b = opened(cable.b, options(2));
        ASSERT_TRUE(a && b);
        EXPECT_EQ(a->name(), cable.a);
        ASSERT_EQ(a->queues(), 2);
        EXPECT_TRUE(a->capabilities().multi_segment_tx);
        EXPECT_TRUE(a->link_up() && b->link_up());
        std::vector<Bytes> wanted;
        for (std::uint32_t i = 0; i < 40; ++i) wanted.push_back(some_bytes(60 + 230 * i, i));
        for (std::uint16_t q = 0; q < 2; ++q) {
            for (EthdevPort* from : {a.get(), b.get()}) {
                EthdevPort* to = from == a.get() ? b.get() : a.get();
                std::vector<rte_mbuf*> out;
                for (std::size_t i = 0; i < wanted.size(); ++i)
                    out.push_back(chain(wanted[i], 100 + 37 * (i % 5)).release());
                std::vector<rte_mbuf*> same = out;
                ASSERT_EQ(from->send(q, out), out.size());
                std::array<rte_mbuf*, 64> in{};
                ASSERT_EQ(to->receive(q ^ 1U, in), 0U);
                ASSERT_EQ(to->receive(q, in), wanted.size());
                for (std::size_t i = 0; i < wanted.size(); ++i) {
                    EXPECT_EQ(in[i], same[i]);  // passed on, not copied
                    EXPECT_EQ(bytes_of(in[i]), wanted[i]);
                    rte_pktmbuf_free(in[i]);
                }
            }
        }
        EXPECT_EQ(a->counts().tx_frames, 80U);
        EXPECT_EQ(a->counts().rx_frames, 80U);
        EXPECT_EQ(a->counts().tx_copied, 0U);
    }
    EXPECT_EQ(in_use(), 0U);
    EXPECT_EQ(rte_eth_dev_count_total(), 0U);
}

TEST(NicRing, WhatAFullRingDoesNotTakeStaysTheCallers) {
    RingCable cable("full", 16);
    {
        const auto a = opened(cable.a);
        const auto b = opened(cable.b);
        ASSERT_TRUE(a && b);
        std::array<rte_mbuf*, 20> out{};
        for (std::uint32_t i = 0; i < out.size(); ++i) out[i] = chain(some_bytes(90, i), 40).release();
        const std::size_t taken = a->send(0, out);
        EXPECT_EQ(taken, 15U);
        for (std::size_t i = taken; i < out.size(); ++i)
            EXPECT_EQ(bytes_of(out[i]), some_bytes(90, static_cast<std::uint32_t>(i)));
        EXPECT_EQ(a->send(0, std::span(out).subspan(taken)), 0U);
        rte_pktmbuf_free_bulk(out.data() + taken, static_cast<unsigned>(out.size() - taken));
        EXPECT_EQ(a->send(0, {}), 0U);
    }
    // the rest of the cable was emptied by the port that closed
    EXPECT_EQ(in_use(), 0U);
}

TEST(NicRing, LinkIsSetAndRead) {
    RingCable cable("link", 16);
    const auto a = opened(cable.a);
    ASSERT_TRUE(a);
    EXPECT_TRUE(a->capabilities().reports_link);
    EXPECT_TRUE(a->capabilities().sets_link);
    EXPECT_TRUE(a->set_link(false));
    EXPECT_FALSE(a->link_up());
    EXPECT_TRUE(a->set_link(true));
    EXPECT_TRUE(a->link_up());
}

}  // namespace
}  // namespace kmsgate::nic
