// SPDX-License-Identifier: BSD-3-Clause
// I_MESSAGEs that were accepted in a dialog, for edges with `in-dialog: grandfather`.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <vector>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/siphash.hpp"

namespace kmsgate::memory {

/// Bounded set of (Call-ID, port of arrival, I_MESSAGE bytes). What it forgets is judged again: forgetting
/// never lets anything through.
class Accepted {
  public:
    Accepted(std::size_t capacity, const Key& key)
        : sets_(std::bit_ceil(std::max<std::size_t>(capacity / kWays, 1))), key_(key) {}

    void add(std::string_view call_id, core::Arrival arrival, std::string_view i_message,
             core::Time now) noexcept {
        const Hash128 h = hash(call_id, arrival, i_message);
        Set& set = sets_[h.low & (sets_.size() - 1)];
        Entry* oldest = &set[0];
        for (Entry& e : set) {
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
        const Set& set = sets_[h.low & (sets_.size() - 1)];
        return std::ranges::any_of(set, [&h](const Entry& e) { return e.time != 0 && e.hash == h; });
    }

  private:
    static constexpr std::size_t kWays = 8;
    struct Entry {
        Hash128 hash;
        core::Time time = 0;  ///< 0: free
    };
    using Set = std::array<Entry, kWays>;

    [[nodiscard]] Hash128 hash(std::string_view call_id, core::Arrival arrival,
                               std::string_view i_message) const noexcept {
        SipHash h(key_);
        h.word(static_cast<std::uint64_t>(
            arrival));  // what the other side's rules accepted says nothing of this side's
        h.field(call_id);
        h.field(i_message);
        return h.finish();
    }
    std::vector<Set> sets_;
    Key key_;
};

}  // namespace kmsgate::memory
