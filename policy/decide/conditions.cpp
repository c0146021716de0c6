// SPDX-License-Identifier: BSD-3-Clause
#include "policy/decide/conditions.hpp"

namespace kmsgate::policy::decide {
namespace {

bool any_glob(const table::Table& table, table::Range globs, std::string_view text,
              bool star_matches_at) noexcept {
    return std::ranges::any_of(table.globs(globs), [&](table::Text glob) {
        return table::glob_match(table.text(glob), text, star_matches_at);
    });
}

}  // namespace

std::string_view condition_text(Condition condition) noexcept {
    switch (condition) {
        case Condition::tag:
            return "the user has none of its tags";
        case Condition::user:
            return "the user is not of its pattern";
        case Condition::peer:
            return "the peer is in none of its networks";
        case Condition::visited:
            return "no visited network is of its pattern";
        case Condition::none:
            break;
    }
    return "";
}

bool names(const table::Table& table, const table::RuleRecord& rule, const Candidate& user) noexcept {
    return any_glob(table, rule.users, user.uri, false) ||
           (!user.alias.empty() && any_glob(table, rule.users, user.alias, false));
}

bool visits(const table::Table& table, const table::RuleRecord& rule,
            std::span<const std::string_view> visited) noexcept {
    return std::ranges::any_of(
        visited, [&](std::string_view network) { return any_glob(table, rule.visited, network, true); });
}

}  // namespace kmsgate::policy::decide
