// SPDX-License-Identifier: BSD-3-Clause
// BulkHash by carry-less multiplication of the processor.
#if defined(__x86_64__)
#include <immintrin.h>

#include "dataplane/memory/bulk_hash_levels.hpp"

namespace kmsgate::memory::bulk {

[[gnu::target("avx,pclmul")]] static Hash128 out_of(__m128i sum) noexcept {
    return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(sum)),
            static_cast<std::uint64_t>(_mm_extract_epi64(sum, 1))};
}

[[gnu::target("avx,pclmul")]] Hash128 pclmul::multiply(std::uint64_t a, std::uint64_t b) noexcept {
    return out_of(_mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(a)),
                                       _mm_cvtsi64_si128(static_cast<long long>(b)), 0));
}

[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline __m128i term(__m128i words,
                                                                             const void* key) noexcept {
    const __m128i x = _mm_xor_si128(words, _mm_load_si128(static_cast<const __m128i*>(key)));
    return _mm_clmulepi64_si128(x, x, 0x10);
}
[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline __m128i load(
    const std::uint8_t* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// Word one of a pair whose word zero is another piece's, or none.
[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline __m128i odd(const std::uint8_t* at,
                                                                            std::size_t size) noexcept {
    const std::uint64_t word = size == 8 ? word_at(at) : rest_of(at, size)[0];
    return _mm_set_epi64x(static_cast<long long>(word), 0);
}

/// The last 1 to 15 bytes of 16 or more, and zeros.
[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline __m128i tail_of_more(
    const std::uint8_t* end, std::size_t size) noexcept {
    alignas(32) static constexpr std::array<std::uint8_t, 32> kMoves = {
        0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    return _mm_shuffle_epi8(load(end - 16), load(kMoves.begin() + 16 - size));
}

/// The last 1 to 15 bytes and zeros, from reads that overlap.
[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline __m128i tail(const std::uint8_t* at,
                                                                             std::size_t size) noexcept {
    std::uint64_t low = 0, high = 0;
    if (size >= 8) {
        low = word_at(at);
        high = word_at(at + size - 8) >> 8 >> 8 * (15 - size);
    } else if (size >= 4) {
        std::uint32_t first = 0, last = 0;
        std::memcpy(&first, at, 4);
        std::memcpy(&last, at + size - 4, 4);
        low = first | std::uint64_t{last} << 8 * (size - 4);
    } else {
        low = at[0] | std::uint64_t{at[size / 2]} << 8 * (size / 2) |
              std::uint64_t{at[size - 1]} << 8 * (size - 1);
    }
    return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
}

[[gnu::target("avx,pclmul")]] Hash128 pclmul::texts(const std::uint64_t* words,
                                                    std::span<const std::string_view> texts,
                                                    std::uint64_t number) noexcept {
    // Lengths and number as head_of() has them, pair by pair.
    const std::uint64_t* k = words;
    __m128i sum = _mm_setzero_si128();
    const auto pair = [](std::uint64_t even, std::uint64_t other) {
        return _mm_set_epi64x(static_cast<long long>(other), static_cast<long long>(even));
    };
    std::size_t i = 0;
    for (; i + 2 <= texts.size(); i += 2)
        sum = _mm_xor_si128(sum, term(pair(texts[i].size(), texts[i + 1].size()), k + i));
    sum = _mm_xor_si128(sum, term(i < texts.size() ? pair(texts[i].size(), number) : pair(number, 0), k + i));
    k += Head().size();
    for (const std::string_view text : texts) {
        const std::uint8_t* at = bytes_of(text);
        std::size_t size = text.size();
        for (; size >= 16; size -= 16, at += 16, k += 2) sum = _mm_xor_si128(sum, term(load(at), k));
        if (size == 0) continue;
        sum = _mm_xor_si128(sum, term(tail(at, size), k));
        k += 2;
    }
    return out_of(sum);
}

[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline __m256i load32(
    const std::uint8_t* at) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
/// Two terms from one load of 32 bytes: AVX has no XOR of 256 bits but that of floating-point lanes.
[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline void two_terms(__m256i words, const void* key,
                                                                               __m128i& s0,
                                                                               __m128i& s1) noexcept {
    const __m256 k = _mm256_loadu_ps(static_cast<const float*>(key));
    const __m256i x = _mm256_castps_si256(_mm256_xor_ps(_mm256_castsi256_ps(words), k));
    const __m128i high = _mm256_extractf128_si256(x, 1);
    s1 = _mm_xor_si128(s1, _mm_clmulepi64_si128(high, high, 0x10));
    const __m128i low = _mm256_extractf128_si256(x, 0);  // costs nothing
    s0 = _mm_xor_si128(s0, _mm_clmulepi64_si128(low, low, 0x10));
}

/// A pass over a piece; with `Copy` its bytes go to `to`. Tuned for what loads 32 bytes at once: so it calls
/// nothing that is not always inlined.
template <bool Copy>
[[gnu::target("avx,pclmul,tune=haswell"), gnu::always_inline]] static inline Hash128 pass(
    const std::uint64_t* words, std::size_t offset, const std::uint8_t* at, std::size_t size,
    std::uint8_t* to) noexcept {
    const std::uint64_t* k = words + offset / 16 * 2;
    __m128i s0 = _mm_setzero_si128(), s1 = s0;
    if (offset % 16 != 0 && size != 0) {
        const std::size_t n = size < 8 ? size : 8;
        s0 = term(odd(at, n), k);
        if constexpr (Copy) to = static_cast<std::uint8_t*>(std::memcpy(to, at, n)) + n;
        at += n;
        size -= n;
        k += 2;
    }
    const auto* const key = reinterpret_cast<const std::uint8_t*>(k);
    std::size_t i = 0;
    for (; i + 128 <= size; i += 128) {
        const __m256i a = load32(at + i), b = load32(at + i + 32);
        const __m256i c = load32(at + i + 64), d = load32(at + i + 96);
        if constexpr (Copy) {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), a);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i + 32), b);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i + 64), c);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i + 96), d);
        }
        two_terms(a, key + (i), s0, s1);
        two_terms(b, key + (i + 32), s0, s1);
        two_terms(c, key + (i + 64), s0, s1);
        two_terms(d, key + (i + 96), s0, s1);
    }
    for (; i + 16 <= size; i += 16) {
        const __m128i v = load(at + i);
        if constexpr (Copy) _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), v);
        s0 = _mm_xor_si128(s0, term(v, key + (i)));
    }
    if (i != size) {
        if constexpr (Copy) std::memcpy(to + i, at + i, size - i);
        const __m128i last = i != 0 ? tail_of_more(at + size, size - i) : tail(at + i, size - i);
        s1 = _mm_xor_si128(s1, term(last, key + i));
    }
    return out_of(_mm_xor_si128(s0, s1));
}

