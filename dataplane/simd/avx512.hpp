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
/// All of 64 bytes that are in the set.
KMSGATE_SIMD_INLINE std::uint64_t few(const char* at, const FewChars& set) noexcept {
    const __m512i v = _mm512_loadu_si512(at);  // a byte above 0x7F picks zero
    const __m256i by_half = _mm256_load_si256(reinterpret_cast<const __m256i*>(set.by_half.data()));
    return _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(_mm512_broadcast_i64x4(by_half), v), v);
}

/// 32 bytes that are asked more than once.
using Bytes32 = __m256i;
KMSGATE_SIMD_INLINE Bytes32 load32(const char* at) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
/// Of 64 bytes, the first 32 of which are loaded.
KMSGATE_SIMD_INLINE std::uint64_t odd(Bytes32, const char* at) noexcept {
    return odd(load(at));
}
KMSGATE_SIMD_INLINE std::uint32_t odd_of(Bytes32 v) noexcept {
    return _mm256_cmplt_epi8_mask(v, _mm256_set1_epi8(0x20));
}
/// Is one of 128 bytes odd?
KMSGATE_SIMD_INLINE bool any_odd(const char* at) noexcept {
    return odd({_mm512_min_epi8(_mm512_loadu_si512(at), _mm512_loadu_si512(at + 64))}) != 0;
}
template <char... C>
KMSGATE_SIMD_INLINE std::uint32_t any_of(Bytes32 v) noexcept {
    return (std::uint32_t{0} | ... | _mm256_cmpeq_epi8_mask(v, _mm256_set1_epi8(C)));
}
/// Those bytes that `mask` counts are the ones of `text`, of which 32 can be read.
KMSGATE_SIMD_INLINE bool same(Bytes32 v, const char* text, std::uint32_t mask) noexcept {
    return _mm256_mask_cmpneq_epi8_mask(mask, v, load32(text)) == 0;
}

#undef KMSGATE_SIMD_INLINE

}  // namespace kmsgate::simd::avx512
