// SPDX-License-Identifier: BSD-3-Clause
#if defined(__x86_64__)
#include <immintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/classify/media.hpp"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2")
#endif

namespace kmsgate::classify::avx2 {

namespace {

/// Line ends are the only bytes that the table gives back for their lower four bits.
inline __m256i hits(const std::uint8_t* at) noexcept {
    const __m256i table =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\n', 0, 0, '\r', 0, 0));
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v);
}
inline unsigned mask(__m256i hits) noexcept {
    return static_cast<unsigned>(_mm256_movemask_epi8(hits));
}
/// More than 32 bytes of headers stand in front of `at`.
inline const std::uint8_t* line_end(const std::uint8_t* at, const std::uint8_t* end) noexcept {
    for (; end - at >= 128; at += 128) {
        const __m256i half = _mm256_or_si256(hits(at), hits(at + 32));
        if (mask(_mm256_or_si256(half, _mm256_or_si256(hits(at + 64), hits(at + 96)))) != 0) break;
    }
    for (; end - at >= 32; at += 32)
        if (const unsigned hit = mask(hits(at)); hit != 0) return at + std::countr_zero(hit);
    if (at == end) return end;
    const unsigned hit = mask(hits(end - 32)) >> (32 - (end - at));
    return hit != 0 ? at + std::countr_zero(hit) : end;
}

/// The end of the last byte before `end` that is no blank or control; there is one, behind 32 bytes of
/// headers.
inline const std::uint8_t* text_end(const std::uint8_t* end) noexcept {
    const __m256i least = _mm256_set1_epi8(0x21);
    for (;; end -= 32) {
        const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(end - 32));
        const unsigned text = mask(_mm256_cmpeq_epi8(_mm256_max_epu8(v, least), v));
        if (text != 0) return end - std::countl_zero(text);
    }
}

}  // namespace

}  // namespace kmsgate::classify::avx2

#define KMSGATE_LEVEL avx2
#include "dataplane/classify/media_rules.hpp"
#undef KMSGATE_LEVEL

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
