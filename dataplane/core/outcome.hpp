// SPDX-License-Identifier: BSD-3-Clause
// Outcomes of frames and the accounting identity:
// frames_in + generated = frames_out + absorbed + dropped + held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kmsgate::core {

enum class Fate : std::uint8_t { out, absorbed, dropped, held };

enum class Outcome : std::uint8_t {
#define X(name, text, fate, meaning) name,
#include "dataplane/core/outcome.def"
#undef X
    count_
};
inline constexpr std::size_t kOutcomes = static_cast<std::size_t>(Outcome::count_);

[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;
[[nodiscard]] Fate fate(Outcome outcome) noexcept;

}  // namespace kmsgate::core
