// SPDX-License-Identifier: BSD-3-Clause
// The last good table on disk, so that a restart without control judges by it. A file that was cut or changed
// is told from a whole one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/table/format.hpp"

namespace kmsgate::publish {

/// Puts generation and blob into `state`/last.table: under another name first, renamed when it is on the
/// disk. The error says what failed; the old file stays then.
[[nodiscard]] std::expected<void, std::string> keep_table(const std::string& state, std::uint64_t generation,
                                                          std::span<const std::byte> blob);

/// What the file holds, if it is whole. Proves nothing of the table in it.
[[nodiscard]] std::expected<std::pair<std::uint64_t, std::vector<std::byte>>, std::string> kept_table(
    const std::string& state);

/// A mode that an edge was given over the policy's.
struct KeptMode {
    std::string edge;
    policy::table::Mode mode = policy::table::Mode::enforce;
    bool operator==(const KeptMode&) const = default;
};

/// Its word in last.modes and for people: enforce, shadow, bypass.
[[nodiscard]] std::string_view mode_word(policy::table::Mode mode) noexcept;

/// Puts the modes into `state`/last.modes in the same way; without any there is no such file.
[[nodiscard]] std::expected<void, std::string> keep_modes(const std::string& state,
                                                          std::span<const KeptMode> modes);

/// What it holds; nothing when there is no file. An error when it is none of ours, or not whole.
[[nodiscard]] std::expected<std::vector<KeptMode>, std::string> kept_modes(const std::string& state);

}  // namespace kmsgate::publish
