// SPDX-License-Identifier: BSD-3-Clause
// Chains on a device that takes none and is busy: a driver's send call is put in place of net_null's.
#include "tests/unit/nic/kit.hpp"

namespace kmsgate::nic {
namespace {

// The driver: keeps what it takes until it is emptied.
struct Busy {
    std::size_t room = SIZE_MAX;
    std::size_t longest = 0;  // chain offered
    std::vector<core::Mbuf> held;
} busy;

std::uint16_t busy_send(void*, rte_mbuf** frames, std::uint16_t n) {
    std::uint16_t i = 0;
    for (; i < n && busy.held.size() < busy.room; ++i) busy.held.emplace_back(frames[i]);
    for (std::uint16_t k = 0; k < n; ++k)
        busy.longest = std::max<std::size_t>(
            busy.longest, k < i ? busy.held[busy.held.size() - i + k]->nb_segs : frames[k]->nb_segs);
    return i;
}

class NicSend : public testing::Test {
  protected:
    void SetUp() override {
        busy = Busy{};
        port = opened("net_null0");
        ASSERT_TRUE(port);
        rte_eth_fp_ops[port->id()].tx_pkt_burst = busy_send;
    }
    void TearDown() override {
        busy.held.clear();
        port.reset();
        EXPECT_EQ(in_use(), 0U);
    }
    // every third frame is in one buffer
    static std::vector<rte_mbuf*> frames(std::uint32_t count) {
        std::vector<rte_mbuf*> out;
        for (std::uint32_t i = 0; i < count; ++i)
            out.push_back(chain(some_bytes(64 + i, i), i % 3 == 0 ? 2000 : 50).release());
        return out;
    }
    std::unique_ptr<EthdevPort> port;
};

TEST_F(NicSend, ChainsAreCopiedInOrderAndFreed) {
    std::vector<rte_mbuf*> out = frames(150);
    EXPECT_EQ(port->send(0, out), 150U);
    ASSERT_EQ(busy.held.size(), 150U);
    EXPECT_EQ(busy.longest, 1U);
    for (std::uint32_t i = 0; i < 150; ++i) EXPECT_EQ(bytes_of(busy.held[i].get()), some_bytes(64 + i, i));
    EXPECT_EQ(in_use(), 50U);  // the chains are gone, their copies come from elsewhere
    EXPECT_EQ(port->counts().tx_copied, 100U);
}

TEST_F(NicSend, WhatIsNotTakenStaysAsItWas) {
    busy.room = 70;
    std::vector<rte_mbuf*> out = frames(100);
    EXPECT_EQ(port->send(0, out), 70U);
    EXPECT_EQ(port->counts().tx_copied, 46U);
    for (std::uint32_t i = 70; i < 100; ++i) {
        EXPECT_EQ(bytes_of(out[i]), some_bytes(64 + i, i));
        EXPECT_EQ(out[i]->nb_segs == 1, i % 3 == 0);
    }
    // later
    busy.room = SIZE_MAX;
    EXPECT_EQ(port->send(0, std::span(out).subspan(70)), 30U);
    ASSERT_EQ(busy.held.size(), 100U);
    for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(bytes_of(busy.held[i].get()), some_bytes(64 + i, i));
    EXPECT_EQ(port->counts().tx_copied, 66U);
}

TEST_F(NicSend, BuffersThatOthersHoldAreLeftAlone) {
    core::Mbuf chained = chain(some_bytes(200, 5), 90);
    rte_mbuf* m = chained.get();
    rte_pktmbuf_refcnt_update(m, 1);  // the pipeline remembers it
    std::array<rte_mbuf*, 1> out{m};
    EXPECT_EQ(port->send(0, out), 1U);
    EXPECT_EQ(bytes_of(m), some_bytes(200, 5));
    EXPECT_EQ(bytes_of(busy.held[0].get()), some_bytes(200, 5));
    EXPECT_EQ(m->nb_segs, 3);
}

TEST_F(NicSend, NoBufferForACopyIsNoLoss) {
    // the driver holds on to every copy there is
    std::size_t sent = 0;
    while (true) {
        std::array<rte_mbuf*, 1> out{chain(some_bytes(150, static_cast<std::uint32_t>(sent)), 100).release()};
        if (port->send(0, out) == 0) {
            EXPECT_EQ(bytes_of(out[0]), some_bytes(150, static_cast<std::uint32_t>(sent)));
            EXPECT_EQ(out[0]->nb_segs, 2);
            // one that needs none still leaves, in front of one that waits
            std::array<rte_mbuf*, 2> two{chain(some_bytes(60, 1), 100).release(), out[0]};
            EXPECT_EQ(port->send(0, two), 1U);
            busy.held.clear();
            EXPECT_EQ(port->send(0, out), 1U);
            break;
        }
        ASSERT_LT(++sent, 5000U);
    }
    EXPECT_GE(sent, 512U);  // all descriptors of the queue
    EXPECT_EQ(port->counts().tx_errors, 0U);
}

TEST_F(NicSend, EmptyChainIsAnErrorNotAStandstill) {
    core::Mbuf empty(rte_pktmbuf_alloc(test_pool()));
    ASSERT_EQ(rte_pktmbuf_chain(empty.get(), rte_pktmbuf_alloc(test_pool())), 0);
    std::array<rte_mbuf*, 2> out{empty.release(), chain(some_bytes(60, 1), 100).release()};
    EXPECT_EQ(port->send(0, out), 2U);
    EXPECT_EQ(port->counts().tx_errors, 1U);
    EXPECT_EQ(busy.held.size(), 1U);
}

}  // namespace
}  // namespace kmsgate::nic
