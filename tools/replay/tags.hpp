// SPDX-License-Identifier: BSD-3-Clause
// User tags from a CSV file: header `domain,user,tags`, tags separated by blanks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/memory/user_tags.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::replay {

/// Users that a file may name at most: its lines, as far as there can be so many.
[[nodiscard]] std::size_t count_users(std::string_view csv) noexcept;

/// Sets every line's tags. Returns all faults ("users.csv:3: unknown tag `x`; declared tags: ..."), none when
/// it is good; lines without fault are set all the same, the caller decides.
[[nodiscard]] std::vector<std::string> load_tags(std::string_view csv, std::string_view file,
                                                 const policy::table::Table& table, memory::UserTags& tags);

}  // namespace kmsgate::replay
