// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/floor.hpp"

#include <immintrin.h>

#include <cstring>

namespace kmsgate::bench {

namespace {

/// 32 characters to 24 bytes at a time, nothing checked (W. Mula, D. Lemire: Faster Base64 Encoding and
/// Decoding Using AVX2 Instructions, 2018). Writes up to 32 bytes beyond the end.
[[gnu::target("avx2")]] void decode(const char* from, const char* end, std::uint8_t* to) noexcept {
    // what is to be added to a character, by its upper four bits; '/' counts as 1, the place of '+' is 2
    const __m256i shift = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16,
                                           19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i pack = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6,
                                          5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
    const __m256i slash = _mm256_set1_epi8('/');
    for (; from < end; from += 32, to += 24) {
        const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
        const __m256i upper = _mm256_and_si256(_mm256_srli_epi32(text, 4), slash);
        const __m256i place = _mm256_add_epi8(_mm256_cmpeq_epi8(text, slash), upper);
        const __m256i six = _mm256_add_epi8(text, _mm256_shuffle_epi8(shift, place));
        const __m256i twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi32(0x01400140));
        const __m256i three = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
        const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(three, pack), join);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
    }
}

std::size_t size_at(const std::uint8_t* p) noexcept {
    return std::size_t{p[0]} << 8 | p[1];
}

std::size_t map_size(const std::uint8_t* m) noexcept {
    const std::size_t count = m[8];
    if (m[9] == 0) return 9 * count;
    std::size_t at = 10;
    if (m[9] == 2)
        for (std::size_t i = 0; i < count; ++i) {
            at += 3 + (m[at + 2] & 0x7FU);
            at += 2 + size_at(m + at);
            at += 1 + m[at];
        }
    return at - 10;
}

}  // namespace

FloorNames floor_names(std::string_view message, std::span<std::uint8_t> scratch) noexcept {
    constexpr std::string_view kName = "key-mgmt:mikey ";
    const auto* found =
        static_cast<const char*>(memmem(message.data(), message.size(), kName.data(), kName.size()));
    const char* line = found + kName.size();
    const auto rest = static_cast<std::size_t>(message.data() + message.size() - line);
    decode(line, static_cast<const char*>(std::memchr(line, '\r', rest)), scratch.data());
    const std::uint8_t* const m = scratch.data();
    const std::uint8_t* p = m + 10 + map_size(m);
    FloorNames names;
    for (unsigned type = m[2];;) {
        // T (NTP), RAND, IDR: nothing else stands before IDRkmsr
        const std::size_t size = type == 5 ? 10 : type == 11 ? 2U + p[1] : 5 + size_at(p + 3);
        if (type == 14 && (p[1] == 6 || p[1] == 7)) {
            const std::string_view name(reinterpret_cast<const char*>(p + 5), size_at(p + 3));
            if (p[1] == 6) {
                names.kmsi = name;
            } else {
                names.kmsr = name;
                return names;
            }
        }
        type = p[0];
        p += size;
    }
}

}  // namespace kmsgate::bench
