// SPDX-License-Identifier: BSD-3-Clause
// Hash and comparison of short texts, as lookups need them: inline, eight bytes at a step, no call.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kmsgate::policy::table {

static_assert(std::endian::native == std::endian::little, "tables are little-endian and read in place");

/// Eight bytes of a text, or four, as they stand.
[[nodiscard]] inline std::uint64_t load8(const char* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}
[[nodiscard]] inline std::uint32_t load4(const char* at) noexcept {
    std::uint32_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// All of a text of at most eight bytes in one word: every byte counts, and two texts of one size never read
/// alike.
[[nodiscard]] inline std::uint64_t load_short(std::string_view text) noexcept {
    const std::size_t n = text.size();
    const char* p = text.data();
    if (n >= 4) return load4(p) | std::uint64_t{load4(p + n - 4)} << 32;
    if (n == 0) return 0;
    const auto byte = [p](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(p[at])}; };
    return byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16;
}

/// The same bytes?
[[nodiscard]] inline bool same_bytes(const char* a, const char* b, std::size_t n) noexcept {
    if (n <= 8) return load_short({a, n}) == load_short({b, n});
    for (std::size_t i = 0; i + 8 < n; i += 8)
        if (load8(a + i) != load8(b + i)) return false;
    return load8(a + n - 8) == load8(b + n - 8);
}
[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
}

/// Both halves of the product folded: every bit of `a` reaches every bit of the result.
[[nodiscard]] inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t kHashStep = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
inline constexpr std::uint64_t kHashLast = 0xC2B2AE3D27D4EB4F;

/// 64 bits over all bytes and the size, sixteen bytes at a step; `with` changes each eight bytes first. What
/// it must hold against: a lookup never looks at more slots than the header's probe bound, which open() caps,
/// and compares texts only where 32 bits agree. Names in a hostile message can at worst cost that many
/// comparisons, so that no secret key is needed; the seed only lets the compiler move on when the policy's
/// own names crowd together.
template <class With>
[[nodiscard]] inline std::uint64_t text_hash_with(std::string_view text, std::uint64_t seed,
                                                  With with) noexcept {
    const std::size_t n = text.size();
    const char* p = text.data();
    std::uint64_t h = seed + kHashLast * (n + 1);
    if (n <= 8) return fold(h ^ with(load_short(text)), kHashStep);
    for (; p + 16 < text.data() + n; p += 16)
        h = fold(h ^ with(load8(p)), kHashStep ^ std::rotl(with(load8(p + 8)), 32));
    const char* const last = text.data() + n - 8;
    const char* const before = n <= 16 ? text.data() : last - 8;
    return fold(h ^ with(load8(before)), kHashStep ^ std::rotl(with(load8(last)), 32));
}
[[nodiscard]] inline std::uint64_t text_hash(std::string_view text, std::uint64_t seed) noexcept {
    return text_hash_with(text, seed, [](std::uint64_t word) { return word; });
}
/// The same for every letter case (and for some bytes that are no letters: only what is compared is the same
/// text).
[[nodiscard]] inline std::uint64_t caseless_hash(std::string_view text, std::uint64_t seed) noexcept {
    return text_hash_with(text, seed, [](std::uint64_t word) { return word | 0x2020202020202020; });
}

/// Hash of an index: `head` is the scheme with its colon where the text of a pattern is scheme and host, else
/// empty; `kind` tells apart what may have one text (a pattern's shape).
[[nodiscard]] inline std::uint32_t key_hash(std::uint64_t text, std::uint64_t head,
                                            std::uint32_t kind) noexcept {
    const std::uint64_t h = fold(text ^ std::rotl(head, 32) ^ (std::uint64_t{kind} << 7), kHashLast);
    return static_cast<std::uint32_t>(h ^ (h >> 32));
}

}  // namespace kmsgate::policy::table
