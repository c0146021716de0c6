// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "policy/compile/image.hpp"
#include "policy/table/pattern.hpp"

namespace kmsgate::policy::compile {
namespace {

/// KMS ids that an allow list names, in order, each once; nothing when it says `any`.
[[nodiscard]] std::optional<std::vector<std::uint32_t>> expand_allow(const Build& build,
                                                                     const language::Rule& rule,
                                                                     std::uint32_t domain_id) {
    std::vector<std::uint32_t> out;
    const auto add = [&](std::uint32_t id) {
        if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
    };
    for (const language::Word& word : rule.allow) {
        if (word.text == "any") return std::nullopt;
        const auto kms = build.kms_ids.find(word.text);
        if (kms != build.kms_ids.end()) add(kms->second);
        if (word.text != "home" || domain_id >= build.image.domains.size()) continue;
        const table::DomainRecord& domain = build.image.domains[domain_id];
        if (domain.home != table::kNone) add(domain.home);
        for (std::uint32_t i = 0; i < domain.secondary.count; ++i)
            add(build.image.kms_lists[domain.secondary.first + i]);
    }
    return out;
}

/// Writes list, set and KRR text of an allow list, unless an equal one stands already.
[[nodiscard]] AllowList add_allow(Build& build, const std::vector<std::uint32_t>& ids) {
    const auto known = build.allow_lists.find(ids);
    if (known != build.allow_lists.end()) return known->second;
    Image& image = build.image;
    const std::size_t words = image.header.allow_words;
    AllowList out;
    out.ids = append(image.kms_lists, ids);
    out.bits = static_cast<std::uint32_t>(image.allow_bits.size());
    image.allow_bits.resize(image.allow_bits.size() + words);
    std::string krr;
    for (const std::uint32_t id : ids) {
        image.allow_bits[out.bits + id / 64] |= std::uint64_t{1} << (id % 64);
        krr += image.strings.get(image.kms[id].xml);
    }
    out.krr = image.strings.add(krr);
    build.allow_lists.emplace(ids, out);
    return out;
}

[[nodiscard]] table::Range add_user_globs(Build& build, const std::vector<language::Word>& globs) {
    std::vector<table::Text> texts;
    texts.reserve(globs.size());
    for (const language::Word& glob : globs)
        if (const auto pattern = table::make_pattern(glob.text))
            texts.push_back(build.image.strings.add(table::to_glob(*pattern)));
    return append(build.image.globs, texts);
}

[[nodiscard]] table::Range add_globs(Build& build, const std::vector<language::Word>& globs) {
    std::vector<table::Text> texts;
    texts.reserve(globs.size());
    for (const language::Word& glob : globs) texts.push_back(build.image.strings.add(glob.text));
    return append(build.image.globs, texts);
}

[[nodiscard]] table::RuleRecord make_rule(Build& build, const language::Rule& rule, std::uint32_t domain_id) {
    table::RuleRecord record;
    record.name = build.image.strings.add(rule.name.text);
    record.side = rule.side;
    record.other =
        rule.other.value_or(rule.side == table::Side::initiator ? table::Other::copy : table::Other::any);
    for (const language::Word& tag : rule.when.tag)
        if (const auto bit = build.tag_bits.find(tag.text);
            bit != build.tag_bits.end() && bit->second < table::kMaxTags)
            record.tags |= std::uint32_t{1} << bit->second;
    record.users = add_user_globs(build, rule.when.user);
    record.peers = add_cidrs(build, rule.when.peer);
    record.visited = add_globs(build, rule.when.visited);
    record.needs_user = record.tags != 0 || record.users.count != 0 ? 1 : 0;
    const auto ids = expand_allow(build, rule, domain_id);
    record.allow_any = ids ? 0 : 1;
    if (ids) {
        const AllowList allow = add_allow(build, *ids);
        record.allow = allow.ids;
        record.allow_bits = allow.bits;
        record.krr_list = allow.krr;
    }
    return record;
}

}  // namespace

void add_rules(Build& build, const language::Edge& edge, std::uint32_t edge_id, table::EdgeRecord& record) {
    auto& rules = build.image.rules;
    for (const table::Side side : {table::Side::initiator, table::Side::receiver}) {
        table::Range& range = record.rules[static_cast<std::size_t>(side)];
        range.first = static_cast<std::uint32_t>(rules.size());
        for (const language::Rule& rule : edge.rules) {
            if (rule.side != side) continue;
            table::RuleRecord made = make_rule(build, rule, record.domain);
            made.edge = edge_id;
            const auto at = static_cast<std::size_t>(side);
            if (made.needs_user != 0 || record.proxy == table::Proxy::is)
                record.asks |= ask_bit(table::Ask::user, at);
            if (made.tags != 0) record.asks |= ask_bit(table::Ask::tags, at);
            if (made.visited.count != 0) record.asks |= ask_bit(table::Ask::visited, at);
            rules.push_back(made);
            ++range.count;
        }
    }
}

}  // namespace kmsgate::policy::compile
