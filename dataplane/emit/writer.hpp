// SPDX-License-Identifier: BSD-3-Clause
// Appends text to storage of fixed size; one overflow spoils the whole, so that nothing leaves cut off.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kmsgate::emit {

class Writer {
  public:
    explicit Writer(std::span<char> out) noexcept : out_(out) {}

    Writer& put(std::string_view text) noexcept {
        if (text.size() > out_.size() - used_) {
            ok_ = false;
            return *this;
        }
        if (!text.empty()) std::memcpy(out_.data() + used_, text.data(), text.size());
        used_ += text.size();
        return *this;
    }
    Writer& put(std::uint64_t value) noexcept {
        char digits[20];
        const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        return put({digits, static_cast<std::size_t>(end - digits)});
    }
    /// Line ends of folds become one SP (RFC 3261 7.3.1).
    Writer& unfolded(std::string_view text) noexcept {
        if (!has_line_end(text)) return put(text);
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '\r' && text[i] != '\n') {
                put(text.substr(i, 1));
                continue;
            }
            while (i + 1 < text.size() &&
                   (text[i + 1] == '\r' || text[i + 1] == '\n' || text[i + 1] == ' ' || text[i + 1] == '\t'))
                ++i;
            put(" ");
        }
        return *this;
    }
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::string_view text() const noexcept {
        return ok_ ? std::string_view(out_.data(), used_) : std::string_view();
    }

  private:
    /// Sixteen characters at a time, or eight.
    [[nodiscard]] static bool has_line_end(std::string_view text) noexcept {
#if defined(__SSE2__)
        if (text.size() >= 16) {
            __m128i found = _mm_setzero_si128();
            const auto see = [&](std::size_t at) {
                const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
                found = _mm_or_si128(found, _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')),
                                                         _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'))));
            };
            for (std::size_t at = 0; at + 16 < text.size(); at += 16) see(at);
            see(text.size() - 16);
            return _mm_movemask_epi8(found) != 0;
        }
#endif
        constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
        std::uint64_t hit = 0;
        const auto look = [&hit](std::uint64_t w) {
            const std::uint64_t cr = w ^ kOnes * '\r', lf = w ^ kOnes * '\n';
            hit |= ((cr - kOnes) & ~cr) | ((lf - kOnes) & ~lf);
        };
        std::size_t i = 0;
        for (; i + 8 <= text.size(); i += 8) {
            std::uint64_t w = 0;
            std::memcpy(&w, text.data() + i, 8);
            look(w);
        }
        std::uint64_t w = 0;
        if (i < text.size()) std::memcpy(&w, text.data() + i, text.size() - i);
        look(w);
        return (hit & kHigh) != 0;
    }

    std::span<char> out_;
    std::size_t used_ = 0;
    bool ok_ = true;
};

}  // namespace kmsgate::emit
