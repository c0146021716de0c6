// SPDX-License-Identifier: BSD-3-Clause
// What all workers of a process remember together: transactions, accepted I_MESSAGEs, the redirect limit.
#pragma once

#include <rte_pause.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/memory/accepted.hpp"
#include "dataplane/memory/bulk_hash.hpp"
#include "dataplane/memory/limiter.hpp"
#include "dataplane/memory/siphash.hpp"
#include "dataplane/memory/snapshots.hpp"
#include "dataplane/memory/transactions.hpp"

namespace kmsgate::memory {

struct SharedSizes {
    std::size_t transactions = 100'000;
    std::size_t sources = 65'536;
    unsigned workers = 1;
};

/// Transactions stand in shards by their Via branch, so that a request, its copies, its ACK, its CANCEL and
/// its responses meet in one. A worker holds its shard while it judges one message: two copies of a request
/// that come by different ports can never get two verdicts. Workers meet in a shard only then, or by a chance
/// that the number of shards makes small; a single worker takes no lock at all.
class Shared {
  public:
    struct Shard {
        Transactions transactions;
        Snapshots snapshots;
        std::atomic_flag busy;
        Shard(std::size_t capacity, std::size_t snapshot_bytes)
            : transactions(capacity), snapshots(snapshot_bytes) {}
    };
    /// A shard while it is held.
    class Held {
      public:
        Held(Shard& shard, bool locked) noexcept : shard_(&shard), locked_(locked) {
            while (locked_ && shard_->busy.test_and_set(std::memory_order_acquire)) rte_pause();
        }
        ~Held() {
            if (locked_) shard_->busy.clear(std::memory_order_release);
        }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        [[nodiscard]] Shard& operator*() const noexcept { return *shard_; }
        [[nodiscard]] Shard* operator->() const noexcept { return shard_; }

      private:
        Shard* shard_;
        bool locked_;
    };

    Shared(const SharedSizes& sizes, const Key& key);

    /// The shard of a message, by a hash of its Via branch (or of its transaction where it has none).
    [[nodiscard]] Held hold(std::uint64_t hash) noexcept {
        // other bits than those that choose a bucket inside
        return {*shards_[hash >> 40 & (shards_.size() - 1)], several_};
    }
    /// Ages one shard after the other; called with every burst.
    void age(Time now) noexcept;
    [[nodiscard]] Accepted& accepted() noexcept { return accepted_; }
    [[nodiscard]] Limiter& limiter() noexcept { return limiter_; }
    /// One for all workers: copies of a message that come by different ports are told by it.
    [[nodiscard]] const BulkHash& hash() const noexcept { return hash_; }

    /// Entries in use and room for them, all shards together.
    [[nodiscard]] std::size_t transactions() const noexcept;
    [[nodiscard]] std::size_t capacity() const noexcept;

  private:
    std::vector<std::unique_ptr<Shard>> shards_;
    Accepted accepted_;
    Limiter limiter_;
    BulkHash hash_;
    bool several_;
    std::atomic<std::size_t> hand_ = 0;  ///< shard that is aged next
};

}  // namespace kmsgate::memory
