// SPDX-License-Identifier: BSD-3-Clause
// Hashed user identities (TS 33.180 F.2.1): from a user URI to a UID, and back for users on the roster.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/user_tags.hpp"

namespace kmsgate::memory {

/// Rostered users that are hashed with a KMS which the policy does not name.
inline constexpr std::size_t kForeignRoster = 10'000;

using Uid = std::array<std::uint8_t, 32>;

/// SHA-256 over 0x00 and each of "MIKEY-SAKKE-UID", user, KMS, key period, period offset, period number,
/// followed by its 2-byte length; integers big-endian in the fewest bytes.
[[nodiscard]] Uid uid_of(std::string_view user, std::string_view kms, std::uint64_t period,
                         std::uint64_t offset, std::uint64_t number) noexcept;

/// Number of the key period that `now` lies in: floor((NTP seconds - offset) / period).
[[nodiscard]] std::uint64_t period_number(core::Time now, std::uint64_t period,
                                          std::uint64_t offset) noexcept;

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
class UidRoster {
  public:
    /// `tables`: how many (KMS, period) tables are kept; `users`: rostered users hashed at most.
    explicit UidRoster(std::size_t tables = 24, std::size_t users = 1'000'000)
        : max_tables_(tables), max_users_(users) {}

    /// The rostered user behind a UID, or null.
    [[nodiscard]] const UserTags::Rostered* find(std::string_view uid, const UidKms& kms,
                                                 const UserTags& users, core::Time now);

  private:
    struct Table {
        std::string key;
        std::size_t users = 0;                              ///< roster entries hashed so far
        std::unordered_map<std::string, std::size_t> uids;  ///< UID bytes to roster index
    };
    Table& table(const UidKms& kms, std::uint64_t number, const UserTags& users);

    std::list<Table> tables_;  ///< used last first
    std::size_t max_tables_;
    std::size_t max_users_;
};

}  // namespace kmsgate::memory
