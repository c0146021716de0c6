// SPDX-License-Identifier: BSD-3-Clause
// The plain reader once for each level. Inside this folder only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/mikey/message.hpp"

namespace kmsgate::mikey::plain {

inline constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::uint8_t kNoValue = 0x80;
/// The value of each character, kNoValue for what is none.
inline constexpr std::array<std::uint8_t, 256> kValues = [] {
    std::array<std::uint8_t, 256> t{};
    t.fill(kNoValue);
    for (std::size_t v = 0; v < kAlphabet.size(); ++v)
        t[static_cast<unsigned char>(kAlphabet[v])] = static_cast<std::uint8_t>(v);
    return t;
}();

/// Fewest characters that a level's decode() takes, so that its last vector may start before the one ahead of
/// it ends.
inline constexpr std::size_t kLeastCharacters = 64;

/// The text has at least kLeastCharacters + 4 characters, in groups of four, and the scratch plain_bytes().
namespace portable {
[[nodiscard]] bool read(std::string_view text, std::span<std::uint8_t> scratch, Message& out) noexcept;
}
namespace avx2 {
[[nodiscard]] bool read(std::string_view text, std::span<std::uint8_t> scratch, Message& out) noexcept;
}
namespace avx512 {
[[nodiscard]] bool read(std::string_view text, std::span<std::uint8_t> scratch, Message& out) noexcept;
}

}  // namespace kmsgate::mikey::plain
