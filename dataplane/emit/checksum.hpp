// SPDX-License-Identifier: BSD-3-Clause
// Internet checksums in software (RFC 1071): vdevs offer no offload, and a wrong one would lose the answer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "policy/table/table.hpp"

namespace kmsgate::emit {

/// Partial sum over bytes, to be folded; every part but the last has an even size.
[[nodiscard]] std::uint32_t checksum_add(std::uint32_t sum, std::span<const std::uint8_t> bytes) noexcept;
/// The checksum field of a partial sum.
[[nodiscard]] std::uint16_t checksum_fold(std::uint32_t sum) noexcept;
/// That of an IPv4 header without options, its checksum field zero.
[[nodiscard]] std::uint16_t ipv4_checksum(const std::uint8_t* header) noexcept;
/// UDP checksum over pseudo header, UDP header (its checksum field zero) and payload; never 0.
[[nodiscard]] std::uint16_t udp_checksum(const policy::table::Address& source,
                                         const policy::table::Address& destination, bool v6,
                                         std::span<const std::uint8_t> udp_header,
                                         std::string_view payload) noexcept;

/// The same of a datagram that lies in one piece: `udp` is its header, `size` bytes with the payload. Makes
/// the kChecksumPadding bytes behind it zero.
inline constexpr std::size_t kChecksumPadding = 64;
[[nodiscard]] std::uint16_t udp_checksum_in_place(const policy::table::Address& source,
                                                  const policy::table::Address& destination, bool v6,
                                                  std::uint8_t* udp, std::size_t size) noexcept;

inline void put16(std::uint8_t* at, std::size_t value) noexcept {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}
inline void put32(std::uint8_t* at, std::uint32_t value) noexcept {
    put16(at, value >> 16);
    put16(at + 2, value & 0xFFFF);
}

}  // namespace kmsgate::emit
