// SPDX-License-Identifier: BSD-3-Clause
// Opening: what is found out, what goes wrong, and that nothing stays behind.
#include <rte_bus_vdev.h>

#include "tests/unit/nic/kit.hpp"

namespace kmsgate::nic {
namespace {

std::string error_of(std::string_view device, const PortOptions& o = options()) {
    const unsigned ports = rte_eth_dev_count_total();
    const unsigned buffers = in_use();
    const auto port = EthdevPort::open(device, o);
    EXPECT_FALSE(port.has_value()) << device;
    EXPECT_EQ(rte_eth_dev_count_total(), ports) << device;
    EXPECT_EQ(in_use(), buffers) << device;
    return port ? std::string() : port.error();
}
bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(NicOpen, NullDevice) {
    const auto port = opened("net_null0,size=128,no-rx=0", {.name = "a", .pool = test_pool(), .queues = 2});
    ASSERT_TRUE(port);
    EXPECT_EQ(port->name(), "a");
    EXPECT_EQ(port->queues(), 2);
    const Capabilities& c = port->capabilities();
    EXPECT_EQ(c.driver, "net_null");
    EXPECT_GE(c.max_queues, 2);
    EXPECT_EQ(c.max_frame, 1514U);
    EXPECT_FALSE(c.flow_rules);
    EXPECT_FALSE(c.multi_segment_tx);
    std::array<rte_mbuf*, 32> frames{};
    ASSERT_EQ(port->receive(1, frames), 32U);
    EXPECT_EQ(frames[0]->pkt_len, 128U);
    EXPECT_EQ(port->send(1, frames), 32U);
    // a queue that does not exist moves nothing
    EXPECT_EQ(port->receive(2, frames), 0U);
    EXPECT_EQ(port->send(2, frames), 0U);
    EXPECT_EQ(port->counts().rx_frames, 32U);
    EXPECT_EQ(port->counts().tx_frames, 32U);
    EXPECT_EQ(in_use(), 0U);
}

TEST(NicOpen, SpreadReachesTheDriver) {
    // net_null spreads nothing, but keeps what it was told
    const auto port = opened("net_null0", options(4));
    ASSERT_TRUE(port);
    std::array<std::uint8_t, 40> key{};
    rte_eth_rss_conf told{};
    told.rss_key = key.data();
    told.rss_key_len = key.size();
    ASSERT_EQ(rte_eth_dev_rss_hash_conf_get(port->id(), &told), 0);
    EXPECT_NE(told.rss_hf & RTE_ETH_RSS_IPV4, 0U);
    EXPECT_EQ(told.rss_hf & (RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP), 0U);
    EXPECT_EQ(key[0], 0x6d);
    EXPECT_EQ(key[39], 0x5a);
    EXPECT_TRUE(port->capabilities().rss);
    EXPECT_TRUE(port->remarks().empty());
}

TEST(NicOpen, PromiscuousAndMtu) {
    RingCable cable("prom", 64);
    const auto port = opened(cable.a);
    ASSERT_TRUE(port);
    EXPECT_EQ(rte_eth_promiscuous_get(port->id()), 1);
    const auto jumbo = opened("net_null0", {.name = {}, .pool = test_pool(), .mtu = 9000});
    ASSERT_TRUE(jumbo);
    // into one buffer of the default size
    std::uint16_t mtu = 0;
    ASSERT_EQ(rte_eth_dev_get_mtu(jumbo->id(), &mtu), 0);
    EXPECT_EQ(mtu, 2030);
    EXPECT_EQ(jumbo->capabilities().max_frame, 2044U);
    EXPECT_EQ(jumbo->remarks().size(), 1U);
}

TEST(NicOpen, FewerQueuesThanAsked) {
    const auto port = opened("net_ring5", options(40));
    ASSERT_TRUE(port);
    EXPECT_EQ(port->queues(), 16);
    EXPECT_GE(port->remarks().size(), 1U);
    EXPECT_TRUE(says(port->remarks()[0], "16 queue(s), 40 asked"));
}

TEST(NicOpen, DeviceThatDoesNotExist) {
    for (const char* device :
         {"nonsense0", "net_nul0", "", ",", "0000:ff:1f.7", "0000:3b:00", " net_null0"}) {
        const std::string e = error_of(device);
        EXPECT_FALSE(e.empty());
        EXPECT_TRUE(says(e, "; ")) << e;  // what to do
        if (*device != 0) {
            EXPECT_EQ(e.substr(0, std::string_view(device).size()), device);
        }
    }
    EXPECT_TRUE(says(error_of("nonsense0"), "no device that DPDK knows"));
    EXPECT_TRUE(says(error_of("0000:ff:1f.7"), "No such device"));
    EXPECT_TRUE(says(error_of("0000:ff:1f.7"), "vfio-pci"));
}

TEST(NicOpen, WrongArgumentsThenRightOnes) {
    for (int i = 0; i < 3; ++i) {
        const std::string e = error_of("net_null3,bogus=1");
        EXPECT_TRUE(says(e, "net_null3,bogus=1: cannot plug the device in")) << e;
        EXPECT_TRUE(says(e, "check its arguments")) << e;
        EXPECT_TRUE(opened("net_null3,size=256"));
        EXPECT_TRUE(opened("net_null3"));
    }
    EXPECT_TRUE(says(error_of("net_pcap3,rx_pcap=/nonexistent/x.pcap"), "net_pcap3"));
    EXPECT_TRUE(says(error_of("net_af_xdp3,iface=nonexistent"), "net_af_xdp3"));
    EXPECT_TRUE(says(error_of("net_af_xdp3"), "net_af_xdp3"));
}

TEST(NicOpen, DeviceThatIsNoNetworkPort) {
    const std::string e = error_of("crypto_null0");
    EXPECT_TRUE(says(e, "is no network port")) << e;
    // and it was unplugged again
    EXPECT_EQ(rte_vdev_init("crypto_null0", nullptr), 0);
    EXPECT_EQ(rte_vdev_uninit("crypto_null0"), 0);
}

TEST(NicOpen, OneDeviceIsOnePort) {
    const auto first = opened("net_null0");
    ASSERT_TRUE(first);
    const std::string e = error_of("net_null0");
    EXPECT_TRUE(says(e, "net_null0: is open already: Device or resource busy")) << e;
    EXPECT_TRUE(says(error_of("net_null0,size=100"), "is open already"));
    // the first one works on
    std::array<rte_mbuf*, 4> frames{};
    EXPECT_EQ(first->receive(0, frames), 4U);
    EXPECT_EQ(first->send(0, frames), 4U);
}

TEST(NicOpen, DeviceThatWasThereBefore) {
    ASSERT_EQ(rte_vdev_init("net_null4", "size=100"), 0);
    const std::string e = error_of("net_null4,size=200");
    EXPECT_TRUE(says(e, "exists with other arguments")) << e;
    {
        const auto port = opened("net_null4,size=100");
        ASSERT_TRUE(port);
        std::array<rte_mbuf*, 1> frames{};
        ASSERT_EQ(port->receive(0, frames), 1U);
        EXPECT_EQ(frames[0]->pkt_len, 100U);
        rte_pktmbuf_free(frames[0]);
    }
    // closed is unplugged
    EXPECT_EQ(rte_eth_dev_count_total(), 0U);
    EXPECT_TRUE(opened("net_null4,size=200"));
}

TEST(NicOpen, BuffersThatDoNotFit) {
    EXPECT_TRUE(says(error_of("net_null0", {.name = {}, .pool = nullptr}), "receive buffers"));
    rte_mempool* bare = rte_pktmbuf_pool_create("nic_bare", 64, 0, 0, 2176, SOCKET_ID_ANY);
    ASSERT_NE(bare, nullptr);
    EXPECT_TRUE(says(error_of("net_null0", {.name = {}, .pool = bare}), "private bytes"));
    rte_mempool_free(bare);
    // room for send buffers that is not there: 1024 queues of jumbo frames in this environment
    const std::string e =
        error_of("net_null0", {.name = {}, .pool = test_pool(), .queues = 512, .mtu = 60'000});
    EXPECT_TRUE(says(e, "send buffers")) << e;
    EXPECT_TRUE(says(e, "Cannot allocate memory")) << e;
    EXPECT_TRUE(opened("net_null0"));
}

}  // namespace
}  // namespace kmsgate::nic
