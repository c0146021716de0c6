// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/nic/ethdev.hpp"

#include <fmt/format.h>
#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <bitset>
#include <cerrno>

#include "dataplane/core/frame.hpp"
#include "dataplane/core/handover.hpp"

namespace kmsgate::nic {
namespace {

constexpr std::size_t kBurst = 64;
constexpr std::size_t kDrained = 16'384;  // frames a queue: a busy wire must not hold the close up

// Answers "up" always, whatever stands behind them.
bool link_is_fixed(std::string_view driver) {
    return driver == "net_af_xdp" || driver == "net_af_packet" || driver == "net_null" ||
           driver == "net_pcap";
}

// Would the device steer UDP port 5060 to queue 0? Asked, never installed.
bool takes_flow_rules(std::uint16_t port) {
    const rte_flow_attr attributes = [] {
        rte_flow_attr a{};
        a.ingress = 1;
        return a;
    }();
    rte_flow_item_udp udp{};
    rte_flow_item_udp mask{};
    udp.hdr.dst_port = rte_cpu_to_be_16(5060);
    mask.hdr.dst_port = 0xffff;
    std::array<rte_flow_item, 4> pattern{};
    pattern[0].type = RTE_FLOW_ITEM_TYPE_ETH;
    pattern[1].type = RTE_FLOW_ITEM_TYPE_IPV4;
    pattern[2].type = RTE_FLOW_ITEM_TYPE_UDP;
    pattern[2].spec = &udp;
    pattern[2].mask = &mask;
    pattern[3].type = RTE_FLOW_ITEM_TYPE_END;
    const rte_flow_action_queue queue{};
    std::array<rte_flow_action, 2> actions{};
    actions[0].type = RTE_FLOW_ACTION_TYPE_QUEUE;
    actions[0].conf = &queue;
    actions[1].type = RTE_FLOW_ACTION_TYPE_END;
    rte_flow_error error{};
    return rte_flow_validate(port, &attributes, pattern.data(), actions.data(), &error) == 0;
}

void bump(std::atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

std::string EthdevPort::fault(std::string_view what, int code, std::string_view advice) const {
    return device_fault(device_.name(), what, code, advice);
}

std::expected<std::unique_ptr<EthdevPort>, std::string> EthdevPort::open(std::string_view device,
                                                                         const PortOptions& options) {
    if (options.pool == nullptr || rte_pktmbuf_priv_size(options.pool) < core::kPrivateSize)
        return std::unexpected(
            device_fault(device, "has no fit receive buffers", -EINVAL,
                         fmt::format("give a pool with {} private bytes a buffer", core::kPrivateSize)));
    auto attached = Device::attach(device);
    if (!attached) return std::unexpected(std::move(attached.error()));
    rte_eth_dev_info info{};
    if (const int rc = rte_eth_dev_info_get(attached->port(), &info); rc != 0)
        return std::unexpected(device_fault(device, "does not describe itself", rc, "try another device"));
    const std::size_t room = rte_pktmbuf_data_room_size(options.pool);
    Settings settings = settle(info, {.queues = options.queues,
                                      .mtu = options.mtu,
                                      .buffer = room - std::min<std::size_t>(room, RTE_PKTMBUF_HEADROOM),
                                      .hardware = !attached->is_virtual()});
    const int socket = rte_eth_dev_socket_id(attached->port());
    std::string name = options.name.empty() ? attached->name() : options.name;
    std::unique_ptr<EthdevPort> port(
        new EthdevPort(std::move(*attached), std::move(settings), std::move(name)));
    if (auto ok = port->set_up(options, socket); !ok) return std::unexpected(std::move(ok.error()));
    if (auto ok = port->start(); !ok) return std::unexpected(std::move(ok.error()));
    port->learn(info);
    return port;
}

std::expected<void, std::string> EthdevPort::set_up(const PortOptions& options, int socket) {
    if (int rc = rte_eth_dev_configure(id(), queues(), queues(), &settings_.conf); rc != 0)
        return std::unexpected(
            fault("cannot configure the device", rc, "ask for fewer queues or a smaller MTU"));
    // configure only notes the MTU in some drivers; those without the call have no limit of their own
    const auto mtu = static_cast<std::uint16_t>(settings_.conf.rxmode.mtu);
    if (int rc = rte_eth_dev_set_mtu(id(), mtu); rc != 0 && rc != -ENOTSUP) {
        std::uint16_t stays = RTE_ETHER_MTU;
        static_cast<void>(rte_eth_dev_get_mtu(id(), &stays));
        settings_.remarks.push_back(
            fmt::format("refuses an MTU of {} ({}): stays at {}", mtu, rte_strerror(-rc), stays));
        settings_.max_frame = settings_.max_frame - mtu + std::min(stays, mtu);
    }
    return set_up_queues(options, socket);
}

std::expected<void, std::string> EthdevPort::set_up_queues(const PortOptions& options, int socket) {
    std::uint16_t receive = options.descriptors;
    std::uint16_t transmit = options.descriptors;
    if (int rc = rte_eth_dev_adjust_nb_rx_tx_desc(id(), &receive, &transmit); rc != 0)
        return std::unexpected(fault("cannot size its queues", rc, "ask for another number of descriptors"));
    for (std::uint16_t q = 0; q < queues(); ++q) {
        if (int rc = rte_eth_rx_queue_setup(id(), q, receive, static_cast<unsigned>(socket), nullptr,
                                            options.pool);
            rc != 0)
            return std::unexpected(
                fault(fmt::format("cannot set up receive queue {}", q), rc,
                      "check that nobody else holds the interface and that there are buffers enough"));
        if (int rc = rte_eth_tx_queue_setup(id(), q, transmit, static_cast<unsigned>(socket), nullptr);
            rc != 0)
            return std::unexpected(
                fault(fmt::format("cannot set up transmit queue {}", q), rc, "ask for fewer queues"));
    }
    if (settings_.max_segments == kAnyChain) return {};
    // as many as the device can hold unsent, and a burst more for each queue
    const auto buffers = static_cast<unsigned>(queues() * (transmit + 2 * kBurst));
    const auto room = static_cast<std::uint16_t>(settings_.max_copy + RTE_PKTMBUF_HEADROOM);
    copies_.reset(rte_pktmbuf_pool_create(fmt::format("nic_copies_{}", id()).c_str(), buffers, kBurst / 2,
                                          core::kPrivateSize, room, socket));
    if (!copies_)
        return std::unexpected(
            fault(fmt::format("has no memory for {} send buffers of {} bytes", buffers, room), -rte_errno,
                  "give DPDK more memory, or ask for fewer queues or a smaller MTU"));
    return {};
}

std::expected<void, std::string> EthdevPort::start() {
    if (int rc = rte_eth_dev_start(id()); rc != 0)
        return std::unexpected(fault("cannot start the device", rc, "the driver says more in DPDK's log"));
    const int rc = rte_eth_promiscuous_enable(id());
    if (rc == -ENOTSUP)
        settings_.remarks.emplace_back("has no promiscuous mode to switch on");
    else if (rc != 0)
        return std::unexpected(fault("does not take frames for other addresses", rc,
                                     "a wire must: allow promiscuous mode (also in the hypervisor)"));
    check_spread();
    static_cast<void>(rte_eth_stats_reset(id()));
    return {};
}

void EthdevPort::check_spread() {
    if (settings_.conf.rxmode.mq_mode != RTE_ETH_MQ_RX_RSS) return;
    // not every driver looks at the key that it was configured with
    rte_eth_rss_conf& asked = settings_.conf.rx_adv_conf.rss_conf;
    const auto differs = [&] {
        std::array<std::uint8_t, 256> key{};
        rte_eth_rss_conf told{};
        told.rss_key = key.data();
        told.rss_key_len = asked.rss_key_len;
        return rte_eth_dev_rss_hash_conf_get(id(), &told) != 0 ||
               !std::equal(key.begin(), key.begin() + asked.rss_key_len, asked.rss_key);
    };
    if (!differs()) return;
    if (rte_eth_dev_rss_hash_update(id(), &asked) != 0 || differs())
        settings_.remarks.emplace_back(
            "may hash with a key of its own: the two directions of an address pair may use two queues");
}

void EthdevPort::learn(const rte_eth_dev_info& info) {
    capabilities_.driver = info.driver_name != nullptr ? info.driver_name : "";
    capabilities_.max_queues = std::min(info.max_rx_queues, info.max_tx_queues);
    capabilities_.max_frame = settings_.max_frame;
    capabilities_.rss = settings_.rss;
    capabilities_.multi_segment_tx = settings_.max_segments > 1;
    capabilities_.flow_rules = takes_flow_rules(id());
    rte_eth_link link{};
    capabilities_.reports_link =
        !link_is_fixed(capabilities_.driver) && rte_eth_link_get_nowait(id(), &link) == 0;
    // it is up, or coming up, already: asking again changes nothing
    capabilities_.sets_link = rte_eth_dev_set_link_up(id()) == 0;
}

EthdevPort::~EthdevPort() {
    // some drivers (net_ring) forget frames that wait; one that is not started has no queues to look at
    rte_eth_dev_info info{};
    if (capabilities_.driver.empty() || rte_eth_dev_info_get(id(), &info) != 0) return;
    std::array<rte_mbuf*, kBurst> waiting{};
    for (std::uint16_t q = 0; q < queues(); ++q) {
        for (std::size_t n = 1, total = 0; n != 0 && total < kDrained; total += n) {
            n = receive(q, waiting);
            rte_pktmbuf_free_bulk(waiting.data(), static_cast<unsigned>(n));
        }
    }
}

std::size_t EthdevPort::receive(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept {
    if (queue >= queues()) return 0;
    const std::size_t n =
        rte_eth_rx_burst(id(), queue, frames.data(),
                         static_cast<std::uint16_t>(std::min<std::size_t>(frames.size(), UINT16_MAX)));
    for (rte_mbuf* m : frames.first(n)) core::taken_over(m);
    return n;
}

std::size_t EthdevPort::send(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept {
    if (queue >= queues()) return 0;
    for (rte_mbuf* m : frames) core::handed_over(m);
    std::size_t sent = 0;
    while (sent < frames.size()) {
        const auto rest = frames.subspan(sent);
        const std::size_t as_they_are = leading_sendable(rest);
        const std::size_t n =
            as_they_are != 0
                ? rte_eth_tx_burst(id(), queue, rest.data(), static_cast<std::uint16_t>(as_they_are))
                : send_copying(queue, rest.first(std::min(kBurst, rest.size())));
        sent += n;
        if (n == 0 || n < as_they_are) break;
    }
    return sent;
}

/// How many frames in front the device takes as they are.
std::size_t EthdevPort::leading_sendable(std::span<rte_mbuf* const> frames) const noexcept {
    frames = frames.first(std::min<std::size_t>(frames.size(), UINT16_MAX));
    if (!copies_) return frames.size();
    const auto chained =
        std::find_if(frames.begin(), frames.end(),
                     [most = settings_.max_segments](const rte_mbuf* m) { return m->nb_segs > most; });
    return static_cast<std::size_t>(chained - frames.begin());
}

std::size_t EthdevPort::send_copying(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept {
    std::array<rte_mbuf*, kBurst> out{};
    std::bitset<kBurst> copied;
    std::size_t n = 0;
    for (; n < frames.size(); ++n) {
        rte_mbuf* m = frames[n];
        if (m->nb_segs <= settings_.max_segments) {
            out[n] = m;
            continue;
        }
        if (m->pkt_len == 0 || m->pkt_len > settings_.max_copy) {
            if (n != 0) break;  // what stands before it leaves first
            rte_pktmbuf_free(m);
            bump(counts_[queue].unsendable, 1);
            return 1;
        }
        // never in place: others may hold the same buffers
        out[n] = rte_pktmbuf_copy(m, copies_.get(), 0, UINT32_MAX);
        if (out[n] == nullptr) break;
        copied.set(n);
    }
    if (n == 0) return 0;
    for (std::size_t i = 0; i < n; ++i) core::handed_over(out[i]);  // copies, too
    const std::size_t taken = rte_eth_tx_burst(id(), queue, out.data(), static_cast<std::uint16_t>(n));
    if (copied.none()) return taken;
    std::uint64_t gone = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (!copied.test(i)) continue;
        rte_pktmbuf_free(i < taken ? frames[i] : out[i]);
        gone += i < taken ? 1 : 0;
    }
    bump(counts_[queue].copied, gone);
    return taken;
}

bool EthdevPort::link_up() const noexcept {
    if (!capabilities_.reports_link) return true;
    rte_eth_link link{};
    return rte_eth_link_get_nowait(id(), &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

bool EthdevPort::set_link(bool up) noexcept {
    return (up ? rte_eth_dev_set_link_up(id()) : rte_eth_dev_set_link_down(id())) == 0;
}

PortCounts EthdevPort::counts() const noexcept {
    PortCounts c;
    rte_eth_stats stats{};
    if (rte_eth_stats_get(id(), &stats) == 0) {
        c.rx_frames = stats.ipackets;
        c.rx_bytes = stats.ibytes;
        c.rx_missed = stats.imissed + stats.rx_nombuf;
        c.rx_errors = stats.ierrors;
        c.tx_frames = stats.opackets;
        c.tx_bytes = stats.obytes;
        c.tx_errors = stats.oerrors;
    }
    for (const QueueCounts& q : counts_) {
        c.tx_copied += q.copied.load(std::memory_order_relaxed);
        c.tx_errors += q.unsendable.load(std::memory_order_relaxed);
    }
    return c;
}

}  // namespace kmsgate::nic
