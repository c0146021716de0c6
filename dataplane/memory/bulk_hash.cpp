// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/bulk_hash.hpp"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kmsgate::memory {

namespace {

// Words of the key: for messages, for lists of texts and blocks, for the length.
constexpr std::size_t kFields = BulkHash::kMaxMessage;  // in bytes, as all offsets are
constexpr std::size_t kFieldBytes = 4096;
constexpr std::size_t kBoth = kFields + kFieldBytes;
constexpr std::size_t kBothBytes = BulkHash::kMaxBoth + 5 * 16;  // a head, and what fills up each text
constexpr std::size_t kFolded = kBoth + kBothBytes;
constexpr std::size_t kFoldedBytes = BulkHash::kMaxBoth + 2 * 16;
constexpr std::size_t kLength = kFolded + kFoldedBytes;
static_assert(kLength % 16 == 0);
constexpr std::size_t kLines = kLength / 64 + 1;

[[gnu::always_inline]] inline std::uint64_t word_at(const std::uint8_t* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    return word;
}

[[gnu::always_inline]] inline Hash128 operator^(const Hash128& a, const Hash128& b) noexcept {
    return {a.low ^ b.low, a.high ^ b.high};
}

/// Finalizer of MurmurHash3: one to one, every bit of the result depends on every bit.
[[gnu::always_inline]] inline std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
    return x ^ x >> 33;
}

/// The polynomial modulo x^64 + x^4 + x^3 + x + 1: an almost universal hash of 64 bits, too.
[[gnu::always_inline]] inline std::uint64_t reduced(const Hash128& h) noexcept {
    // What sticks out above x^63 after the first fold is at most x^3.
    const std::uint64_t out = h.high >> 60 ^ h.high >> 61 ^ h.high >> 63;
    return h.low ^ h.high ^ h.high << 1 ^ h.high << 3 ^ h.high << 4 ^ out ^ out << 1 ^ out << 3 ^ out << 4;
}

Hash128 multiply_portable(std::uint64_t a, std::uint64_t b) noexcept {
    std::array<Hash128, 16> multiples{};
    multiples[1] = {a, 0};
    for (std::size_t i = 2; i < multiples.size(); i += 2) {
        const Hash128& half = multiples[i / 2];
        multiples[i] = {half.low << 1, half.high << 1 | half.low >> 63};
        multiples[i + 1] = multiples[i] ^ multiples[1];
    }
    Hash128 out;
    for (int shift = 60; shift >= 0; shift -= 4)
        out = Hash128{out.low << 4, out.high << 4 | out.low >> 60} ^ multiples[b >> shift & 0xF];
    return out;
}

/// The up to 15 bytes behind the last whole pair, and zeros.
[[gnu::always_inline]] inline std::array<std::uint64_t, 2> rest_of(const std::uint8_t* at,
                                                                   std::size_t size) noexcept {
    std::array<std::uint64_t, 2> pair{};
    std::memcpy(pair.data(), at, size);
    return pair;
}

Hash128 piece_portable(const std::uint64_t* words, std::size_t offset, const std::uint8_t* at,
                       std::size_t size) noexcept {
    Hash128 sum;
    const std::uint64_t* k = words + offset / 16 * 2;
    if (offset % 16 != 0 && size != 0) {
        const std::size_t n = std::min<std::size_t>(size, 8);
        sum = multiply_portable(k[0], rest_of(at, n)[0] ^ k[1]);
        at += n;
        size -= n;
        k += 2;
    }
    for (; size >= 16; size -= 16, at += 16, k += 2)
        sum = sum ^ multiply_portable(word_at(at) ^ k[0], word_at(at + 8) ^ k[1]);
    if (size == 0) return sum;
    const auto pair = rest_of(at, size);
    return sum ^ multiply_portable(pair[0] ^ k[0], pair[1] ^ k[1]);
}

/// The lengths stand first, each in a place of its own: where two lists differ in one, those words differ.
using Head = std::array<std::uint64_t, 8>;

Head head_of(std::span<const std::string_view> texts, std::uint64_t number) noexcept {
    Head head{};
    std::size_t count = 0;
    for (const std::string_view text : texts) head[count++] = text.size();
    head[count] = number;
    return head;
}

/// Words of the lengths in use, in bytes.
std::size_t head_bytes(std::size_t texts) noexcept {
    return (texts + 2) / 2 * 16;
}

const std::uint8_t* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

