// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>

#include "policy/language/names.hpp"
#include "policy/language/read.hpp"
#include "policy/language/source.hpp"

namespace kmsgate::policy::language {
namespace {

constexpr std::array<std::string_view, 9> kTopKeys = {"version", "tags",   "kms",   "domains", "edges",
                                                      "failure", "limits", "peers", "signing"};

void read_version(Reader& reader, const Node& node) {
    const std::optional<Word> text = reader.word(node, "`version`");
    if (text && text->text != "1")
        reader.report().error(text->mark, "`version` " + quote(text->text) + " is not known",
                              "write `version: 1`");
}

Policy read_tree(const Tree& tree, Report& report) {
    Policy policy;
    Reader reader(tree, report);
    const Fields top = reader.fields(tree.root(), "the policy", kTopKeys);
    if (tree.root().kind != Node::Kind::map) return policy;
    if (const Node* const node = top.find("version"))
        read_version(reader, *node);
    else
        report.error(top.mark, "the policy has no `version`", "add `version: 1` as its first line");
    if (const Node* const node = top.find("tags")) policy.tags = read_tags(reader, *node);
    if (const Node* const node = top.find("kms")) policy.kms = read_kms(reader, *node);
    if (const Node* const node = top.find("domains")) policy.domains = read_domains(reader, *node);
    if (const Node* const node = top.find("edges")) policy.edges = read_edges(reader, *node);
    if (const Node* const node = top.find("failure"))
        policy.failure = read_failure(reader, *node, "the policy");
    if (const Node* const node = top.find("limits")) policy.limits = read_limits(reader, *node, "the policy");
    if (const Node* const node = top.find("peers")) policy.peers = read_peers(reader, *node);
    if (const Node* const node = top.find("signing")) read_signing(reader, *node);
    return policy;
}

}  // namespace

void check_word(Reader& reader, const Word& word, const std::string& kind, const std::string& fault) {
    if (fault.empty()) return;
    reader.report().error(word.mark, fmt::format("{} {} {}", kind, quote(word.text), fault),
                          fault == "is a reserved word" ? "choose another name"
                                                        : "use 1 to 64 characters of A-Z a-z 0-9 . _ -");
}

Policy read(std::string_view yaml, Problems& problems) {
    Policy policy;
    Report report(problems);
    if (check_source(yaml, report))
        if (const std::optional<Tree> tree = parse_tree(yaml, report)) policy = read_tree(*tree, report);
    sort(problems);
    return policy;
}

}  // namespace kmsgate::policy::language
