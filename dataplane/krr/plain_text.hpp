// SPDX-License-Identifier: BSD-3-Clause
// Texts that XML takes as they stand, told apart sixteen characters at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kmsgate::krr {

/// Visible ASCII without `< > & " '`: needs no escape, and is no blank.
[[nodiscard]] constexpr bool is_plain_text(char c) noexcept {
    return c > 0x20 && c < 0x7F && c != '<' && c != '>' && c != '&' && c != '"' && c != '\'';
}

#if defined(__SSE2__)
/// Sixteen characters at once: which of them is_plain_text() does not take.
[[nodiscard]] inline __m128i odd_text(__m128i v) noexcept {
    const auto is = [](__m128i a, char c) { return _mm_cmpeq_epi8(a, _mm_set1_epi8(c)); };
    const __m128i angle = is(_mm_or_si128(v, _mm_set1_epi8(2)), '>');  // < and >
    const __m128i quote = is(_mm_or_si128(v, _mm_set1_epi8(4)), '&');  // " and &
    const __m128i control = _mm_cmplt_epi8(v, _mm_set1_epi8(0x21));    // signed: above 0x7F, too
    const __m128i other = _mm_or_si128(is(v, '\''), is(v, '\x7F'));
    return _mm_or_si128(_mm_or_si128(angle, quote), _mm_or_si128(control, other));
}
#endif

/// Where the first character stands that is_plain_text() does not take; the size when there is none.
[[nodiscard]] inline std::size_t plain_length(std::string_view text) noexcept {
    std::size_t at = 0;
#if defined(__SSE2__)
    const auto odd = [&text](std::size_t from) {
        return static_cast<unsigned>(_mm_movemask_epi8(
            odd_text(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + from)))));
    };
    for (; at + 16 <= text.size(); at += 16)
        if (const unsigned mask = odd(at); mask != 0)
            return at + static_cast<unsigned>(std::countr_zero(mask));
    if (at != 0 && at != text.size()) {  // the last sixteen: what was seen before is plain
        const unsigned mask = odd(text.size() - 16);
        return mask == 0 ? text.size() : text.size() - 16 + static_cast<unsigned>(std::countr_zero(mask));
    }
#endif
    while (at < text.size() && is_plain_text(text[at])) ++at;
    return at;
}

}  // namespace kmsgate::krr
