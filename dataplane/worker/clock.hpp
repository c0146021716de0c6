// SPDX-License-Identifier: BSD-3-Clause
// The time of day for workers: never a system call, never backwards.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dataplane/worker/worker.hpp"

namespace kmsgate::worker {

/// The system's monotonic clock plus what it lacks to the time of day, as adjust() last saw it. A time of day
/// that jumps ahead is followed at once; one that jumps back is met at half speed, so that no timer ever
/// waits for a time that it has seen already.
class SystemClock final : public Clock {
  public:
    SystemClock() noexcept;
    /// Any thread. Reads the monotonic clock through the vDSO.
    [[nodiscard]] core::Time now() noexcept override;
    /// One thread, about once a second: looks at the time of day. How far it is ahead of now(), nanoseconds.
    std::int64_t adjust() noexcept;
    /// The same with both clocks given; for tests.
    std::int64_t adjust(std::uint64_t monotonic, std::uint64_t day) noexcept;
    [[nodiscard]] core::Time at(std::uint64_t monotonic) const noexcept;

  private:
    /// From `monotonic` on the time is `day` and what has passed since, halved until `until`.
    struct Line {
        std::atomic<std::uint64_t> monotonic = 0, day = 0, until = 0;
    };
    void draw(std::uint64_t monotonic, std::uint64_t day, std::uint64_t until) noexcept;

    // A reader uses the line that it found for nanoseconds, a writer comes back to it after eight adjust():
    // neither ever waits for the other.
    std::array<Line, 8> lines_;
    std::atomic<std::size_t> line_ = 0;
};

}  // namespace kmsgate::worker
