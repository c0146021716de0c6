// SPDX-License-Identifier: BSD-3-Clause
// 64 bytes of text as bit masks: bit i speaks of byte i. Plain C++, little-endian or not.
#pragma once

#include <bit>
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

/// Of eight bytes: those below 0x20 or above 0x7F.
KMSGATE_SIMD_INLINE std::uint64_t odd_word(const char* at) noexcept {
    const std::uint64_t w = word(at);
    const std::uint64_t above = (w & ~kUpper) + (0x60U * kOnes);  // upper bit: at least 0x20
    return gather((~above | w) & kUpper);
}
/// Bytes below 0x20 or above 0x7F.
KMSGATE_SIMD_INLINE std::uint64_t odd(Block b) noexcept {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < 8; ++i) mask |= odd_word(b.at + std::size_t{8} * i) << (8 * i);
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
/// All of 64 bytes that are in the set.
KMSGATE_SIMD_INLINE std::uint64_t few(const char* at, const FewChars& set) noexcept {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < 64; ++i)
        mask |= static_cast<std::uint64_t>(at[i] == set.by_half[static_cast<unsigned char>(at[i]) & 15U])
                << i;
    return mask;
}

/// 32 bytes that are asked more than once.
using Bytes32 = const char*;
KMSGATE_SIMD_INLINE Bytes32 load32(const char* at) noexcept {
    return at;
}
/// Of 64 bytes, the first 32 of which are loaded.
KMSGATE_SIMD_INLINE std::uint64_t odd(Bytes32, const char* at) noexcept {
    return odd(load(at));
}
KMSGATE_SIMD_INLINE std::uint32_t odd_of(Bytes32 v) noexcept {
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < 4; ++i)
        mask |= static_cast<std::uint32_t>(odd_word(v + std::size_t{8} * i)) << (8 * i);
    return mask;
}
/// Is one of 128 bytes odd?
KMSGATE_SIMD_INLINE bool any_odd(const char* at) noexcept {
    return (odd(load(at)) | odd(load(at + 64))) != 0;
}
template <char... C>
KMSGATE_SIMD_INLINE std::uint32_t any_of(Bytes32 v) noexcept {
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < 32; ++i) mask |= static_cast<std::uint32_t>(((v[i] == C) || ...)) << i;
    return mask;
}
/// Those bytes that `mask` counts are the ones of `text`.
KMSGATE_SIMD_INLINE bool same(Bytes32 v, const char* text, std::uint32_t mask) noexcept {
    for (; mask != 0; mask &= mask - 1) {
        const int i = std::countr_zero(mask);
        if (v[i] != text[i]) return false;
    }
    return true;
}

#undef KMSGATE_SIMD_INLINE

}  // namespace kmsgate::simd::portable
