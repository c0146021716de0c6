// SPDX-License-Identifier: BSD-3-Clause
// Inside of the comparison: two tables, and the list that grows. Inside this room only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/explain/diff.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::explain {

using Words = std::vector<std::string>;

/// The two tables; `before` may be missing.
struct Tables {
    const table::Table* before;
    const table::Table& after;
};

/// Records of a section that Table has no accessor for.
template <class T>
[[nodiscard]] std::span<const T> records(const table::Table& table, table::Section section) {
    return table::section_of<T>(table.blob(), section);
}

[[nodiscard]] std::string text(const table::Table& table, table::Text t);
/// "10.0.0.0/8", "fd00::/8".
[[nodiscard]] std::string cidr_text(const table::CidrRecord& network);
/// Networks of a range, sorted, each once.
[[nodiscard]] Words cidr_words(const table::Table& table, table::Range range);
/// Globs of a range, sorted, each once.
[[nodiscard]] Words glob_words(const table::Table& table, table::Range range);
/// Short names of KMSs, in order.
[[nodiscard]] Words kms_words(const table::Table& table, table::Range range);
/// URIs of KMSs in lower case, in order: what a KMS is, whatever it is called.
[[nodiscard]] Words kms_keys(const table::Table& table, table::Range range);

/// "A, B"; empty: `none`.
[[nodiscard]] std::string joined(const Words& words, std::string_view none = "");
/// What stands in `a` and not in `b`, in the order of `a`.
[[nodiscard]] Words without(const Words& a, const Words& b);
/// "+B -C".
[[nodiscard]] std::string plus_minus(const Words& added, const Words& removed);

/// Fills in `change` what a value that went from one text to another is, with "NAME: FIELD X, was Y".
void set_value(Change& change, std::string_view subject, std::string_view field, std::string from,
               std::string to);
/// The same for a list whose order does not count.
void set_list(Change& change, std::string_view subject, std::string_view field, const Words& from,
              const Words& to);

void diff_kms(const Tables& tables, std::vector<Change>& out);
void diff_tags(const Tables& tables, std::vector<Change>& out);
void diff_domains(const Tables& tables, std::vector<Change>& out);
void diff_peers(const Tables& tables, std::vector<Change>& out);
void diff_edges(const Tables& tables, std::vector<Change>& out);
/// Rules of one side of an edge that both tables have.
void diff_rules(const Tables& tables, const table::EdgeRecord& before, const table::EdgeRecord& after,
                table::Side side, std::vector<Change>& out);

}  // namespace kmsgate::policy::explain
