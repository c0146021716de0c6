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
KMSGATE_SIMD_INLINE std::uint64_t odd(Block b) noexcept {
    const __m256i blank = _mm256_set1_epi8(0x20);  // signed: bytes above 0x7F are below it, too
    return bits(_mm256_cmpgt_epi8(blank, b.low), _mm256_cmpgt_epi8(blank, b.high));
}
template <char... C>
KMSGATE_SIMD_INLINE __m256i any32(__m256i v) noexcept {
    __m256i hit = _mm256_setzero_si256();
    ((hit = _mm256_or_si256(hit, _mm256_cmpeq_epi8(v, _mm256_set1_epi8(C)))), ...);
    return hit;
}
template <char... C>
KMSGATE_SIMD_INLINE std::uint64_t any(Block b) noexcept {
    return bits(any32<C...>(b.low), any32<C...>(b.high));
}
KMSGATE_SIMD_INLINE __m256i twice(const std::array<std::uint8_t, 16>& table) noexcept {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
}
KMSGATE_SIMD_INLINE std::uint32_t outside32(const char* at, const CharSet& set) noexcept {
    const __m256i v = load32(at);
    // a byte above 0x7F picks nothing from the first table
    const __m256i low = _mm256_shuffle_epi8(twice(set.low), v);
    const __m256i half = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
    const __m256i both = _mm256_and_si256(low, _mm256_shuffle_epi8(twice(set.high), half));
    return static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(both, _mm256_setzero_si256())));
}

#undef KMSGATE_SIMD_INLINE

}  // namespace kmsgate::simd::avx2
