// SPDX-License-Identifier: BSD-3-Clause
// One transaction, one verdict: what was decided of each request with MIKEY, for its copies, its ACK and its
// CANCEL. Bounded; all memory is taken at the start; a full table is a named cause, never an eviction of what
// is alive.
#pragma once

#include <rte_prefetch.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/core/counters.hpp"
#include "dataplane/core/frame.hpp"
#include "dataplane/memory/pages.hpp"
#include "dataplane/memory/parties.hpp"
#include "dataplane/memory/siphash.hpp"
#include "dataplane/memory/snapshots.hpp"
#include "policy/decide/decide.hpp"

namespace kmsgate::memory {

using core::Time;

/// A transaction lives this long after its verdict (64 * T1, RFC 3261 17) ...
inline constexpr Time kTransactionLife = 32 * core::kSecond;
/// ... an INVITE that was forwarded until its final response passed, at most this long, and kTransactionLife
/// after.
inline constexpr Time kInviteLife = 200 * core::kSecond;

/// The first copy's entry stands under the transaction's key; a copy with other bytes gets one of its own,
/// under copy_key(), so that each keeps its verdict. What a search and ageing look at stands in the first
/// cache line.
struct alignas(64) Transaction {
    Hash128 key;
    Time expires = 0;
    std::uint32_t chain = 0;        ///< next in the bucket, or next free
    std::uint32_t branch_next = 0;  ///< in the bucket of its branch
    std::uint64_t branch = 0;       ///< hash of its Via branch; 0: not to be found by it
    std::uint32_t branch_prev = 0;  ///< 0: it is the first there
    bool let_through =
        false;             ///< some copy went on to the far side: its ACK and CANCEL belong to the far side
    bool request = false;  ///< of a request; else of a response without one, for its KRR's time
    bool invite = false;
    policy::table::Mode mode = policy::table::Mode::enforce;
    Hash128 digest;            ///< of the judged bytes
    std::uint64_t to_tag = 0;  ///< hash of the request's To tag; 0: it had none
    std::uint64_t generation = 0;
    std::uint64_t krr_time = 0;      ///< seconds since 1970, of the first copy
    std::uint64_t rewrite_time = 0;  ///< seconds since 1970, of the first rewritten response; 0: none yet
    std::uint8_t method_size = 0;
    std::array<char, 15> method{};  ///< start of the method: ACK, CANCEL and others may share a key
    Snapshots::Ref said;            ///< its rules and lists by name, for when the table has changed
    policy::decide::Decision decision;
    void set_method(std::string_view name) noexcept {
        method_size = static_cast<std::uint8_t>(std::min(name.size(), std::size_t{255}));
        std::copy_n(name.begin(), std::min(name.size(), method.size()), method.begin());
    }
    [[nodiscard]] bool method_is(std::string_view name) const noexcept {
        const std::string_view known(method.data(), std::min<std::size_t>(method_size, method.size()));
        return name.size() == method_size && name.substr(0, known.size()) == known;
    }
    /// Begins anew for `k`; `decision` stays what it was until it is set.
    void begin(const Hash128& k) noexcept {
        key = k;
        expires = 0;
        branch = 0;
        let_through = request = invite = false;
        digest = {};
        to_tag = generation = krr_time = rewrite_time = 0;
        method_size = 0;
        said = {};
    }
};

/// Key of a copy whose bytes differ from the first copy's.
[[nodiscard]] inline Hash128 copy_key(const Hash128& key, const Hash128& digest) noexcept {
    return {key.low ^ digest.low, key.high ^ digest.high};
}

/// Whose calls stand under one Via branch.
struct Callers {
    /// Requests of one branch that are told apart, ...
    static constexpr std::size_t kMax = 16;
    /// ... and entries looked at for them, those of other branches and past their time included.
    static constexpr std::size_t kMaxSteps = 64;

    std::array<const Parties*, kMax> requests{};
    std::size_t count = 0;
    bool crowd = false;  ///< there are, or may be, more

    [[nodiscard]] std::span<const Parties* const> all() const noexcept {
        return std::span(requests).first(count);
    }
    /// Puts a request in front that may be among them.
    void put_first(const Parties* request) noexcept {
        const auto known = std::ranges::find(all(), request);
        auto at = static_cast<std::size_t>(known - all().begin());
        if (at == kMax) {
            at = kMax - 1;
            crowd = true;
        }
        count = std::max(count, at + 1);
        requests[at] = requests[0];
        requests[0] = request;
    }
};

class Transactions {
  public:
    explicit Transactions(std::size_t capacity);

    [[nodiscard]] Transaction* find(const Hash128& key, Time now) noexcept;
    [[nodiscard]] const Transaction* find(const Hash128& key, Time now) const noexcept;
    /// The same, also past its time.
    [[nodiscard]] Transaction* look(const Hash128& key) noexcept {
        for (std::uint32_t i = bucket(key); i != 0; i = slots_[i].chain)
            if (slots_[i].key == key) return &slots_[i];
        return nullptr;
    }
    /// Fetches what a search for `key` looks at first and what a new entry is written to.
    void prefetch(const Hash128& key, std::uint64_t branch) const noexcept;
    /// The entry of `key`, new or taken over; null when the table is full.
    [[nodiscard]] Transaction* put(const Hash128& key, Time now) noexcept { return put(look(key), key, now); }
    /// The same with what look() said of it.
    [[nodiscard]] Transaction* put(Transaction* known, const Hash128& key, Time now) noexcept;
    /// Whose call it is: of an entry that find() or put() gave. Those of a new entry are empty.
    [[nodiscard]] Parties& parties(const Transaction& entry) noexcept {
        return parties_[static_cast<std::size_t>(&entry - slots_.data())];
    }
    /// Lets callers() find an entry that find() or put() gave, until it is removed; `branch` 0: nothing is
    /// done.
    void set_branch(Transaction& entry, std::uint64_t branch) noexcept;
    /// The parties of every living request of a branch, the newest first; none for `branch` 0.
    [[nodiscard]] Callers callers(std::uint64_t branch, Time now) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_.get(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size() - 1; }

    /// Removes entries whose time has come: looks at a bounded number, more where more are new; called with
    /// every burst.
    void age(Time now) noexcept;

  private:
    [[nodiscard]] std::uint32_t& bucket(const Hash128& key) noexcept {
        return buckets_[key.low & (buckets_.size() - 1)];
    }
    [[nodiscard]] std::uint32_t& branch_bucket(std::uint64_t branch) noexcept {
        return branches_[branch & (branches_.size() - 1)];
    }
    void leave_branch(Transaction& entry) noexcept;
    void remove(std::uint32_t index) noexcept;

    PagedArray<Transaction> slots_;  ///< slot 0 is never used
    PagedArray<Parties> parties_;    ///< by slot; pages that no transaction needed stay untouched
    PagedArray<std::uint32_t> buckets_;
    PagedArray<std::uint32_t> branches_;  ///< the same by Via branch
    std::uint32_t free_ = 0;
    std::uint32_t hand_ = 1;      ///< where ageing goes on
    std::uint32_t used_end_ = 1;  ///< no slot from here on was ever used
    std::uint32_t fresh_ = 0;     ///< new entries since the last ageing
    core::Count size_;            ///< status asks for it from another thread
};

}  // namespace kmsgate::memory
