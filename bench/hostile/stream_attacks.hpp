// SPDX-License-Identifier: BSD-3-Clause
// Streams made to cost: for every way in which a segment's work could grow with the segments that stand there
// already, one that provokes it with a given number of segments.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "bench/hostile/connection.hpp"

namespace kmsgate::bench {

/// One way to attack the work with segments. What it costs is told by the segment.
struct StreamAttack {
    std::string_view name;
    std::string_view what;
    /// What has to stand there first, not counted.
    void (*before)(Segments& out, std::size_t segments);
    /// What is counted: about `segments` of them.
    void (*attack)(Segments& out, std::size_t segments);
};

[[nodiscard]] std::span<const StreamAttack> stream_attacks() noexcept;
/// The attack of that name, or null.
[[nodiscard]] const StreamAttack* find_stream_attack(std::string_view name) noexcept;

}  // namespace kmsgate::bench
