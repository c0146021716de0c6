// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: decimal numbers as SIP writes them.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::sip {

/// 1*DIGIT up to 2^32-1, leading zeros allowed; nullopt for anything else (a sign, white space, more digits).
[[nodiscard]] constexpr std::optional<std::uint32_t> read_number(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
        if (number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    }
    return static_cast<std::uint32_t>(number);
}

}  // namespace kmsgate::sip
