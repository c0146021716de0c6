// SPDX-License-Identifier: BSD-3-Clause
// Which vector instructions the readers of text use: what this CPU has, or less when told so.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kmsgate::simd {

/// Each level does the same work with wider registers; all give the same answers.
enum class Level : std::uint8_t {
    portable,  ///< C++ alone, eight bytes at a time
    avx2,      ///< AVX2, BMI1, BMI2 (x86-64-v3)
    avx512,    ///< AVX-512 F, BW, DQ, VL, VBMI
};
inline constexpr Level kLevels[] = {Level::portable, Level::avx2, Level::avx512};

/// "portable", "avx2", "avx512".
[[nodiscard]] std::string_view to_string(Level level) noexcept;
[[nodiscard]] std::optional<Level> level_from_string(std::string_view name) noexcept;

/// The highest level of this CPU and operating system.
[[nodiscard]] Level best() noexcept;

/// The level in use: best() unless force() said otherwise. One relaxed load.
[[nodiscard]] Level level() noexcept;

/// Uses `level` in the whole process from now on (tests, replay --simd). False when the CPU has it not:
/// nothing changes then.
[[nodiscard]] bool force(Level level) noexcept;

}  // namespace kmsgate::simd
