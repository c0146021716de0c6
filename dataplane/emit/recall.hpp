// SPDX-License-Identifier: BSD-3-Clause
// What a decision said in names of its own table, as text that outlives the table.
#pragma once

#include <array>
#include <string_view>

#include "dataplane/emit/answer.hpp"

namespace kmsgate::emit {

/// Names of the rules that matched, and the lists that the KRR carried.
struct Said {
    std::array<std::string_view, 2> rules;
    KrrLists lists;
};

/// The text of it: a line a rule and a list, in the arena; empty when that is used up. Names of the record
/// are not asked for: they stand in the XML.
[[nodiscard]] std::string_view to_text(const Said& said, sip::Arena& arena);
/// Back from the text; the views point into it and the arena.
[[nodiscard]] Said from_text(std::string_view text, sip::Arena& arena);

}  // namespace kmsgate::emit
