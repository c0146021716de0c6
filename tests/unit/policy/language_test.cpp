// SPDX-License-Identifier: BSD-3-Clause
// What is read of a sound policy, and every fault of form.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/policy/problems.hpp"

namespace kmsgate::policy {
namespace {

using language::Policy;
using language::Problems;
using language::Word;

constexpr std::string_view kExample = R"(version: 1
tags: [roaming, migrated]                     # declared words, at most 32; set per (domain, user) at run time
kms:                                          # short name: URI exactly as in IDRkms payloads, or {uri, key-period, key-offset, aliases}
  A: kms.a.example
  B: kms.b.example
  C: {uri: kms.c.example, key-period: 2592000, key-offset: 0}
domains:
  mc1:
    users: ["sip:*@mc1.example", "sip:*@*.mc1.example", "tel:+4420*"]
    home: A
    secondary: [C]                            # migration or roaming KMSs, in order
    external: [B]
edges:                                        # one edge of one domain
  mc1-edge:
    domain: mc1
    proxy: cs                                 # cs: direction says whose client; is: the users' domain says
    mode: enforce                             # enforce | shadow (full verdict, counted, nothing changed) | bypass
    sip: {udp: [5060], tcp: [5060], tls: [5061]}
    rules:                                    # first match per side wins; none: side not policed (no-rule); names unique per edge and side
      - {name: roaming,  side: initiator, when: {tag: roaming}, allow: [C], other: copy}
      - {name: attached, side: initiator, allow: [A], other: any}     # C is shared with the visited network: roamers only (X.6 NOTE)
      - {name: attached, side: receiver,  allow: [A]}
failure: {malformed-mikey: reject}            # may be repeated under an edge; so may limits
limits: {redirects-per-second: 100000, per-source: 100}
peers: {ims: {addresses: [10.0.0.0/8], trusted: true, relax: [idr-order]}}    # relax: rule names of spec-facts 1.9
signing: {sign: false, require-from: []}
)";

std::vector<std::string> texts(const std::vector<Word>& words) {
    std::vector<std::string> out;
    for (const Word& word : words) out.push_back(word.text);
    return out;
}

Policy sound(std::string_view yaml) {
    Problems problems;
    Policy policy = language::read(yaml, problems);
    EXPECT_TRUE(problems.empty()) << listing(problems);
    return policy;
}

using Texts = std::vector<std::string>;

TEST(Language, ReadsTheExample) {
    const Policy p = sound(kExample);
    EXPECT_EQ(texts(p.tags), (Texts{"roaming", "migrated"}));
    ASSERT_EQ(p.kms.size(), 3U);
    EXPECT_EQ(p.kms[0].name.text, "A");
    EXPECT_EQ(p.kms[0].uri.text, "kms.a.example");
    EXPECT_EQ(p.kms[0].uri.mark.line, 4);
    EXPECT_EQ(p.kms[0].uri.mark.column, 6);
    EXPECT_EQ(p.kms[2].uri.text, "kms.c.example");
    EXPECT_EQ(p.kms[2].key_period, 2592000U);
    ASSERT_EQ(p.domains.size(), 1U);
    EXPECT_EQ(texts(p.domains[0].users), (Texts{"sip:*@mc1.example", "sip:*@*.mc1.example", "tel:+4420*"}));
    EXPECT_EQ(p.domains[0].home.text, "A");
    EXPECT_EQ(texts(p.domains[0].secondary), Texts{"C"});
    EXPECT_EQ(texts(p.domains[0].external), Texts{"B"});
    ASSERT_EQ(p.edges.size(), 1U);
    const language::Edge& edge = p.edges[0];
    EXPECT_EQ(edge.name.text, "mc1-edge");
    EXPECT_EQ(edge.domain.text, "mc1");
    EXPECT_EQ(edge.udp, std::vector<std::uint16_t>{5060});
    EXPECT_EQ(edge.tls, std::vector<std::uint16_t>{5061});
    ASSERT_EQ(edge.rules.size(), 3U);
    EXPECT_EQ(edge.rules[0].name.text, "roaming");
    EXPECT_EQ(texts(edge.rules[0].when.tag), Texts{"roaming"});
    EXPECT_EQ(texts(edge.rules[0].allow), Texts{"C"});
    EXPECT_EQ(edge.rules[0].other, table::Other::copy);
    EXPECT_EQ(edge.rules[1].other, table::Other::any);
    EXPECT_EQ(edge.rules[2].side, table::Side::receiver);
    EXPECT_EQ(edge.rules[2].other, std::nullopt);
    ASSERT_EQ(p.failure.size(), 1U);
    EXPECT_EQ(p.failure[0].cause, Cause::malformed_mikey);
    EXPECT_EQ(p.failure[0].action, Action::reject);
    EXPECT_EQ(p.limits.redirects_per_second, 100000U);
    EXPECT_EQ(p.limits.per_source, 100U);
    ASSERT_EQ(p.peers.size(), 1U);
    EXPECT_TRUE(p.peers[0].trusted);
    EXPECT_EQ(texts(p.peers[0].relax), Texts{"idr-order"});
    EXPECT_FALSE(has_errors(problems_of(kExample))) << listing(problems_of(kExample));
}

TEST(Language, ShippedExamplesAreSoundAndWithoutWarnings) {
    const std::filesystem::path folder =
        std::filesystem::path(KMSGATE_SOURCE_ROOT) / "policy/language/examples";
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        EXPECT_TRUE(problems_of(text).empty()) << entry.path() << "\n" << listing(problems_of(text));
        ++seen;
    }
    EXPECT_GE(seen, 3U);
}

