// SPDX-License-Identifier: BSD-3-Clause
// 64 bytes of text as bit masks: bit i speaks of byte i. Plain C++, little-endian or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/simd/set.hpp"

namespace kmsgate::simd::portable {

#define KMSGATE_SIMD_INLINE [[gnu::always_inline]] inline

/// 64 bytes that can be read.
struct Block {
    const char* at;
};
KMSGATE_SIMD_INLINE Block load(const char* at) noexcept {
    return {at};
}

/// The upper bits of eight bytes, as eight bits.
KMSGATE_SIMD_INLINE std::uint64_t gather(std::uint64_t upper) noexcept {
    return ((upper >> 7) * 0x0102040810204080U) >> 56;
}
KMSGATE_SIMD_INLINE std::uint64_t word(const char* at) noexcept {
    std::uint64_t w = 0;
    std::memcpy(&w, at, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}
inline constexpr std::uint64_t kOnes = 0x0101010101010101U;
inline constexpr std::uint64_t kUpper = 0x8080808080808080U;

/// Bytes below 0x20 or above 0x7F.
KMSGATE_SIMD_INLINE std::uint64_t odd(Block b) noexcept {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < 8; ++i) {
        const std::uint64_t w = word(b.at + std::size_t{8} * i);
        const std::uint64_t above = (w & ~kUpper) + (0x60U * kOnes);  // upper bit: at least 0x20
        mask |= gather((~above | w) & kUpper) << (8 * i);
    }
    return mask;
}
/// Bytes that are one of C.
template <char... C>
KMSGATE_SIMD_INLINE std::uint64_t any(Block b) noexcept {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < 8; ++i) {
        const std::uint64_t w = word(b.at + std::size_t{8} * i);
        std::uint64_t hit = 0;
        for (const char c : {C...}) {
            const std::uint64_t x = w ^ (static_cast<unsigned char>(c) * kOnes);
            hit |= ~(((x & ~kUpper) + ~kUpper) | x);  // upper bit: x is zero there
        }
        mask |= gather(hit & kUpper) << (8 * i);
    }
    return mask;
}
/// Of the first 32 bytes: those that are not in the set.
KMSGATE_SIMD_INLINE std::uint32_t outside32(const char* at, const CharSet& set) noexcept {
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < 32; ++i)
        mask |= static_cast<std::uint32_t>(!set.has[static_cast<unsigned char>(at[i])]) << i;
    return mask;
}

/// All of 64 bytes that are not in the set.
KMSGATE_SIMD_INLINE std::uint64_t outside(const char* at, const CharSet& set) noexcept {
    return static_cast<std::uint64_t>(outside32(at + 32, set)) << 32 | outside32(at, set);
}

/// A line's first bytes.
struct Line {
    std::uint64_t odd = 0;     ///< of 64 bytes
    std::uint32_t colons = 0;  ///< of 32 bytes
    const char* start = nullptr;
};
KMSGATE_SIMD_INLINE Line line(const char* at) noexcept {
    const Block b = load(at);
    return {odd(b), static_cast<std::uint32_t>(any<':'>(b)), at};
}
/// The bytes of the line that `mask` counts, letters in lower case, are those of `text`.
KMSGATE_SIMD_INLINE bool starts_with(const Line& line, const char* text, std::uint32_t mask) noexcept {
    std::uint32_t same = 0;
    for (unsigned i = 0; i < 32; ++i)
        same |= static_cast<std::uint32_t>((line.start[i] | 0x20) == text[i]) << i;
    return (~same & mask) == 0;
}

#undef KMSGATE_SIMD_INLINE

}  // namespace kmsgate::simd::portable
