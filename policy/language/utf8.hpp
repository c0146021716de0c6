// SPDX-License-Identifier: BSD-3-Clause
// UTF-8, one character at a time (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kmsgate::policy::language {

/// A character and its length in bytes; size 0: these bytes are not UTF-8.
struct Rune {
    std::uint32_t value = 0;
    std::size_t size = 0;
};

/// First character of `text`, which is not empty.
[[nodiscard]] constexpr Rune first_rune(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
    std::uint32_t value = lead & (size == 2 ? 0x1FU : size == 3 ? 0x0FU : 0x07U);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3FU);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
    return {value, size};
}

/// Characters that are no text: C0 (also tab and line ends), DEL, C1, the line and paragraph separators.
[[nodiscard]] constexpr bool is_control(std::uint32_t rune) noexcept {
    return rune < 0x20 || (rune >= 0x7F && rune < 0xA0) || rune == 0x2028 || rune == 0x2029;
}

}  // namespace kmsgate::policy::language