TEST(Language, DefaultsAndEveryWord) {
    const Policy p = sound(
        "version: 1\nedges: {e: {domain: d}, f: {domain: d, proxy: is, mode: bypass, in-dialog: grandfather, "
        "register: "
        "alarm, processor: 'sip:x@y', sip: {udp: [1, 65535], tls: []}, limits: {per-source: 4294967295}, "
        "failure: "
        "{tcp-budget: reset, unknown-user: strictest, empty-intersection: rewrite, off-port-sip: judge}}}\n");
    ASSERT_EQ(p.edges.size(), 2U);
    EXPECT_EQ(p.edges[0].proxy, table::Proxy::cs);
    EXPECT_EQ(p.edges[0].mode, table::Mode::enforce);
    EXPECT_EQ(p.edges[0].in_dialog, table::InDialog::enforce);
    EXPECT_EQ(p.edges[0].on_register, table::Register::redirect);
    EXPECT_EQ(p.edges[1].proxy, table::Proxy::is);
    EXPECT_EQ(p.edges[1].mode, table::Mode::bypass);
    EXPECT_EQ(p.edges[1].in_dialog, table::InDialog::grandfather);
    EXPECT_EQ(p.edges[1].on_register, table::Register::alarm);
    EXPECT_EQ(p.edges[1].processor.text, "sip:x@y");
    EXPECT_EQ(p.edges[1].udp, (std::vector<std::uint16_t>{1, 65535}));
    EXPECT_EQ(p.edges[1].tcp, std::vector<std::uint16_t>{5060});
    EXPECT_TRUE(p.edges[1].tls.empty());
    EXPECT_EQ(p.edges[1].limits.per_source, 4294967295U);
    EXPECT_EQ(p.edges[1].limits.redirects_per_second, std::nullopt);
    ASSERT_EQ(p.edges[1].failure.size(), 4U);
    EXPECT_EQ(p.edges[1].failure[0].action, Action::reset);
}

TEST(Language, EveryScalarIsTextQuotedOrNot) {
    const Policy p = sound(
        "version: \"1\"\ntags: [on, no, yes, true, 1e3, 0x10, 010, null, Null, '7', 1.0]\n"
        "kms: {null: a.example, 12: b.example}\ndomains: {off: {home: null}, y: {}}\n");
    EXPECT_EQ(texts(p.tags),
              (Texts{"on", "no", "yes", "true", "1e3", "0x10", "010", "null", "Null", "7", "1.0"}));
    ASSERT_EQ(p.kms.size(), 2U);
    EXPECT_EQ(p.kms[0].name.text, "null");
    EXPECT_EQ(p.kms[1].name.text, "12");
    ASSERT_EQ(p.domains.size(), 2U);
    EXPECT_EQ(p.domains[0].name.text, "off");
    EXPECT_EQ(p.domains[0].home.text, "null");
}

TEST(Language, WhatIsMissingIsNotTheWordThatFollows) {
    expect_errors("version: 1\n^tags:\n^null: x\n", {"`tags` is nothing", "unknown key `null`"});
    expect_errors("version: 1\ntags:\n  ^-\n  -\n^null: x\n",
                  {"an entry of `tags` is nothing", "unknown key `null`"});
    expect_errors("version: 1\ntags:\n  ^-\n^nullable: x\n",
                  {"an entry of `tags` is nothing", "unknown key `nullable`"});
    expect_errors("version: 1\nkms:\n  ^C:\n  null: k.example\n", {"KMS `C` is nothing"});
}

