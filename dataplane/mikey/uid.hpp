// SPDX-License-Identifier: BSD-3-Clause
// Hashed user identities (TS 33.180 F.2.1): from a user URI to the UID that IDRuidi and IDRuidr carry and
// that ECCSI and SAKKE take for the user's identity.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kmsgate::mikey {

using Uid = std::array<std::uint8_t, 32>;

/// Length of a key period and its offset, in seconds, where nobody says otherwise (30 days).
inline constexpr std::uint64_t kKeyPeriod = 2592000;
inline constexpr std::uint64_t kKeyOffset = 0;

/// Bytes of the user's and the KMS's name that are hashed; what is beyond them counts for nothing.
inline constexpr std::size_t kMaxUidField = 512;

/// What stands behind the user in the input of a UID; the same for all users of a KMS in a period.
class UidSuffix {
  public:
    /// As uid_of().
    UidSuffix(std::string_view kms, std::uint64_t period, std::uint64_t offset,
              std::uint64_t number) noexcept;
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }

  private:
    void integer(std::uint64_t value) noexcept;
    void length(std::size_t n) noexcept;

    std::size_t size_ = 0;
    std::array<std::uint8_t, kMaxUidField + 32> bytes_;  ///< not zeroed: most of it is never used
};

/// What a UID is the SHA-256 of, as bytes: for who hashes many of them in another way.
class UidInput {
  public:
    UidInput() noexcept;
    void set(std::string_view user, const UidSuffix& suffix) noexcept;
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }
    /// SHA-256 of bytes(), by OpenSSL.
    [[nodiscard]] Uid hash() const noexcept;

  private:
    std::size_t size_ = 0;
    std::array<std::uint8_t, 2 * kMaxUidField + 64> bytes_;  ///< behind the prefix not zeroed either
};

/// SHA-256 over 0x00 and each of "MIKEY-SAKKE-UID", user, KMS, key period, period offset, period number,
/// followed by its 2-byte length; integers big-endian in the fewest bytes.
[[nodiscard]] Uid uid_of(std::string_view user, std::string_view kms, std::uint64_t period,
                         std::uint64_t offset, std::uint64_t number) noexcept;

/// Number of the key period that a moment (nanoseconds since 1970) lies in: floor((NTP seconds - offset) /
/// period); 0 before the first one.
[[nodiscard]] std::uint64_t period_number(std::uint64_t nanoseconds, std::uint64_t period,
                                          std::uint64_t offset) noexcept;

}  // namespace kmsgate::mikey
