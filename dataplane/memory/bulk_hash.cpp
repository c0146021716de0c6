// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/bulk_hash.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/memory/nh.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kmsgate::memory {

namespace {

// Words of the key: for messages, for lists of texts and blocks, for the length.
constexpr std::size_t kFields = BulkHash::kMaxMessage;  // in bytes, as all offsets are
constexpr std::size_t kLength = kFields + nh::kFieldBytes;
constexpr std::size_t kLines = kLength / 64 + 1;

std::uint64_t word_at(const std::uint8_t* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    return word;
}

Hash128 operator^(const Hash128& a, const Hash128& b) noexcept {
    return {a.low ^ b.low, a.high ^ b.high};
}

/// Finalizer of MurmurHash3: one to one, every bit of the result depends on every bit.
std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
    return x ^ x >> 33;
}

/// The polynomial modulo x^64 + x^4 + x^3 + x + 1: an almost universal hash of 64 bits, too.
std::uint64_t reduced(const Hash128& h) noexcept {
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
std::array<std::uint64_t, 2> rest_of(const std::uint8_t* at, std::size_t size) noexcept {
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
    Hash128 sum = piece_portable(words, 0, reinterpret_cast<const std::uint8_t*>(head.data()),
                                 head_bytes(texts.size()));
    std::size_t offset = sizeof(Head);
    for (const std::string_view text : texts) {
        sum = sum ^ piece_portable(words, offset, bytes_of(text), text.size());
        offset += (text.size() + 15) / 16 * 16;
    }
    return sum;
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

[[gnu::target("avx,pclmul")]] Hash128 piece_pclmul(const std::uint64_t* words, std::size_t offset,
                                                   const std::uint8_t* at, std::size_t size) noexcept {
    const std::uint64_t* k = words + offset / 16 * 2;
    __m128i s0 = _mm_setzero_si128(), s1 = s0, s2 = s0, s3 = s0;
    if (offset % 16 != 0 && size != 0) {
        const std::size_t n = std::min<std::size_t>(size, 8);
        s0 = term(odd(at, n), k);
        at += n;
        size -= n;
        k += 2;
    }
    for (; size >= 128; size -= 128, at += 128, k += 16) {
        s0 = _mm_xor_si128(s0, term(load(at), k));
        s1 = _mm_xor_si128(s1, term(load(at + 16), k + 2));
        s2 = _mm_xor_si128(s2, term(load(at + 32), k + 4));
        s3 = _mm_xor_si128(s3, term(load(at + 48), k + 6));
        s0 = _mm_xor_si128(s0, term(load(at + 64), k + 8));
        s1 = _mm_xor_si128(s1, term(load(at + 80), k + 10));
        s2 = _mm_xor_si128(s2, term(load(at + 96), k + 12));
        s3 = _mm_xor_si128(s3, term(load(at + 112), k + 14));
    }
    s0 = _mm_xor_si128(_mm_xor_si128(s0, s1), _mm_xor_si128(s2, s3));
    for (; size >= 16; size -= 16, at += 16, k += 2) s0 = _mm_xor_si128(s0, term(load(at), k));
    if (size != 0) s0 = _mm_xor_si128(s0, term(tail(at, size), k));
    return out_of(s0);
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

#endif

}  // namespace

std::size_t nh::room_of(std::span<const std::string_view> texts) noexcept {
    std::size_t room = sizeof(Head);
    for (const std::string_view text : texts) room += (text.size() + 15) / 16 * 16;
    return room;
}

nh::Texts nh::texts_at([[maybe_unused]] BulkHash::Level level) noexcept {
#if defined(__x86_64__)
    if (level != BulkHash::Level::portable) return &texts_pclmul;
#endif
    return &texts_portable;
}

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
      texts_(nh::texts_at(level)),
      multiply_(&multiply_portable),
      key_(key) {
#if defined(__x86_64__)
    if (level == Level::pclmul) piece_ = &piece_pclmul;
    if (level == Level::vpclmul) piece_ = &piece_vpclmul;
    if (level != Level::portable) multiply_ = &multiply_pclmul;
#endif
    for (std::size_t i = 0; i < kLines * 4; ++i) {
        SipHash h(key);
        h.word(i);
        const Hash128 two = h.finish();
        lines_[i / 4].words[i % 4 * 2] = two.low;
        lines_[i / 4].words[i % 4 * 2 + 1] = two.high;
    }
}

Hash128 BulkHash::seam(std::size_t offset, std::span<const std::uint8_t> datagram) const noexcept {
    if (offset % 16 == 0) return {};  // no pair lies across it
    // (a+k)l + k(b+l) is what the two pieces said; (a+k)(b+l) is what the whole says.
    const std::uint64_t* k = words_ + offset / 16 * 2;
    const std::uint8_t* at = datagram.data() + offset;
    const std::uint64_t after = rest_of(at, std::min<std::size_t>(datagram.size() - offset, 8))[0];
    return multiply_(word_at(at - 8), after) ^ multiply_(k[0], k[1]);
}

Hash128 BulkHash::payload(const Hash128& sum, std::span<const std::uint8_t> datagram) const noexcept {
    const std::size_t size = datagram.size() - kStart;
    if (size == 0) return finish({}, 0);
    // The UDP header is the first word of the first pair.
    const std::uint64_t second = rest_of(datagram.data() + kStart, std::min<std::size_t>(size, 8))[0];
    return finish(sum ^ multiply_(word_at(datagram.data()), second ^ words_[1]), size);
}

Hash128 BulkHash::message(std::string_view payload) const noexcept {
    return finish(
        piece_(words_, kStart, reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()),
        payload.size());
}

Hash128 BulkHash::fields(std::initializer_list<std::string_view> texts, std::uint64_t number) const noexcept {
    const std::span<const std::string_view> all(texts.begin(), texts.size());
    if (nh::room_of(all) > nh::kFieldBytes) {
        SipHash h(key_);
        for (const std::string_view text : all) h.field(text);
        h.word(number);
        return h.finish();
    }
    return finish(texts_(words_ + kFields / 8, all, number), all.size());
}

Hash128 BulkHash::block(const std::array<std::uint64_t, 6>& words) const noexcept {
    return finish(piece_(words_, kFields, reinterpret_cast<const std::uint8_t*>(words.data()), sizeof words),
                  sizeof words);
}

Hash128 BulkHash::finish(const Hash128& sum, std::uint64_t size) const noexcept {
    const Hash128 all = sum ^ multiply_(size, words_[kLength / 8]);
    // Who could choose messages whose digests end in the same bits could fill one bucket of a table.
    return {mix(reduced(all)), all.high};
}

}  // namespace kmsgate::memory
