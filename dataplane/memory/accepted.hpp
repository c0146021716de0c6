// SPDX-License-Identifier: BSD-3-Clause
// I_MESSAGEs that were accepted in a dialog, for edges with `in-dialog: grandfather`.
#pragma once

#include <rte_pause.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/siphash.hpp"

namespace kmsgate::memory {

/// Bounded set of (Call-ID, port of arrival, I_MESSAGE bytes). What it forgets is judged again: forgetting
/// never lets anything through. Shared by workers: each set has a lock, held for a handful of comparisons.
class Accepted {
  public:
    Accepted(std::size_t capacity, const Key& key)
        : count_(std::bit_ceil(std::max<std::size_t>(capacity / kWays, 1))),
          sets_(std::make_unique<Set[]>(count_)),
          key_(key) {}

    void add(std::string_view call_id, core::Arrival arrival, std::string_view i_message,
             core::Time now) noexcept {
        const Hash128 h = hash(call_id, arrival, i_message);
        Set& set = sets_[h.low & (count_ - 1)];
        const Held held(set);
        Entry* oldest = set.entries.data();
        for (Entry& e : set.entries) {
            if (e.hash == h) {
                oldest = &e;
                break;
            }
            if (e.time < oldest->time) oldest = &e;
        }
        *oldest = {h, now + 1};
    }
    [[nodiscard]] bool has(std::string_view call_id, core::Arrival arrival,
                           std::string_view i_message) const noexcept {
        const Hash128 h = hash(call_id, arrival, i_message);
        Set& set = sets_[h.low & (count_ - 1)];
        const Held held(set);
        return std::ranges::any_of(set.entries, [&h](const Entry& e) { return e.time != 0 && e.hash == h; });
    }

  private:
    static constexpr std::size_t kWays = 8;
    struct Entry {
        Hash128 hash;
        core::Time time = 0;  ///< 0: free
    };
    struct Set {
        std::array<Entry, kWays> entries;
        std::atomic_flag lock;
    };
    class Held {
      public:
        explicit Held(Set& set) noexcept : set_(set) {
            while (set_.lock.test_and_set(std::memory_order_acquire))
                while (set_.lock.test(std::memory_order_relaxed)) rte_pause();
        }
        ~Held() { set_.lock.clear(std::memory_order_release); }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

      private:
        Set& set_;
    };

    [[nodiscard]] Hash128 hash(std::string_view call_id, core::Arrival arrival,
                               std::string_view i_message) const noexcept {
        SipHash h(key_);
        h.word(static_cast<std::uint64_t>(
            arrival));  // what the other side's rules accepted says nothing of this side's
        h.field(call_id);
        h.field(i_message);
        return h.finish();
    }
    std::size_t count_;
    std::unique_ptr<Set[]> sets_;
    Key key_;
};

}  // namespace kmsgate::memory
