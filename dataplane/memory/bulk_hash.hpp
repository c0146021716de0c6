// SPDX-License-Identifier: BSD-3-Clause
// A keyed hash for whole messages: a few instructions for 16 bytes, where SipHash takes sixty.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/memory/siphash.hpp"

namespace kmsgate::memory {

/// NH over GF(2)[x] (Black, Halevi, Krawczyk, Krovetz, Rogaway 1999; Lemire, Kaser 2016): a message is words
/// of 64 bits in pairs, its sum is the XOR of (a + k0)(b + k1) over all pairs, carry-less, with two secret
/// words for each pair and a third for the length. Two different messages of anybody's choice meet with a
/// probability of at most 2^-64, as long as key and sums stay secret: what anybody ever sees is whether two
/// messages met. The words come from SipHash in counter mode. SipHash stays where a hash leaves the box (To
/// tags).
///
/// Sums add up: those of the fragments of a datagram give that of the datagram, without a second look at its
/// bytes.
class BulkHash {
  public:
    /// How products are made; all give the same.
    enum class Level : std::uint8_t {
        portable,
        pclmul,   ///< PCLMULQDQ and AVX
        vpclmul,  ///< VPCLMULQDQ and AVX-512
    };
    /// The best that this CPU has.
    [[nodiscard]] static Level best() noexcept;

    /// Bytes of a message at most.
    static constexpr std::size_t kMaxMessage = 65'536;
    /// Where the payload of a UDP datagram starts; messages start there, too.
    static constexpr std::size_t kStart = 8;

    explicit BulkHash(const Key& key, Level level = best());

    /// Sum of a piece of a datagram: `bytes` stand `offset` bytes behind its start (a multiple of 8), at most
    /// kMaxMessage with them. All words outside count as zero, and so do bytes that fill up the last one.
    [[nodiscard]] Hash128 piece(std::size_t offset, std::span<const std::uint8_t> bytes) const noexcept {
        return piece_(words_, offset, bytes.data(), bytes.size());
    }
    /// What is to be added to the sums of two pieces when `offset` (a multiple of 8) is where they meet;
    /// `datagram` is all of it.
    [[nodiscard]] Hash128 seam(std::size_t offset, std::span<const std::uint8_t> datagram) const noexcept;
    /// From the sum of a UDP datagram, all seams mended, to the digest of its payload.
    [[nodiscard]] Hash128 payload(const Hash128& sum, std::span<const std::uint8_t> datagram) const noexcept;
    /// The digest of a payload: the same, from its bytes.
    [[nodiscard]] Hash128 message(std::string_view payload) const noexcept;
    /// The digest of some texts; two lists are the same only when all texts are.
    [[nodiscard]] Hash128 fields(std::initializer_list<std::string_view> texts,
                                 std::uint64_t number) const noexcept;
    /// The digest of 48 bytes.
    [[nodiscard]] Hash128 block(const std::array<std::uint64_t, 6>& words) const noexcept;

  private:
    using Piece = Hash128 (*)(const std::uint64_t* words, std::size_t offset, const std::uint8_t* bytes,
                              std::size_t size) noexcept;
    using Texts = Hash128 (*)(const std::uint64_t* words, std::span<const std::string_view> texts,
                              std::uint64_t number) noexcept;
    using Multiply = Hash128 (*)(std::uint64_t a, std::uint64_t b) noexcept;

    [[nodiscard]] Hash128 finish(const Hash128& sum, std::uint64_t size) const noexcept;

    struct alignas(64) Line {
        std::array<std::uint64_t, 8> words;
    };
    std::unique_ptr<Line[]> lines_;
    const std::uint64_t* words_;  ///< in lines_
    Piece piece_;
    Texts texts_;
    Multiply multiply_;
    Key key_;  ///< for lists of texts too long for the words set aside for them
};

}  // namespace kmsgate::memory
