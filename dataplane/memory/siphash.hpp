// SPDX-License-Identifier: BSD-3-Clause
// SipHash-2-4 (Aumasson, Bernstein 2012): keyed hash for tags and table keys that hostile messages must not
// steer.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace kmsgate::memory {

using Key = std::array<std::uint64_t, 2>;
struct Hash128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend constexpr bool operator==(const Hash128&, const Hash128&) noexcept = default;
};

/// Incremental; add() fields with their length in front, so that two different lists of fields never look the
/// same.
class SipHash {
  public:
    explicit SipHash(const Key& key) noexcept
        : v0_(key[0] ^ 0x736f6d6570736575),
          v1_(key[1] ^ 0x646f72616e646f6d ^ 0xEE),
          v2_(key[0] ^ 0x6c7967656e657261),
          v3_(key[1] ^ 0x7465646279746573) {}

    void bytes(std::string_view data) noexcept {
        const char* p = data.data();
        std::size_t n = data.size();
        for (; n >= 8; n -= 8, p += 8) {
            std::uint64_t value = 0;
            std::memcpy(&value, p, 8);
            word(value);
        }
        if (n == 0) return;
        std::uint64_t value = 0;
        std::memcpy(&value, p, n);
        total_ += n;
        tail_ |= value << 8 * filled_;
        if (filled_ + n < 8) {
            filled_ += static_cast<unsigned>(n);
            return;
        }
        compress(tail_);
        tail_ = value >> (64 - 8 * filled_);  // filled_ is not 0: n is less than 8
        filled_ = static_cast<unsigned>(filled_ + n - 8);
    }
    void word(std::uint64_t value) noexcept {
        total_ += 8;
        compress(tail_ | value << 8 * filled_);
        tail_ = filled_ == 0 ? 0 : value >> (64 - 8 * filled_);
    }
    void field(std::string_view data) noexcept {
        word(data.size());
        bytes(data);
    }

    /// 128-bit result; the object is spent.
    [[nodiscard]] Hash128 finish() noexcept {
        compress(tail_ | static_cast<std::uint64_t>(total_) << 56);
        v2_ ^= 0xEE;
        for (int i = 0; i < 4; ++i) round();
        Hash128 h;
        h.low = v0_ ^ v1_ ^ v2_ ^ v3_;
        v1_ ^= 0xDD;
        for (int i = 0; i < 4; ++i) round();
        h.high = v0_ ^ v1_ ^ v2_ ^ v3_;
        return h;
    }

  private:
    static std::uint64_t rotl(std::uint64_t x, int b) noexcept { return x << b | x >> (64 - b); }
    void round() noexcept {
        v0_ += v1_;
        v1_ = rotl(v1_, 13);
        v1_ ^= v0_;
        v0_ = rotl(v0_, 32);
        v2_ += v3_;
        v3_ = rotl(v3_, 16);
        v3_ ^= v2_;
        v0_ += v3_;
        v3_ = rotl(v3_, 21);
        v3_ ^= v0_;
        v2_ += v1_;
        v1_ = rotl(v1_, 17);
        v1_ ^= v2_;
        v2_ = rotl(v2_, 32);
    }
    void compress(std::uint64_t m) noexcept {
        v3_ ^= m;
        round();
        round();
        v0_ ^= m;
    }

    std::uint64_t v0_, v1_, v2_, v3_;
    std::uint64_t tail_ = 0;
    unsigned filled_ = 0;
    std::size_t total_ = 0;
};

}  // namespace kmsgate::memory
