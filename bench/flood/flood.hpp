// SPDX-License-Identifier: BSD-3-Clause
// A flood of messages that cost much, as fast as a worker takes them, beside frames at a steady rate that are
// no signalling: what becomes of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "bench/swap/tail.hpp"

namespace kmsgate::bench {

struct FloodPlan {
    std::vector<std::vector<std::uint8_t>> flood;  ///< frames, over and over, by the outside port
    unsigned others_per_second = 50'000;           ///< by the inside port
    double seconds = 2;                            ///< of each phase: without the flood, with it
};

struct FloodResult {
    std::uint64_t others = 0;       ///< frames that are no signalling, beside the flood
    std::uint64_t lost = 0;         ///< of all others, also before the flood
    std::uint64_t tx_dropped = 0;   ///< frames that found the ring out full: the generator took them too late
    std::uint64_t flood_taken = 0;  ///< frames of the flood that the worker took
    std::uint64_t flood_dropped = 0;                      ///< of these, for want of time (inspect-budget)
    std::uint64_t longest_gap_calm = 0, longest_gap = 0;  ///< between two looks at the ports, nanoseconds
    double seconds = 0;
    Tail calm, flooded;  ///< how late the others were
};

/// Runs it: generator on this thread's CPU, the worker on another where there is one. Needs the EAL.
[[nodiscard]] std::expected<FloodResult, std::string> flood_beside_others(const FloodPlan& plan);

}  // namespace kmsgate::bench
