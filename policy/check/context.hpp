// SPDX-License-Identifier: BSD-3-Clause
// What the steps of the check share. Inside this room only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/language/problem.hpp"
#include "policy/table/pattern.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::check {

/// The declared names of one kind, and which of them something refers to.
class Names {
  public:
    void declare(std::string_view name);
    /// Marks the name as used; false: there is no such name.
    [[nodiscard]] bool use(std::string_view name);
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
    [[nodiscard]] bool used(std::string_view name) const;
    [[nodiscard]] const std::vector<std::string_view>& known() const { return known_; }

  private:
    std::unordered_map<std::string_view, std::size_t> index_;
    std::vector<std::string_view> known_;
    std::vector<bool> used_;
};

struct Context {
    const language::Policy& policy;
    language::Report& report;
    Names kms;
    Names tags;
    Names domains;
    Names peers;
    /// User patterns that are sound, as globs in normal form, by domain: see globs_of().
    std::unordered_map<std::size_t, std::vector<std::string>> globs;
    const table::Table* same_users = nullptr;  ///< holds the patterns; check_patterns() did not run
};

/// KMS URIs and aliases, and what domains and edges refer to.
void check_names(Context& context);
/// User patterns: sound, no ties, not too many odd ones.
void check_patterns(Context& context);
/// The sound patterns of a domain's users.
[[nodiscard]] const std::vector<std::string>& globs_of(Context& context, std::size_t domain);
/// Rules of every edge: references, networks, globs, and which of them cannot match.
void check_rules(Context& context);
/// Peers: networks and what they relax.
void check_peers(Context& context);
/// Names that nothing refers to (last: the other steps note what is used).
void check_unused(Context& context);

/// Reports an unknown name; for an empty one (not read, reported already) and for known ones nothing.
void refer(Context& context, Names& names, const language::Word& word, std::string_view kind,
           std::string_view section);
/// Warns of words that stand twice in a list.
void check_repeated(Context& context, const std::vector<language::Word>& words, const std::string& list);
/// A network, else reported. Warns of bits behind the prefix. The key is equal for equal networks.
[[nodiscard]] std::optional<std::string> check_network(Context& context, const language::Word& word);

}  // namespace kmsgate::policy::check
