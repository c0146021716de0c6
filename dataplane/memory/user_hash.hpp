// SPDX-License-Identifier: BSD-3-Clause
// The keyed hash that stands for a user of a domain. No message ever shows it, so it needs no more than that
// nobody can choose two users who share it: the cheapest hash that proves so.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "dataplane/memory/siphash.hpp"
#include "policy/table/text_hash.hpp"

namespace kmsgate::memory {

/// Two polynomials over the integers modulo 2^61 - 1, each at a secret point (Carter, Wegman 1979): the
/// sizes, then both texts in pieces of seven bytes are the coefficients (a text of fewer than four bytes
/// stands as its first, middle and last). Two different users share one polynomial's value at no more points
/// than there are pieces (at most 76 for texts of 255 bytes), so both with a probability below 2^-109.
class UserHash {
  public:
    explicit UserHash(const Key& key) noexcept : first_(point(key[0])), second_(point(key[1])) {}

    [[nodiscard]] Hash128 operator()(std::string_view domain, std::string_view uri) const noexcept {
        Walk walk{first_, second_, 0, 0};
        walk.add(std::uint64_t{domain.size() & kSizes} << 28 | (uri.size() & kSizes));
        walk.add(domain);
        walk.add(uri);
        return {spread(walk.h), spread(walk.g)};
    }

  private:
    static constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
    static constexpr std::uint64_t kPiece = (std::uint64_t{1} << 56) - 1;
    static constexpr std::size_t kSizes = (std::size_t{1} << 28) - 1;

    /// As random as the key, and no small number where that is one (in tests).
    static std::uint64_t point(std::uint64_t key) noexcept {
        return (key * policy::table::kHashStep + policy::table::kHashLast) & kPrime;
    }
    /// (h + piece) * point modulo the prime, below 2^61 + 8.
    static std::uint64_t step(std::uint64_t h, std::uint64_t piece, std::uint64_t point) noexcept {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(h + piece) * point;
        const auto low = static_cast<std::uint64_t>(product);
        const auto high = static_cast<std::uint64_t>(product >> 61);
        const std::uint64_t sum = (low & kPrime) + high;
        return (sum & kPrime) + (sum >> 61);
    }
    /// One to one: buckets and signatures are taken from the low bits.
    static std::uint64_t spread(std::uint64_t h) noexcept {
        h = (h >= kPrime ? h - kPrime : h) * policy::table::kHashStep;
        return h ^ (h >> 32);
    }

    struct Walk {
        std::uint64_t first, second, h, g;

        void add(std::uint64_t piece) noexcept {
            h = step(h, piece, first);
            g = step(g, piece, second);
        }
        void add(std::string_view text) noexcept {
            const char* p = text.data();
            std::size_t n = text.size();
            for (; n >= 8; n -= 7, p += 7) add(policy::table::load8(p) & kPiece);
            if (n != 0) add(text.size() >= 8 ? policy::table::load8(p + n - 8) >> (64 - 8 * n) : few({p, n}));
        }
        /// 1 to 7 bytes.
        static std::uint64_t few(std::string_view text) noexcept {
            const std::size_t n = text.size();
            if (n < 4) return policy::table::load_short(text);
            const std::uint64_t last = policy::table::load4(text.data() + n - 4);
            return policy::table::load4(text.data()) | last >> (64 - 8 * n) << 32;
        }
    };

    std::uint64_t first_, second_;
};

}  // namespace kmsgate::memory
