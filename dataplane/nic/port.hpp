// SPDX-License-Identifier: BSD-3-Clause
// A network port as the workers see it: bursts in, bursts out, a link. DPDK's ethdev stands behind one kind,
// tests bring another.
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kmsgate::nic {

/// What the hardware offers beyond moving frames; software does all of it where it does not.
struct Capabilities {
    std::string driver;
    std::uint16_t max_queues = 1;
    std::size_t max_frame = 1518;  ///< bytes, without FCS
    bool rss = false;              ///< spreads frames over receive queues by addresses
    bool flow_rules = false;       ///< rte_flow answered
    bool reports_link = false;
    bool sets_link = false;
    bool multi_segment_tx = false;
};

/// Frames and bytes of a port since it was opened.
struct PortCounts {
    std::uint64_t rx_frames = 0, rx_bytes = 0, rx_missed = 0, rx_errors = 0;
    std::uint64_t tx_frames = 0, tx_bytes = 0, tx_errors = 0;
    std::uint64_t tx_copied = 0;  ///< chained frames sent as one buffer, the device taking no (such) chains
};

class Port {
  public:
    Port() = default;
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
    virtual ~Port() = default;

    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    [[nodiscard]] virtual const Capabilities& capabilities() const noexcept = 0;
    /// Queues that were set up, the same number each way.
    [[nodiscard]] virtual std::uint16_t queues() const noexcept = 0;

    /// Takes at most frames.size() frames; how many. Ownership passes to the caller. Never blocks.
    [[nodiscard]] virtual std::size_t receive(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept = 0;
    /// Gives frames; how many were taken (from the front). Ownership of those passes on, the rest stays the
    /// caller's.
    [[nodiscard]] virtual std::size_t send(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept = 0;

    [[nodiscard]] virtual bool link_up() const noexcept = 0;
    /// Takes the port's own link up or down; false when the device cannot.
    virtual bool set_link(bool up) noexcept = 0;
    [[nodiscard]] virtual PortCounts counts() const noexcept = 0;
};

}  // namespace kmsgate::nic
