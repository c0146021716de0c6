// SPDX-License-Identifier: BSD-3-Clause
// Base64 in whole groups of the alphabet, once for each level. Inside this folder only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kmsgate::mikey::plain {

inline constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::uint8_t kNoValue = 0x80;
/// The value of each character, kNoValue for what is none.
inline constexpr std::array<std::uint8_t, 256> kValues = [] {
    std::array<std::uint8_t, 256> t{};
    t.fill(kNoValue);
    for (std::size_t v = 0; v < kAlphabet.size(); ++v)
        t[static_cast<unsigned char>(kAlphabet[v])] = static_cast<std::uint8_t>(v);
    return t;
}();

/// Fewest characters that decode() takes, so that the last vector may start before the one ahead of it ends.
inline constexpr std::size_t kLeastCharacters = 64;

/// Decodes `size` characters, a multiple of four and at least kLeastCharacters, into size / 4 * 3 bytes; up to
/// kDecodeSlack bytes behind them are overwritten. False: not all of them are of the alphabet.
namespace portable {
[[nodiscard]] bool decode(const char* text, std::size_t size, std::uint8_t* out) noexcept;
}
namespace avx2 {
[[nodiscard]] bool decode(const char* text, std::size_t size, std::uint8_t* out) noexcept;
}
namespace avx512 {
[[nodiscard]] bool decode(const char* text, std::size_t size, std::uint8_t* out) noexcept;
}

}  // namespace kmsgate::mikey::plain
