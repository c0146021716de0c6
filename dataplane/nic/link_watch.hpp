// SPDX-License-Identifier: BSD-3-Clause
// Link-loss propagation: a bump in the wire must look like a wire, so a port that goes down takes its partner
// down, and back up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/nic/port.hpp"

namespace kmsgate::nic {

/// Runs on the main core, never on a worker. Time in nanoseconds, any origin.
class LinkWatch {
  public:
    struct Change {
        std::string port;
        bool up = false;
        bool ours = false;    ///< we did it, because of its partner
        bool failed = false;  ///< the device refused
    };
    /// A link that was just switched on needs this long to come up (copper negotiates for seconds); until
    /// then its being down is no fault.
    static constexpr std::uint64_t kSettle = 5'000'000'000;

    /// `pairs`: partners; a port may stand in several pairs (VLANs): it is taken down when all its partners
    /// are down. `within`: time in which a change reaches the partner; polls are at least twice as frequent.
    /// `settle`: see kSettle; it also runs from the first poll, for every port.
    LinkWatch(const std::vector<std::pair<Port*, Port*>>& pairs, std::uint64_t within,
              std::uint64_t settle = kSettle);

    /// Looks at the links when it is time to; what changed.
    [[nodiscard]] std::vector<Change> poll(std::uint64_t now);
    /// When poll() is due next.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
    /// Is this port down because of its partners?
    [[nodiscard]] bool held_down(const Port* port) const noexcept;
    /// How often a device refused to take its link down or up.
    [[nodiscard]] std::uint64_t refusals() const noexcept { return refusals_; }

  private:
    struct Watched {
        Port* port = nullptr;
        std::vector<std::size_t> partners;
        bool seen_up = true;           ///< link as last reported; down only by a fault of its own
        bool held_down = false;        ///< by us
        bool refused = false;          ///< the device did not do what we asked last
        bool settling = true;          ///< was switched on and not seen up since
        std::uint64_t settled_at = 0;  ///< end of that, when it does not come up
        std::uint64_t try_again = 0;   ///< a link that the device did not take up
    };
    std::size_t watched(Port* port);
    void look(std::uint64_t now, std::vector<Change>& changes);
    void hold(Watched& w, std::vector<Change>& changes);
    void release(Watched& w, std::uint64_t now, std::vector<Change>& changes);

    std::vector<Watched> ports_;
    std::uint64_t interval_;
    std::uint64_t settle_;
    std::uint64_t next_ = 0;
    std::uint64_t refusals_ = 0;
    bool started_ = false;
};

}  // namespace kmsgate::nic
