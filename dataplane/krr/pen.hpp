// SPDX-License-Identifier: BSD-3-Clause
// Writes where there is room for all of it: whoever holds it has added the sizes up before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "dataplane/krr/plain_text.hpp"

namespace kmsgate::krr {

class Pen {
  public:
    explicit Pen(char* at) noexcept : at_(at) {}

    /// A text known at compile time: neither call nor loop.
    template <const std::string_view& Text>
    Pen& constant() noexcept {
        std::memcpy(at_, Text.data(), Text.size());
        at_ += Text.size();
        return *this;
    }
    Pen& put(std::string_view text) noexcept {
        copy(text.data(), text.size());
        return *this;
    }
    /// Of a message without folds, where that is the same (emit::Writer has folds to undo).
    Pen& unfolded(std::string_view text) noexcept { return put(text); }
    /// Also notes whether all of it is_plain_text().
    Pen& put_plain(std::string_view text) noexcept {
        const char* const from = text.data();
        const std::size_t n = text.size();
#if defined(__SSE2__)
        if (n >= 16) {
            for (std::size_t i = 0; i + 16 < n; i += 16) plain16(from + i, at_ + i);
            plain16(from + n - 16, at_ + n - 16);
            at_ += n;
            return *this;
        }
#endif
        for (std::size_t i = 0; i < n; ++i) plain_ = plain_ && is_plain_text(from[i]);
        return put(text);
    }
    Pen& put(std::uint64_t value) noexcept {
        std::size_t digits = 1;
        for (std::uint64_t rest = value; rest >= 10; rest /= 10) ++digits;
        for (std::size_t i = digits; i-- > 0; value /= 10) at_[i] = static_cast<char>('0' + value % 10);
        at_ += digits;
        return *this;
    }
    [[nodiscard]] char* at() const noexcept { return at_; }
    void skip(std::size_t n) noexcept { at_ += n; }
    /// Of what put_plain() wrote.
    [[nodiscard]] bool plain() const noexcept {
#if defined(__SSE2__)
        return plain_ && _mm_movemask_epi8(odd_) == 0;
#else
        return plain_;
#endif
    }

  private:
    /// From both ends, so that no byte beyond the text is read.
    void copy(const char* from, std::size_t n) noexcept {
        char* const to = at_;
        at_ += n;
        if (n > 64) {
            std::memcpy(to, from, n);
        } else if (n > 32) {
            std::memcpy(to, from, 32);
            std::memcpy(to + n - 32, from + n - 32, 32);
        } else if (n >= 16) {
            std::memcpy(to, from, 16);
            std::memcpy(to + n - 16, from + n - 16, 16);
        } else if (n >= 8) {
            std::memcpy(to, from, 8);
            std::memcpy(to + n - 8, from + n - 8, 8);
        } else {
            for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
        }
    }
#if defined(__SSE2__)
    void plain16(const char* from, char* to) noexcept {
        const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        odd_ = _mm_or_si128(odd_, odd_text(v));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v);
    }
    __m128i odd_ = _mm_setzero_si128();
#endif

    char* at_;
    bool plain_ = true;
};

/// Sixteen hexadecimal digits.
inline void put_hex(char* out, std::uint64_t value) noexcept {
#if defined(__SSE2__)
    const __m128i bytes = _mm_cvtsi64_si128(static_cast<long long>(__builtin_bswap64(value)));
    const __m128i four = _mm_set1_epi8(15);
    const __m128i digits =
        _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(bytes, 4), four), _mm_and_si128(bytes, four));
    const __m128i letters =
        _mm_and_si128(_mm_cmpgt_epi8(digits, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                     _mm_add_epi8(_mm_add_epi8(digits, _mm_set1_epi8('0')), letters));
#else
    for (std::size_t i = 16; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 0xF];
#endif
}

}  // namespace kmsgate::krr
