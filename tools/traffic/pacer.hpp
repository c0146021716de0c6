// SPDX-License-Identifier: BSD-3-Clause
// When frames with times of their own leave on a clock that does not wait: a token bucket.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tools/traffic/conversation.hpp"

namespace kmsgate::traffic {

class Pacer {
  public:
    /// `burst` frames at `rate` frames a second may make good for a delay; what is later stays late.
    Pacer(double rate, std::uint64_t burst)
        : slack_(static_cast<Time>(static_cast<double>(burst) / rate * 1e9)) {}

    /// When a frame planned for `time` is due.
    [[nodiscard]] Time due(Time time) const noexcept { return time + shift_; }
    /// A due frame leaves now.
    void left(Time time, Time now) noexcept {
        if (now > due(time) + slack_) shift_ += now - due(time) - slack_;
    }
    /// How much later than planned frames leave by now.
    [[nodiscard]] Time shift() const noexcept { return shift_; }

  private:
    Time slack_;
    Time shift_ = 0;
};

}  // namespace kmsgate::traffic
