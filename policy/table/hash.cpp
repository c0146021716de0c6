// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <cstring>

#include "policy/table/table.hpp"

namespace kmsgate::policy::table {
namespace {

static_assert(std::endian::native == std::endian::little, "tables are little-endian and read in place");

constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
constexpr std::uint64_t kLast = 0xC2B2AE3D27D4EB4F;

/// Both halves of the product folded: every bit of `a` reaches every bit of the result.
[[nodiscard]] std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

// What it must hold against: a lookup never looks at more slots than the header's probe bound, which open()
// caps, and compares texts only where all 32 bits agree. Names in a hostile message can at worst cost that
// many comparisons, so that no secret key is needed; the seed only lets the compiler move on when the
// policy's own names crowd together.
std::uint32_t index_hash(std::string_view key, std::uint64_t seed) noexcept {
    std::uint64_t h = mix(seed + kStep, kLast);
    std::size_t left = key.size();
    const char* at = key.data();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        h = mix(std::rotl(h, 29) ^ word, kStep);
    }
    std::uint64_t word = 0;
    if (left > 0) std::memcpy(&word, at, left);
    h = mix(std::rotl(h, 29) ^ word, kStep);
    h = mix(h ^ key.size(), kLast);
    return static_cast<std::uint32_t>(h ^ (h >> 32));
}

}  // namespace kmsgate::policy::table
