// SPDX-License-Identifier: BSD-3-Clause
// How late frames were.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kmsgate::bench {

/// Nanoseconds from the ring in to the ring out.
struct Tail {
    std::uint64_t median = 0, p99 = 0, p999 = 0, worst = 0;
};

[[nodiscard]] inline Tail tail_of(std::vector<std::uint64_t> late) {
    if (late.empty()) return {};
    std::ranges::sort(late);
    const auto at = [&](double share) {
        return late[static_cast<std::size_t>(share * static_cast<double>(late.size() - 1))];
    };
    return {at(0.5), at(0.99), at(0.999), late.back()};
}

}  // namespace kmsgate::bench
