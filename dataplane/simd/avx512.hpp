// SPDX-License-Identifier: BSD-3-Clause
// 64 bytes of text as bit masks, with AVX-512. For code that is compiled for it (see level.hpp).
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "dataplane/simd/set.hpp"

namespace kmsgate::simd::avx512 {

#define KMSGATE_SIMD_INLINE \
    [[gnu::always_inline,   \
      gnu::target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")]] inline

struct Block {
    __m512i all;
};
KMSGATE_SIMD_INLINE Block load(const char* at) noexcept {
    return {_mm512_loadu_si512(at)};
}
KMSGATE_SIMD_INLINE std::uint64_t odd(Block b) noexcept {
    return _mm512_cmplt_epi8_mask(b.all, _mm512_set1_epi8(0x20));  // signed: bytes above 0x7F are below it
}
template <char... C>
KMSGATE_SIMD_INLINE std::uint64_t any(Block b) noexcept {
    return (std::uint64_t{0} | ... | _mm512_cmpeq_epi8_mask(b.all, _mm512_set1_epi8(C)));
}
KMSGATE_SIMD_INLINE __m256i table(const std::array<std::uint8_t, 32>& bytes) noexcept {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes.data()));
}
KMSGATE_SIMD_INLINE std::uint32_t outside32(const char* at, const CharSet& set) noexcept {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    // a byte above 0x7F picks nothing from the first table
    const __m256i low = _mm256_shuffle_epi8(table(set.low), v);
    const __m256i half = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
    return _mm256_testn_epi8_mask(low, _mm256_shuffle_epi8(table(kHighHalf), half));
}
/// All of 64 bytes that are not in the set.
KMSGATE_SIMD_INLINE std::uint64_t outside(const char* at, const CharSet& set) noexcept {
    const __m512i v = _mm512_loadu_si512(at);
    const __m512i low = _mm512_shuffle_epi8(_mm512_broadcast_i64x4(table(set.low)), v);
    const __m512i half = _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(15));
    return _mm512_testn_epi8_mask(low, _mm512_shuffle_epi8(_mm512_broadcast_i64x4(table(kHighHalf)), half));
}

/// A line's first bytes.
struct Line {
    std::uint64_t odd = 0;     ///< of 64 bytes
    std::uint32_t colons = 0;  ///< of 32 bytes
    __m256i start;
};
KMSGATE_SIMD_INLINE Line line(const char* at) noexcept {
    const __m512i v = _mm512_loadu_si512(at);
    const __m256i start = _mm512_castsi512_si256(v);
    return {_mm512_cmplt_epi8_mask(v, _mm512_set1_epi8(0x20)),
            _mm256_cmpeq_epi8_mask(start, _mm256_set1_epi8(':')), start};
}
/// The bytes of the line that `mask` counts, letters in lower case, are those of `text`.
KMSGATE_SIMD_INLINE bool starts_with(const Line& line, const char* text, std::uint32_t mask) noexcept {
    const __m256i lower = _mm256_or_si256(line.start, _mm256_set1_epi8(0x20));
    const __m256i wanted = _mm256_load_si256(reinterpret_cast<const __m256i*>(text));
    return _mm256_mask_cmpneq_epi8_mask(mask, lower, wanted) == 0;
}

#undef KMSGATE_SIMD_INLINE

}  // namespace kmsgate::simd::avx512
