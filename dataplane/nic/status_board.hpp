// SPDX-License-Identifier: BSD-3-Clause
// How the ports stand, as the main thread saw it last: devices are asked by one thread only.
#pragma once

#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "dataplane/nic/link_watch.hpp"
#include "dataplane/nic/port.hpp"

namespace kmsgate::nic {

struct PortStatus {
    std::string name, device;
    Capabilities capabilities;
    std::uint16_t queues = 1;
    bool link_up = false;
    bool held_down = false;  ///< taken down by us because of its partner
    PortCounts counts;
    std::vector<std::string> remarks;
};

/// Written by the main thread, read by any.
class StatusBoard {
  public:
    void put(std::vector<PortStatus> ports) {
        const std::lock_guard lock(mutex_);
        ports_ = std::move(ports);
    }
    [[nodiscard]] std::vector<PortStatus> get() const {
        const std::lock_guard lock(mutex_);
        return ports_;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<PortStatus> ports_;
};

/// A port as it was opened, for the board.
struct Opened {
    const Port* port = nullptr;
    std::string device;
    std::vector<std::string> remarks;
};

/// Asks the ports how they stand: link, counts, and whether `links` holds them down. Main thread only.
[[nodiscard]] std::vector<PortStatus> look_at(std::span<const Opened> ports, const LinkWatch& links);

}  // namespace kmsgate::nic
