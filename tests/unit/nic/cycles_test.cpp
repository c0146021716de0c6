// SPDX-License-Identifier: BSD-3-Clause
// A port opened and closed a hundred times: no buffers, port ids or pools stay behind.
#include <rte_log.h>
#include <rte_mempool.h>

#include "tests/unit/nic/kit.hpp"

namespace kmsgate::nic {
namespace {

unsigned pools() {
    unsigned n = 0;
    rte_mempool_walk([](rte_mempool*, void* count) { ++*static_cast<unsigned*>(count); }, &n);
    return n;
}

// The drivers' complaints, a hundred times each, would hide what matters.
struct Quiet {
    std::uint32_t level = rte_log_get_global_level();
    Quiet() { rte_log_set_global_level(RTE_LOG_CRIT); }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet() { rte_log_set_global_level(level); }
};

TEST(NicCycles, NullDevice) {
    ASSERT_EQ(in_use(), 0U);
    const unsigned pools_before = pools();
    for (int i = 0; i < 100; ++i) {
        const auto port = opened("net_null0", options(2));
        ASSERT_TRUE(port);
        ASSERT_EQ(port->id(), 0) << "an id was not given back";
        std::array<rte_mbuf*, 8> frames{};
        ASSERT_EQ(port->receive(0, frames), 8U);
        ASSERT_EQ(port->send(0, frames), 8U);
        core::Mbuf chained = chain(some_bytes(300, 1), 100);
        std::array<rte_mbuf*, 1> one{chained.release()};
        ASSERT_EQ(port->send(1, one), 1U);
    }
    EXPECT_EQ(in_use(), 0U);
    EXPECT_EQ(pools(), pools_before);
    EXPECT_EQ(rte_eth_dev_count_total(), 0U);
}

TEST(NicCycles, RingWithFramesThatWait) {
    const Quiet quiet;  // net_ring leaves rings behind that it then finds again
    for (int i = 0; i < 100; ++i) {
        const auto port = opened("net_ring0");  // what it sends it receives
        ASSERT_TRUE(port);
        ASSERT_EQ(port->id(), 0);
        std::array<rte_mbuf*, 3> frames{};
        for (std::size_t k = 0; k < frames.size(); ++k)
            frames[k] = chain(some_bytes(500, static_cast<std::uint32_t>(k)), 200).release();
        ASSERT_EQ(port->send(0, frames), frames.size());
        ASSERT_EQ(in_use(), 9U);
    }
    EXPECT_EQ(in_use(), 0U);
    EXPECT_EQ(rte_eth_dev_count_total(), 0U);
}

TEST(NicCycles, RefusedDevice) {
    const Quiet quiet;
    for (int i = 0; i < 100; ++i)
        ASSERT_FALSE(EthdevPort::open("net_pcap0,rx_pcap=/nonexistent/x.pcap", options()).has_value());
    EXPECT_EQ(in_use(), 0U);
    EXPECT_EQ(rte_eth_dev_count_total(), 0U);
    const auto port = opened("net_null0");
    ASSERT_TRUE(port);
    EXPECT_EQ(port->id(), 0);
}

}  // namespace
}  // namespace kmsgate::nic