Hash128 texts_portable(const std::uint64_t* words, std::span<const std::string_view> texts,
                       std::uint64_t number) noexcept {
    const Head head = head_of(texts, number);
    Hash128 sum = piece_portable(words, kFields, reinterpret_cast<const std::uint8_t*>(head.data()),
                                 head_bytes(texts.size()));
    std::size_t offset = kFields + sizeof(Head);
    for (const std::string_view text : texts) {
        sum = sum ^ piece_portable(words, offset, bytes_of(text), text.size());
        offset += (text.size() + 15) / 16 * 16;
    }
    return sum;
}

/// The words on both sides of where two pieces meet inside a pair.
struct Seam {
    std::uint64_t before, after;
};
Seam seam_at(std::span<const std::uint8_t> datagram, std::size_t offset) noexcept {
    const std::uint8_t* const at = datagram.data() + offset;
    const std::size_t size = datagram.size() - offset;
    return {word_at(at - 8), size >= 8 ? word_at(at) : rest_of(at, size)[0]};
}

// (a+k)l + k(b+l) is what two pieces say of their pair; (a+k)(b+l) is what the whole says.
// The UDP header is the first word of the first pair, and does not count.
Hash128 joined_portable(const std::uint64_t* words, std::span<const BulkHash::Piece> pieces,
                        std::span<const std::uint8_t> datagram) noexcept {
    Hash128 sum;
    for (const BulkHash::Piece& p : pieces) {
        sum = sum ^ p.sum;
        if (p.offset % 16 == 0) continue;
        const Seam s = seam_at(datagram, p.offset);
        const std::uint64_t* const k = words + p.offset / 16 * 2;
        sum = sum ^ multiply_portable(s.before, s.after) ^ multiply_portable(k[0], k[1]);
    }
    if (datagram.size() == BulkHash::kStart) return {};
    const Seam s = seam_at(datagram, BulkHash::kStart);
    return sum ^ multiply_portable(s.before, s.after ^ words[1]);
}

Hash128 copied_piece_portable(const std::uint64_t* words, std::size_t offset, const std::uint8_t* at,
                              std::size_t size, std::uint8_t* to) noexcept {
    if (size != 0) std::memcpy(to, at, size);
    return piece_portable(words, offset, at, size);
}

std::uint64_t bucket_portable(const std::uint64_t* words,
                              const std::array<std::uint64_t, 6>& block) noexcept {
    return mix(reduced(
        piece_portable(words, kFields, reinterpret_cast<const std::uint8_t*>(block.data()), sizeof block)));
}

/// All lengths in one word, so that texts of other lengths differ there; each is below kMaxBoth.
std::uint64_t lengths_of(const std::array<std::string_view, 4>& texts) noexcept {
    return texts[0].size() | texts[1].size() << 16 | texts[2].size() << 32 | texts[3].size() << 48;
}

/// 8 bytes with 'A' to 'Z' in lower case.
std::uint64_t folded(std::uint64_t word) noexcept {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const std::uint64_t low = word & kOnes * 0x7F;
    const std::uint64_t letter = (low + kOnes * (0x80 - 'A')) & ~(low + kOnes * (0x7F - 'Z')) & ~word;
    return word | (letter & kOnes * 0x80) >> 2;
}

BulkHash::Both both_portable(const std::uint64_t* words, const std::array<std::string_view, 4>& texts,
                             std::uint64_t number, std::uint64_t folded_number) noexcept {
    const std::uint64_t* k = words + kBoth / 8;
    Hash128 exact = multiply_portable(lengths_of(texts) ^ k[0], number ^ k[1]);
    std::size_t offset = kBoth + 16;
    for (const std::string_view text : texts) {
        exact = exact ^ piece_portable(words, offset, bytes_of(text), text.size());
        offset += (text.size() + 15) / 16 * 16;
    }
    k = words + kFolded / 8;
    Hash128 other = multiply_portable(texts[0].size() ^ k[0], folded_number ^ k[1]);
    for (std::string_view text = texts[0]; !text.empty();
         text.remove_prefix(std::min<std::size_t>(16, text.size()))) {
        k += 2;
        const auto pair = rest_of(bytes_of(text), std::min<std::size_t>(16, text.size()));
        other = other ^ multiply_portable(folded(pair[0]) ^ k[0], folded(pair[1]) ^ k[1]);
    }
    return {{mix(reduced(exact)), exact.high}, mix(reduced(other))};
}

