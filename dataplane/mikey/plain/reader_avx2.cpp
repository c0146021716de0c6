// SPDX-License-Identifier: BSD-3-Clause
// 32 characters at a time. The high half of a character picks what has to be added to make its value of it
// ('+' and '/' share one, so '/' borrows the half below); both halves together say whether it has a value.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "dataplane/mikey/payload.hpp"
#include "dataplane/mikey/plain/levels.hpp"
#include "dataplane/mikey/plain/plain.hpp"
#include "dataplane/simd/avx2.hpp"
#include "dataplane/simd/set.hpp"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif

namespace kmsgate::mikey::plain::avx2 {
namespace {

constinit const simd::CharSet kCharacters = simd::chars(kAlphabet);

inline __m256i table(const std::array<std::uint8_t, 32>& bytes) noexcept {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes.data()));
}

class Decoder {
  public:
    // Said, because an implied one would not be compiled for the level.
    Decoder() noexcept {}  // NOLINT(modernize-use-equals-default)

    inline void step(const char* text, std::uint8_t* out) noexcept {
        const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
        const __m256i half = _mm256_and_si256(_mm256_srli_epi32(v, 4), _mm256_set1_epi8(15));
        // zero where a character is none of the alphabet
        const __m256i known =
            _mm256_and_si256(_mm256_shuffle_epi8(low_, v), _mm256_shuffle_epi8(high_, half));
        least_ = _mm256_min_epu8(least_, known);
        const __m256i slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'));
        const __m256i values = _mm256_add_epi8(v, _mm256_shuffle_epi8(add_, _mm256_add_epi8(half, slash)));
        const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
        const __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
        const __m256i packed = _mm256_shuffle_epi8(groups, order_);
        const __m256i joined = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), joined);
    }
    [[nodiscard]] inline bool sound() const noexcept {
        return _mm256_movemask_epi8(_mm256_cmpeq_epi8(least_, _mm256_setzero_si256())) == 0;
    }

  private:
    const __m256i low_ = table(kCharacters.low);
    const __m256i high_ = table(simd::kHighHalf);
    const __m256i add_ = _mm256_setr_epi8(0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0,
                                          0, 0, 0, 0, 0, 0, 0, 0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A',
                                          26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i order_ = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0,
                                            6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    __m256i least_ = _mm256_set1_epi8(-1);
};

bool decode(const char* text, std::size_t size, std::uint8_t* out) noexcept {
    Decoder decoder;
    std::size_t at = 0;
    for (; at + 64 <= size; at += 64, out += 48) {
        decoder.step(text + at, out);
        decoder.step(text + at + 32, out + 24);
    }
    if (at + 32 <= size) {
        decoder.step(text + at, out);
        at += 32;
        out += 24;
    }
    // The last vector begins inside the one before it and writes the same bytes once more.
    if (at < size) decoder.step(text + size - 32, out - (at + 32 - size) / 4 * 3);
    return decoder.sound();
}

}  // namespace

}  // namespace kmsgate::mikey::plain::avx2

#define KMSGATE_LEVEL avx2
#include "dataplane/mikey/plain/walk.hpp"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
