// SPDX-License-Identifier: BSD-3-Clause
// A port of the box under test on net_ring, and the two rings by which frames get in and come out.
#pragma once

#include <rte_eth_ring.h>
#include <rte_ring.h>

#include <expected>
#include <memory>
#include <span>
#include <string>

#include "dataplane/nic/ethdev.hpp"

namespace kmsgate::bench {

class Cable {
  public:
    /// `size`: frames that each ring holds, a power of two. The error says what DPDK said.
    [[nodiscard]] static std::expected<std::unique_ptr<Cable>, std::string> make(const std::string& name,
                                                                                 unsigned size,
                                                                                 rte_mempool* pool);
    Cable(const Cable&) = delete;
    Cable& operator=(const Cable&) = delete;
    ~Cable() = default;

    [[nodiscard]] nic::EthdevPort& port() noexcept { return *port_; }
    /// Gives the box a frame; false when the ring is full.
    [[nodiscard]] bool put(rte_mbuf* frame) noexcept { return rte_ring_enqueue(in_.get(), frame) == 0; }
    /// Takes what the box sent.
    [[nodiscard]] std::size_t take(std::span<rte_mbuf*> frames) noexcept {
        return rte_ring_dequeue_burst(out_.get(), reinterpret_cast<void**>(frames.data()),
                                      static_cast<unsigned>(frames.size()), nullptr);
    }

  private:
    struct Free {
        void operator()(rte_ring* r) const noexcept { rte_ring_free(r); }
    };
    using Ring = std::unique_ptr<rte_ring, Free>;
    Cable() = default;
    Ring in_, out_;
    std::unique_ptr<nic::EthdevPort> port_;  ///< stands last: closed before the rings go
};

}  // namespace kmsgate::bench
