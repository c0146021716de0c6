// SPDX-License-Identifier: BSD-3-Clause
// From UIDs to numbers on the roster: the UIDs of one KMS in one key period.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include "dataplane/mikey/uid.hpp"

namespace kmsgate::memory {

/// Open addressing over the first 8 bytes of the UIDs (which are hashes already), 12 bytes a slot. One thread
/// adds, any number look up at the same time; nothing is ever taken out. That the whole UID fits is for who
/// looks it up to see, by hashing the user once more: so numbers of users who left do no harm.
class UidTable {
  public:
    /// Room for so many users at least.
    explicit UidTable(std::size_t users)
        : slots_(std::bit_ceil(std::max<std::size_t>(users + users / 2, 16))),
          marks_(std::make_unique<std::atomic<std::uint64_t>[]>(slots_)),
          users_(std::make_unique<std::atomic<std::uint32_t>[]>(slots_)) {}
    /// The same, with more room.
    UidTable(const UidTable& old, std::size_t users) : UidTable(users) {
        for (std::size_t i = 0; i < old.slots_; ++i)
            if (const std::uint64_t mark = old.marks_[i].load(std::memory_order_relaxed); mark != 0)
                put(mark, old.users_[i].load(std::memory_order_relaxed));
    }

    [[nodiscard]] bool full() const noexcept { return count_ >= slots_ / 4 * 3; }
    /// Not when full().
    void add(const mikey::Uid& uid, std::uint32_t user) noexcept { put(mark_of(uid), user); }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }

    /// Calls f(user) for those whose UID starts like this one, until it says true; whether it did.
    template <class F>
    bool any(const mikey::Uid& uid, F&& f) const noexcept {
        const std::uint64_t wanted = mark_of(uid);
        for (std::size_t at = wanted & (slots_ - 1);; at = (at + 1) & (slots_ - 1)) {
            const std::uint64_t mark = marks_[at].load(std::memory_order_acquire);
            if (mark == 0) return false;
            if (mark == wanted && f(users_[at].load(std::memory_order_relaxed))) return true;
        }
    }

  private:
    static std::uint64_t mark_of(const mikey::Uid& uid) noexcept {
        std::uint64_t mark = 0;
        std::memcpy(&mark, uid.data(), sizeof mark);
        return std::max<std::uint64_t>(mark, 1);
    }
    void put(std::uint64_t mark, std::uint32_t user) noexcept {
        std::size_t at = mark & (slots_ - 1);
        while (marks_[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & (slots_ - 1);
        users_[at].store(user, std::memory_order_relaxed);
        marks_[at].store(mark, std::memory_order_release);
        ++count_;
    }

    std::size_t slots_;
    std::size_t count_ = 0;                                ///< of the thread that adds
    std::unique_ptr<std::atomic<std::uint64_t>[]> marks_;  ///< 0: free, and the end of a search
    std::unique_ptr<std::atomic<std::uint32_t>[]> users_;
};

}  // namespace kmsgate::memory
