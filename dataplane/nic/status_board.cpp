// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/nic/status_board.hpp"

namespace kmsgate::nic {

std::vector<PortStatus> look_at(std::span<const Opened> ports, const LinkWatch& links) {
    std::vector<PortStatus> all;
    for (const Opened& o : ports)
        all.push_back({.name = std::string(o.port->name()),
                       .device = o.device,
                       .capabilities = o.port->capabilities(),
                       .queues = o.port->queues(),
                       .link_up = o.port->link_up(),
                       .held_down = links.held_down(o.port),
                       .counts = o.port->counts(),
                       .remarks = o.remarks});
    return all;
}

}  // namespace kmsgate::nic
