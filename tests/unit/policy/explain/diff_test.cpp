// SPDX-License-Identifier: BSD-3-Clause
// The semantic diff: every change of meaning by name, and nothing for what only reads differently.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "policy/compile/compile.hpp"
#include "policy/explain/diff.hpp"

namespace kmsgate::policy::explain {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kBase = R"(version: 1
tags: [roaming, migrated]
kms:
  A: kms.a.example
  B: {uri: kms.b.example, key-period: 2592000, key-offset: 0, aliases: [kms-b.example]}
  C: kms.c.example
domains:
  mc1: {users: ["sip:*@mc1.example", "tel:+4420*"], home: A, secondary: [C]}
  mc2: {users: ["sip:*@mc2.example"], home: B}
edges:
  north:
    domain: mc1
    rules:
      - {name: roaming, side: initiator, when: {tag: [roaming], peer: [10.0.0.0/8, 192.0.2.1]}, allow: [C]}
      - {name: guests, side: initiator, when: {user: ["sip:g*@mc1.example"]}, allow: [A, B]}
      - {name: attached, side: initiator, allow: [A], other: any}
      - {name: all, side: receiver, allow: any}
  south:
    domain: mc2
    proxy: is
    mode: shadow
    sip: {udp: [5060, 5070], tcp: [5060], tls: []}
    rules:
      - {name: all, side: initiator, allow: [B]}
failure: {malformed-mikey: reject}
limits: {redirects-per-second: 1000, per-source: 10}
peers:
  ims: {addresses: [10.0.0.0/8], trusted: true, relax: [idr-order]}
)";

std::vector<std::byte> compiled(std::string_view yaml) {
    const auto out = compile::compile_text(yaml);
    EXPECT_FALSE(out.blob.empty()) << yaml;
    for (const auto& problem : out.problems)
        if (!problem.warning) ADD_FAILURE() << to_string(problem, "p");
    return out.blob;
}

std::vector<Change> changes(std::string_view before, std::string_view after) {
    const auto a = compiled(before);
    const auto b = compiled(after);
    const auto from = table::Table::open(a);
    const auto to = table::Table::open(b);
    EXPECT_TRUE(from && to);
    return from && to ? diff(&*from, *to) : std::vector<Change>{};
}

/// The base with one text in place of another.
std::string with(std::string_view old, std::string_view now, std::string_view base = kBase) {
    std::string out(base);
    const std::size_t at = out.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    if (at != std::string::npos) out.replace(at, old.size(), now);
    return out;
}

/// The one change that the edit makes.
Change change(std::string_view old, std::string_view now) {
    const auto all = changes(kBase, with(old, now));
    EXPECT_EQ(all.size(), 1U) << old << " -> " << now;
    for (const Change& one : all) {
        EXPECT_FALSE(one.text.empty());
        if (all.size() != 1) ADD_FAILURE() << one.text;
    }
    return all.empty() ? Change{} : all[0];
}

void expect_value(const Change& c, Kind kind, std::string_view field, std::string_view from,
                  std::string_view to, Effect effect) {
    EXPECT_EQ(to_string(c.kind), to_string(kind)) << c.text;
    EXPECT_EQ(to_string(c.what), "changed") << c.text;
    EXPECT_EQ(c.field, field) << c.text;
    EXPECT_EQ(c.from, from) << c.text;
    EXPECT_EQ(c.to, to) << c.text;
    EXPECT_EQ(to_string(c.effect), to_string(effect)) << c.text;
}

TEST(Diff, WhatOnlyReadsDifferentlyIsNoChange) {
    EXPECT_TRUE(changes(kBase, kBase).empty());
    std::string other = with("version: 1\n", "# a comment\nversion: '1'\n");
    other = with("tags: [roaming, migrated]", "tags:\n  - migrated\n  - roaming", other);
    other = with("  A: kms.a.example\n", "", other);
    other = with("  C: kms.c.example\n",
                 "  C: {uri: kms.c.example}\n  A: {uri: kms.a.example, key-offset: 0}\n", other);
    other = with(R"(["sip:*@mc1.example", "tel:+4420*"])", R"(["tel:+44-20*", "SIPS:*@MC1.example"])", other);
    other = with("peer: [10.0.0.0/8, 192.0.2.1]", "peer: [192.0.2.1/32, 10.0.0.0/8]", other);
    other = with("udp: [5060, 5070]", "udp: [5070, 5060]", other);
    other = with("failure: {malformed-mikey: reject}\n", "", other);
    other = with("domain: mc1\n",
                 "domain: mc1\n    mode: enforce\n    proxy: cs\n    limits: {per-source: 10}\n", other);
    // Rules of the two sides do not concern each other's order.
    other = with("      - {name: all, side: receiver, allow: any}\n", "", other);
    other = with("    rules:\n",
                 "    rules:\n      - {name: all, side: receiver, allow: [any], other: any}\n", other);
    for (const Change& one : changes(kBase, other)) ADD_FAILURE() << one.text;
    // Another order of domains, edges and peers.
    std::string turned = with("  mc2: {users: [\"sip:*@mc2.example\"], home: B}\n", "");
    turned = with("domains:\n", "domains:\n  mc2: {users: [\"sip:*@mc2.example\"], home: B}\n", turned);
    for (const Change& one : changes(kBase, turned)) ADD_FAILURE() << one.text;
}

