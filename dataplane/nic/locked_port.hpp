// SPDX-License-Identifier: BSD-3-Clause
// A port with fewer queues than workers: several of them send by one queue.
#pragma once

#include <rte_spinlock.h>

#include <memory>
#include <utility>
#include <vector>

#include "dataplane/nic/port.hpp"

namespace kmsgate::nic {

/// The port that it wraps, but send() may be called by several threads at once. receive() may not.
class LockedPort final : public Port {
  public:
    explicit LockedPort(std::unique_ptr<Port> port) : port_(std::move(port)), locks_(port_->queues()) {}

    [[nodiscard]] std::string_view name() const noexcept override { return port_->name(); }
    [[nodiscard]] const Capabilities& capabilities() const noexcept override { return port_->capabilities(); }
    [[nodiscard]] std::uint16_t queues() const noexcept override { return port_->queues(); }
    [[nodiscard]] std::size_t receive(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept override {
        return port_->receive(queue, frames);
    }
    [[nodiscard]] std::size_t send(std::uint16_t queue, std::span<rte_mbuf*> frames) noexcept override {
        if (queue >= locks_.size()) return 0;
        rte_spinlock_lock(&locks_[queue].lock);
        const std::size_t sent = port_->send(queue, frames);
        rte_spinlock_unlock(&locks_[queue].lock);
        return sent;
    }
    [[nodiscard]] bool link_up() const noexcept override { return port_->link_up(); }
    bool set_link(bool up) noexcept override { return port_->set_link(up); }
    [[nodiscard]] PortCounts counts() const noexcept override { return port_->counts(); }

  private:
    struct alignas(RTE_CACHE_LINE_SIZE) Lock {
        rte_spinlock_t lock = RTE_SPINLOCK_INITIALIZER;
    };
    std::unique_ptr<Port> port_;
    std::vector<Lock> locks_;
};

}  // namespace kmsgate::nic
