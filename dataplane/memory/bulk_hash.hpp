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
    /// The same, and the bytes are copied to `to` in the same pass.
    [[nodiscard]] Hash128 copied_piece(std::size_t offset, std::span<const std::uint8_t> bytes,
                                       std::uint8_t* to) const noexcept {
        return copied_piece_(words_, offset, bytes.data(), bytes.size(), to);
    }
    /// A piece and its sum.
    struct Piece {
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
        Hash128 sum;
    };
    /// The digest of the payload of a UDP datagram, from the sums of the pieces that it came in, in any
    /// order.
    [[nodiscard]] Hash128 payload(std::span<const Piece> pieces,
                                  std::span<const std::uint8_t> datagram) const noexcept;
    /// The digest of a payload: the same, from its bytes.
    [[nodiscard]] Hash128 message(std::string_view payload) const noexcept;
    /// The digest of some texts; two lists are the same only when all texts are.
    [[nodiscard]] Hash128 fields(std::initializer_list<std::string_view> texts,
                                 std::uint64_t number) const noexcept;
    /// What chooses a bucket for 48 bytes.
    [[nodiscard]] std::uint64_t bucket(const std::array<std::uint64_t, 6>& words) const noexcept {
        return bucket_(words_, words);
    }
    /// Keys of a transaction, by exact texts and a number, and of its branch, in any case, with a number.
    struct Both {
        Hash128 exact;
        std::uint64_t folded = 0;
    };
    /// The digest of four texts and a number, and one of the first text with ASCII letters in lower case and
    /// of another number. At most kMaxBoth bytes in all texts together.
    [[nodiscard]] Both both(const std::array<std::string_view, 4>& texts, std::uint64_t number,
                            std::uint64_t folded_number) const noexcept {
        return both_(words_, texts, number, folded_number);
    }
    static constexpr std::size_t kMaxBoth = 3'072;

  private:
    using SumPiece = Hash128 (*)(const std::uint64_t* words, std::size_t offset, const std::uint8_t* bytes,
                                 std::size_t size) noexcept;
    using CopyPiece = Hash128 (*)(const std::uint64_t* words, std::size_t offset, const std::uint8_t* bytes,
                                  std::size_t size, std::uint8_t* to) noexcept;
    using Join = Hash128 (*)(const std::uint64_t* words, std::span<const Piece> pieces,
                             std::span<const std::uint8_t> datagram) noexcept;
    using Bucket = std::uint64_t (*)(const std::uint64_t* words,
                                     const std::array<std::uint64_t, 6>& block) noexcept;
    using SumBoth = Both (*)(const std::uint64_t* words, const std::array<std::string_view, 4>& texts,
                             std::uint64_t number, std::uint64_t folded_number) noexcept;
    using Texts = Hash128 (*)(const std::uint64_t* words, std::span<const std::string_view> texts,
                              std::uint64_t number) noexcept;
    using Multiply = Hash128 (*)(std::uint64_t a, std::uint64_t b) noexcept;

    [[nodiscard]] Hash128 finish(const Hash128& sum, std::uint64_t size) const noexcept;

    struct alignas(64) Line {
        std::array<std::uint64_t, 8> words;
    };
    std::unique_ptr<Line[]> lines_;
    const std::uint64_t* words_;  ///< in lines_
    SumPiece piece_;
    CopyPiece copied_piece_;
    Join joined_;
    Bucket bucket_;
    SumBoth both_;
    Texts texts_;
    Multiply multiply_;
    Key key_;  ///< for lists of texts too long for the words set aside for them
};

}  // namespace kmsgate::memory
