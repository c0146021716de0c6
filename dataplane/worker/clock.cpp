// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/clock.hpp"

#include <algorithm>
#include <ctime>

namespace kmsgate::worker {
namespace {

constexpr std::int64_t kNoise = core::kMillisecond;  // the two clocks are not read at the same instant

std::uint64_t read(clockid_t id) noexcept {
    timespec t{};
    clock_gettime(id, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * core::kSecond + static_cast<std::uint64_t>(t.tv_nsec);
}

}  // namespace

SystemClock::SystemClock() noexcept {
    draw(read(CLOCK_MONOTONIC), read(CLOCK_REALTIME), 0);
}

core::Time SystemClock::now() noexcept {
    return at(read(CLOCK_MONOTONIC));
}

core::Time SystemClock::at(std::uint64_t monotonic) const noexcept {
    const Line& line = lines_[line_.load(std::memory_order_acquire)];
    const std::uint64_t start = line.monotonic.load(std::memory_order_relaxed);
    const std::uint64_t until = line.until.load(std::memory_order_relaxed);
    // a reader that was held up may come from before the line was drawn
    const std::uint64_t passed = monotonic > start ? monotonic - start : 0;
    const std::uint64_t slow = until > start ? std::min(passed, until - start) : 0;
    return line.day.load(std::memory_order_relaxed) + slow / 2 + (passed - slow);
}

std::int64_t SystemClock::adjust() noexcept {
    return adjust(read(CLOCK_MONOTONIC), read(CLOCK_REALTIME));
}

std::int64_t SystemClock::adjust(std::uint64_t monotonic, std::uint64_t day) noexcept {
    const core::Time here = at(monotonic);
    const auto ahead = static_cast<std::int64_t>(day - here);
    if (ahead > kNoise)
        draw(monotonic, day, 0);
    else if (ahead < -kNoise)
        draw(monotonic, here, monotonic + 2 * static_cast<std::uint64_t>(-ahead));
    return ahead;
}

void SystemClock::draw(std::uint64_t monotonic, std::uint64_t day, std::uint64_t until) noexcept {
    const std::size_t next = (line_.load(std::memory_order_relaxed) + 1) % lines_.size();
    lines_[next].monotonic.store(monotonic, std::memory_order_relaxed);
    lines_[next].day.store(day, std::memory_order_relaxed);
    lines_[next].until.store(until, std::memory_order_relaxed);
    line_.store(next, std::memory_order_release);
}

}  // namespace kmsgate::worker
