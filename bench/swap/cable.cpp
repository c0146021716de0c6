// SPDX-License-Identifier: BSD-3-Clause
#include "bench/swap/cable.hpp"

#include <fmt/format.h>
#include <rte_errno.h>

namespace kmsgate::bench {

std::expected<std::unique_ptr<Cable>, std::string> Cable::make(const std::string& name, unsigned size,
                                                               rte_mempool* pool) {
    std::unique_ptr<Cable> c(new Cable);
    c->in_.reset(rte_ring_create((name + "-in").c_str(), size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ));
    c->out_.reset(
        rte_ring_create((name + "-out").c_str(), size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ));
    if (!c->in_ || !c->out_) return std::unexpected(fmt::format("no ring: {}", rte_strerror(rte_errno)));
    rte_ring* in = c->in_.get();
    rte_ring* out = c->out_.get();
    if (rte_eth_from_rings(name.c_str(), &in, 1, &out, 1, 0) < 0)
        return std::unexpected(fmt::format("no port on rings: {}", rte_strerror(rte_errno)));
    auto port = nic::EthdevPort::open(
        "net_ring_" + name, {.name = name, .pool = pool, .queues = 1, .mtu = 1500, .descriptors = 512});
    if (!port) return std::unexpected(port.error());
    c->port_ = std::move(*port);
    return c;
}

}  // namespace kmsgate::bench
