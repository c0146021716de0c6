// SPDX-License-Identifier: BSD-3-Clause
// Who of those whom a message names is behind its UIDs (TS 33.180 F.2.1).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/uid.hpp"

namespace kmsgate::memory {

/// UIDs whose owners are looked for together.
inline constexpr std::size_t kMaxSought = 64;

/// A UID and the texts that may be its owner.
struct SoughtUid {
    std::string_view uid;
    UidKms kms;
    std::span<const std::string_view> candidates;
    std::string_view owner{};  ///< out: the first candidate that it is the UID of; empty: none
};

/// Who the calling thread has proven to be behind a UID in the current or an adjacent period, so that nobody
/// else is; empty: not known. The text stays until the thread calls find_owners().
[[nodiscard]] std::string_view proven_owner(std::string_view uid, const UidKms& kms, core::Time now) noexcept;

/// Finds the owners in the current or an adjacent period, of at most kMaxSought UIDs (of more, nobody is
/// found). Whom the calling thread has proven before is compared, not hashed. All others are hashed together,
/// whichever UID they are asked for: first in the current period, where owners are found as a rule, then in
/// the adjacent ones.
void find_owners(std::span<SoughtUid> sought, core::Time now) noexcept;

/// Makes what find_owners() keeps for the calling thread, so that no packet waits for it: 0.8 MB.
void prepare_owners();

}  // namespace kmsgate::memory
