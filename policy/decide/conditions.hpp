// SPDX-License-Identifier: BSD-3-Clause
// The conditions of a rule, and what they are asked about.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "policy/decide/facts.hpp"
#include "policy/decide/ruling.hpp"

namespace kmsgate::policy::decide {

/// The keys of `when`, in the order in which they are tried.
enum class Condition : std::uint8_t { none, tag, user, peer, visited };

/// Why a rule does not match, for people.
[[nodiscard]] std::string_view condition_text(Condition condition) noexcept;

/// What the conditions are asked about: the message itself, or the request that a response answers.
struct Sight {
    const std::array<User, 2>& users;
    const table::Address& peer;
    std::span<const std::string_view> visited;
    bool visited_known;
};

[[nodiscard]] inline Sight sight_of(const Facts& facts, Sense sense) noexcept {
    if (sense == Sense::offer) return {facts.users, facts.peer, facts.visited, facts.visited_known};
    return {facts.back.users, facts.back.peer, facts.back.visited, facts.back.visited_known};
}

/// One of the rule's user patterns names the user, by either spelling of one who has two.
[[nodiscard]] bool names(const table::Table& table, const table::RuleRecord& rule,
                         const Candidate& user) noexcept;

/// One of the rule's patterns stands for a network that was visited.
[[nodiscard]] bool visits(const table::Table& table, const table::RuleRecord& rule,
                          std::span<const std::string_view> visited) noexcept;

/// The first condition of `rule` that does not hold; without a user, tag and user are not asked.
[[nodiscard]] inline Condition failing(const table::Table& table, const Sight& sight,
                                       const table::RuleRecord& rule, const Candidate* user) noexcept {
    if (user != nullptr) {
        if (rule.tags != 0 && (rule.tags & user->tags) == 0) return Condition::tag;
        if (rule.users.count != 0 && !names(table, rule, *user)) return Condition::user;
    }
    if (rule.peers.count != 0 &&
        std::ranges::none_of(table.cidrs(rule.peers),
                             [&](const table::CidrRecord& c) { return table::contains(c, sight.peer); }))
        return Condition::peer;
    if (rule.visited.count != 0 && sight.visited_known && !visits(table, rule, sight.visited))
        return Condition::visited;
    return Condition::none;
}

/// Nobody knows any more which network was visited: the rule may match or not.
[[nodiscard]] inline bool only_possible(const Sight& sight, const table::RuleRecord& rule) noexcept {
    return rule.visited.count != 0 && !sight.visited_known;
}

}  // namespace kmsgate::policy::decide
