// SPDX-License-Identifier: BSD-3-Clause
// What the main thread does while the workers work: links, ports, clock, watchdog, signals.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/main/box.hpp"

namespace kmsgate::box {

/// A worker whose rounds stand still is told after this time, ...
inline constexpr std::chrono::seconds kHangs{5};
/// ... and the process aborts after that: whoever supervises it starts it anew.
inline constexpr std::chrono::seconds kGone{30};

/// Whose heartbeat moves. Time in nanoseconds, any origin.
class Heartbeats {
  public:
    enum class State { moves, hangs, gone };
    explicit Heartbeats(std::size_t workers, std::uint64_t now) : seen_(workers, {0, now}) {}
    /// What a worker's count says now.
    State look(std::size_t worker, std::uint64_t count, std::uint64_t now) noexcept;

  private:
    struct Seen {
        std::uint64_t count;
        std::uint64_t since;
    };
    std::vector<Seen> seen_;
};

/// Until SIGINT or SIGTERM, which the caller has blocked in all threads; which one it was.
int watch_over(Box& box);

}  // namespace kmsgate::box
