// SPDX-License-Identifier: BSD-3-Clause
#include "bench/flat/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kmsgate::bench {

namespace {

using policy::language::Word;

constexpr std::size_t kShapes = 10;

Word word(std::string text) {
    return {std::move(text), {}};
}

/// The KMSs that edge `number` allows: spread over all there are.
std::vector<std::size_t> allowed(std::size_t number, std::size_t kms) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < std::min(kAllowed, kms); ++i)
        out.push_back((number + i * (kms / kAllowed)) % kms);
    return out;
}

policy::language::Rule rule(std::string name, policy::table::Side side, const std::vector<std::size_t>& kms) {
    policy::language::Rule out;
    out.name = word(std::move(name));
    out.side = side;
    for (const std::size_t k : kms) out.allow.push_back(word(fmt::format("K{:05}", k)));
    return out;
}

}  // namespace

std::string flat_kms(std::size_t number) {
    return fmt::format("kms-{:05}.mc.example", number);
}
std::string flat_edge(std::size_t number) {
    return fmt::format("edge-{:04}", number);
}
std::string flat_domain(std::size_t number) {
    return fmt::format("mc{}", number + 1);
}
bool of_host(std::size_t number) noexcept {
    return number % kShapes < 7;
}
std::size_t domain_of(std::size_t number) noexcept {
    return number / 2 % kFlatDomains;
}
std::string flat_host(std::size_t number) {
    return fmt::format("{}{:06}.example", number % kShapes < 4 ? "h" : "ims.s", number);
}
std::string flat_pattern(std::size_t number) {
    const std::size_t shape = number % kShapes;
    if (shape < 4) return fmt::format("sip:*@h{:06}.example", number);
    if (shape < 7) return fmt::format("sip:*@*.s{:06}.example", number);
    if (shape < 9) return fmt::format("tel:+44{:06}*", number);
    return fmt::format("sip:dispatcher-{:06}@control.example", number);
}

policy::language::Policy flat_policy(std::size_t kms, std::size_t patterns, std::size_t edges) {
    using policy::table::Side;
    policy::language::Policy out;
    out.tags = {word("roaming"), word("migrated")};
    for (std::size_t k = 0; k < kms; ++k) {
        policy::language::Kms one;
        one.name = word(fmt::format("K{:05}", k));
        one.uri = word(flat_kms(k));
        out.kms.push_back(std::move(one));
    }
    out.domains.resize(kFlatDomains);
    for (std::size_t d = 0; d < kFlatDomains; ++d) {
        out.domains[d].name = word(flat_domain(d));
        out.domains[d].home = word("K00000");
    }
    for (std::size_t p = 0; p < patterns; ++p)
        out.domains[domain_of(p)].users.push_back(word(flat_pattern(p)));
    for (std::size_t e = 0; e < edges; ++e) {
        policy::language::Edge edge;
        edge.name = word(flat_edge(e));
        edge.domain = word(flat_domain(0));
        edge.proxy = policy::table::Proxy::is;
        edge.rules = {rule("roaming", Side::initiator, allowed(e, kms)),
                      rule("attached", Side::initiator, allowed(e, kms)),
                      rule("called", Side::receiver, allowed(e, kms))};
        edge.rules[0].when.tag = {word("roaming")};
        out.edges.push_back(std::move(edge));
    }
    return out;
}

std::string flat_policy_text(std::size_t kms, std::size_t patterns, std::size_t edges) {
    const policy::language::Policy policy = flat_policy(kms, patterns, edges);
    std::string out = "version: 1\ntags: [roaming, migrated]\nkms:\n";
    auto to = std::back_inserter(out);
    for (const auto& k : policy.kms) fmt::format_to(to, "  {}: {}\n", k.name.text, k.uri.text);
    out += "domains:\n";
    for (const auto& d : policy.domains) {
        fmt::format_to(to, "  {}:\n    home: {}\n    users:\n", d.name.text, d.home.text);
        for (const auto& user : d.users) fmt::format_to(to, "      - \"{}\"\n", user.text);
    }
    out += "edges:\n";
    for (const auto& e : policy.edges) {
        fmt::format_to(to, "  {}:\n    domain: {}\n    proxy: is\n    rules:\n", e.name.text, e.domain.text);
        for (const auto& r : e.rules) {
            std::string list;
            for (const Word& k : r.allow) list += (list.empty() ? "" : ", ") + k.text;
            fmt::format_to(to, "      - {{name: {}, side: {},{} allow: [{}]}}\n", r.name.text,
                           r.side == policy::table::Side::initiator ? "initiator" : "receiver",
                           r.when.tag.empty() ? "" : " when: {tag: roaming},", list);
        }
    }
    return out;
}

}  // namespace kmsgate::bench