TEST(Diff, FromNothing) {
    const auto blob = compiled(kBase);
    const auto table = table::Table::open(blob);
    ASSERT_TRUE(table);
    const auto all = diff(nullptr, *table);
    EXPECT_EQ(all.size(), 3U + 2U + 2U + 1U + 2U);
    for (const Change& one : all) EXPECT_EQ(to_string(one.what), "added") << one.text;
    EXPECT_EQ(all.back().text, "edge south added (domain mc2, is, shadow, 1 rule)");
    EXPECT_EQ(all.back().edge, "south");
}

TEST(Diff, AllowLists) {
    const Change more = change("allow: [C]}", "allow: [C, B]}");
    expect_value(more, Kind::rule, "allow", "C", "C, B", Effect::looser);
    EXPECT_EQ(more.added, Words{"B"});
    EXPECT_TRUE(more.removed.empty());
    EXPECT_EQ(more.edge, "north");
    EXPECT_EQ(more.name, "roaming");
    EXPECT_EQ(more.side, table::Side::initiator);
    EXPECT_EQ(more.text, "edge north, initiator, rule roaming: allow +B");
    const Change less = change("allow: [A, B]}", "allow: [A]}");
    expect_value(less, Kind::rule, "allow", "A, B", "A", Effect::stricter);
    EXPECT_EQ(less.removed, Words{"B"});
    const Change both = change("allow: [C]}", "allow: [B]}");
    expect_value(both, Kind::rule, "allow", "C", "B", Effect::other);
    EXPECT_EQ(both.text, "edge north, initiator, rule roaming: allow +B -C");
    const Change order = change("allow: [A, B]}", "allow: [B, A]}");
    expect_value(order, Kind::rule, "allow", "A, B", "B, A", Effect::other);
    EXPECT_NE(order.text.find("order"), std::string::npos);
    expect_value(change("allow: [A], other: any}", "allow: any, other: any}"), Kind::rule, "allow", "A",
                 "any", Effect::looser);
    expect_value(change("side: receiver, allow: any}", "side: receiver, allow: [A, C]}"), Kind::rule, "allow",
                 "any", "A, C", Effect::stricter);
    // `home` is what it stands for.
    EXPECT_EQ(change("allow: [A], other: any}", "allow: home, other: any}").added, Words{"C"});
}

TEST(Diff, Conditions) {
    const Change tag = change("{tag: [roaming], peer", "{tag: [roaming, migrated], peer");
    expect_value(tag, Kind::rule, "when.tag", "roaming", "migrated, roaming", Effect::other);
    EXPECT_EQ(tag.added, Words{"migrated"});
    const Change none = change("when: {tag: [roaming], peer:", "when: {peer:");
    EXPECT_EQ(none.field, "when.tag");
    EXPECT_NE(none.text.find("no condition any more"), std::string::npos);
    EXPECT_EQ(change("192.0.2.1]", "\"2001:db8::/32\"]").added, Words{"2001:db8::/32"});
    EXPECT_EQ(change("192.0.2.1]", "\"2001:db8::/32\"]").removed, Words{"192.0.2.1/32"});
    EXPECT_EQ(change("sip:g*@mc1", "sip:h*@mc1").field, "when.user");
    const Change visited = change("{tag: [roaming], peer", "{visited: ['*v.example'], tag: [roaming], peer");
    EXPECT_EQ(visited.field, "when.visited");
    EXPECT_NE(visited.text.find("no condition before"), std::string::npos);
    expect_value(change("allow: [A], other: any}", "allow: [A]}"), Kind::rule, "other", "any", "copy",
                 Effect::other);
}