TEST(Language, OneWordWhereListsMayStand) {
    const Policy p = sound(
        "version: 1\nedges: {e: {domain: d, rules: [{name: a, side: receiver, allow: home, when: {tag: "
        "t, user: 'sip:*@a', peer: 10.0.0.1, visited: x}}, {name: b, side: receiver, allow: [], when: "
        "{}}]}}");
    const language::Rule& rule = p.edges[0].rules[0];
    EXPECT_EQ(texts(rule.allow), Texts{"home"});
    EXPECT_EQ(texts(rule.when.tag), Texts{"t"});
    EXPECT_EQ(texts(rule.when.user), Texts{"sip:*@a"});
    EXPECT_EQ(texts(rule.when.peer), Texts{"10.0.0.1"});
    EXPECT_EQ(texts(rule.when.visited), Texts{"x"});
    EXPECT_TRUE(p.edges[0].rules[1].allow.empty());
}

TEST(Language, Version) {
    expect_errors("^tags: []\n", {"has no `version`"});
    expect_errors("version: ^2\n", {"`2`"});
    expect_errors("version: ^1.0\n", {"`1.0`"});
    expect_errors("version: ^[1]\n", {"`version` is a list"});
    expect_errors("^- version\n", {"the policy is a list"});
    expect_errors("^just text\n", {"the policy is a text"});
    expect_errors("^", {"the file holds nothing"});
    expect_errors("^# only a comment\n", {"the file holds nothing"});
}

TEST(Language, KeysUnknownTwiceMerged) {
    expect_errors("version: 1\n^edge: {}\n", {"unknown key `edge`"});
    EXPECT_NE(remedy_of("version: 1\nedge: {}\n").find("`edges`"), std::string::npos);
    expect_errors("version: 1\nkms: {A: a.example}\n^kms: {B: b.example}\n", {"`kms` stands twice"});
    EXPECT_NE(remedy_of("version: 1\nkms: {}\nkms: {}\n").find("line 2, column 1"), std::string::npos);
    expect_errors("version: 1\nkms: {A: a.example, ^\"A\": b.example}\n", {"`A` stands twice"});
    expect_errors("version: 1\nlimits: {per-source: 1, ^per-source: 2}\n", {"`per-source` stands twice"});
    expect_errors("version: 1\nkms: &k {A: a.example}\ndomains:\n  d:\n    ^<<: *k\n", {"unknown key `<<`"});
    expect_errors("version: 1\n? ^[a]\n: b\n", {"a key in the policy is a list"});
    expect_errors(
        "version: 1\ndomains: {d: {^user: []}}\npeers: {p: {addresses: [::1], trusted: true, ^relaxed: "
        "[]}}\n",
        {"`user`", "`relaxed`"});
}

TEST(Language, NamesAndTags) {
    expect_errors("version: 1\ntags: [a, ^b c, ^'', ^a, ^[x], ^{y: z}]\n",
                  {"`b c`", "empty", "tag `a` is declared twice", "a list", "a map"});
    expect_errors("version: 1\ndomains: {^'a b': {}, ^" + std::string(65, 'x') + ": {}, " +
                      std::string(64, 'x') + ": {}}\n",
                  {"`a b`", "more than 64"});
    expect_errors(
        "version: 1\ndomains: {d: {}}\nedges: {^'e/1': {domain: d}}\npeers: {^'p:1': {addresses: "
        "[10.0.0.1]}}\n",
        {"`e/1`", "`p:1`"});
    std::string tags = "version: 1\ntags: [t1";
    for (int i = 2; i <= 32; ++i) tags += fmt::format(", t{}", i);
    sound(tags + "]\n");
    expect_errors(tags + ", ^t33, t34]\n", {"`t33` is number 33"});
}

