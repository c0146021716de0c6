// SPDX-License-Identifier: BSD-3-Clause
// The identity that SAKKE and ECCSI take for a user: the UID under one KMS in one key period.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dataplane/mikey/uid.hpp"
#include "tools/client/keys/certificate.hpp"

namespace kmsgate::client::imessage {

/// The key period of the KMS that `now` lies in.
[[nodiscard]] inline std::uint64_t period_at(const keys::Certificate& kms, Time now) noexcept {
    return mikey::period_number(now, kms.key_period, kms.key_offset);
}

/// The KMS's name is hashed as its certificate spells it: its users' keys are made for that spelling.
[[nodiscard]] inline mikey::Uid uid_under(const keys::Certificate& kms, std::string_view user,
                                          std::uint64_t period) noexcept {
    return mikey::uid_of(user, kms.kms_uri, kms.key_period, kms.key_offset, period);
}

/// Clocks and key downloads are never quite in step: the period of `now`, the one before, the one after, the
/// likeliest first. nullopt: there is none before period 0.
[[nodiscard]] inline std::array<std::optional<std::uint64_t>, 3> periods_near(const keys::Certificate& kms,
                                                                              Time now) noexcept {
    const std::uint64_t number = period_at(kms, now);
    return {number, number == 0 ? std::nullopt : std::optional(number - 1), number + 1};
}

}  // namespace kmsgate::client::imessage