[[gnu::target("avx,pclmul,tune=haswell")]] Hash128 pclmul::piece(const std::uint64_t* words,
                                                                 std::size_t offset, const std::uint8_t* at,
                                                                 std::size_t size) noexcept {
    return pass<false>(words, offset, at, size, nullptr);
}
[[gnu::target("avx,pclmul,tune=haswell")]] Hash128 pclmul::copied_piece(const std::uint64_t* words,
                                                                        std::size_t offset,
                                                                        const std::uint8_t* at,
                                                                        std::size_t size,
                                                                        std::uint8_t* to) noexcept {
    return pass<true>(words, offset, at, size, to);
}

[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline __m128i product(std::uint64_t a,
                                                                                std::uint64_t b) noexcept {
    return _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(a)),
                                _mm_cvtsi64_si128(static_cast<long long>(b)), 0);
}

[[gnu::target("avx,pclmul")]] Hash128 pclmul::joined(const std::uint64_t* words,
                                                     std::span<const BulkHash::Piece> pieces,
                                                     std::span<const std::uint8_t> datagram) noexcept {
    __m128i sum = _mm_setzero_si128();
    for (const BulkHash::Piece& p : pieces) {
        sum = _mm_xor_si128(sum, _mm_loadu_si128(reinterpret_cast<const __m128i*>(&p.sum)));
        if (p.offset % 16 == 0) continue;
        const Seam s = seam_at(datagram, p.offset);
        const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(words + p.offset / 16 * 2));
        sum = _mm_xor_si128(sum, _mm_xor_si128(product(s.before, s.after), _mm_clmulepi64_si128(k, k, 0x10)));
    }
    if (datagram.size() == BulkHash::kStart) return {};
    const Seam s = seam_at(datagram, BulkHash::kStart);
    return out_of(_mm_xor_si128(sum, product(s.before, s.after ^ words[1])));
}

[[gnu::target("avx,pclmul")]] std::uint64_t pclmul::bucket(
    const std::uint64_t* words, const std::array<std::uint64_t, 6>& block) noexcept {
    const auto* const at = reinterpret_cast<const std::uint8_t*>(block.data());
    const std::uint64_t* const k = words + kFields / 8;
    const __m128i sum = _mm_xor_si128(_mm_xor_si128(term(load(at), k), term(load(at + 16), k + 2)),
                                      term(load(at + 32), k + 4));
    return mix(reduced(out_of(sum)));
}