#if defined(__x86_64__)

[[gnu::target("avx,pclmul")]] Hash128 out_of(__m128i sum) noexcept {
    return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(sum)),
            static_cast<std::uint64_t>(_mm_extract_epi64(sum, 1))};
}

[[gnu::target("avx,pclmul")]] Hash128 multiply_pclmul(std::uint64_t a, std::uint64_t b) noexcept {
    return out_of(_mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(a)),
                                       _mm_cvtsi64_si128(static_cast<long long>(b)), 0));
}

[[gnu::target("avx,pclmul"), gnu::always_inline]] inline __m128i term(__m128i words,
                                                                      const void* key) noexcept {
    const __m128i x = _mm_xor_si128(words, _mm_load_si128(static_cast<const __m128i*>(key)));
    return _mm_clmulepi64_si128(x, x, 0x10);
}
[[gnu::target("avx,pclmul"), gnu::always_inline]] inline __m128i load(const std::uint8_t* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// Word one of a pair whose word zero is another piece's, or none.
[[gnu::target("avx,pclmul"), gnu::always_inline]] inline __m128i odd(const std::uint8_t* at,
                                                                     std::size_t size) noexcept {
    const std::uint64_t word = size == 8 ? word_at(at) : rest_of(at, size)[0];
    return _mm_set_epi64x(static_cast<long long>(word), 0);
}

/// The last 1 to 15 bytes of 16 or more, and zeros.
[[gnu::target("avx,pclmul"), gnu::always_inline]] inline __m128i tail_of_more(const std::uint8_t* end,
                                                                              std::size_t size) noexcept {
    alignas(32) static constexpr std::array<std::uint8_t, 32> kMoves = {
        0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    return _mm_shuffle_epi8(load(end - 16), load(kMoves.begin() + 16 - size));
}

/// The last 1 to 15 bytes and zeros, from reads that overlap.
[[gnu::target("avx,pclmul"), gnu::always_inline]] inline __m128i tail(const std::uint8_t* at,
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

[[gnu::target("avx,pclmul")]] Hash128 texts_pclmul(const std::uint64_t* words,
                                                   std::span<const std::string_view> texts,
                                                   std::uint64_t number) noexcept {
    const Head head = head_of(texts, number);
    const std::uint64_t* k = words + kFields / 8;
    __m128i sum = _mm_setzero_si128();
    for (std::size_t i = 0; i < head_bytes(texts.size()); i += 16)
        sum =
            _mm_xor_si128(sum, term(load(reinterpret_cast<const std::uint8_t*>(head.data()) + i), k + i / 8));
    k += head.size();
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

[[gnu::target("avx,pclmul"), gnu::always_inline]] inline __m256i load32(const std::uint8_t* at) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
/// Two terms from one load of 32 bytes: AVX has no XOR of 256 bits but that of floating-point lanes.
[[gnu::target("avx,pclmul"), gnu::always_inline]] inline void two_terms(__m256i words, const void* key,
                                                                        __m128i& s0, __m128i& s1) noexcept {
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
[[gnu::target("avx,pclmul,tune=haswell"), gnu::always_inline]] inline Hash128 pass(
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

[[gnu::target("avx,pclmul,tune=haswell")]] Hash128 piece_pclmul(const std::uint64_t* words,
                                                                std::size_t offset, const std::uint8_t* at,
                                                                std::size_t size) noexcept {
    return pass<false>(words, offset, at, size, nullptr);
}
[[gnu::target("avx,pclmul,tune=haswell")]] Hash128 copied_piece_pclmul(const std::uint64_t* words,
                                                                       std::size_t offset,
                                                                       const std::uint8_t* at,
                                                                       std::size_t size,
                                                                       std::uint8_t* to) noexcept {
    return pass<true>(words, offset, at, size, to);
}

[[gnu::target("avx,pclmul"), gnu::always_inline]] inline __m128i product(std::uint64_t a,
                                                                         std::uint64_t b) noexcept {
    return _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(a)),
                                _mm_cvtsi64_si128(static_cast<long long>(b)), 0);
}

[[gnu::target("avx,pclmul")]] Hash128 joined_pclmul(const std::uint64_t* words,
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

[[gnu::target("avx,pclmul")]] std::uint64_t bucket_pclmul(
    const std::uint64_t* words, const std::array<std::uint64_t, 6>& block) noexcept {
    const auto* const at = reinterpret_cast<const std::uint8_t*>(block.data());
    const std::uint64_t* const k = words + kFields / 8;
    const __m128i sum = _mm_xor_si128(_mm_xor_si128(term(load(at), k), term(load(at + 16), k + 2)),
                                      term(load(at + 32), k + 4));
    return mix(reduced(out_of(sum)));
}

/// 16 bytes with 'A' to 'Z' in lower case.
[[gnu::target("avx,pclmul"), gnu::always_inline]] inline __m128i folded16(__m128i v) noexcept {
    const __m128i below = _mm_add_epi8(v, _mm_set1_epi8(static_cast<char>(0x80 - 'A')));  // A to Z: the least
    const __m128i letter = _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(0x80 + 26)), below);
    return _mm_or_si128(v, _mm_and_si128(letter, _mm_set1_epi8(0x20)));
}

[[gnu::target("avx,pclmul")]] BulkHash::Both both_pclmul(const std::uint64_t* words,
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

[[gnu::target("avx512f,avx512dq,vpclmulqdq,pclmul,avx")]] Hash128 piece_vpclmul(const std::uint64_t* words,
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
[[gnu::target("avx512f,avx512dq,vpclmulqdq,pclmul,avx")]] Hash128 copied_piece_vpclmul(
    const std::uint64_t* words, std::size_t offset, const std::uint8_t* at, std::size_t size,
    std::uint8_t* to) noexcept {
    if (size != 0) std::memcpy(to, at, size);
    return piece_vpclmul(words, offset, to, size);
}

#endif

}  // namespace

BulkHash::Level BulkHash::best() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("vpclmulqdq"))
        return Level::vpclmul;
    if (__builtin_cpu_supports("avx") && __builtin_cpu_supports("pclmul")) return Level::pclmul;
#endif
    return Level::portable;
}

BulkHash::BulkHash(const Key& key, Level level)
    : lines_(std::make_unique<Line[]>(kLines)),
      words_(lines_[0].words.data()),
      piece_(&piece_portable),
      copied_piece_(&copied_piece_portable),
      joined_(&joined_portable),
      bucket_(&bucket_portable),
      both_(&both_portable),
      texts_(&texts_portable),
      multiply_(&multiply_portable),
      key_(key) {
#if defined(__x86_64__)
    if (level == Level::pclmul) {
        piece_ = &piece_pclmul;
        copied_piece_ = &copied_piece_pclmul;
    }
    if (level == Level::vpclmul) {
        piece_ = &piece_vpclmul;
        copied_piece_ = &copied_piece_vpclmul;
    }
    if (level != Level::portable) {
        joined_ = &joined_pclmul;
        bucket_ = &bucket_pclmul;
        both_ = &both_pclmul;
        texts_ = &texts_pclmul;
        multiply_ = &multiply_pclmul;
    }
#endif
    for (std::size_t i = 0; i < kLines * 4; ++i) {
        SipHash h(key);
        h.word(i);
        const Hash128 two = h.finish();
        lines_[i / 4].words[i % 4 * 2] = two.low;
        lines_[i / 4].words[i % 4 * 2 + 1] = two.high;
    }
}

Hash128 BulkHash::payload(std::span<const Piece> pieces,
                          std::span<const std::uint8_t> datagram) const noexcept {
    return finish(joined_(words_, pieces, datagram), datagram.size() - kStart);
}

Hash128 BulkHash::message(std::string_view payload) const noexcept {
    return finish(
        piece_(words_, kStart, reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()),
        payload.size());
}

Hash128 BulkHash::fields(std::initializer_list<std::string_view> texts, std::uint64_t number) const noexcept {
    std::size_t room = sizeof(Head);
    for (const std::string_view text : texts) room += (text.size() + 15) / 16 * 16;
    if (room > kFieldBytes) {
        SipHash h(key_);
        for (const std::string_view text : texts) h.field(text);
        h.word(number);
        return h.finish();
    }
    return finish(texts_(words_, {texts.begin(), texts.size()}, number), texts.size());
}

Hash128 BulkHash::finish(const Hash128& sum, std::uint64_t size) const noexcept {
    const Hash128 all = sum ^ multiply_(size, words_[kLength / 8]);
    // Who could choose messages whose digests end in the same bits could fill one bucket of a table.
    return {mix(reduced(all)), all.high};
}

}  // namespace kmsgate::memory
