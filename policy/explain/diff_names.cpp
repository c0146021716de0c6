// SPDX-License-Identifier: BSD-3-Clause
// KMSs, tags, domains with their users, peers: what rules refer to.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "dataplane/mikey/rule.hpp"
#include "dataplane/sip/ascii.hpp"
#include "policy/explain/diff_inside.hpp"
#include "policy/table/pattern.hpp"

namespace kmsgate::policy::explain {
namespace {

Change made(Kind kind, What what, std::string name, std::string sentence) {
    Change out;
    out.kind = kind;
    out.what = what;
    out.name = std::move(name);
    out.text = std::move(sentence);
    return out;
}

Change changed(Kind kind, std::string name) {
    return made(kind, What::changed, std::move(name), {});
}

/// A KMS by what it is.
struct Kms {
    std::string name;
    std::string uri;
    std::uint64_t period = 0;
    std::uint64_t offset = 0;
    Words aliases;
};

std::map<std::string, Kms> kms_of(const table::Table* table) {
    std::map<std::string, Kms> out;
    if (table == nullptr) return out;
    std::vector<Kms*> by_id;
    std::vector<std::string> keys;
    for (const table::KmsRecord& record : table->kms()) {
        std::string key = text(*table, record.uri);
        std::ranges::transform(key, key.begin(), sip::lower);
        by_id.push_back(&out.try_emplace(key, Kms{text(*table, record.name),
                                                  text(*table, record.uri),
                                                  record.key_period,
                                                  record.key_offset,
                                                  {}})
                             .first->second);
        keys.push_back(std::move(key));
    }
    for (const auto& name : records<table::KmsNameRecord>(*table, table::Section::kms_names))
        if (name.kms < by_id.size() && table->text(name.name) != keys[name.kms])
            by_id[name.kms]->aliases.push_back(text(*table, name.name));
    for (auto& [key, kms] : out) std::ranges::sort(kms.aliases);
    return out;
}

void compare(const Kms& before, const Kms& after, std::vector<Change>& out) {
    const std::string subject = "KMS " + after.name;
    const auto value = [&](std::string_view field, std::string from, std::string to) {
        if (from == to) return;
        Change& change = out.emplace_back(changed(Kind::kms, after.name));
        set_value(change, subject, field, std::move(from), std::move(to));
    };
    value("name", before.name, after.name);
    value("key-period", std::to_string(before.period), std::to_string(after.period));
    value("key-offset", std::to_string(before.offset), std::to_string(after.offset));
    if (before.aliases != after.aliases)
        set_list(out.emplace_back(changed(Kind::kms, after.name)), subject, "aliases", before.aliases,
                 after.aliases);
    // Letter case of a URI is the same KMS, but KRRs bear the policy's own spelling.
    value("uri", before.uri, after.uri);
}

std::map<std::string, const table::DomainRecord*> domains_of(const table::Table* table) {
    std::map<std::string, const table::DomainRecord*> out;
    if (table == nullptr) return out;
    for (const table::DomainRecord& domain : table->domains())
        out.emplace(text(*table, domain.name), &domain);
    return out;
}

/// Is every domain what it was, by name and number, with the users that it had?
bool same_users(const Tables& tables) {
    if (tables.before == nullptr || !tables.before->same_patterns_as(tables.after)) return false;
    return std::ranges::equal(tables.before->domains(), tables.after.domains(),
                              [&](const table::DomainRecord& a, const table::DomainRecord& b) {
                                  return tables.before->text(a.name) == tables.after.text(b.name);
                              });
}

/// User patterns as globs, by domain.
std::map<std::string, Words> users_of(const table::Table* table) {
    std::map<std::string, Words> out;
    if (table == nullptr) return out;
    for (const table::PatternRecord& record : table->patterns()) {
        out[text(*table, table->domains()[record.domain].name)].push_back(
            table::to_glob(record.shape, table->pattern_text(record.text)));
    }
    for (auto& [domain, users] : out) std::ranges::sort(users);
    return out;
}

std::string home_of(const table::Table& table, const table::DomainRecord& domain) {
    return domain.home == table::kNone ? std::string() : text(table, table.kms()[domain.home].name);
}

std::string home_key(const table::Table& table, const table::DomainRecord& domain) {
    return domain.home == table::kNone ? std::string() : text(table, table.kms()[domain.home].uri);
}

void compare_domain(const Tables& tables, const std::string& name, const table::DomainRecord& before,
                    const table::DomainRecord& after, std::vector<Change>& out) {
    const std::string subject = "domain " + name;
    if (!sip::iequal(home_key(*tables.before, before), home_key(tables.after, after)))
        set_value(out.emplace_back(changed(Kind::domain, name)), subject, "home",
                  home_of(*tables.before, before), home_of(tables.after, after));
    if (kms_keys(*tables.before, before.secondary) != kms_keys(tables.after, after.secondary)) {
        Change& change = out.emplace_back(changed(Kind::domain, name));
        const Words from = kms_words(*tables.before, before.secondary);
        const Words to = kms_words(tables.after, after.secondary);
        set_list(change, subject, "secondary", from, to);
        if (change.added.empty() && change.removed.empty())
            set_value(change, subject, "secondary", joined(from), joined(to));
    }
}

struct Peer {
    Words addresses;
    bool trusted = false;
    Words relax;
};

std::map<std::string, Peer> peers_of(const table::Table* table) {
    std::map<std::string, Peer> out;
    if (table == nullptr) return out;
    for (const table::PeerRecord& record : table->peers()) {
        Peer& peer = out[text(*table, record.name)];
        peer.addresses = cidr_words(*table, record.addresses);
        peer.trusted = record.trusted != 0;
        for (std::size_t i = 0; i < mikey::kRules; ++i)
            if (mikey::RuleSet(record.relax).has(static_cast<mikey::Rule>(i)))
                peer.relax.emplace_back(mikey::to_string(static_cast<mikey::Rule>(i)));
    }
    return out;
}

void compare(const std::string& name, const Peer& before, const Peer& after, std::vector<Change>& out) {
    const std::string subject = "peer " + name;
    if (before.addresses != after.addresses)
        set_list(out.emplace_back(changed(Kind::peer, name)), subject, "addresses", before.addresses,
                 after.addresses);
    if (before.trusted != after.trusted)
        set_value(out.emplace_back(changed(Kind::peer, name)), subject, "trusted",
                  before.trusted ? "true" : "false", after.trusted ? "true" : "false");
    if (before.relax == after.relax) return;
    Change& change = out.emplace_back(changed(Kind::peer, name));
    set_list(change, subject, "relax", before.relax, after.relax);
    change.effect = change.removed.empty() ? Effect::looser
                    : change.added.empty() ? Effect::stricter
                                           : Effect::other;
}

/// Added and changed in the order of names, then removed.
template <class Map, class Added, class Both, class Removed>
void merge(const Map& before, const Map& after, Added added, Both both, Removed removed) {
    for (const auto& [key, value] : after) {
        const auto old = before.find(key);
        if (old == before.end())
            added(key, value);
        else
            both(key, old->second, value);
    }
    for (const auto& [key, value] : before)
        if (!after.contains(key)) removed(key, value);
}

}  // namespace

void diff_kms(const Tables& tables, std::vector<Change>& out) {
    merge(
        kms_of(tables.before), kms_of(&tables.after),
        [&](const std::string&, const Kms& kms) {
            out.push_back(
                made(Kind::kms, What::added, kms.name, fmt::format("KMS {} added ({})", kms.name, kms.uri)));
        },
        [&](const std::string&, const Kms& a, const Kms& b) { compare(a, b, out); },
        [&](const std::string&, const Kms& kms) {
            out.push_back(made(Kind::kms, What::removed, kms.name,
                               fmt::format("KMS {} removed ({})", kms.name, kms.uri)));
        });
}

void diff_tags(const Tables& tables, std::vector<Change>& out) {
    const auto tags_of = [](const table::Table* table) {
        Words words;
        if (table != nullptr)
            for (const table::Text tag : table->tags()) words.push_back(text(*table, tag));
        std::ranges::sort(words);
        return words;
    };
    const Words before = tags_of(tables.before);
    const Words after = tags_of(&tables.after);
    for (const std::string& tag : without(after, before))
        out.push_back(made(Kind::tag, What::added, tag, fmt::format("tag {} declared", tag)));
    for (const std::string& tag : without(before, after))
        out.push_back(made(Kind::tag, What::removed, tag, fmt::format("tag {} no longer declared", tag)));
}

void diff_domains(const Tables& tables, std::vector<Change>& out) {
    // Nothing is said of users that stayed: they need not be sorted out.
    const bool same = same_users(tables);
    const auto before = users_of(same ? nullptr : tables.before);
    const auto after = users_of(same ? nullptr : &tables.after);
    const auto of = [](const auto& all, const std::string& name) {
        const auto at = all.find(name);
        return at == all.end() ? Words() : at->second;
    };
    merge(
        domains_of(tables.before), domains_of(&tables.after),
        [&](const std::string& name, const table::DomainRecord*) {
            Change& change = out.emplace_back(made(Kind::domain, What::added, name, {}));
            change.added = of(after, name);
            change.text = fmt::format("domain {} added, users {}", name, joined(change.added, "none"));
        },
        [&](const std::string& name, const table::DomainRecord* a, const table::DomainRecord* b) {
            compare_domain(tables, name, *a, *b, out);
            const Words from = of(before, name);
            const Words to = of(after, name);
            if (from != to)
                set_list(out.emplace_back(changed(Kind::users, name)), "domain " + name, "users", from, to);
        },
        [&](const std::string& name, const table::DomainRecord*) {
            out.push_back(made(Kind::domain, What::removed, name, fmt::format("domain {} removed", name)));
        });
}

void diff_peers(const Tables& tables, std::vector<Change>& out) {
    merge(
        peers_of(tables.before), peers_of(&tables.after),
        [&](const std::string& name, const Peer& peer) {
            Change& change = out.emplace_back(made(Kind::peer, What::added, name, {}));
            change.added = peer.addresses;
            change.text = fmt::format("peer {} added ({}{}{})", name, joined(peer.addresses),
                                      peer.trusted ? "; trusted" : "",
                                      peer.relax.empty() ? "" : "; relaxes " + joined(peer.relax));
        },
        [&](const std::string& name, const Peer& a, const Peer& b) { compare(name, a, b, out); },
        [&](const std::string& name, const Peer&) {
            out.push_back(made(Kind::peer, What::removed, name, fmt::format("peer {} removed", name)));
        });
}

}  // namespace kmsgate::policy::explain
