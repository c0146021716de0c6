// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/transactions.hpp"

#include <rte_prefetch.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace kmsgate::memory {

namespace {
constexpr std::uint32_t kAgePerCall = 8;
constexpr std::size_t kUsualParties = 256;
constexpr std::uint32_t kAgeWhenFull = 4096;
}  // namespace

Transactions::Transactions(std::size_t capacity)
    : slots_(capacity + 1),
      parties_(capacity + 1),
      buckets_(std::bit_ceil(std::max<std::size_t>(capacity, 16))),
      branches_(buckets_.size()) {}

const Transaction* Transactions::find(const Hash128& key, Time now) const noexcept {
    for (std::uint32_t i = buckets_[key.low & (buckets_.size() - 1)]; i != 0; i = slots_[i].chain)
        if (slots_[i].key == key) return slots_[i].expires > now ? &slots_[i] : nullptr;
    return nullptr;
}

Transaction* Transactions::find(const Hash128& key, Time now) noexcept {
    return const_cast<Transaction*>(std::as_const(*this).find(key, now));
}

void Transactions::prefetch(const Hash128& key, std::uint64_t branch) const noexcept {
    rte_prefetch0(&buckets_[key.low & (buckets_.size() - 1)]);
    rte_prefetch0(&branches_[branch & (branches_.size() - 1)]);
    const std::size_t next = free_ != 0 ? free_ : std::min<std::size_t>(used_end_, slots_.size() - 1);
    const auto* const slot = reinterpret_cast<const char*>(&slots_[next]);
    for (std::size_t at = 0; at < sizeof(Transaction); at += 64) rte_prefetch0(slot + at);
    const auto* const parties = reinterpret_cast<const char*>(&parties_[next]);
    for (std::size_t at = 0; at < kUsualParties; at += 64) rte_prefetch0(parties + at);
}

Transaction* Transactions::put(Transaction* known, const Hash128& key, Time now) noexcept {
    if (known != nullptr) {  // taken over; past its time it begins anew in its place
        if (known->expires <= now) {
            leave_branch(*known);
            known->begin(key);
            parties(*known).clear();
        }
        return known;
    }
    std::uint32_t index = free_;
    if (index != 0) {
        free_ = slots_[index].chain;
    } else if (used_end_ < slots_.size()) {
        index = used_end_++;
    } else {
        for (std::uint32_t n = 0; n < kAgeWhenFull && free_ == 0; n += kAgePerCall) age(now);
        if (free_ == 0) return nullptr;
        index = free_;
        free_ = slots_[index].chain;
    }
    Transaction& t = slots_[index];
    t.begin(key);
    parties_[index].clear();
    std::uint32_t& head = bucket(key);
    t.chain = head;
    head = index;
    size_.add();
    ++fresh_;
    return &t;
}

void Transactions::remove(std::uint32_t index) noexcept {
    std::uint32_t* at = &bucket(slots_[index].key);
    while (*at != index) at = &slots_[*at].chain;
    *at = slots_[index].chain;
    leave_branch(slots_[index]);
    slots_[index].expires = 0;
    slots_[index].chain = free_;
    free_ = index;
    size_.set(size_.get() - 1);
}

void Transactions::set_branch(Transaction& entry, std::uint64_t branch) noexcept {
    if (branch == 0 || entry.branch == branch) return;
    leave_branch(entry);
    const auto index = static_cast<std::uint32_t>(&entry - slots_.data());
    std::uint32_t& head = branch_bucket(branch);
    entry.branch = branch;
    entry.branch_next = head;
    entry.branch_prev = 0;
    if (head != 0) slots_[head].branch_prev = index;
    head = index;
}

/// Without a walk: one sender may put thousands of requests under one branch.
void Transactions::leave_branch(Transaction& entry) noexcept {
    if (entry.branch == 0) return;
    (entry.branch_prev != 0 ? slots_[entry.branch_prev].branch_next : branch_bucket(entry.branch)) =
        entry.branch_next;
    if (entry.branch_next != 0) slots_[entry.branch_next].branch_prev = entry.branch_prev;
    entry.branch = 0;
}

Callers Transactions::callers(std::uint64_t branch, Time now) const noexcept {
    Callers out;
    if (branch == 0) return out;
    std::size_t steps = 0;
    for (std::uint32_t i = branches_[branch & (branches_.size() - 1)]; i != 0; i = slots_[i].branch_next) {
        out.crowd = ++steps > Callers::kMaxSteps;
        if (out.crowd) break;
        if (slots_[i].branch != branch || slots_[i].expires <= now || parties_[i].empty()) continue;
        out.crowd = out.count == out.requests.size();
        if (out.crowd) break;
        out.requests[out.count++] = &parties_[i];
    }
    return out;
}

void Transactions::age(Time now) noexcept {
    if (size() == 0) return;
    // So many for each that came that the hand has come round before an eighth of the table is over its time.
    std::uint32_t most = kAgePerCall * std::max(std::exchange(fresh_, 0), 1U);
    while (most != 0) {
        if (hand_ >= used_end_) hand_ = 1;
        const std::uint32_t size = std::min(most, used_end_ - hand_);
        most -= size;
        for (const Transaction* t = &slots_[hand_]; t != slots_.data() + hand_ + size; ++t) {
            // Far apart in memory: at hand when they are looked at, now or in the next call.
            rte_prefetch0(reinterpret_cast<const char*>(t) + kAgePerCall * sizeof(Transaction));
            if (t->expires - 1 < now) remove(static_cast<std::uint32_t>(t - slots_.data()));  // 0 is never
        }
        hand_ += size;
    }
}

}  // namespace kmsgate::memory
