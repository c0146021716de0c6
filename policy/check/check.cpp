// SPDX-License-Identifier: BSD-3-Clause
#include "policy/check/check.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include "policy/check/context.hpp"

namespace kmsgate::policy::check {

void Names::declare(std::string_view name) {
    if (!index_.emplace(name, known_.size()).second) return;
    known_.push_back(name);
    used_.push_back(false);
}

bool Names::use(std::string_view name) {
    const std::optional<std::size_t> index = find(name);
    if (index) used_[*index] = true;
    return index.has_value();
}

std::optional<std::size_t> Names::find(std::string_view name) const {
    const auto found = index_.find(name);
    if (found == index_.end()) return std::nullopt;
    return found->second;
}

bool Names::used(std::string_view name) const {
    const std::optional<std::size_t> index = find(name);
    return index && used_[*index];
}

void refer(Context& context, Names& names, const language::Word& word, std::string_view kind,
           std::string_view section) {
    if (word.text.empty() || context.report.full() || names.use(word.text)) return;
    context.report.error(word.mark, fmt::format("unknown {} {}", kind, language::quote(word.text)),
                         names.known().empty() ? fmt::format("declare it under {}:", section)
                                               : fmt::format("declare it under {}:, or {}", section,
                                                             language::one_of(word.text, names.known())));
}

void check_repeated(Context& context, const std::vector<language::Word>& words, const std::string& list) {
    std::unordered_set<std::string_view> seen;
    for (const language::Word& word : words)
        if (!seen.insert(word.text).second)
            context.report.warning(word.mark,
                                   fmt::format("{} stands twice in {}", language::quote(word.text), list),
                                   "remove it once: the first place counts");
}

bool check(const language::Policy& policy, language::Problems& problems, const table::Table* same_users) {
    language::Report report(problems, !language::has_errors(problems));
    Context context{policy, report, {}, {}, {}, {}, {}, same_users};
    for (const language::Kms& kms : policy.kms) context.kms.declare(kms.name.text);
    for (const language::Word& tag : policy.tags) context.tags.declare(tag.text);
    for (const language::Domain& domain : policy.domains) context.domains.declare(domain.name.text);
    for (const language::Peer& peer : policy.peers) context.peers.declare(peer.name.text);
    check_names(context);
    const std::size_t before = problems.size();
    if (same_users == nullptr) check_patterns(context);
    const bool users_fine = problems.size() == before;
    check_rules(context);
    check_peers(context);
    check_unused(context);
    language::sort(problems);
    return users_fine;
}

}  // namespace kmsgate::policy::check