/// 16 bytes with 'A' to 'Z' in lower case.
[[gnu::target("avx,pclmul"), gnu::always_inline]] static inline __m128i folded16(__m128i v) noexcept {
    const __m128i below = _mm_add_epi8(v, _mm_set1_epi8(static_cast<char>(0x80 - 'A')));  // A to Z: the least
    const __m128i letter = _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(0x80 + 26)), below);
    return _mm_or_si128(v, _mm_and_si128(letter, _mm_set1_epi8(0x20)));
}

[[gnu::target("avx,pclmul")]] BulkHash::Both pclmul::both(const std::uint64_t* words,
                                                          const std::array<std::string_view, 4>& texts,
                                                          std::uint64_t number,
                                                          std::uint64_t folded_number) noexcept {
    const std::uint64_t* k = words + kBoth / 8;
    const auto head = [](std::uint64_t low, std::uint64_t high) {
        return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
    };
    __m128i exact = term(head(lengths_of(texts), number), k);
    k += 2;
    for (const std::string_view text : texts) {
        const std::uint8_t* at = bytes_of(text);
        std::size_t size = text.size();
        for (; size >= 16; size -= 16, at += 16, k += 2) exact = _mm_xor_si128(exact, term(load(at), k));
        if (size == 0) continue;
        const __m128i last = text.size() > 16 ? tail_of_more(at + size, size) : tail(at, size);
        exact = _mm_xor_si128(exact, term(last, k));
        k += 2;
    }
    k = words + kFolded / 8;
    __m128i other = term(head(texts[0].size(), folded_number), k);
    k += 2;
    const std::uint8_t* at = bytes_of(texts[0]);
    std::size_t size = texts[0].size();
    for (; size >= 16; size -= 16, at += 16, k += 2)
        other = _mm_xor_si128(other, term(folded16(load(at)), k));
    if (size != 0) {
        const __m128i last = texts[0].size() > 16 ? tail_of_more(at + size, size) : tail(at, size);
        other = _mm_xor_si128(other, term(folded16(last), k));
    }
    const Hash128 all = out_of(exact);
    return {{mix(reduced(all)), all.high}, mix(reduced(out_of(other)))};
}

[[gnu::target("avx512f,avx512dq,vpclmulqdq,pclmul,avx")]] Hash128 vpclmul::piece(const std::uint64_t* words,
                                                                                 std::size_t offset,
                                                                                 const std::uint8_t* at,
                                                                                 std::size_t size) noexcept {
    const std::uint64_t* k = words + offset / 16 * 2;
    __m128i sum = _mm_setzero_si128();
    if (offset % 16 != 0 && size != 0) {
        const std::size_t n = std::min<std::size_t>(size, 8);
        sum = term(odd(at, n), k);
        at += n;
        size -= n;
        k += 2;
    }
    if (size >= 64) {
        __m512i wide = _mm512_setzero_si512();
        for (; size >= 64; size -= 64, at += 64, k += 8) {
            const __m512i x = _mm512_xor_si512(_mm512_loadu_si512(at), _mm512_loadu_si512(k));
            wide = _mm512_xor_si512(wide, _mm512_clmulepi64_epi128(x, x, 0x10));
        }
        alignas(64) std::array<std::uint8_t, 64> lanes;  // NOLINT: written next
        _mm512_store_si512(lanes.data(), wide);
        for (std::size_t i = 0; i < 64; i += 16) sum = _mm_xor_si128(sum, load(lanes.data() + i));
    }
    for (; size >= 16; size -= 16, at += 16, k += 2) sum = _mm_xor_si128(sum, term(load(at), k));
    if (size != 0) sum = _mm_xor_si128(sum, term(tail(at, size), k));
    return out_of(sum);
}

/// Where memory bounds it anyway, a copy beside it is all that it takes.
[[gnu::target("avx512f,avx512dq,vpclmulqdq,pclmul,avx")]] Hash128 vpclmul::copied_piece(
    const std::uint64_t* words, std::size_t offset, const std::uint8_t* at, std::size_t size,
    std::uint8_t* to) noexcept {
    if (size != 0) std::memcpy(to, at, size);
    return vpclmul::piece(words, offset, to, size);
}

}  // namespace kmsgate::memory::bulk
#endif
