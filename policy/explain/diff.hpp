// SPDX-License-Identifier: BSD-3-Clause
// What differs in meaning between two sealed tables: not their text, order or numbering.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/table/table.hpp"

namespace kmsgate::policy::explain {

/// What a change is about.
enum class Kind : std::uint8_t { kms, tag, domain, users, edge, rule, peer };
enum class What : std::uint8_t { added, removed, changed, moved };
/// Does less pass (stricter) or more (looser)? `other` where neither, or where it cannot be said.
enum class Effect : std::uint8_t { stricter, looser, other };

[[nodiscard]] std::string_view to_string(Kind kind) noexcept;
[[nodiscard]] std::string_view to_string(What what) noexcept;
[[nodiscard]] std::string_view to_string(Effect effect) noexcept;

struct Change {
    Kind kind{};
    What what{};
    std::string name;                 ///< of the KMS, tag, domain, edge, rule or peer; users: their domain
    std::string edge;                 ///< edge that it belongs to; empty: none
    std::optional<table::Side> side;  ///< rules
    std::string field;  ///< as in the policy ("mode", "allow", "when.tag"); empty: the whole thing
    std::string from;   ///< value before; empty: none, or a list (added, removed)
    std::string to;
    std::vector<std::string> added;  ///< lists: what came
    std::vector<std::string> removed;
    Effect effect = Effect::other;
    std::string text;  ///< one sentence for people
};

/// From `before` (null: there was nothing) to `after`: KMSs, tags, domains and their users, peers, then edges
/// in the order of `after`, each with its rules; removed ones after the others. Equal meaning gives nothing.
[[nodiscard]] std::vector<Change> diff(const table::Table* before, const table::Table& after);

}  // namespace kmsgate::policy::explain
