// SPDX-License-Identifier: BSD-3-Clause
// What is asked of a device, worked out from what it offers. Touches no device.
#pragma once

#include <rte_ethdev.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kmsgate::nic {

/// What the caller would like of a device, and what it brings along.
struct Wishes {
    std::uint16_t queues = 1;  ///< receive and transmit queues each, at least 1
    std::size_t mtu = 1500;    ///< bytes of IP in a frame
    std::size_t buffer = 0;    ///< bytes of a frame that one receive buffer holds
    bool hardware = false;     ///< no virtual device: VLAN tags may need room in its MTU
};

struct Settings {
    rte_eth_conf conf{};               ///< for rte_eth_dev_configure()
    std::uint16_t queues = 1;          ///< each way
    std::size_t max_frame = 0;         ///< longest frame received, bytes without FCS
    std::size_t max_copy = 0;          ///< longest frame that is copied to send it in one buffer, same unit
    std::uint16_t max_segments = 1;    ///< longest chain that the device sends
    bool rss = false;                  ///< every IPv4 and IPv6 frame is spread
    std::vector<std::string> remarks;  ///< wishes that the device does not grant, in words
};

/// What max_segments reads when the device sets no limit.
inline constexpr std::uint16_t kAnyChain = UINT16_MAX;

/// Address bits that RSS hashes: never ports, so that fragments and both directions of an address pair meet.
inline constexpr std::uint64_t kSpread = RTE_ETH_RSS_IP;

/// The hash key of `bytes` bytes (at most 255) under which Toeplitz of (a, b) equals that of (b, a).
[[nodiscard]] std::span<std::uint8_t> symmetric_key(std::size_t bytes) noexcept;

/// Never fails: what cannot be had is left out and told in `remarks`.
[[nodiscard]] Settings settle(const rte_eth_dev_info& device, const Wishes& wishes);

}  // namespace kmsgate::nic
