// SPDX-License-Identifier: BSD-3-Clause
// Sets of ASCII characters in the form that every level asks them in.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace kmsgate::simd {

/// A set of bytes below 0x80. `low` and `high` are tables by half a byte: a byte is in the set when the two
/// that it picks have a bit in common (bit h of low[l]: the byte h*16+l is in).
struct CharSet {
    std::array<std::uint8_t, 16> low{};
    std::array<std::uint8_t, 16> high{};
    std::array<bool, 256> has{};

    constexpr CharSet& add(char c) noexcept {
        const auto byte = static_cast<unsigned char>(c);
        has[byte] = true;
        low[byte & 15U] = static_cast<std::uint8_t>(low[byte & 15U] | 1U << (byte >> 4));
        return *this;
    }
    constexpr CharSet& add(char from, char to) noexcept {
        for (char c = from; c < to; ++c) add(c);
        return add(to);
    }
    constexpr CharSet& add(std::string_view all) noexcept {
        for (const char c : all) add(c);
        return *this;
    }
    constexpr CharSet() noexcept {
        for (unsigned h = 0; h < 8; ++h) high[h] = static_cast<std::uint8_t>(1U << h);
    }
};

/// ASCII letters and digits, and what else is said.
constexpr CharSet alnum_and(std::string_view more) noexcept {
    CharSet set;
    set.add('a', 'z').add('A', 'Z').add('0', '9').add(more);
    return set;
}
constexpr CharSet chars(std::string_view all) noexcept {
    CharSet set;
    set.add(all);
    return set;
}

}  // namespace kmsgate::simd
