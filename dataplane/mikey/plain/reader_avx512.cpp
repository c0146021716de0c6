// SPDX-License-Identifier: BSD-3-Clause
// 64 characters at a time: the value of each by one look-up in a table of 128.
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
#include "dataplane/simd/avx512.hpp"

#if defined(__clang__)
#pragma clang attribute push(                                                                            \
    __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi"))), \
    apply_to = function)
#else
#pragma GCC push_options
// g++ 12 warns of the undefined operand inside its own intrinsics (its bug 105593)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")
#endif

namespace kmsgate::mikey::plain::avx512 {
namespace {

/// Where each of the 48 bytes stands among the sixteen groups of four.
alignas(64) constexpr std::array<std::uint8_t, 64> kOrder = [] {
    std::array<std::uint8_t, 64> order{};
    for (std::size_t i = 0; i < 48; ++i) order[i] = static_cast<std::uint8_t>(i / 3 * 4 + 2 - i % 3);
    return order;
}();

class Decoder {
  public:
    // Said, because an implied one would not be compiled for the level.
    Decoder() noexcept {}  // NOLINT(modernize-use-equals-default)

    inline void step(const char* text, std::uint8_t* out) noexcept {
        const __m512i v = _mm512_loadu_si512(text);
        const __m512i values = _mm512_permutex2var_epi8(first_, v, second_);
        bad_ = _mm512_or_si512(bad_, _mm512_or_si512(values, v));
        const __m512i pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x01400140));
        const __m512i groups = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
        _mm512_storeu_si512(out, _mm512_maskz_permutexvar_epi8(~__mmask64{0}, order_, groups));
    }
    [[nodiscard]] inline bool sound() const noexcept { return _mm512_movepi8_mask(bad_) == 0; }

  private:
    const __m512i first_ = _mm512_loadu_si512(kValues.data());
    const __m512i second_ = _mm512_loadu_si512(kValues.data() + 64);
    const __m512i order_ = _mm512_loadu_si512(kOrder.data());
    __m512i bad_ = _mm512_setzero_si512();  // upper bit: a character has no value, or is above 0x7F
};

bool decode(const char* text, std::size_t size, std::uint8_t* out) noexcept {
    Decoder decoder;
    std::size_t at = 0;
    for (; at + 64 <= size; at += 64, out += 48) decoder.step(text + at, out);
    // The last vector begins inside the one before it and writes the same bytes once more.
    if (at < size) decoder.step(text + size - 64, out - (at + 64 - size) / 4 * 3);
    return decoder.sound();
}

}  // namespace

}  // namespace kmsgate::mikey::plain::avx512

#define KMSGATE_LEVEL avx512
#include "dataplane/mikey/plain/walk.hpp"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
