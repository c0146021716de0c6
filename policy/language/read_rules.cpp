// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>

#include "policy/language/names.hpp"
#include "policy/language/read.hpp"

namespace kmsgate::policy::language {
namespace {

using table::Other;
using table::Side;

constexpr std::array<std::string_view, 5> kRuleKeys = {"name", "side", "when", "allow", "other"};
constexpr std::array<std::string_view, 4> kWhenKeys = {"tag", "user", "peer", "visited"};

/// One condition. An empty list would read as "nobody" to one and as "always" to another.
void read_condition(Reader& reader, const Fields& fields, std::string_view key, const std::string& owner,
                    std::vector<Word>& words) {
    const Node* const node = fields.find(key);
    if (node == nullptr) return;
    const std::string what = fmt::format("`{}` in `when` of {}", key, owner);
    words = reader.words(*node, what, Reader::Lone::taken);
    if (node->kind == Node::Kind::sequence && node->children.empty())
        reader.report().error(node->mark, what + " is an empty list",
                              "remove the key, or list what it may be");
}

void read_allow(Reader& reader, const Node& node, const std::string& owner, std::vector<Word>& allow) {
    allow = reader.words(node, "`allow` of " + owner, Reader::Lone::taken);
    if (allow.size() > table::kMaxAllow) {
        const Word& word = allow[table::kMaxAllow];
        reader.report().error(
            word.mark,
            fmt::format("{} is number {} in `allow` of {}", quote(word.text), table::kMaxAllow + 1, owner),
            fmt::format("allow at most {}", table::kMaxAllow));
    }
}

Rule read_rule(Reader& reader, const Node& node, const std::string& edge) {
    Rule rule;
    rule.mark = node.mark;
    std::string owner = "a rule of " + edge;
    const Fields fields = reader.fields(node, owner, kRuleKeys);
    if (node.kind != Node::Kind::map) return rule;
    if (const Node* const value = reader.need(fields, "name", owner)) {
        if (std::optional<Word> name = reader.word(*value, "`name` of " + owner)) {
            rule.name = *std::move(name);
            check_word(reader, rule.name, "rule name", name_fault(rule.name.text));
            owner = fmt::format("rule {} of {}", quote(rule.name.text), edge);
        }
    }
    std::optional<Side> side;
    if (const Node* const value = reader.need(fields, "side", owner))
        side = reader.choice<Side>(*value, "`side` of " + owner,
                                   {{"initiator", Side::initiator}, {"receiver", Side::receiver}});
    rule.side = side.value_or(rule.side);
    rule.side_unknown = !side;
    if (const Node* const value = fields.find("when")) {
        const Fields when = reader.fields(*value, "`when` of " + owner, kWhenKeys);
        read_condition(reader, when, "tag", owner, rule.when.tag);
        read_condition(reader, when, "user", owner, rule.when.user);
        read_condition(reader, when, "peer", owner, rule.when.peer);
        read_condition(reader, when, "visited", owner, rule.when.visited);
    }
    if (const Node* const value = reader.need(fields, "allow", owner))
        read_allow(reader, *value, owner, rule.allow);
    if (const Node* const value = fields.find("other")) {
        rule.other =
            reader.choice<Other>(*value, "`other` of " + owner, {{"copy", Other::copy}, {"any", Other::any}});
        if (rule.other == Other::copy && side == Side::receiver)
            reader.report().error(value->mark, fmt::format("`other` of {} is `copy` on side receiver", owner),
                                  "write `other: any`, or remove it: the initiator's KMS is never copied");
    }
    return rule;
}

}  // namespace

std::vector<Rule> read_rules(Reader& reader, const Node& node, const std::string& edge) {
    std::vector<Rule> out;
    for (const Node* const child : reader.list(node, "`rules` of " + edge))
        out.push_back(read_rule(reader, *child, edge));
    return out;
}

}  // namespace kmsgate::policy::language
