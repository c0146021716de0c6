// SPDX-License-Identifier: BSD-3-Clause
// Header names by hash: one look-up and one to three comparisons of eight bytes, whatever the letter case.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/sip/message.hpp"

namespace kmsgate::sip::plain {

/// What the reader has to do with a header's value.
enum class Work : std::uint8_t { none, via, from, to, call_id, cseq, uris, length, type, refuse };

/// A name in lower case: its first and last eight bytes (the first of a short name filled with zeros), and
/// the eight bytes behind the first ones, for names longer than sixteen.
struct Name {
    std::uint64_t first = 0, last = 0, middle = 0;
    std::uint8_t size = 0;
    HeaderId id = HeaderId::other;
    Work work = Work::none;
};

/// Letters to lower case; '-' and ':' stay. No other byte that may stand in a name becomes a letter or '-'.
inline constexpr std::uint64_t kLower = 0x2020202020202020U;

/// Longest name that first, middle and last eight bytes make up.
inline constexpr std::size_t kLongestName = 24;

/// From the first byte, the four bytes that end with the colon, all in lower case, and the size of the name.
struct NameHash {
    std::uint32_t factor = 0;
    [[nodiscard]] constexpr std::uint32_t operator()(char first, std::uint32_t tail,
                                                     std::uint32_t size) const noexcept {
        const std::uint32_t more = size + (static_cast<unsigned char>(first) | 0x20U) * 32;
        return ((tail + more * 0x01000193U) * factor) >> 23;
    }
};

/// All names that have a meaning here (header_id.cpp), and the usual ones that have none.
struct NameTable {
    static constexpr std::size_t kMost = 128;
    static constexpr std::size_t kSlots = 512;
    NameHash hash;
    std::array<std::uint8_t, kSlots> slot{};  ///< 0: no name
    std::array<Name, kMost> names{};          ///< from 1 on
};
extern const NameTable kNameTable;

}  // namespace kmsgate::sip::plain
