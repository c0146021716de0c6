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

/// Where the message starts and ends, and from where on a whole vector would reach beyond its end. It has at
/// least 64 bytes.
struct Text {
    explicit Text(std::string_view text) noexcept
        : begin(text.data()), end(begin + text.size()), last64(end - 64), last32(end - 32) {}
    const char* begin;
    const char* end;
    const char* last64;
    const char* last32;
};

/// Bit i: `at[i]` is no printable ASCII character. `at` < end. The message's very last byte is not told:
/// whoever stands before it has seen it as the second one of a line end, or the line has no end.
[[nodiscard]] inline std::uint64_t odd_at(const Text& t, const char* at) noexcept {
    if (at < t.last64) [[likely]]
        return bytes::odd(bytes::load(at));
    return (bytes::odd(bytes::load(t.last64)) & ~(std::uint64_t{1} << 63)) >> (at - t.last64);
}
/// Bit i: `at[i]` is one of C. `at` < end.
template <char... C>
[[nodiscard, gnu::always_inline]] inline std::uint64_t any_at(const Text& t, const char* at) noexcept {
    if (at < t.last64) [[likely]]
        return bytes::template any<C...>(bytes::load(at));
    return bytes::template any<C...>(bytes::load(t.last64)) >> (at - t.last64);
}

/// The first of C in [from, to), else `to`.
template <char... C>
[[nodiscard, gnu::always_inline]] inline const char* first_of(const Text& t, const char* from,
                                                              const char* to) noexcept {
    for (; from < to; from += 64) {
        const std::uint64_t mask = any_at<C...>(t, from);
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
        const std::uint32_t mask = from <= t.last32 ? bytes::outside32(from, set)
                                                    : bytes::outside32(t.last32, set) >> (from - t.last32);
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

/// The CR of the CRLF that ends the line at `at`; null when there is none, or another odd byte before it.
[[nodiscard]] inline const char* line_end(const Text& t, const char* at) noexcept {
    for (; at < t.end; at += 64) {
        const std::uint64_t mask = odd_at(t, at);
        if (mask == 0) continue;
        const char* hit = at + std::countr_zero(mask);
        return load16(hit) == kCrLf ? hit : nullptr;
    }
    return nullptr;
}

/// One header line, understood as far as its name goes.
struct Row {
    const Name* name = nullptr;  ///< null: no header that is known to be plain
    const char* colon = nullptr;
    const char* value = nullptr;
    const char* end = nullptr;  ///< of the value; null: no line ends here
};

inline constexpr Name kNoName{};
inline constexpr std::size_t kLongestName = 31;

/// kNoName for a token that is in no table, null for what is none.
[[nodiscard]] inline const Name* find_other(const Text& t, const char* at, std::size_t size) noexcept {
    return size != 0 && size <= kLongestName && all_in(t, at, at + size, kTokens) ? &kNoName : nullptr;
}

/// Where in the table the name of that many bytes would stand.
[[nodiscard, gnu::always_inline]] inline const Name& slot_of(const char* at, std::size_t size) noexcept {
    const std::uint32_t tail = load32(at + size - 3) | static_cast<std::uint32_t>(kLower);
    const NameTable& table = kNameTable;
    return table.names.data()[table.slot.data()[name_hash(tail, static_cast<std::uint32_t>(size))]];
}

/// Reads the header line at `at`, behind another line of the message and before its last 64 bytes. An empty
/// line has its end at `at`.
[[nodiscard, gnu::always_inline]] inline Row read_row(const Text& t, const char* at) noexcept {
    Row row;
    const bytes::Line line = bytes::line(at);
    row.end = line.odd != 0 ? at + std::countr_zero(line.odd) : line_end(t, at + 64);
    if (row.end == nullptr || load16(row.end) != kCrLf) return {};
    const auto size = static_cast<std::size_t>(std::countr_zero(line.colons));  // 32 when there is none
    if (row.end - at <= static_cast<std::ptrdiff_t>(size)) return row;
    row.colon = at + size;
    row.value = row.colon + 1;
    row.value += *row.value == ' ' ? 1 : 0;
    // No blank at either end is left, and there is a value.
    if (*row.value <= ' ' || row.end[-1] == ' ') return row;
    const Name& name = slot_of(at, size);
    const bool same = name.size == size && bytes::starts_with(line, name.text.data(), name.mask);
    row.name = same ? &name : find_other(t, at, size);
    return row;
}

/// read_row() in the last 64 bytes of the message: in a copy that goes on with zeros.
[[nodiscard, gnu::noinline]] inline Row read_last_row(const Text& t, const char* at) noexcept {
    constexpr std::size_t before = 3;  // that slot_of() looks back
    constexpr std::size_t size = before + 64;
    std::array<char, size + 64> copy;  // NOLINT(*-member-init): written at once
    std::memcpy(copy.data(), t.end - size, size);
    std::memset(copy.data() + size, 0, copy.size() - size);
    const char* here = copy.data() + (at - (t.end - size));
    Row row = read_row(Text({copy.data(), copy.size()}), here);
    if (row.end != nullptr) row.end = at + (row.end - here);
    if (row.name == nullptr) return row;
    row.colon = at + (row.colon - here);
    row.value = at + (row.value - here);
    return row;
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL
