// SPDX-License-Identifier: BSD-3-Clause
// Hashed user identities (TS 33.180 F.2.1): back from a UID to a user on the roster.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "dataplane/mikey/uid.hpp"

namespace kmsgate::memory {

/// Rostered users that are hashed with a KMS which the policy does not name.
inline constexpr std::size_t kForeignRoster = 1'000;

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

/// Is `uid` the UID of `user` in the current or an adjacent period?
[[nodiscard]] bool is_uid_of(std::string_view uid, std::string_view user, const UidKms& kms,
                             core::Time now) noexcept;

/// UIDs of the rostered users, hashed per (KMS, period) when first asked for; the tables used last are kept.
/// KMSs that the policy does not name have a small budget of their own, so that made-up names cost little and
/// displace nothing.
class UidRoster {
  public:
    /// `users`: rostered users hashed at most per table; `entries`: UIDs kept in all tables of the policy's
    /// KMSs.
    explicit UidRoster(std::size_t users = 1'000'000, std::size_t entries = 4'000'000)
        : own_{users, entries, {}, 0}, foreign_{kForeignRoster, 36 * kForeignRoster, {}, 0} {}

    /// The rostered user behind a UID, or null.
    [[nodiscard]] const UserTags::Rostered* find(std::string_view uid, const UidKms& kms,
                                                 const UserTags& users, core::Time now);

  private:
    struct HashOf {
        std::size_t operator()(const Uid& uid) const noexcept {
            std::size_t h = 0;
            std::memcpy(&h, uid.data(), sizeof h);  // a UID is a hash already
            return h;
        }
    };
    struct Table {
        std::string kms;
        std::uint64_t period = 0, offset = 0, number = 0;
        std::size_t users = 0;                              ///< roster entries hashed so far
        std::unordered_map<Uid, std::size_t, HashOf> uids;  ///< to roster index
    };
    struct Cache {
        std::size_t max_users;
        std::size_t max_entries;
        std::list<Table> tables;  ///< used last first
        std::size_t entries;
    };
    static const Table& table(Cache& cache, const UidKms& kms, std::uint64_t number, const UserTags& users);

    Cache own_;
    Cache foreign_;
};

}  // namespace kmsgate::memory
