// SPDX-License-Identifier: BSD-3-Clause
// What an edge's rules say of the two sides of one message, before any KMS name is looked at.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "policy/decide/decide.hpp"
#include "policy/decide/trace.hpp"

namespace kmsgate::policy::decide {

/// The rules of a side that a message falls under, and the KMSs that all of them allow.
///
/// Every KMS that a set of rules allows stands in the list of its first rule, and a list has at most 64
/// entries: one word holds the set, however many rules or users there are.
struct Ruling {
    const table::RuleRecord* record =
        nullptr;  ///< the rule that is named and gives the order; null: no rule matched
    table::RuleId rule = table::kNone;
    bool policed = false;           ///< false: no rule, only `allow: any` rules, or unknown-user: forward
    std::optional<Action> unknown;  ///< the cause unknown-user applies, with this action
    bool possible = false;          ///< some rule of the set only could match: what it asks for is not known
    std::uint64_t allowed = 0;      ///< bit n: entry n of the rule's allow list is allowed by the whole set
    bool whole = true;              ///< no entry is missing: the rule's own list stands

    /// The cause unknown-user with an action that refuses whatever KMS is named.
    [[nodiscard]] bool refuses_unknown() const noexcept {
        return policed && unknown.has_value() && *unknown != Action::strictest;
    }
};
using Rulings = std::array<Ruling, 2>;  ///< by side

[[nodiscard]] constexpr std::size_t index(table::Side side) noexcept {
    return static_cast<std::size_t>(side);
}
inline constexpr std::array<table::Side, 2> kSides = {table::Side::initiator, table::Side::receiver};

[[nodiscard]] inline bool any_policed(const Rulings& rulings) noexcept {
    return rulings[0].policed || rulings[1].policed;
}
/// Some rule matched, be it one that polices nothing.
[[nodiscard]] inline bool any_rule(const Rulings& rulings) noexcept {
    return rulings[0].rule != table::kNone || rulings[1].rule != table::kNone;
}

/// What the message is to the sides: a KRR travels against the request that it answers.
enum class Sense : std::uint8_t { offer, krr };

/// Walks the rules of both sides. `rulings` comes and, for a side that has no say, stays as a new one.
void walk(const Facts& facts, const table::Table& table, const table::EdgeRecord& edge, Sense sense,
          Trace trace, Rulings& rulings);

/// Do all rules of the ruling (which polices) allow this KMS?
[[nodiscard]] bool allows(const table::Table& table, const Ruling& ruling, const KmsName& name) noexcept;

/// The ruling's allowed KMSs as a KRR list.
[[nodiscard]] ListOut allow_list(const Ruling& ruling) noexcept;

/// "[kms.a.example, kms.b.example]", for people.
[[nodiscard]] std::string list_text(const table::Table& table, const Ruling& ruling);

}  // namespace kmsgate::policy::decide
