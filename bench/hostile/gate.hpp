// SPDX-License-Identifier: BSD-3-Clause
// A pipeline as a worker has it, for one datagram or stream after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/core/pipeline.hpp"
#include "dataplane/memory/uid.hpp"
#include "policy/table/table.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::bench {

/// An is edge with tags, users on the roster and patterns of every shape: whatever a message can make it do.
class HostileGate final : public core::EventSink {
  public:
    /// Throws std::runtime_error when DPDK does not start or the policy does not compile.
    HostileGate();

    /// The frames of one datagram with this payload, of at most `mtu` bytes of IP. Throws when buffers are
    /// short.
    [[nodiscard]] std::vector<core::Mbuf> frames(std::string_view payload, std::size_t mtu);
    /// Says of a frame what a worker says of one that comes in: by which port, when, which one it is.
    void stamp(rte_mbuf* frame, core::Arrival arrival) noexcept;
    [[nodiscard]] rte_mempool* pool() const noexcept { return pool_.get(); }
    /// From the first frame to the last that leaves; what leaves is dropped.
    void judge(std::span<core::Mbuf> frames);
    /// Ends what is held, and lets all connections grow too old to be remembered.
    void forget();
    /// "verdict reason" of the last message, "no message" where there was none.
    [[nodiscard]] const std::string& last() const noexcept { return last_; }

    void message(const core::MessageRecord& record) override;
    void drop(const core::DropRecord& record) override;

  private:
    std::vector<std::byte> blob_;
    std::unique_ptr<policy::table::Table> table_;
    std::unique_ptr<memory::UserTags> tags_;
    std::unique_ptr<memory::UidRoster> roster_;
    replay::Pool pool_;
    std::unique_ptr<core::Pipeline> pipeline_;
    core::Judge judge_;
    core::Output out_;
    std::string digest_;
    std::string last_ = "no message";
    std::uint64_t now_;
    std::uint32_t packet_ = 0;
};

}  // namespace kmsgate::bench
