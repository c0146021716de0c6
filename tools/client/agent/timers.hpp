// SPDX-License-Identifier: BSD-3-Clause
// The timers of RFC 3261 17 (table 4) and the bounds of a user agent's state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::agent {

inline constexpr Time kT1 = 500 * kMillisecond;  ///< round trip estimate
inline constexpr Time kT2 = 4 * kSecond;         ///< longest interval between repeats
inline constexpr Time kT4 = 5 * kSecond;         ///< longest life of a message in the network
inline constexpr Time k64T1 = 64 * kT1;          ///< timers B, D, F, H, J, and how long a 2xx is repeated
/// A caller's patience after the last 1xx (the length of a proxy's timer C, RFC 3261 16.6): then it cancels.
inline constexpr Time kPatience = 180 * kSecond;

inline constexpr std::size_t kMostMessage = std::size_t{1} << 20;  ///< bytes; a longer message is ignored
inline constexpr std::size_t kMostServerTransactions = 1000;
inline constexpr std::size_t kMostDialogs = 1000;     ///< of a receiver; the oldest makes room
inline constexpr std::size_t kMostPreferences = 256;  ///< preference KRRs remembered; the oldest makes room
inline constexpr std::size_t kMostForks = 8;          ///< 2xx of different origin to one call

/// The earlier of two moments; nullopt is never.
[[nodiscard]] inline std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) noexcept {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

}  // namespace kmsgate::client::agent
