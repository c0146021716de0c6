// SPDX-License-Identifier: BSD-3-Clause
// Policy changes in traffic: two policies in turns, published while a worker judges, on in-process vdevs.
// Counts what is lost and what is late.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "bench/swap/tail.hpp"

namespace kmsgate::bench {

struct SwapPlan {
    unsigned commits = 1'000;
    unsigned messages_per_second = 5'000;  ///< INVITEs with MIKEY, each another transaction
    unsigned others_per_second = 20'000;   ///< frames that are no signalling
};

struct SwapResult {
    unsigned commits = 0;
    double seconds = 0;           ///< that they took
    std::uint64_t messages = 0;   ///< INVITEs sent while they did
    std::uint64_t forwarded = 0;  ///< of these
    std::uint64_t answered = 0;
    std::uint64_t others = 0;  ///< other frames sent
    std::uint64_t lost = 0;    ///< frames of either kind without an outcome on the wire
    std::uint64_t wrong =
        0;  ///< messages whose verdict is not that of the one generation that their event names
    std::string unaccounted;       ///< what does not add up of the worker's counters; empty: all does
    Tail quiet, swapping;          ///< before the first commit, for as many messages; and during the commits
    double publish_median_us = 0;  ///< of one commit: verify, swap, wait for the worker
};

/// Runs it: generator and publisher on this thread's CPU, the worker on another where there is one. Needs the
/// EAL.
[[nodiscard]] std::expected<SwapResult, std::string> swap_in_traffic(const SwapPlan& plan);

}  // namespace kmsgate::bench
