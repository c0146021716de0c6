// SPDX-License-Identifier: BSD-3-Clause
// The last good table on disk, so that a restart without control judges by it. A file that was cut or changed
// is told from a whole one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kmsgate::publish {

/// Puts generation and blob into `state`/last.table: under another name first, renamed when it is on the
/// disk. The error says what failed; the old file stays then.
[[nodiscard]] std::expected<void, std::string> keep_table(const std::string& state, std::uint64_t generation,
                                                          std::span<const std::byte> blob);

/// What the file holds, if it is whole. Proves nothing of the table in it.
[[nodiscard]] std::expected<std::pair<std::uint64_t, std::vector<std::byte>>, std::string> kept_table(
    const std::string& state);

}  // namespace kmsgate::publish
