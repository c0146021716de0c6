// SPDX-License-Identifier: BSD-3-Clause
// A generation's number stands for one table: transactions remember verdicts by it for as long as they live.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kmsgate::publish {

/// Numbers that were in force within the last ten minutes, and the tables that they stand for.
class Numbers {
  public:
    /// Does the number stand for a table with another digest? `in_force`: the number that is in force now.
    [[nodiscard]] bool taken(std::uint64_t number, const std::string& digest,
                             std::optional<std::uint64_t> in_force);
    /// The table is in force from now on.
    void take(std::uint64_t number, const std::string& digest);

  private:
    using Clock = std::chrono::steady_clock;
    struct Number {
        std::uint64_t number = 0;
        std::string digest;
        Clock::time_point used;  ///< in force until then at least
    };
    std::vector<Number> known_;
};

}  // namespace kmsgate::publish
