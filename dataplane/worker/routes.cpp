// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/routes.hpp"

#include <algorithm>

#include "dataplane/classify/packet.hpp"

namespace kmsgate::worker {
namespace {

constexpr std::size_t kVlans = 4096;
constexpr std::size_t kTypeAt = 12;

std::uint16_t be16(std::span<const std::uint8_t> b, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(b[at] << 8 | b[at + 1]);
}
// the tags that dataplane/classify reads
bool is_tag(std::uint16_t type) noexcept {
    return type == 0x8100 || type == 0x88A8 || type == 0x9100 || type == 0x9200 || type == 0x9300;
}

}  // namespace

Routes::Routes(const Plan& plan) : ports_(plan.ports.size()) {
    std::vector<bool> several(plan.ports.size());
    for (Port& port : ports_) port.by_vlan.resize(kVlans);
    // a pair without VLAN first: it takes what no other takes
    for (const bool tagged : {false, true}) {
        for (std::size_t i = 0; i < plan.pairs.size(); ++i) {
            const Pair& pair = plan.pairs[i];
            if (pair.vlan.has_value() != tagged) continue;
            for (const core::Arrival arrival : {core::Arrival::inside, core::Arrival::outside}) {
                const std::size_t at = pair.port[static_cast<std::size_t>(arrival)];
                const std::size_t other = pair.port[static_cast<std::size_t>(core::opposite(arrival))];
                Port& port = ports_[at];
                const Route route{static_cast<std::uint16_t>(i), arrival};
                if (tagged)
                    port.by_vlan[*pair.vlan % kVlans] = route;
                else
                    std::ranges::fill(port.by_vlan, route);
                several[at] = several[at] || (port.partner && *port.partner != other);
                port.partner = other;
            }
        }
    }
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        Port& port = ports_[i];
        if (several[i]) port.partner.reset();
        const Route& first = port.by_vlan.front();
        const bool same = std::ranges::all_of(
            port.by_vlan, [&](const Route& r) { return r.pair == first.pair && r.arrival == first.arrival; });
        if (same && first.pair != kNoPair) port.only = first;
    }
}

std::uint16_t Routes::outer_vlan(std::span<const std::uint8_t> start) noexcept {
    if (start.size() < kTypeAt + 4 || !is_tag(be16(start, kTypeAt))) return 0;
    return be16(start, kTypeAt + 2) & 0x0FFF;
}

bool is_link_local(std::span<const std::uint8_t> frame) noexcept {
    constexpr std::array<std::uint8_t, 5> kGroup = {0x01, 0x80, 0xC2, 0x00, 0x00};
    constexpr std::array<std::uint16_t, 4> kTypes = {0x88CC, 0x8809, 0x88F7, 0x888E};
    if (frame.size() < kTypeAt + 2) return false;
    const bool group = std::equal(kGroup.begin(), kGroup.end(), frame.begin()) && (frame[5] & 0xF0) == 0;
    if (!group && std::ranges::find(kTypes, be16(frame, kTypeAt)) == kTypes.end()) return false;
    return classify::read(frame).kind == classify::Kind::other;
}

}  // namespace kmsgate::worker
