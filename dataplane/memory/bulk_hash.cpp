// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/bulk_hash.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/memory/bulk_hash_levels.hpp"
#include "dataplane/memory/nh.hpp"

namespace kmsgate::memory {

using namespace bulk;

namespace {

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

}  // namespace

std::size_t nh::room_of(std::span<const std::string_view> texts) noexcept {
    std::size_t room = sizeof(Head);
    for (const std::string_view text : texts) room += (text.size() + 15) / 16 * 16;
    return room;
}

nh::Texts nh::texts_at([[maybe_unused]] BulkHash::Level level) noexcept {
#if defined(__x86_64__)
    if (level != BulkHash::Level::portable) return &bulk::pclmul::texts;
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
      copied_piece_(&copied_piece_portable),
      joined_(&joined_portable),
      bucket_(&bucket_portable),
      both_(&both_portable),
      texts_(nh::texts_at(level)),
      multiply_(&multiply_portable),
      key_(key) {
#if defined(__x86_64__)
    if (level == Level::pclmul) {
        piece_ = &bulk::pclmul::piece;
        copied_piece_ = &bulk::pclmul::copied_piece;
    }
    if (level == Level::vpclmul) {
        piece_ = &bulk::vpclmul::piece;
        copied_piece_ = &bulk::vpclmul::copied_piece;
    }
    if (level != Level::portable) {
        joined_ = &bulk::pclmul::joined;
        bucket_ = &bulk::pclmul::bucket;
        both_ = &bulk::pclmul::both;
        multiply_ = &bulk::pclmul::multiply;
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
    const std::span<const std::string_view> all(texts.begin(), texts.size());
    if (nh::room_of(all) > nh::kFieldBytes) {
        SipHash h(key_);
        for (const std::string_view text : all) h.field(text);
        h.word(number);
        return h.finish();
    }
    return finish(texts_(words_ + kFields / 8, all, number), all.size());
}

Hash128 BulkHash::finish(const Hash128& sum, std::uint64_t size) const noexcept {
    const Hash128 all = sum ^ multiply_(size, words_[kLength / 8]);
    // Who could choose messages whose digests end in the same bits could fill one bucket of a table.
    return {mix(reduced(all)), all.high};
}

}  // namespace kmsgate::memory