TEST(Diff, RulesComeGoAndMove) {
    const std::string line = "      - {name: attached, side: initiator, allow: [A], other: any}\n";
    const Change gone = change(line, "");
    EXPECT_EQ(to_string(gone.what), "removed");
    EXPECT_EQ(gone.name, "attached");
    EXPECT_EQ(to_string(gone.effect), "other");
    const Change come =
        change(line, line + "      - {name: last, side: initiator, when: {tag: migrated}, allow: [B]}\n");
    EXPECT_EQ(to_string(come.what), "added");
    EXPECT_EQ(come.to, "4");
    // The last of three becomes the first: one rule has moved, not three.
    std::string moved = with(line, "");
    moved = with("    rules:\n", "    rules:\n" + line, moved);
    const auto all = changes(kBase, moved);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(to_string(all[0].what), "moved");
    EXPECT_EQ(all[0].name, "attached");
    EXPECT_EQ(all[0].from, "3");
    EXPECT_EQ(all[0].to, "1");
    // Moved and changed are two things.
    EXPECT_EQ(changes(kBase, with("allow: [A], other: any", "allow: [B], other: any", moved)).size(), 2U);
}

TEST(Diff, ASideThatBeginsOrEndsToBePoliced) {
    const std::string line = "      - {name: all, side: receiver, allow: any}\n";
    const Change ends = change(line, "");
    EXPECT_EQ(to_string(ends.effect), "looser");
    EXPECT_NE(ends.text.find("not policed any more"), std::string::npos);
    const auto begins = changes(with(line, ""), kBase);
    ASSERT_EQ(begins.size(), 1U);
    EXPECT_EQ(to_string(begins[0].effect), "stricter");
    EXPECT_EQ(begins[0].side, table::Side::receiver);
}

TEST(Diff, Edges) {
    expect_value(change("mode: shadow", "mode: enforce"), Kind::edge, "mode", "shadow", "enforce",
                 Effect::stricter);
    expect_value(change("mode: shadow", "mode: bypass"), Kind::edge, "mode", "shadow", "bypass",
                 Effect::looser);
    expect_value(change("proxy: is", "proxy: cs"), Kind::edge, "proxy", "is", "cs", Effect::other);
    expect_value(change("    domain: mc2\n", "    domain: mc1\n"), Kind::edge, "domain", "mc2", "mc1",
                 Effect::other);
    expect_value(change("    proxy: is\n", "    proxy: is\n    in-dialog: grandfather\n"), Kind::edge,
                 "in-dialog", "enforce", "grandfather", Effect::looser);
    expect_value(change("    proxy: is\n", "    proxy: is\n    register: alarm\n"), Kind::edge, "register",
                 "redirect", "alarm", Effect::looser);
    EXPECT_EQ(change("    proxy: is\n", "    proxy: is\n    processor: sip:x@y\n").field, "processor");
    const Change ports = change("udp: [5060, 5070]", "udp: [5060]");
    expect_value(ports, Kind::edge, "sip.udp", "5060, 5070", "5060", Effect::looser);
    EXPECT_EQ(change("tls: []", "tls: [5061]").field, "sip.tls");
    expect_value(change("    proxy: is\n", "    proxy: is\n    limits: {per-source: 9}\n"), Kind::edge,
                 "limits.per-source", "10", "9", Effect::other);
    expect_value(change("    proxy: is\n", "    proxy: is\n    failure: {missing-idr: forward}\n"),
                 Kind::edge, "failure.missing-idr", "redirect", "forward", Effect::looser);
    expect_value(change("    proxy: is\n", "    proxy: is\n    failure: {malformed-sip: drop}\n"), Kind::edge,
                 "failure.malformed-sip", "forward", "drop", Effect::stricter);
    // What is said for all edges is said of each.
    const auto all = changes(kBase, with("redirects-per-second: 1000", "redirects-per-second: 999"));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "north");
    EXPECT_EQ(all[1].name, "south");
    const auto renamed = changes(kBase, with("  south:\n", "  east:\n"));
    ASSERT_EQ(renamed.size(), 2U);
    EXPECT_EQ(renamed[0].text, "edge east added (domain mc2, is, shadow, 1 rule)");
    EXPECT_EQ(renamed[1].text, "edge south removed (domain mc2, is, shadow, 1 rule)");
}

