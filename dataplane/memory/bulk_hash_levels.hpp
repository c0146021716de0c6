// SPDX-License-Identifier: BSD-3-Clause
// What the levels of BulkHash have in common, and those of x86. Included by its own files only.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/memory/bulk_hash.hpp"
#include "dataplane/memory/nh.hpp"

namespace kmsgate::memory::bulk {

// Words of the key: for messages, for lists of texts and blocks, for the length.
inline constexpr std::size_t kFields = BulkHash::kMaxMessage;  // in bytes, as all offsets are
inline constexpr std::size_t kBoth = kFields + nh::kFieldBytes;
inline constexpr std::size_t kBothBytes = BulkHash::kMaxBoth + 5 * 16;  // a head, and what fills up each text
inline constexpr std::size_t kFolded = kBoth + kBothBytes;
inline constexpr std::size_t kFoldedBytes = BulkHash::kMaxBoth + 2 * 16;
inline constexpr std::size_t kLength = kFolded + kFoldedBytes;
static_assert(kLength % 16 == 0);
inline constexpr std::size_t kLines = kLength / 64 + 1;

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

/// The up to 15 bytes behind the last whole pair, and zeros.
[[gnu::always_inline]] inline std::array<std::uint64_t, 2> rest_of(const std::uint8_t* at,
                                                                   std::size_t size) noexcept {
    std::array<std::uint64_t, 2> pair{};
    std::memcpy(pair.data(), at, size);
    return pair;
}

/// The lengths stand first, each in a place of its own: where two lists differ in one, those words differ.
using Head = std::array<std::uint64_t, 8>;

inline Head head_of(std::span<const std::string_view> texts, std::uint64_t number) noexcept {
    Head head{};
    std::size_t count = 0;
    for (const std::string_view text : texts) head[count++] = text.size();
    head[count] = number;
    return head;
}

/// Words of the lengths in use, in bytes.
inline std::size_t head_bytes(std::size_t texts) noexcept {
    return (texts + 2) / 2 * 16;
}

inline const std::uint8_t* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

/// The words on both sides of where two pieces meet inside a pair.
struct Seam {
    std::uint64_t before, after;
};
inline Seam seam_at(std::span<const std::uint8_t> datagram, std::size_t offset) noexcept {
    const std::uint8_t* const at = datagram.data() + offset;
    const std::size_t size = datagram.size() - offset;
    return {word_at(at - 8), size >= 8 ? word_at(at) : rest_of(at, size)[0]};
}

/// All lengths in one word, so that texts of other lengths differ there; each is below kMaxBoth.
inline std::uint64_t lengths_of(const std::array<std::string_view, 4>& texts) noexcept {
    return texts[0].size() | texts[1].size() << 16 | texts[2].size() << 32 | texts[3].size() << 48;
}

#if defined(__x86_64__)
namespace pclmul {
[[nodiscard]] Hash128 piece(const std::uint64_t* words, std::size_t offset, const std::uint8_t* at,
                            std::size_t size) noexcept;
[[nodiscard]] Hash128 copied_piece(const std::uint64_t* words, std::size_t offset, const std::uint8_t* at,
                                   std::size_t size, std::uint8_t* to) noexcept;
[[nodiscard]] Hash128 joined(const std::uint64_t* words, std::span<const BulkHash::Piece> pieces,
                             std::span<const std::uint8_t> datagram) noexcept;
[[nodiscard]] std::uint64_t bucket(const std::uint64_t* words,
                                   const std::array<std::uint64_t, 6>& block) noexcept;
[[nodiscard]] BulkHash::Both both(const std::uint64_t* words, const std::array<std::string_view, 4>& texts,
                                  std::uint64_t number, std::uint64_t folded_number) noexcept;
/// `words`: of lists of texts.
[[nodiscard]] Hash128 texts(const std::uint64_t* words, std::span<const std::string_view> list,
                            std::uint64_t number) noexcept;
[[nodiscard]] Hash128 multiply(std::uint64_t a, std::uint64_t b) noexcept;
}  // namespace pclmul
namespace vpclmul {
[[nodiscard]] Hash128 piece(const std::uint64_t* words, std::size_t offset, const std::uint8_t* at,
                            std::size_t size) noexcept;
[[nodiscard]] Hash128 copied_piece(const std::uint64_t* words, std::size_t offset, const std::uint8_t* at,
                                   std::size_t size, std::uint8_t* to) noexcept;
}  // namespace vpclmul
#endif

}  // namespace kmsgate::memory::bulk
