// SPDX-License-Identifier: BSD-3-Clause
// Words that every part of the client library uses.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kmsgate::client {

/// Nanoseconds since 1970. The library never looks at a clock: whoever calls it says what time it is.
using Time = std::uint64_t;
inline constexpr Time kSecond = 1'000'000'000;
inline constexpr Time kMillisecond = 1'000'000;

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

[[nodiscard]] inline View as_view(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(View bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace kmsgate::client
