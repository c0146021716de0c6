// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/simd/level.hpp"

#include <atomic>

#include "dataplane/simd/set.hpp"

namespace kmsgate::simd {
namespace {

constexpr std::uint8_t kUnset = 0xFF;
constinit std::atomic<std::uint8_t> used{kUnset};

}  // namespace

constinit const std::array<ByteVector, 256> kEachByte = [] {
    std::array<ByteVector, 256> all{};
    for (unsigned i = 0; i < all.size(); ++i) all[i].bytes.fill(static_cast<char>(i));
    return all;
}();

alignas(32) constinit const std::array<std::uint8_t, 32> kHighHalf = [] {
    std::array<std::uint8_t, 32> bits{};
    for (unsigned i = 0; i < bits.size(); ++i)
        bits[i] = static_cast<std::uint8_t>((i & 15U) < 8 ? 1U << (i & 15U) : 0);
    return bits;
}();

std::string_view to_string(Level level) noexcept {
    switch (level) {
        case Level::portable:
            return "portable";
        case Level::avx2:
            return "avx2";
        case Level::avx512:
            return "avx512";
    }
    return "unknown";
}

std::optional<Level> level_from_string(std::string_view name) noexcept {
    for (const Level level : kLevels)
        if (to_string(level) == name) return level;
    return std::nullopt;
}

Level best() noexcept {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool wide = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
                      __builtin_cpu_supports("bmi2") != 0;
    const bool widest = wide && __builtin_cpu_supports("avx512f") != 0 &&
                        __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                        __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vbmi") != 0;
    return widest ? Level::avx512 : wide ? Level::avx2 : Level::portable;
#else
    return Level::portable;
#endif
}

Level level() noexcept {
    const std::uint8_t now = used.load(std::memory_order_relaxed);
    if (now != kUnset) [[likely]]
        return static_cast<Level>(now);
    const Level found = best();
    used.store(static_cast<std::uint8_t>(found), std::memory_order_relaxed);
    return found;
}

bool force(Level level) noexcept {
    if (level > best()) return false;
    used.store(static_cast<std::uint8_t>(level), std::memory_order_relaxed);
    return true;
}

}  // namespace kmsgate::simd