TEST(Diff, NamesBelow) {
    const Change period = change("key-period: 2592000", "key-period: 86400");
    expect_value(period, Kind::kms, "key-period", "2592000", "86400", Effect::other);
    EXPECT_EQ(period.name, "B");
    EXPECT_EQ(change("key-offset: 0", "key-offset: 7").field, "key-offset");
    const Change alias = change("[kms-b.example]", "[kms-b.example, other.example]");
    EXPECT_EQ(alias.field, "aliases");
    EXPECT_EQ(alias.added, Words{"other.example"});
    const Change added = change("tags: [", "tags: [home-office, ");
    EXPECT_EQ(added.text, "tag home-office declared");
    const Change users = change("\"tel:+4420*\"", "\"tel:+4421*\", \"sip:*@*.mc1.example\"");
    EXPECT_EQ(to_string(users.kind), "users");
    EXPECT_EQ(users.name, "mc1");
    EXPECT_EQ(users.added, (Words{"sip:*@*.mc1.example", "tel:+4421*"}));
    EXPECT_EQ(users.removed, Words{"tel:+4420*"});
    expect_value(change("home: B}", "home: C}"), Kind::domain, "home", "B", "C", Effect::other);
    expect_value(change("secondary: [C]", "secondary: [C, B]"), Kind::domain, "secondary", "C", "C, B",
                 Effect::other);
    const Change uri = change("C: kms.c.example", "C: Kms.c.example");
    expect_value(uri, Kind::kms, "uri", "kms.c.example", "Kms.c.example", Effect::other);
    const auto renamed =
        changes(kBase, with("allow: [C]", "allow: [Z]",
                            with("C: kms.c", "Z: kms.c", with("secondary: [C]", "secondary: [Z]"))));
    ASSERT_EQ(renamed.size(), 1U) << "the rules allow the same KMS";
    expect_value(renamed[0], Kind::kms, "name", "C", "Z", Effect::other);
    const auto other = changes(kBase, with("C: kms.c.example", "C: kms.x.example"));
    ASSERT_EQ(other.size(), 4U) << "one comes, one goes, a domain and a rule mean another";
}

TEST(Diff, Peers) {
    expect_value(change("trusted: true", "trusted: false"), Kind::peer, "trusted", "true", "false",
                 Effect::other);
    expect_value(change("relax: [idr-order]", "relax: []"), Kind::peer, "relax", "idr-order", "",
                 Effect::stricter);
    expect_value(change("relax: [idr-order]", "relax: [idr-order, trailing-bytes]"), Kind::peer, "relax",
                 "idr-order", "idr-order, trailing-bytes", Effect::looser);
    EXPECT_EQ(change("{addresses: [10.0.0.0/8]", "{addresses: [10.0.0.0/9]").added, Words{"10.0.0.0/9"});
    EXPECT_EQ(change("peers:\n", "peers:\n  x: {addresses: [192.0.2.0/24], relax: [idr-order]}\n").text,
              "peer x added (192.0.2.0/24; relaxes idr-order)");
}

TEST(Diff, GoesBothWays) {
    const std::string other = with("allow: [C]}", "allow: [C, B]}", with("mode: shadow", "mode: enforce"));
    const auto there = changes(kBase, other);
    const auto back = changes(other, kBase);
    ASSERT_EQ(there.size(), back.size());
    for (std::size_t i = 0; i < there.size(); ++i) {
        EXPECT_EQ(there[i].from, back[i].to);
        EXPECT_EQ(there[i].added, back[i].removed);
        EXPECT_NE(to_string(there[i].effect), to_string(back[i].effect));
    }
}

/// Rules in any order: those that are said to have moved are enough, and as few as can be.
TEST(Diff, MovesAreFew) {
    std::mt19937 random(7);
    const auto policy_of = [](const std::vector<int>& order) {
        std::string out = with("    rules:\n", "    rules:\n%");
        std::string rules;
        for (const int i : order)
            rules += "      - {name: r" + std::to_string(i) + ", side: initiator, when: {user: \"sip:u" +
                     std::to_string(i) + "@mc1.example\"}, allow: [A]}\n";
        return with("%", rules, out);
    };
    for (int round = 0; round < 20; ++round) {
        std::vector<int> order(7);
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
        std::vector<int> mixed = order;
        std::ranges::shuffle(mixed, random);
        // Longest rising run by trying every subset.
        std::size_t longest = 0;
        for (unsigned set = 0; set < 1U << mixed.size(); ++set) {
            std::vector<int> run;
            for (std::size_t i = 0; i < mixed.size(); ++i)
                if ((set >> i & 1U) != 0) run.push_back(mixed[i]);
            if (std::ranges::is_sorted(run)) longest = std::max(longest, run.size());
        }
        const auto all = changes(policy_of(order), policy_of(mixed));
        EXPECT_EQ(all.size(), mixed.size() - longest);
        for (const Change& one : all) EXPECT_EQ(to_string(one.what), "moved");
    }
}

}  // namespace
}  // namespace kmsgate::policy::explain
