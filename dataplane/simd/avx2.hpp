// SPDX-License-Identifier: BSD-3-Clause
// 64 bytes of text as bit masks, with AVX2. For code that is compiled for it (see level.hpp).
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "dataplane/simd/set.hpp"

namespace kmsgate::simd::avx2 {

#define KMSGATE_SIMD_INLINE [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,lzcnt,popcnt")]] inline

struct Block {
    __m256i low, high;
};
KMSGATE_SIMD_INLINE __m256i load32(const char* at) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
KMSGATE_SIMD_INLINE Block load(const char* at) noexcept {
    return {load32(at), load32(at + 32)};
}
KMSGATE_SIMD_INLINE std::uint64_t bits(__m256i low, __m256i high) noexcept {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32 |
           static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
}
KMSGATE_SIMD_INLINE __m256i all(char c) noexcept {
    return _mm256_load_si256(
        reinterpret_cast<const __m256i*>(kEachByte.data() + static_cast<unsigned char>(c)));
}
/// Upper bit: below 0x20 as a signed number, so above 0x7F, too. Saturation keeps the sign.
KMSGATE_SIMD_INLINE __m256i odd32(__m256i v) noexcept {
    return _mm256_adds_epi8(v, all(-0x20));
}
KMSGATE_SIMD_INLINE std::uint64_t odd(Block b) noexcept {
    return bits(odd32(b.low), odd32(b.high));
}
template <char... C>
KMSGATE_SIMD_INLINE __m256i any32(__m256i v) noexcept {
    __m256i hit = _mm256_setzero_si256();
    ((hit = _mm256_or_si256(hit, _mm256_cmpeq_epi8(v, all(C)))), ...);
    return hit;
}
template <char... C>
KMSGATE_SIMD_INLINE std::uint64_t any(Block b) noexcept {
    return bits(any32<C...>(b.low), any32<C...>(b.high));
}
KMSGATE_SIMD_INLINE __m256i table(const std::array<std::uint8_t, 32>& bytes) noexcept {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes.data()));
}
KMSGATE_SIMD_INLINE std::uint32_t outside_of(__m256i v, const CharSet& set) noexcept {
    // a byte above 0x7F picks nothing from the first table
    const __m256i low = _mm256_shuffle_epi8(table(set.low), v);
    const __m256i half = _mm256_and_si256(_mm256_srli_epi16(v, 4), all(15));
    const __m256i both = _mm256_and_si256(low, _mm256_shuffle_epi8(table(kHighHalf), half));
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(both, _mm256_setzero_si256())));
}
KMSGATE_SIMD_INLINE std::uint32_t outside32(const char* at, const CharSet& set) noexcept {
    return outside_of(load32(at), set);
}
/// All of 64 bytes that are not in the set.
KMSGATE_SIMD_INLINE std::uint64_t outside(const char* at, const CharSet& set) noexcept {
    return static_cast<std::uint64_t>(outside32(at + 32, set)) << 32 | outside32(at, set);
}
KMSGATE_SIMD_INLINE std::uint32_t few32(const char* at, __m256i by_half) noexcept {
    const __m256i v = load32(at);  // a byte above 0x7F picks zero
    return static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(by_half, v), v)));
}
/// All of 64 bytes that are in the set.
KMSGATE_SIMD_INLINE std::uint64_t few(const char* at, const FewChars& set) noexcept {
    const __m256i by_half = load32(set.by_half.data());
    return static_cast<std::uint64_t>(few32(at + 32, by_half)) << 32 | few32(at, by_half);
}

/// 32 bytes that are asked more than once.
using Bytes32 = __m256i;
/// Of 64 bytes, the first 32 of which are loaded.
KMSGATE_SIMD_INLINE std::uint64_t odd(Bytes32 first, const char* at) noexcept {
    return bits(odd32(first), odd32(load32(at + 32)));
}
KMSGATE_SIMD_INLINE std::uint32_t odd_of(Bytes32 v) noexcept {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(odd32(v)));
}
/// Is one of 128 bytes odd?
KMSGATE_SIMD_INLINE bool any_odd(const char* at) noexcept {
    const __m256i least = _mm256_min_epi8(_mm256_min_epi8(load32(at), load32(at + 32)),
                                          _mm256_min_epi8(load32(at + 64), load32(at + 96)));
    return _mm256_movemask_epi8(odd32(least)) != 0;
}
template <char... C>
KMSGATE_SIMD_INLINE std::uint32_t any_of(Bytes32 v) noexcept {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(any32<C...>(v)));
}
/// Those bytes that `mask` counts are the ones of `text`, of which 32 can be read.
KMSGATE_SIMD_INLINE bool same(Bytes32 v, const char* text, std::uint32_t mask) noexcept {
    const __m256i same = _mm256_cmpeq_epi8(v, load32(text));
    return (~static_cast<std::uint32_t>(_mm256_movemask_epi8(same)) & mask) == 0;
}

#undef KMSGATE_SIMD_INLINE

}  // namespace kmsgate::simd::avx2
