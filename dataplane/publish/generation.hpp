// SPDX-License-Identifier: BSD-3-Clause
// One policy in force: a verified table, the modes of its edges, and everything a worker needs ready made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/core/pipeline.hpp"
#include "dataplane/publish/odd_globs.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::publish {

/// A sealed table that has been proven, shared by generations that differ in modes only.
struct Proven {
    std::vector<std::byte> blob;
    std::optional<policy::table::Table> table;  ///< always there once proven
    std::string digest;                         ///< Table::digest()
    std::uint64_t number = 0;                   ///< as control counts them
    std::unique_ptr<OddGlobs> odd;              ///< null: no odd patterns; one finder more than workers
    std::vector<std::uint8_t> tag_bits;         ///< own bit of each tag of the table, by its bit
};

/// Immutable but for the rule counters, which each worker writes in its own row.
class Generation {
  public:
    /// What a worker judges an edge slot by.
    [[nodiscard]] const core::Judge& judge(unsigned worker, std::size_t slot) const noexcept {
        return judges_[worker * slots_ + slot];
    }
    [[nodiscard]] const Proven& proven() const noexcept { return *proven_; }
    [[nodiscard]] std::size_t slots() const noexcept { return slots_; }
    /// The same for whoever is no worker and only tries a message (explain): counts nothing. Link thread
    /// only.
    [[nodiscard]] core::Judge trial(std::size_t slot) const noexcept;

  private:
    friend class Publisher;
    std::shared_ptr<const Proven> proven_;
    std::size_t slots_ = 0;
    std::vector<core::Judge> judges_;                     ///< by worker, then slot
    std::vector<std::vector<core::RuleHits>> rule_hits_;  ///< by worker, then RuleId
};

}  // namespace kmsgate::publish
