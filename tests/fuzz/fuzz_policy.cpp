// SPDX-License-Identifier: BSD-3-Clause
// The policy file: any bytes give a model or errors, each with a place in the file and a remedy.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/check/check.hpp"
#include "policy/language/names.hpp"
#include "policy/language/source.hpp"
#include "policy/language/tree.hpp"

using namespace kmsgate::policy;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_problem(const language::Problem& p, int lines) {
    require(p.mark.line >= 1 && p.mark.line <= lines && p.mark.column >= 1);
    require(!p.what.empty() && !p.remedy.empty());
    const std::string text = to_string(p, "policy.yaml");
    require(text.size() < 4096);
    for (const char c : text) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

bool sound_name(const language::Word& word) {
    return word.mark.line >= 1 && language::name_fault(word.text).empty();
}

/// What the compiler takes for granted of a policy without errors.
void check_model(const language::Policy& policy) {
    require(policy.tags.size() <= table::kMaxTags);
    for (const language::Word& tag : policy.tags) require(sound_name(tag));
    for (const language::Kms& kms : policy.kms) {
        require(sound_name(kms.name) && language::kms_uri_fault(kms.uri.text).empty() && kms.key_period > 0);
        for (const language::Word& alias : kms.aliases) require(language::kms_uri_fault(alias.text).empty());
    }
    for (const language::Domain& domain : policy.domains)
        require(sound_name(domain.name) && domain.secondary.size() <= table::kMaxAllow);
    for (const language::Peer& peer : policy.peers) require(sound_name(peer.name) && !peer.addresses.empty());
    for (const language::Edge& edge : policy.edges) {
        require(sound_name(edge.name));
        for (const auto* ports : {&edge.udp, &edge.tcp, &edge.tls})
            require(std::ranges::find(*ports, std::uint16_t{0}) == ports->end());
        for (const language::Failure& f : edge.failure)
            require((allowed_actions(f.cause) & bit(f.action)) != 0);
        for (const language::Rule& rule : edge.rules) {
            require(sound_name(rule.name) && !rule.side_unknown && rule.allow.size() <= table::kMaxAllow);
            require(rule.side == table::Side::initiator || rule.other != table::Other::copy);
        }
    }
}

/// And of one that the checks passed, too: what is named is declared.
void check_references(const language::Policy& policy) {
    for (const language::Edge& edge : policy.edges)
        require(std::ranges::any_of(
            policy.domains, [&](const language::Domain& d) { return d.name.text == edge.domain.text; }));
}

bool same(const language::Tree& a, const language::Tree& b) {
    if (a.size() != b.size()) return false;
    for (std::uint32_t i = 0; i < a.size(); ++i) {
        const language::Node& x = a[i];
        const language::Node& y = b[i];
        if (x.kind != y.kind || x.mark.line != y.mark.line || x.mark.column != y.mark.column ||
            x.text != y.text || x.children != y.children)
            return false;
    }
    return true;
}

/// Lists that are read without the YAML scanner: the tree that it gives, or the faults that it finds.
void check_lists(std::string_view yaml) {
    language::Problems problems, of_every_line;
    language::Report report(problems), report_of_every_line(of_every_line);
    if (!language::check_source(yaml, report)) return;
    problems.clear();
    language::Report fresh(problems);
    const auto tree = language::parse_tree(yaml, fresh);
    const auto whole = language::parse_every_line(yaml, report_of_every_line);
    require(tree.has_value() == whole.has_value() && problems.size() == of_every_line.size());
    if (tree) require(same(*tree, *whole));
    for (std::size_t i = 0; i < problems.size(); ++i)
        require(to_string(problems[i], "") == to_string(of_every_line[i], ""));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view yaml(reinterpret_cast<const char*>(data), size);
    const int lines = static_cast<int>(std::count(yaml.begin(), yaml.end(), '\n')) + 1;
    language::Problems problems;
    const language::Policy policy = language::read(yaml, problems);
    const bool readable = !has_errors(problems);
    check::check(policy, problems);
    for (const language::Problem& p : problems) check_problem(p, lines);
    require(std::ranges::is_sorted(
        problems, {}, [](const language::Problem& p) { return std::pair(p.mark.line, p.mark.column); }));
    check_lists(yaml);
    if (readable) check_model(policy);
    if (!has_errors(problems)) check_references(policy);
    return 0;
}