TEST(Language, KmsEntries) {
    expect_errors(
        "version: 1\nkms:\n  ^any: a.example\n  ^ANY: b.example\n  ^home: c.example\n  ^a b: d.example\n",
        {"`any` is a reserved", "`ANY` is a reserved", "`home` is a reserved", "`a b`"});
    expect_errors(
        "version: 1\nkms: {A: ^Any, B: ^'', C: ^'a b', D: ^" + std::string(256, 'k') + ", E: ^[x]}\n",
        {"`Any` is a reserved", "empty", "`a b`", "more than 255", "`E` is a list"});
    expect_errors("version: 1\nkms: {A: ^\"k\\u00e9\", B: ^\"k\\x7f\", C: ^\"k\\0x\"}\n",
                  {"`k\xC3\xA9`", "\\x7F", "\\x00"});
    expect_errors(
        "version: 1\nkms: {A: ^{key-period: 5}, B: {uri: b.example, key-period: ^0, key-offset: ^-1, "
        "aliases: [^ANY]}}\n",
        {"`A` has no `uri`", "cannot be `0`", "cannot be `-1`", "`ANY` is a reserved"});
    sound("version: 1\nkms: {A: " + std::string(255, 'k') +
          ", B: 'sip:x@y:5060/%41~', C: {uri: c, aliases: [d]}}\n");
}

TEST(Language, NumbersAreDecimal) {
    for (const std::string_view bad : {"0x10", "1e3", "010", "+1", "1_000", "1.0", "0", "4294967296", "' 1'",
                                       "99999999999999999999999999"})
        expect_errors("version: 1\nlimits: {per-source: ^" + std::string(bad) + "}\n",
                      {"`per-source` of the policy cannot be"});
    for (const std::string_view bad : {"0", "65536", "05060", "-1", "sip"})
        expect_errors("version: 1\ndomains: {d: {}}\nedges: {e: {domain: d, sip: {udp: [5060, ^" +
                          std::string(bad) + "]}}}\n",
                      {"a port in `udp`"});
    expect_errors(
        "version: 1\ndomains: {d: {}}\nedges: {e: {domain: d, sip: {udp: [5060, ^5060], tcp: ^5060}}}\n",
        {"`5060` stands twice", "`tcp` of edge `e` is `5060`"});
    expect_errors("version: 1\ndomains: {d: {}}\nedges: {e: {domain: d, sip: ^{tls: [5060]}}}\n",
                  {"both tcp and tls"});
}

TEST(Language, WordsOfEdges) {
    expect_errors(
        "version: 1\ndomains: {d: {}}\nedges:\n  e:\n    domain: d\n    proxy: ^CS\n    mode: ^off\n    "
        "in-dialog: ^no\n"
        "    register: ^reject\n    processor: ^kmsgate\n    limits: ^[1]\n    failure: ^x\n    rules: ^{}\n "
        " f: ^x\n  g:\n    ^mode: shadow\n",
        {"`CS`", "`off`", "`no`", "`reject`", "`kmsgate` has no scheme", "`limits` of edge `e` is a list",
         "`failure` of edge `e` is a text", "`rules` of edge `e` is a map", "edge `f` is a text",
         "edge `g` has no `domain`"});
}

TEST(Language, Rules) {
    expect_errors(
        "version: 1\nkms: {A: a}\ndomains: {d: {}}\nedges:\n  e:\n    domain: d\n    rules:\n"
        "      - ^{side: initiator, allow: A}\n"
        "      - ^{name: b, allow: A}\n"
        "      - ^{name: c, side: initiator}\n"
        "      - {name: d, side: ^both, allow: A}\n"
        "      - {name: e, side: receiver, allow: A, other: ^copy}\n"
        "      - {name: f, side: receiver, allow: A, other: ^none}\n"
        "      - {name: g, side: receiver, allow: A, ^then: x, when: {^tags: x}}\n"
        "      - {name: h, side: receiver, allow: A, when: ^x}\n"
        "      - {name: i, side: receiver, allow: A, when: {user: ^[], tag: ^''}}\n"
        "      - {name: j, side: receiver, allow: ^{}}\n"
        "      - ^text\n"
        "      - {name: ^j k, side: receiver, allow: A}\n",
        {"a rule of edge `e` has no `name`", "rule `b` of edge `e` has no `side`",
         "rule `c` of edge `e` has no `allow`", "`both`", "`copy` on side receiver", "cannot be `none`",
         "unknown key `then`", "unknown key `tags`", "`when` of rule `h`",
         "`user` in `when` of rule `i` of edge `e` is an empty list",
         "`tag` in `when` of rule `i` of edge `e` is an empty text",
         "`allow` of rule `j` of edge `e` is a map", "is a text", "`j k`"});
    std::string allow =
        "version: 1\nkms: {A: a}\ndomains: {d: {}}\nedges: {e: {domain: d, rules: [{name: r, side: receiver, "
        "allow: [A";
    for (int i = 2; i <= 64; ++i) allow += ", A";
    expect_errors(allow + "]}]}}", {});
    expect_errors(allow + ", ^A, A]}]}}", {"number 65"});
}

