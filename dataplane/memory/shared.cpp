// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/shared.hpp"

#include <algorithm>
#include <bit>

namespace kmsgate::memory {

namespace {
/// Two of W workers are in one shard by chance with a likelihood below 1 to 16.
constexpr std::size_t kShardsPerWorker = 16;
constexpr std::size_t kSaidBytes = 96;  // rules and lists by name, on average

std::size_t shards_for(unsigned workers) noexcept {
    return workers <= 1 ? 1 : std::bit_ceil(kShardsPerWorker * workers);
}

/// Shards fill unevenly: each has an eighth more than its share.
std::size_t capacity_of_one(std::size_t all, std::size_t shards) noexcept {
    if (shards == 1) return all;
    const std::size_t share = (all + shards - 1) / shards;
    return share + share / 8 + 16;
}
}  // namespace

Shared::Shared(const SharedSizes& sizes, const Key& key)
    : accepted_(sizes.transactions, key),
      limiter_(sizes.sources, key),
      hash_(key),
      several_(sizes.workers > 1) {
    const std::size_t count = shards_for(sizes.workers);
    const std::size_t capacity = capacity_of_one(sizes.transactions, count);
    shards_.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        shards_.push_back(std::make_unique<Shard>(capacity, capacity * kSaidBytes));
}

void Shared::age(Time now) noexcept {
    const std::size_t at =
        several_ ? hand_.fetch_add(1, std::memory_order_relaxed) & (shards_.size() - 1) : 0;
    Shard& shard = *shards_[at];
    if (several_ && shard.busy.test_and_set(std::memory_order_acquire)) return;  // it will come round again
    shard.transactions.age(now);
    if (several_) shard.busy.clear(std::memory_order_release);
}

std::size_t Shared::transactions() const noexcept {
    std::size_t all = 0;
    for (const auto& shard : shards_) all += shard->transactions.size();
    return all;
}

std::size_t Shared::capacity() const noexcept {
    std::size_t all = 0;
    for (const auto& shard : shards_) all += shard->transactions.capacity();
    return all;
}

}  // namespace kmsgate::memory
