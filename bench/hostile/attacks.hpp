// SPDX-License-Identifier: BSD-3-Clause
// Messages made to cost: for every way in which a reader's work could grow faster than its input, a generator
// that fills a message of a given size with it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kmsgate::bench {

/// One way to attack the work of a reader.
struct Attack {
    std::string_view name;
    std::string_view what;
    /// One SIP message of about `bytes` bytes (never more than 2 % longer), the same for the same size.
    std::string (*make)(std::size_t bytes);
    /// Bytes of IP in the frames that carry it.
    std::size_t mtu = 1500;
};

/// All of them, plain messages first: what others are compared with.
[[nodiscard]] std::span<const Attack> attacks() noexcept;
/// The attack of that name, or null.
[[nodiscard]] const Attack* find_attack(std::string_view name) noexcept;

}  // namespace kmsgate::bench
