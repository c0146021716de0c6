// SPDX-License-Identifier: BSD-3-Clause
// User patterns of odd shape (policy/table Shape::odd), up to a thousand, looked up at once with Hyperscan.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/table/table.hpp"

namespace kmsgate::publish {

/// Compiled off the packet path (a thousand patterns take seconds); answers like Table's own walk, pattern by
/// pattern, for every URI.
class OddGlobs {
  public:
    /// The odd patterns of a verified table, which must outlive the result; one finder for each worker.
    /// Error: what Hyperscan said.
    [[nodiscard]] static std::expected<std::unique_ptr<OddGlobs>, std::string> compile(
        const policy::table::Table& table, unsigned workers);
    ~OddGlobs();
    OddGlobs(const OddGlobs&) = delete;
    OddGlobs& operator=(const OddGlobs&) = delete;

    /// The finder of one worker: not to be used by two threads at once.
    [[nodiscard]] const policy::table::OddFinder& finder(unsigned worker) const noexcept;

  private:
    OddGlobs();
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::publish
