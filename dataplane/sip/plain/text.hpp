// SPDX-License-Identifier: BSD-3-Clause
// The message's bytes under one level's vectors, never read beyond either end. Included once by each level's
// translation unit, with KMSGATE_LEVEL defined.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "dataplane/sip/plain/names.hpp"
#include "dataplane/sip/plain/usual_runs.hpp"
#include "dataplane/sip/plain/usual_texts.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

namespace bytes = simd::KMSGATE_LEVEL;

[[nodiscard]] inline std::uint64_t load64(const char* at) noexcept {
    std::uint64_t w = 0;
    std::memcpy(&w, at, sizeof w);
    return w;
}
[[nodiscard]] inline std::uint32_t load32(const char* at) noexcept {
    std::uint32_t w = 0;
    std::memcpy(&w, at, sizeof w);
    return w;
}
[[nodiscard]] inline std::uint16_t load16(const char* at) noexcept {
    std::uint16_t w = 0;
    std::memcpy(&w, at, sizeof w);
    return w;
}
/// Up to eight characters as load64() has them; load32() and load16() have the lower part of it.
[[nodiscard]] consteval std::uint64_t text64(std::string_view text) noexcept {
    std::uint64_t w = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        w |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    return w;
}
[[nodiscard]] consteval std::uint32_t text32(std::string_view text) noexcept {
    return static_cast<std::uint32_t>(text64(text));
}
[[nodiscard]] consteval std::uint16_t text16(std::string_view text) noexcept {
    return static_cast<std::uint16_t>(text64(text));
}
inline constexpr std::uint16_t kCrLf = 0x0A0D;
inline constexpr std::uint16_t kDashes = 0x2D2D;

[[nodiscard]] inline std::string_view view(const char* from, const char* to) noexcept {
    return {from, static_cast<std::size_t>(to - from)};
}

/// Compares texts of a few dozen bytes.
[[nodiscard]] inline bool equal(const char* a, const char* b, std::size_t size) noexcept {
    if (size < 8) {
        for (std::size_t i = 0; i < size; ++i)
            if (a[i] != b[i]) return false;
        return true;
    }
    for (std::size_t i = 0; i + 8 < size; i += 8)
        if (load64(a + i) != load64(b + i)) return false;
    return load64(a + size - 8) == load64(b + size - 8);
}

/// Where the message starts and ends. It has at least kLeastMessage bytes.
class Text {
  public:
    explicit Text(std::string_view text) noexcept
        : begin(text.data()), end(begin + text.size()), last64(end - 64) {
        std::memcpy(tail_.data(), end - kTail, kTail);
        std::memset(tail_.data() + kTail, 0, 64);
    }

    /// The bytes from `at` on, at most `end`, where 64 of them and one more can be read, and 32 before them:
    /// the message, or a copy of its last bytes that goes on with zeros.
    [[nodiscard, gnu::always_inline]] const char* window(const char* at) const noexcept {
        if (at < last64) [[likely]]
            return at;
        return tail_.data() + kTail - (end - at);
    }

    const char* const begin;
    const char* const end;
    const char* const last64;  ///< from there on a whole vector and a byte would reach beyond the end

  private:
    static constexpr std::size_t kTail = 96;
    alignas(32) std::array<char, kTail + 64> tail_;  // NOLINT(*-member-init): written at once
};

/// Bit i: `at[i]` is one of C. `at` <= end.
template <char... C>
[[nodiscard, gnu::always_inline]] inline std::uint64_t any_at(const Text& t, const char* at) noexcept {
    return bytes::template any<C...>(bytes::load(t.window(at)));
}

/// The first of C in [from, to), else `to`.
template <char... C>
[[nodiscard, gnu::always_inline]] inline const char* first_of(const Text& t, const char* from,
                                                              const char* to) noexcept {
    for (; from < to; from += 32) {
        const std::uint32_t mask = bytes::template any_of<C...>(bytes::load32(t.window(from)));
        if (mask == 0) continue;
        const char* hit = from + std::countr_zero(mask);
        return hit < to ? hit : to;
    }
    return to;
}

/// The first byte of [from, to) that is not in the set, else `to`.
[[nodiscard, gnu::always_inline]] inline const char* first_outside(const Text& t, const char* from,
                                                                   const char* to,
                                                                   const simd::CharSet& set) noexcept {
    for (; from < to; from += 32) {
        const std::uint32_t mask = bytes::outside32(t.window(from), set);
        if (mask == 0) continue;
        const char* hit = from + std::countr_zero(mask);
        return hit < to ? hit : to;
    }
    return to;
}
/// All of [from, to) is in the set.
[[nodiscard, gnu::always_inline]] inline bool all_in(const Text& t, const char* from, const char* to,
                                                     const simd::CharSet& set) noexcept {
    return first_outside(t, from, to, set) == to;
}

/// line_end() of a line that has no end in 64 bytes more.
[[nodiscard, gnu::noinline]] inline const char* long_line_end(const Text& t, const char* at) noexcept {
    while (at < t.end) {
        while (t.end - at >= 128 && !bytes::any_odd(at)) at += 128;
        const char* here = t.window(at);
        const std::uint64_t mask = bytes::odd(bytes::load(here));
        if (mask != 0) {
            const int size = std::countr_zero(mask);
            return load16(here + size) == kCrLf ? at + size : nullptr;
        }
        at += 64;
    }
    return nullptr;
}

/// The CR of the CRLF that ends the line at `at`, at most `end`; null when there is none, or another odd byte
/// before it.
[[nodiscard, gnu::always_inline]] inline const char* line_end(const Text& t, const char* at) noexcept {
    const char* const here = t.window(at);
    const std::uint64_t mask = bytes::odd(bytes::load(here));
    if (mask == 0) [[unlikely]]
        return long_line_end(t, at + 64);
    const int size = std::countr_zero(mask);
    return load16(here + size) == kCrLf ? at + size : nullptr;
}

/// The usual text of that size that `at` could be.
[[nodiscard, gnu::always_inline]] inline const UsualText& usual_text(const char* at,
                                                                     std::size_t size) noexcept {
    const std::uint32_t hash =
        usual_hash(load32(at + 1), load32(at + size - 4), static_cast<std::uint32_t>(size));
    const UsualTexts& table = kUsualTexts;
    return table.texts.data()[table.slot.data()[hash]];
}

/// Does the run stand at `at`? `here`: its window, of which the first bytes are loaded.
[[nodiscard, gnu::always_inline]] inline bool is_run(const Text& t, const char* at, const char* here,
                                                     bytes::Bytes32 start, const UsualRun& run) noexcept {
    const char* const text = run.text.data();
    const std::uint32_t* const mask = run.mask.data();
    if (!bytes::same(start, text, mask[0]) || !bytes::same(bytes::load32(here + 32), text + 32, mask[1]))
        return false;
    return run.size <= 64 || (t.end - at >= 128 && bytes::same(bytes::load32(at + 64), text + 64, mask[2]) &&
                              bytes::same(bytes::load32(at + 96), text + 96, mask[3]));
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL
