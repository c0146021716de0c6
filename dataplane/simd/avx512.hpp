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
    return _mm512_cmplt_epi8_mask(b.all, _mm512_set1_epi8(0x20));
}
template <char... C>
KMSGATE_SIMD_INLINE std::uint64_t any(Block b) noexcept {
    return (std::uint64_t{0} | ... | _mm512_cmpeq_epi8_mask(b.all, _mm512_set1_epi8(C)));
}
KMSGATE_SIMD_INLINE __m256i twice(const std::array<std::uint8_t, 16>& table) noexcept {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
}
KMSGATE_SIMD_INLINE std::uint32_t outside32(const char* at, const CharSet& set) noexcept {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i low = _mm256_shuffle_epi8(twice(set.low), v);
    const __m256i half = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
    return _mm256_testn_epi8_mask(low, _mm256_shuffle_epi8(twice(set.high), half));
}

#undef KMSGATE_SIMD_INLINE

}  // namespace kmsgate::simd::avx512
