// SPDX-License-Identifier: BSD-3-Clause
// What is asked of devices that no build machine has, by what they say of themselves.
#include "dataplane/nic/settings.hpp"

#include <gtest/gtest.h>
#include <rte_byteorder.h>
#include <rte_thash.h>

#include <array>
#include <set>

namespace kmsgate::nic {
namespace {

constexpr std::size_t kBuffer = 2048;

// A 10 Gbit/s device as most are: jumbo by scatter, RSS for everything, tags not in its MTU.
rte_eth_dev_info plain_nic() {
    rte_eth_dev_info d{};
    d.driver_name = "net_some";
    d.max_rx_queues = d.max_tx_queues = 64;
    d.min_mtu = 68;
    d.max_mtu = 9710;
    d.max_rx_pktlen = 9728;
    d.hash_key_size = 52;
    d.flow_type_rss_offloads = RTE_ETH_RSS_PROTO_MASK;
    d.rx_offload_capa = RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_KEEP_CRC;
    d.tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    return d;
}

// A virtual device without any offload or limit.
rte_eth_dev_info bare_device(const char* driver) {
    rte_eth_dev_info d{};
    d.driver_name = driver;
    d.max_rx_queues = d.max_tx_queues = 1;
    d.min_mtu = 68;
    d.max_mtu = UINT16_MAX;
    d.max_rx_pktlen = UINT32_MAX;
    return d;
}

TEST(NicSettings, QueuesAreBoundedByTheDeviceBothWays) {
    rte_eth_dev_info d = plain_nic();
    d.max_tx_queues = 3;
    const Settings few = settle(d, {.queues = 2, .buffer = kBuffer});
    EXPECT_EQ(few.queues, 2);
    EXPECT_TRUE(few.remarks.empty());
    const Settings many = settle(d, {.queues = 8, .buffer = kBuffer});
    EXPECT_EQ(many.queues, 3);
    ASSERT_EQ(many.remarks.size(), 1U);
    EXPECT_EQ(many.remarks[0], "has 3 queue(s), 8 asked");
    EXPECT_EQ(settle(d, {.queues = 0, .buffer = kBuffer}).queues, 1);
}

TEST(NicSettings, SpreadsByAddressesOnly) {
    const Settings s = settle(plain_nic(), {.queues = 4, .buffer = kBuffer});
    EXPECT_TRUE(s.rss);
    EXPECT_EQ(s.conf.rxmode.mq_mode, RTE_ETH_MQ_RX_RSS);
    const std::uint64_t hash = s.conf.rx_adv_conf.rss_conf.rss_hf;
    EXPECT_NE(hash & RTE_ETH_RSS_IPV4, 0U);
    EXPECT_NE(hash & RTE_ETH_RSS_FRAG_IPV4, 0U);
    EXPECT_NE(hash & RTE_ETH_RSS_IPV6, 0U);
    EXPECT_NE(hash & RTE_ETH_RSS_FRAG_IPV6, 0U);
    EXPECT_EQ(hash & (RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_SCTP), 0U);
    EXPECT_EQ(s.conf.rx_adv_conf.rss_conf.rss_key_len, 52);
    EXPECT_EQ(s.conf.rx_adv_conf.rss_conf.rss_key[51], 0x5a);
}

TEST(NicSettings, AsksOnlyWhatIsOffered) {
    rte_eth_dev_info d = plain_nic();
    d.flow_type_rss_offloads = RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP;
    const Settings some = settle(d, {.queues = 4, .buffer = kBuffer});
    EXPECT_EQ(some.conf.rx_adv_conf.rss_conf.rss_hf, RTE_ETH_RSS_FRAG_IPV4);
    EXPECT_FALSE(some.rss);
    EXPECT_EQ(some.remarks.size(), 1U);
    d.flow_type_rss_offloads = RTE_ETH_RSS_NONFRAG_IPV4_UDP;
    const Settings none = settle(d, {.queues = 4, .buffer = kBuffer});
    EXPECT_EQ(none.conf.rxmode.mq_mode, RTE_ETH_MQ_RX_NONE);
    EXPECT_EQ(none.conf.rx_adv_conf.rss_conf.rss_hf, 0U);
    EXPECT_FALSE(none.rss);
    EXPECT_EQ(none.remarks.size(), 1U);
    // one queue needs no spreading
    const Settings one = settle(plain_nic(), {.queues = 1, .buffer = kBuffer});
    EXPECT_EQ(one.conf.rxmode.mq_mode, RTE_ETH_MQ_RX_NONE);
    EXPECT_TRUE(one.remarks.empty());
}

TEST(NicSettings, BothDirectionsHashAlike) {
    const auto key = symmetric_key(40);
    ASSERT_EQ(key.size(), 40U);
    std::set<std::uint32_t> seen;
    for (std::uint32_t i = 0; i < 64; ++i) {
        std::array<std::uint32_t, 2> there{0x0a000001U + i * 7919U, 0xc0a80001U + i * 104729U};
        std::array<std::uint32_t, 2> back{there[1], there[0]};
        const std::uint32_t h = rte_softrss(there.data(), 2, key.data());
        EXPECT_EQ(h, rte_softrss(back.data(), 2, key.data()));
        seen.insert(h % 4);
        std::array<std::uint32_t, 8> six{0x20010db8, i, 3, 4U + i, 0x20010db8, 9, i * 31, 77};
        std::array<std::uint32_t, 8> six_back{six[4], six[5], six[6], six[7], six[0], six[1], six[2], six[3]};
        EXPECT_EQ(rte_softrss(six.data(), 8, key.data()), rte_softrss(six_back.data(), 8, key.data()));
    }
    EXPECT_EQ(seen.size(), 4U);  // and they do spread
    EXPECT_EQ(symmetric_key(1000).size(), 255U);
}

TEST(NicSettings, TaggedFramesOfFullSizeFit) {
    // 18 bytes over the MTU: the device does not count tags, so they are asked for in the MTU
    const Settings s = settle(plain_nic(), {.mtu = 1500, .buffer = kBuffer, .hardware = true});
    EXPECT_EQ(s.conf.rxmode.mtu, 1508U);
    EXPECT_EQ(s.max_frame, 1522U);
    // 26 over the MTU: it does
    rte_eth_dev_info knows = plain_nic();
    knows.max_mtu = 9702;
    const Settings t = settle(knows, {.mtu = 1500, .buffer = kBuffer, .hardware = true});
    EXPECT_EQ(t.conf.rxmode.mtu, 1500U);
    EXPECT_EQ(t.max_frame, 1522U);
    // a kernel interface behind a virtual device takes them whatever its MTU, which is left as asked
    EXPECT_EQ(settle(bare_device("net_af_xdp"), {.mtu = 1500, .buffer = kBuffer}).conf.rxmode.mtu, 1500U);
}

TEST(NicSettings, JumboByScatter) {
    const Settings s = settle(plain_nic(), {.mtu = 9000, .buffer = kBuffer});
    EXPECT_EQ(s.conf.rxmode.offloads, RTE_ETH_RX_OFFLOAD_SCATTER);
    EXPECT_EQ(s.conf.rxmode.mtu, 9000U);
    EXPECT_EQ(s.max_frame, 9014U);
    EXPECT_TRUE(s.remarks.empty());
    // not where it is not needed: drivers have faster paths without
    EXPECT_EQ(settle(plain_nic(), {.mtu = 1500, .buffer = kBuffer}).conf.rxmode.offloads, 0U);
    EXPECT_EQ(settle(plain_nic(), {.mtu = 9000, .buffer = 9216}).conf.rxmode.offloads, 0U);
}

TEST(NicSettings, JumboWithoutScatterIsWhatABufferHolds) {
    rte_eth_dev_info d = plain_nic();
    d.rx_offload_capa = 0;
    const Settings s = settle(d, {.mtu = 9000, .buffer = kBuffer});
    EXPECT_EQ(s.conf.rxmode.mtu, kBuffer - 18);
    EXPECT_EQ(s.max_frame, kBuffer - 4);
    ASSERT_EQ(s.remarks.size(), 1U);
    EXPECT_NE(s.remarks[0].find("2030"), std::string::npos);
    EXPECT_NE(s.remarks[0].find("9000"), std::string::npos);
    const Settings large = settle(d, {.mtu = 9000, .buffer = 10'000});
    EXPECT_EQ(large.conf.rxmode.mtu, 9000U);
    EXPECT_TRUE(large.remarks.empty());
    // chains whatever it offers
    EXPECT_EQ(settle(bare_device("net_pcap"), {.mtu = 9000, .buffer = kBuffer}).max_frame, 9014U);
}

TEST(NicSettings, MtuBeyondTheDevice) {
    rte_eth_dev_info d = bare_device("net_af_xdp");
    d.max_rx_pktlen = 3560;
    d.max_mtu = 3542;
    const Settings s = settle(d, {.mtu = 9000, .buffer = 16'384});
    EXPECT_EQ(s.conf.rxmode.mtu, 3542U);
    EXPECT_EQ(s.max_frame, 3556U);
    ASSERT_EQ(s.remarks.size(), 1U);
    EXPECT_EQ(s.remarks[0], "takes an MTU of at most 3542, 9000 asked");
    // one that has a frame limit and claims any MTU
    d.max_rx_pktlen = 1518;
    d.max_mtu = UINT16_MAX;
    EXPECT_EQ(settle(d, {.mtu = 9000, .buffer = 16'384}).conf.rxmode.mtu, 1500U);
    // tag room is dropped without a word where the device ends
    rte_eth_dev_info tight = plain_nic();
    EXPECT_TRUE(settle(tight, {.mtu = 9706, .buffer = kBuffer, .hardware = true}).remarks.empty());
    EXPECT_EQ(settle(tight, {.mtu = 9706, .buffer = kBuffer, .hardware = true}).conf.rxmode.mtu, 9710U);
}

TEST(NicSettings, ChainsThatTheDeviceSends) {
    EXPECT_EQ(settle(bare_device("net_null"), {.buffer = kBuffer}).max_segments, 1);
    EXPECT_EQ(settle(bare_device("net_null"), {.buffer = kBuffer}).conf.txmode.offloads, 0U);
    rte_eth_dev_info d = plain_nic();
    EXPECT_EQ(settle(d, {.buffer = kBuffer}).max_segments, kAnyChain);
    EXPECT_EQ(settle(d, {.buffer = kBuffer}).conf.txmode.offloads, RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
    d.tx_desc_lim.nb_mtu_seg_max = 8;
    EXPECT_EQ(settle(d, {.buffer = kBuffer}).max_segments, 8);
}

}  // namespace
}  // namespace kmsgate::nic
