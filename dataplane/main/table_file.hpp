// SPDX-License-Identifier: BSD-3-Clause
// The table that the process starts with: --table FILE, or the last good one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "dataplane/main/exit.hpp"
#include "dataplane/startup/startup.hpp"

namespace kmsgate::box {

struct FirstTable {
    std::uint64_t generation = 0;
    std::vector<std::byte> blob;  ///< empty: there is none
    std::string from;             ///< where it stood
    bool kept = false;            ///< it is what last.table holds, so that modes set by hand hold with it
    std::string remark;           ///< last.table is there and cannot be used: why
};

/// Reads a sealed table. The failure of a file that is none says how to make one.
[[nodiscard]] std::expected<std::vector<std::byte>, Failure> read_table(const std::string& file);

/// `file` empty: state/last.table, and no table when there is none that holds (control brings one). A table
/// from a file keeps the number that last.table has it under, or comes after that; one that cannot be taken
/// is a failure.
[[nodiscard]] std::expected<FirstTable, Failure> first_table(const std::string& file,
                                                             const startup::Startup& startup);

/// Would the dataplane of `startup` take this table? Digest and edges of one that it would, in words.
[[nodiscard]] std::expected<std::string, Failure> examine(const std::vector<std::byte>& blob,
                                                          const std::string& from,
                                                          const startup::Startup& startup);

/// Names of the edges by slot: each once, in the file's order.
[[nodiscard]] std::vector<std::string> edges_of(const startup::Startup& startup);

}  // namespace kmsgate::box
