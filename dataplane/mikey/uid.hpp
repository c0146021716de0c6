// SPDX-License-Identifier: BSD-3-Clause
// Hashed user identities (TS 33.180 F.2.1): from a user URI to the UID that IDRuidi and IDRuidr carry and
// that ECCSI and SAKKE take for the user's identity.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace kmsgate::mikey {

using Uid = std::array<std::uint8_t, 32>;

/// Length of a key period and its offset, in seconds, where nobody says otherwise (30 days).
inline constexpr std::uint64_t kKeyPeriod = 2592000;
inline constexpr std::uint64_t kKeyOffset = 0;

/// SHA-256 over 0x00 and each of "MIKEY-SAKKE-UID", user, KMS, key period, period offset, period number,
/// followed by its 2-byte length; integers big-endian in the fewest bytes.
[[nodiscard]] Uid uid_of(std::string_view user, std::string_view kms, std::uint64_t period,
                         std::uint64_t offset, std::uint64_t number) noexcept;

/// Number of the key period that a moment (nanoseconds since 1970) lies in: floor((NTP seconds - offset) /
/// period); 0 before the first one.
[[nodiscard]] std::uint64_t period_number(std::uint64_t nanoseconds, std::uint64_t period,
                                          std::uint64_t offset) noexcept;

}  // namespace kmsgate::mikey
