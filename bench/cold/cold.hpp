// SPDX-License-Identifier: BSD-3-Clause
// The whole path over a working set that no cache holds, beside the same path over one that fits the nearest
// caches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/stages/messages.hpp"
#include "dataplane/core/pipeline.hpp"
#include "dataplane/memory/live_roster.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "dataplane/watch/worker_watch.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::bench {

struct ColdPlan {
    std::size_t messages = 16'384;  ///< different INVITEs, in two fragments each
    std::size_t users = 500'000;    ///< with tags
    std::size_t live = 65'536;      ///< transactions that live all the time
};

/// Messages, tables, and two pipelines that differ in what they have seen.
class Cold {
  public:
    /// Messages between two times of the clock, and of the warm set.
    static constexpr std::size_t kSlice = 1'024, kWarm = 128;

    /// Starts the EAL. Throws std::logic_error when something is missing.
    explicit Cold(const ColdPlan& plan);

    /// CPU nanoseconds a message. Every call takes the next kSlice messages of a shuffled order; each is a
    /// new transaction, and as many old ones have come to their end.
    double cold();
    /// The same messages over and over, kSlice in all.
    double warm();
    /// Calls for memory of all that was measured.
    [[nodiscard]] std::uint64_t allocations() const noexcept { return allocations_; }
    /// What the cold pipeline goes over, in bytes: the messages themselves, the users' tags, live
    /// transactions.
    [[nodiscard]] std::size_t message_bytes() const noexcept { return message_bytes_; }
    [[nodiscard]] std::size_t tag_bytes() const noexcept { return tags_->memory_bytes(); }
    [[nodiscard]] std::size_t transaction_bytes() const noexcept {
        return live_ * (sizeof(memory::Transaction) + sizeof(memory::Parties));
    }

  private:
    /// One message: its frames stay for ever, the pipeline gets them again and again.
    struct Message {
        std::vector<core::Mbuf> frames;
        std::vector<char*> numbers;  ///< where a number makes a transaction of its own of it
        std::size_t group = 0;
    };
    struct Road {
        std::unique_ptr<core::Pipeline> pipeline;
        core::Time now = kNow;
        bool flush = false;  ///< what making a message new has brought into a cache
    };

    void open_tags(const ColdPlan& plan, std::span<const Invite> invites);
    void add(const Invite& invite);
    [[nodiscard]] Road road(std::size_t transactions);
    [[nodiscard]] std::vector<core::Mbuf> burst_of(std::span<const std::size_t> messages, const Road& road);
    void hash_users(core::Time now);
    double run(Road& road, std::span<const std::size_t> messages);

    std::vector<std::byte> blob_;
    std::unique_ptr<policy::table::Table> table_;
    std::unique_ptr<memory::UserTags> tags_, rostered_;
    std::vector<memory::UidKms> kms_;  ///< the policy's
    std::unique_ptr<memory::LiveRoster> roster_;
    replay::Pool pool_, answers_;
    watch::WorkerWatch watch_;
    std::vector<core::RuleHits> hits_;
    std::vector<core::Judge> judges_;  ///< by group: edge and port of arrival
    std::vector<core::Arrival> arrivals_;
    std::vector<Message> messages_;
    std::vector<std::size_t> order_;  ///< of the messages beyond the warm ones
    std::size_t next_ = 0;
    std::size_t live_;
    std::size_t message_bytes_ = 0;
    core::Output out_;  ///< frees its frames before the pools go
    Road warm_, cold_;
    std::uint64_t number_ = 0;
    std::uint64_t allocations_ = 0;
};

}  // namespace kmsgate::bench
