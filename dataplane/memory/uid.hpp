// SPDX-License-Identifier: BSD-3-Clause
// Hashed user identities (TS 33.180 F.2.1): back from a UID to a user on the roster.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/uid_batch.hpp"
#include "dataplane/memory/uid_table.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "dataplane/mikey/uid.hpp"

namespace kmsgate::memory {

/// Rostered users that are hashed with a KMS which the policy does not name, ...
inline constexpr std::size_t kForeignRoster = 1'000;
/// ... and UIDs kept of all such KMSs.
inline constexpr std::size_t kForeignEntries = 36 * kForeignRoster;
/// Rostered users that are hashed with a KMS of the policy, and UIDs kept of all of these.
inline constexpr std::size_t kOwnRoster = 1'000'000;
inline constexpr std::size_t kOwnEntries = 4'000'000;
/// Bytes of a KMS's name; nobody is found under a longer one (a policy's have at most 255).
inline constexpr std::size_t kMaxKmsName = 512;

using mikey::period_number;
using mikey::Uid;
using mikey::uid_of;

/// The KMS a UID was hashed with.
struct UidKms {
    std::string_view uri;
    std::uint64_t period = 2592000;
    std::uint64_t offset = 0;
    bool of_policy =
        false;  ///< a KMS that the policy names; of others a hostile message can make up any number
};

[[nodiscard]] inline mikey::UidSuffix suffix_of(const UidKms& kms, std::uint64_t number) noexcept {
    return {kms.uri, kms.period, kms.offset, number};
}

/// Calls f(number) for the current, the next and the last period, until it says true; whether it did.
template <class F>
bool any_period(const UidKms& kms, core::Time now, F&& f) {
    if (kms.period == 0) return false;
    const std::uint64_t number = period_number(now, kms.period, kms.offset);
    return f(number) || f(number + 1) || (number != 0 && f(number - 1));
}

/// Hashes users of the roster from number `seen` on, at most `most` of them, and calls add(uid, number) for
/// each in order. How many; `seen` is then where to go on, roster.end() when all were looked at.
template <class Add>
std::size_t hash_roster(const Roster& roster, std::size_t& seen, std::size_t most, const UidKms& kms,
                        std::uint64_t number, Add&& add) {
    UidBatch& batch = UidBatch::of_thread();
    const mikey::UidSuffix suffix = suffix_of(kms, number);
    std::array<std::uint32_t, UidBatch::kMost> users;
    std::size_t done = 0;
    do {
        for (; seen < roster.end(); ++seen) {
            const std::string_view user = roster.uri(seen);
            if (user.empty()) continue;
            if (batch.full() || done + batch.size() == most) break;
            users[batch.size()] = static_cast<std::uint32_t>(seen);
            batch.add(user, suffix);
        }
        const std::span<const Uid> uids = batch.run();
        for (std::size_t i = 0; i < uids.size(); ++i) add(uids[i], users[i]);
        done += uids.size();
    } while (seen < roster.end() && done < most);
    return done;
}

/// Who knows the users on the roster by their UIDs.
class UidFinder {
  public:
    UidFinder() = default;
    UidFinder(const UidFinder&) = delete;
    UidFinder& operator=(const UidFinder&) = delete;
    virtual ~UidFinder() = default;

    /// The rostered user (normal form) behind a UID in the current or an adjacent period; empty: nobody. The
    /// text stays until the caller's next quiescent state, or (UidRoster) until the roster changes.
    [[nodiscard]] virtual std::string_view find(std::string_view uid, const UidKms& kms,
                                                core::Time now) noexcept = 0;
};

/// Hashes the roster at once, per (KMS, period), when first asked; the tables used last are kept. For tools:
/// a large roster takes seconds, always the same way. KMSs that the policy does not name have a small budget
/// of their own, so that made-up names cost little and displace nothing.
class UidRoster final : public UidFinder {
  public:
    /// `tags` (outlives this) has the roster; `users` of it are hashed at most per table; `entries`: UIDs
    /// kept in all tables of the policy's KMSs.
    explicit UidRoster(const UserTags& tags, std::size_t users = kOwnRoster,
                       std::size_t entries = kOwnEntries)
        : tags_(tags), own_{users, entries, {}, 0}, foreign_{kForeignRoster, kForeignEntries, {}, 0} {}

    [[nodiscard]] std::string_view find(std::string_view uid, const UidKms& kms,
                                        core::Time now) noexcept override;

  private:
    struct Table {
        std::string kms;
        std::uint64_t period = 0, offset = 0, number = 0;
        std::uint64_t epoch = 0;  ///< of the roster
        std::size_t seen = 0;     ///< numbers of the roster looked at
        UidTable uids{0};
    };
    struct Cache {
        std::size_t max_users;
        std::size_t max_entries;
        std::list<Table> tables;  ///< used last first
        std::size_t entries;
    };
    [[nodiscard]] const Table& table(Cache& cache, const UidKms& kms, std::uint64_t number) const;

    const UserTags& tags_;
    Cache own_;
    Cache foreign_;
};

}  // namespace kmsgate::memory
