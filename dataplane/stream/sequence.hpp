// SPDX-License-Identifier: BSD-3-Clause
// Sequence numbers of TCP: places in a stream, counted modulo 2^32 (RFC 9293 3.4).
#pragma once

#include <cstdint>

namespace kmsgate::stream {

using Sequence = std::uint32_t;

/// Does `a` stand before `b`? Both less than 2^31 apart.
[[nodiscard]] constexpr bool before(Sequence a, Sequence b) noexcept {
    return static_cast<std::int32_t>(a - b) < 0;
}
[[nodiscard]] constexpr bool after(Sequence a, Sequence b) noexcept {
    return before(b, a);
}
[[nodiscard]] constexpr Sequence later(Sequence a, Sequence b) noexcept {
    return before(a, b) ? b : a;
}
[[nodiscard]] constexpr Sequence earlier(Sequence a, Sequence b) noexcept {
    return before(a, b) ? a : b;
}
/// Bytes from `from` to `to`; 0 when `to` does not stand behind it.
[[nodiscard]] constexpr std::uint32_t distance(Sequence from, Sequence to) noexcept {
    return before(from, to) ? to - from : 0;
}

}  // namespace kmsgate::stream
