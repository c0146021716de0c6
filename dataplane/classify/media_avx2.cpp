// SPDX-License-Identifier: BSD-3-Clause
#if defined(__x86_64__)
#include <immintrin.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include <array>
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

using Pairs = __m256i;
inline Pairs pairs_of(const Ports& ports) noexcept {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(ports.pairs().data()));
}
inline bool has_port(Pairs pairs, std::uint32_t both) noexcept {
    const __m256i same = _mm256_cmpeq_epi16(pairs, _mm256_set1_epi32(static_cast<int>(both)));
    return !_mm256_testz_si256(same, same);
}

/// By their lower four bits line ends and zeros are the only bytes that this gives back.
alignas(32) constexpr std::array<std::uint8_t, 32> kHits = {'0', 0, 0,    0, 0,    0,   0, 0,    0, 0, '\n',
                                                            0,   0, '\r', 0, 0,    '0', 0, 0,    0, 0, 0,
                                                            0,   0, 0,    0, '\n', 0,   0, '\r', 0, 0};
inline __m256i hits(const std::uint8_t* at) noexcept {
    const __m256i table = _mm256_load_si256(reinterpret_cast<const __m256i*>(kHits.data()));
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v);
}
inline unsigned mask(__m256i hits) noexcept {
    return static_cast<unsigned>(_mm256_movemask_epi8(hits));
}

enum class Seen : std::uint8_t { nothing, line_end, version };
/// What comes first of the hits in the bytes from `at` on; there is one.
[[gnu::always_inline]] inline Seen first_of(std::uint64_t hits, const std::uint8_t* at) noexcept {
    do {
        const std::uint8_t* const hit = at + std::countr_zero(hits);
        if (*hit != '0') return Seen::line_end;
        if (hit[-1] == '.') return Seen::version;
        hits &= hits - 1;
    } while (hits != 0);
    return Seen::nothing;
}

/// More than 32 bytes of headers stand in front of `from`.
[[gnu::always_inline]] inline bool no_version(const std::uint8_t* from, const std::uint8_t* end) noexcept {
    std::ptrdiff_t at = from - end;
    for (; at <= -64; at += 64) {
        const __m256i low = hits(end + at), high = hits(end + at + 32), any = _mm256_or_si256(low, high);
        if (_mm256_testz_si256(any, any)) continue;
        const Seen seen = first_of(std::uint64_t{mask(high)} << 32 | mask(low), end + at);
        if (seen != Seen::nothing) return seen == Seen::line_end;
    }
    if (at <= -32) {
        const unsigned found = mask(hits(end + at));
        const Seen seen = found != 0 ? first_of(found, end + at) : Seen::nothing;
        if (seen != Seen::nothing) return seen == Seen::line_end;
        at += 32;
    }
    if (at == 0) return true;
    const unsigned found = mask(hits(end - 32)) >> (32 + at);
    return found == 0 || first_of(found, end + at) != Seen::version;
}

}  // namespace

}  // namespace kmsgate::classify::avx2

#define KMSGATE_LEVEL avx2
#include "dataplane/classify/media_rules.hpp"
#undef KMSGATE_LEVEL

std::uint64_t kmsgate::classify::avx2::media_of(std::span<rte_mbuf* const> frames, const Ports& udp,
                                                const Ports& tcp, const Watched& watched) noexcept {
    return media_among(frames, udp, tcp, watched);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
