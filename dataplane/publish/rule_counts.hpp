// SPDX-License-Identifier: BSD-3-Clause
// How often each rule matched, over all generations in which it stood.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/core/counters.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::publish {

struct RuleCount {
    std::string edge, rule;
    policy::table::Side side{};
    std::uint64_t hit = 0, would = 0;
};

/// What generations before the one in force counted. A rule is known by edge, side and name; one that is
/// missing in a table begins anew when it comes back.
class RuleCounts {
  public:
    using Rows = std::span<const std::vector<core::RuleHits>>;  ///< by worker, then RuleId

    /// Adds the final rows of the generation that is out of force.
    void carry(Rows rows);
    /// The rules of `table` count from here on.
    void begin(const policy::table::Table& table);
    /// By RuleId: all that was counted, the rows of the generation in force included.
    [[nodiscard]] std::vector<RuleCount> with(Rows rows) const;

  private:
    std::vector<RuleCount> before_;  ///< by RuleId
};

}  // namespace kmsgate::publish
