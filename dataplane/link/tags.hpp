// SPDX-License-Identifier: BSD-3-Clause
// User tags as control sends them, line by line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/memory/user_tags.hpp"
#include "dataplane/publish/publisher.hpp"

namespace kmsgate::link {

/// Refused lines that are named one by one.
inline constexpr std::size_t kMaxRefused = 10'000;

struct Tagged {
    std::uint64_t set = 0;
    std::uint64_t removed = 0;           ///< users who were there
    std::uint64_t refused_total = 0;     ///< lines that say nothing, words or users without room
    std::vector<std::uint64_t> refused;  ///< their numbers from 1, the first ones
};

/// Lines "domain TAB user in normal form TAB words between blanks"; no words: on the roster only; "-" alone:
/// forgotten. The last line end may be missing. A line is taken whole or not at all.
[[nodiscard]] Tagged take_tags(std::string_view lines, memory::UserTags& tags, publish::Publisher& publisher);

/// Forgets everybody.
void clear_tags(memory::UserTags& tags, publish::Publisher& publisher);

}  // namespace kmsgate::link
