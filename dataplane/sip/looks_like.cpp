// SPDX-License-Identifier: BSD-3-Clause
#include <bit>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/message.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kmsgate::sip {

namespace {
/// Blanks, and controls that a lenient reader takes for blanks or skips.
constexpr bool is_padding(char c) noexcept {
    return static_cast<unsigned char>(c) <= 0x20;
}

std::size_t line_end_from(std::string_view bytes, std::size_t at) noexcept {
    while (at < bytes.size() && bytes[at] != '\r' && bytes[at] != '\n') ++at;
    return at;
}

#if defined(__x86_64__)
/// Media looks like anything: every frame of it is looked at this way.
[[gnu::target("avx2")]] std::size_t line_end_avx2(std::string_view bytes) noexcept {
    const __m256i cr = _mm256_set1_epi8('\r'), lf = _mm256_set1_epi8('\n');
    std::size_t at = 0;
    for (; at + 32 <= bytes.size(); at += 32) {
        const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes.data() + at));
        const auto hit = static_cast<unsigned>(
            _mm256_movemask_epi8(_mm256_or_si256(_mm256_cmpeq_epi8(v, cr), _mm256_cmpeq_epi8(v, lf))));
        if (hit != 0) return at + static_cast<std::size_t>(std::countr_zero(hit));
    }
    return line_end_from(bytes, at);
}
const bool has_avx2 = __builtin_cpu_supports("avx2");
#endif

std::size_t line_end(std::string_view bytes) noexcept {
#if defined(__x86_64__)
    if (has_avx2) return line_end_avx2(bytes);
#endif
    return line_end_from(bytes, 0);
}
}  // namespace

LooksLike looks_like_sip(std::string_view bytes, bool whole) noexcept {
    constexpr std::string_view version = "SIP/2.0";
    // An endpoint may skip blanks as well as line ends before the start line.
    while (!bytes.empty() && is_padding(bytes.front())) bytes.remove_prefix(1);
    if (istarts_with(bytes, version)) return LooksLike::yes;
    const std::size_t end = line_end(bytes);
    if (end == bytes.size() && !whole) return LooksLike::need_more;
    std::string_view line = bytes.substr(0, end);
    while (!line.empty() && is_padding(line.back())) line.remove_suffix(1);
    return iends_with(line, version) ? LooksLike::yes : LooksLike::no;
}

}  // namespace kmsgate::sip
