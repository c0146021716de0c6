// SPDX-License-Identifier: BSD-3-Clause
// Which pair of ports a frame belongs to: by port of arrival and outer VLAN tag.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/core/frame.hpp"
#include "dataplane/worker/worker.hpp"

namespace kmsgate::worker {

/// Made once from a Plan; a look-up is one load.
class Routes {
  public:
    struct Route {
        std::uint16_t pair = kNoPair;
        core::Arrival arrival = core::Arrival::inside;
    };
    static constexpr std::uint16_t kNoPair = UINT16_MAX;

    explicit Routes(const Plan& plan);

    /// The pair that takes a frame; kNoPair: none does. `start`: its first bytes.
    [[nodiscard]] Route find(std::size_t port, std::span<const std::uint8_t> start) const noexcept {
        return ports_[port].by_vlan[outer_vlan(start)];
    }
    /// The pair that takes whatever comes by a port; nullopt: that depends on the frame, or some has none.
    [[nodiscard]] std::optional<Route> only(std::size_t port) const noexcept { return ports_[port].only; }
    /// The one port that all pairs of a port lead to; nullopt: they lead to several, or there is none.
    [[nodiscard]] std::optional<std::size_t> partner(std::size_t port) const noexcept {
        return ports_[port].partner;
    }
    /// VLAN id of the outermost tag; 0: no tag, or one that carries a priority only (IEEE 802.1Q 9.6).
    [[nodiscard]] static std::uint16_t outer_vlan(std::span<const std::uint8_t> start) noexcept;

  private:
    struct Port {
        std::vector<Route> by_vlan;
        std::optional<Route> only;
        std::optional<std::size_t> partner;
    };
    std::vector<Port> ports_;
};

/// Control frames of the link itself (LLDP, LACP, PTP over Ethernet, EAPOL, and whatever goes to the group
/// addresses 01-80-C2-00-00-0X that bridges do not pass on, IEEE 802.1Q 8.6.3), and nothing in which anybody
/// could read SIP: an IP packet behind such an address is none. `frame`: all of it.
[[nodiscard]] bool is_link_local(std::span<const std::uint8_t> frame) noexcept;

}  // namespace kmsgate::worker