TEST(Language, FailureWords) {
    expect_errors(
        "version: 1\nfailure: {^malformed-miky: drop, table-full: ^dorp, malformed-mikey: ^strictest, "
        "unknown-user: ^rewrite, "
        "missing-idr: ^[drop]}\n",
        {"unknown cause `malformed-miky`", "`dorp` is no known word",
         "`strictest` is not allowed for `malformed-mikey`", "`rewrite` is not allowed", "is a list"});
    EXPECT_NE(remedy_of("version: 1\nfailure: {malformed-miky: drop}").find("`malformed-mikey`"),
              std::string::npos);
    for (const std::string_view cause : {"fragment-budget", "tcp-budget", "table-full", "redirect-limit"}) {
        const std::string text = "version: 1\nfailure: {" + std::string(cause) + ": ^forward}\n";
        expect_errors(text, {"`forward` is not allowed for `" + std::string(cause) + "`"});
        const std::string remedy = remedy_of(unmark(text).text);
        EXPECT_NE(remedy.find("redirect, reject, drop"), std::string::npos) << remedy;
        EXPECT_EQ(remedy.find("forward"), std::string::npos) << remedy;
    }
}

TEST(Language, SigningIsRefusedByName) {
    expect_errors("version: 1\nsigning: {sign: ^true, require-from: ^[mc1]}\n",
                  {"signing is not available in this version", "signing is not available in this version"});
    expect_errors("version: 1\nsigning: {sign: ^yes}\n", {"`sign` cannot be `yes`"});
    expect_errors("version: 1\nsigning: {sign: ^False}\n", {"`sign` cannot be `False`"});
    expect_errors("version: 1\nsigning: {require-from: ^mc1, ^key: x}\n",
                  {"`require-from` is `mc1`", "`key`"});
    sound("version: 1\nsigning: {sign: 'false', require-from: []}\n");
    sound("version: 1\nsigning: {}\n");
}

TEST(Language, Peers) {
    expect_errors(
        "version: 1\npeers: {a: ^{trusted: true}, b: {addresses: ^[], trusted: ^TRUE}, c: {addresses: "
        "^10.0.0.0/8}, d: ^x}\n",
        {"peer `a` has no `addresses`", "peer `b` has no addresses", "`TRUE`", "`addresses` of peer `c`",
         "peer `d` is a text"});
}

TEST(Language, AllFaultsInFileOrder) {
    expect_errors(
        "version: ^3\nkms: {A: ^'', ^any: x}\ndomains:\n  d: {users: ^x, home: ^Q}\nedges:\n  e: {domain: "
        "^dd, proxy: ^ss}\n"
        "limits: {per-source: ^no}\nsigning: {sign: ^true}\n",
        {"`3`", "empty", "`any`", "`users`", "`Q`", "`dd`", "`ss`", "`no`", "signing"});
}

TEST(Language, AliasesGiveTheirValues) {
    const Policy p = sound(
        "version: 1\nedges: {e: {domain: &d dom, rules: [{name: a, side: initiator, allow: &l [A, B]}, "
        "{name: b, side: "
        "initiator, allow: *l}]}, f: {domain: *d}}\n");
    EXPECT_EQ(texts(p.edges[0].rules[1].allow), (Texts{"A", "B"}));
    EXPECT_EQ(p.edges[1].domain.text, "dom");
    // A word shows where it is used, not where its anchor stands.
    expect_errors("version: 1\nkms: {A: &u a.example, B: ^*u}\n", {"`a.example` of KMS `B`"});
}

TEST(Problem, Text) {
    EXPECT_EQ(to_string(language::Problem{false, {12, 7}, "unknown KMS `D`", "declare it"}, "p.yaml"),
              "p.yaml:12:7: error: unknown KMS `D`; declare it");
    EXPECT_EQ(to_string(language::Problem{true, {0, 0}, "odd", ""}, "p.yaml"), "p.yaml: warning: odd");
    EXPECT_FALSE(language::has_errors({{true, {1, 1}, "w", "r"}}));
    EXPECT_TRUE(language::has_errors({{true, {1, 1}, "w", "r"}, {false, {1, 1}, "e", "r"}}));
}

}  // namespace
}  // namespace kmsgate::policy
