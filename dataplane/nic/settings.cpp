// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/nic/settings.hpp"

#include <fmt/format.h>
#include <rte_ether.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace kmsgate::nic {
namespace {

constexpr std::size_t kTwoTags = 2UL * RTE_VLAN_HLEN;
constexpr std::size_t kPlainOverhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

// Chains received frames whatever was asked, and offers no scatter that could be asked for.
bool chains_unasked(const rte_eth_dev_info& d) {
    return d.driver_name != nullptr && std::string_view(d.driver_name) == "net_pcap";
}

// Bytes that the device counts in a frame beyond its MTU; ethdev reckons the same way.
std::size_t overhead(const rte_eth_dev_info& d) {
    if (d.max_mtu != UINT16_MAX && d.max_rx_pktlen > d.max_mtu) return d.max_rx_pktlen - d.max_mtu;
    return kPlainOverhead;
}

void settle_queues(const rte_eth_dev_info& d, const Wishes& w, Settings& s) {
    const std::uint16_t most = std::max<std::uint16_t>(1, std::min(d.max_rx_queues, d.max_tx_queues));
    s.queues = std::clamp<std::uint16_t>(w.queues, 1, most);
    if (s.queues < w.queues)
        s.remarks.push_back(fmt::format("has {} queue(s), {} asked", s.queues, w.queues));
}

void settle_spread(const rte_eth_dev_info& d, Settings& s) {
    const std::uint64_t hash = d.flow_type_rss_offloads & kSpread;
    // some devices hash "any IPv4" only as its subtypes, and the ones with ports are not for us
    s.rss = (hash & RTE_ETH_RSS_IPV4) != 0 && (hash & RTE_ETH_RSS_IPV6) != 0;
    if (s.queues == 1) return;
    if (!s.rss)
        s.remarks.emplace_back(hash == 0 ? "spreads nothing over its queues by address: all arrives on one"
                                         : "spreads by address only fragments and IP without ports");
    if (hash == 0) return;
    s.conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    const std::span<std::uint8_t> key = symmetric_key(d.hash_key_size != 0 ? d.hash_key_size : 40);
    s.conf.rx_adv_conf.rss_conf.rss_key = key.data();
    s.conf.rx_adv_conf.rss_conf.rss_key_len = static_cast<std::uint8_t>(key.size());
    s.conf.rx_adv_conf.rss_conf.rss_hf = hash;
}

void settle_frame(const rte_eth_dev_info& d, const Wishes& w, Settings& s) {
    const std::size_t extra = overhead(d);
    // a wire takes tagged frames of full size; devices that know tags count them in the overhead
    const std::size_t counted = std::min(kTwoTags, extra - std::min(extra, kPlainOverhead));
    std::size_t mtu = w.mtu + (w.hardware ? kTwoTags - counted : 0);
    std::size_t most = d.max_mtu != 0 ? d.max_mtu : UINT16_MAX;
    if (d.max_rx_pktlen > extra) most = std::min<std::size_t>(most, d.max_rx_pktlen - extra);
    mtu = std::min(mtu, most);
    if (mtu < w.mtu) s.remarks.push_back(fmt::format("takes an MTU of at most {}, {} asked", most, w.mtu));
    if (mtu + extra > w.buffer && !chains_unasked(d)) {
        if ((d.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0) {
            s.conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
        } else {
            mtu = w.buffer - std::min(w.buffer, extra);
            if (mtu < w.mtu)
                s.remarks.push_back(
                    fmt::format("receives into one buffer only: its MTU is {}, {} asked; larger buffers "
                                "would help",
                                mtu, w.mtu));
        }
    }
    s.conf.rxmode.mtu = static_cast<std::uint32_t>(mtu);
    s.max_frame = mtu + extra - RTE_ETHER_CRC_LEN;
    s.max_copy =
        std::min<std::size_t>(w.mtu + RTE_ETHER_HDR_LEN + kTwoTags, UINT16_MAX - RTE_PKTMBUF_HEADROOM);
}

void settle_chains(const rte_eth_dev_info& d, Settings& s) {
    if ((d.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) == 0) {
        s.max_segments = 1;
        return;
    }
    s.conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    const std::uint16_t most = d.tx_desc_lim.nb_mtu_seg_max;
    s.max_segments = most != 0 ? most : kAnyChain;
}

}  // namespace

std::span<std::uint8_t> symmetric_key(std::size_t bytes) noexcept {
    // repeats every 16 bits, and the addresses of a pair stand a multiple of 16 bits apart
    static std::array<std::uint8_t, 256> key = [] {
        std::array<std::uint8_t, 256> k{};
        for (std::size_t i = 0; i < k.size(); i += 2) {
            k[i] = 0x6d;
            k[i + 1] = 0x5a;
        }
        return k;
    }();
    return std::span(key).first(std::min<std::size_t>(bytes, 255));
}

Settings settle(const rte_eth_dev_info& device, const Wishes& wishes) {
    Settings s;
    settle_queues(device, wishes, s);
    settle_spread(device, s);
    settle_frame(device, wishes, s);
    settle_chains(device, s);
    return s;
}

}  // namespace kmsgate::nic
