// SPDX-License-Identifier: BSD-3-Clause
// Sets of ASCII characters in the form that every level asks them in.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace kmsgate::simd {

/// 32 times the same byte.
struct alignas(32) ByteVector {
    std::array<char, 32> bytes{};
};
/// One for every byte value, in memory: a vector of one byte is then an operand.
extern const std::array<ByteVector, 256> kEachByte;

/// Bit h for the high half h of a byte below 0x80, twice; in memory for the same reason.
extern const std::array<std::uint8_t, 32> kHighHalf;

/// A set of bytes below 0x80, asked by half a byte: the byte h*16+l is in when low[l] has bit h. Twice, as a
/// vector of 32 bytes looks it up. Sets are declared extern, so that they are loaded and not made up of
/// constants.
struct CharSet {
    alignas(32) std::array<std::uint8_t, 32> low{};
    std::array<bool, 256> has{};

    constexpr CharSet& add(char c) noexcept {
        const auto byte = static_cast<unsigned char>(c);
        has[byte] = true;
        const unsigned half = byte & 15U;
        low[half] = low[half + 16] = static_cast<std::uint8_t>(low[half] | 1U << (byte >> 4));
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
    constexpr CharSet& drop(std::string_view all) noexcept {
        for (const char c : all) {
            const auto byte = static_cast<unsigned char>(c);
            has[byte] = false;
            const unsigned half = byte & 15U;
            low[half] = low[half + 16] = static_cast<std::uint8_t>(low[half] & ~(1U << (byte >> 4)));
        }
        return *this;
    }
};

/// A few bytes below 0x80, no two of which have the same lower half: one look-up gives what a byte would have
/// to be. Twice, and declared extern, as CharSet.
struct FewChars {
    alignas(32) std::array<char, 32> by_half{};
};
consteval FewChars few_chars(std::string_view all) {
    FewChars set;
    std::array<bool, 16> taken{};
    for (unsigned half = 0; half < 16; ++half)
        set.by_half[half] = static_cast<char>(half ^ 1U);  // no such byte
    for (const char c : all) {
        const unsigned half = static_cast<unsigned char>(c) & 15U;
        if (taken[half]) throw "two of them have the same lower half";
        taken[half] = true;
        set.by_half[half] = c;
    }
    for (unsigned half = 0; half < 16; ++half) set.by_half[half + 16] = set.by_half[half];
    return set;
}

/// ASCII letters and digits, and what else is said.
constexpr CharSet alnum_and(std::string_view more) noexcept {
    CharSet set;
    set.add('a', 'z').add('A', 'Z').add('0', '9').add(more);
    return set;
}
/// Printable ASCII but for what is said.
constexpr CharSet printable_but(std::string_view less) noexcept {
    CharSet set;
    set.add(' ', '~').drop(less);
    return set;
}
constexpr CharSet chars(std::string_view all) noexcept {
    CharSet set;
    set.add(all);
    return set;
}

}  // namespace kmsgate::simd
