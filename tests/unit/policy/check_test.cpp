// SPDX-License-Identifier: BSD-3-Clause
// What a policy means: references, ties, networks, rules that cannot match.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/problems.hpp"

namespace kmsgate::policy {
namespace {

/// A policy around the rules of one edge.
std::string with_rules(std::string_view rules, std::string_view proxy = "cs") {
    return "version: 1\ntags: [t]\nkms: {A: a, B: b}\ndomains:\n  d: {users: ['sip:*@d.example'], home: A, "
           "external: [B]}\n"
           "  x: {users: ['sip:*@x.example']}\nedges:\n  e:\n    domain: d\n    proxy: " +
           std::string(proxy) +
           "\n    rules:\n      - {name: t, side: receiver, when: {tag: t}, allow: A}\n"
           "      - {name: z, side: receiver, allow: A}\n" +
           std::string(rules);
}

TEST(Check, UnknownNames) {
    expect_errors(
        "version: 1\ntags: [roaming]\nkms: {Alpha: a}\ndomains:\n  d: {home: ^Alpa, secondary: [^B], "
        "external: [Alpha, ^C]}\n"
        "edges:\n  e:\n    domain: ^dd\n    rules:\n      - {name: r, side: initiator, when: {tag: [roaming, "
        "^romaing]}, allow: [Alpha, ^any-kms]}\n",
        {"unknown KMS `Alpa`", "unknown KMS `B`", "unknown KMS `C`", "unknown domain `dd`",
         "unknown tag `romaing`", "unknown KMS `any-kms`"});
    EXPECT_NE(remedy_of("version: 1\nkms: {Alpha: a}\ndomains: {d: {home: Alpa}}").find("`Alpha`"),
              std::string::npos);
    EXPECT_NE(remedy_of("version: 1\nkms: {P: a, Q: b}\ndomains: {d: {home: xyz}}").find("P, Q"),
              std::string::npos);
    EXPECT_NE(remedy_of("version: 1\ndomains: {d: {home: A}}").find("kms:"), std::string::npos);
    expect_errors("version: 1\nkms: {A: a}\ndomains: {d: {home: ^home, secondary: [^any]}}",
                  {"unknown KMS `home`", "unknown KMS `any`"});
    // Known names are shown as they may be, also faulty ones.
    EXPECT_NE(remedy_of("version: 1\nkms: {\"a\\tb\": x}\ndomains: {d: {home: QQQQ}}", 1).find("a\\x09b"),
              std::string::npos);
    // Names are compared with their letter case.
    expect_errors("version: 1\nkms: {A: a}\ndomains: {d: {home: ^a}}", {"unknown KMS `a`"});
}

TEST(Check, KmsUrisLeadToOneKms) {
    expect_errors(
        "version: 1\nkms:\n  A: kms.a.example\n  B: {uri: ^KMS.A.Example, aliases: [b.example]}\n"
        "  C: {uri: c.example, aliases: [^B.example, ^C.EXAMPLE]}\n",
        {"`KMS.A.Example` of KMS `B` is a name of KMS `A`", "`B.example` of KMS `C` is a name of KMS `B`",
         "`C.EXAMPLE` of KMS `C` is a name of KMS `C`"});
}

TEST(Check, RuleNamesOncePerSide) {
    expect_errors(with_rules("      - {name: ^t, side: receiver, when: {tag: t, peer: 10.0.0.1}, allow: A}\n"
                             "      - {name: t, side: initiator, allow: A}\n"),
                  {"rule `t` stands twice on side receiver of edge `e`"});
}

TEST(Check, AMisspeltSideIsOneFault) {
    expect_errors(
        with_rules(
            "      - {name: r, side: initiator, allow: A}\n      - {name: r, side: ^reciever, allow: A}\n"),
        {"`reciever`"});
}

TEST(Check, Allow) {
    expect_errors(with_rules("      - {name: a, side: initiator, allow: [^any, A]}\n      - {name: b, side: "
                             "initiator, allow: ^ANY}\n"
                             "      - {name: c, side: initiator, allow: [A, ^Any]}\n"),
                  {"`any` beside other words", "`ANY` is reserved", "`Any` is reserved"});
    expect_errors(
        "version: 1\nkms: {A: a}\ndomains: {d: {secondary: [A]}}\nedges: {e: {domain: d, rules: [{name: r, "
        "side: initiator, allow: [A, ^home]}]}}\n",
        {"domain `d` has no home KMS"});
    expect_warnings(with_rules("      - {name: a, side: initiator, when: {tag: t}, allow: [A, ^A]}\n      - "
                               "^{name: b, side: initiator, allow: []}\n"),
                    {"`A` stands twice", "every KMS is refused"});
}

TEST(Check, HomeCountsWithItsSecondaries) {
    std::string kms, secondary;
    for (int i = 1; i <= 63; ++i) {
        kms += fmt::format(", K{0}: k{0}", i);
        secondary += fmt::format("{}K{}", i > 1 ? ", " : "", i);
    }
    const std::string head =
        "version: 1\nkms: {H: h, X: x" + kms + "}\ndomains: {d: {home: H, secondary: [" + secondary +
        "], external: [X]}}\nedges: {e: {domain: d, rules: [{name: r, side: initiator, allow: [";
    expect_warnings(head + "home]}]}}\n", {});
    expect_errors(head + "^home, X]}]}}\n", {"65 KMSs with `home` written out"});
}

TEST(Check, Networks) {
    expect_errors(
        "version: 1\npeers: {ims: {addresses: [10.0.0.0/8, ^10.0.0/8, ^10.0.0.0/33, ^fd00::/129, "
        "^host.example, ^10.0.0.0/08, fd00::/8]}}\n",
        {"`10.0.0/8`", "`10.0.0.0/33`", "`fd00::/129`", "`host.example`", "`10.0.0.0/08`"});
    const std::string named =
        "version: 1\ndomains: {d: {}}\npeers: {ims: {addresses: [10.0.0.0/8]}}\nedges: {e: {domain: d, "
        "rules: [{name: "
        "r, side: initiator, when: {peer: [^ims, 10.0.0.0/8]}, allow: any}]}}\n";
    expect_errors(named, {"`ims` is no network"});
    EXPECT_NE(remedy_of(unmark(named).text).find("addresses of peer"), std::string::npos);
    expect_errors(
        "version: 1\npeers: {a: {addresses: [10.0.0.0/8, 192.0.2.1]}, b: {addresses: [10.0.0.0/9, "
        "^192.0.2.1/32]}}\n",
        {"`192.0.2.1/32` belongs to peer `a`"});
    expect_warnings(
        "version: 1\npeers: {a: {addresses: [^10.1.2.3/8, ^fd00::1/8, ^10.0.0.0/8], trusted: true}}\n",
        {"`10.1.2.3/8` has bits", "`fd00::1/8` has bits", "belongs to peer `a` already"});
    EXPECT_NE(
        remedy_of("version: 1\npeers: {a: {addresses: [10.1.2.3/8], trusted: true}}\n").find("10.0.0.0/8"),
        std::string::npos);
    EXPECT_NE(remedy_of("version: 1\npeers: {a: {addresses: [fd00::1/8], trusted: true}}\n").find("fd00::/8"),
              std::string::npos);
}

TEST(Check, Relax) {
    expect_errors(
        "version: 1\npeers: {a: {addresses: [10.0.0.1], relax: [idr-order, ^idr-ordr, ^payload-length, "
        "^zzzzzzzz]}}\n",
        {"unknown rule `idr-ordr`", "`payload-length` cannot be relaxed", "unknown rule `zzzzzzzz`"});
    const std::string text = "version: 1\npeers: {a: {addresses: [10.0.0.1], relax: [idr-ordr, zzzzzzzz]}}\n";
    EXPECT_NE(remedy_of(text, 0).find("`idr-order`"), std::string::npos);
    EXPECT_NE(remedy_of(text, 1).find("rand-length"), std::string::npos);
}

TEST(Check, PatternsThatAreNone) {
    expect_errors(
        "version: 1\ndomains: {d: {users: [^'*@d.example', ^'si*:a', ^'sip:a b', 'tel:+44*', "
        "^'sip:%zz@d']}}\n",
        {"`*@d.example`", "`si*:a`", "`sip:a b`", "`sip:%zz@d`"});
    expect_errors(with_rules("      - {name: a, side: initiator, when: {user: ^nobody}, allow: A}\n"),
                  {"`nobody` is no user pattern"});
    expect_errors(with_rules("      - {name: a, side: initiator, when: {visited: [ok, ^\"x\\ny\", ^" +
                             std::string(256, 'v') + "]}, allow: A}\n"),
                  {"`x\\x0Ay`", "no pattern of a network"});
}

TEST(Check, PatternsThatTie) {
    // One normal form: scheme and host in lower case, sips = sip, tel without separators.
    expect_errors(
        "version: 1\ndomains:\n  a: {users: ['sip:*@A.example', 'tel:+44*', 'sip:*@*.s.example', "
        "'sip:bob@h']}\n"
        "  b: {users: [^'sips:*@a.EXAMPLE', ^'tel:+4-4*', ^'sip:*@*.S.example', ^'sip:b%6Fb@h']}\n",
        {"`sips:*@a.EXAMPLE` of domain `b` ties with `sip:*@A.example` of domain `a` (line 3", "`tel:+4-4*`",
         "`sip:*@*.S.example`", "`sip:b%6Fb@h`"});
    // More specific wins: no tie.
    expect_warnings(
        "version: 1\ndomains:\n  a: {users: ['sip:*@*.example', 'tel:+44*', 'sip:*@h']}\n"
        "  b: {users: ['sip:*@*.a.example', 'tel:+4420*', 'sip:bob@h']}\n",
        {});
    // Odd ones tie where one user matches both and neither is more specific.
    expect_errors(
        "version: 1\ndomains:\n  a: {users: ['sip:a*b*@h']}\n  b: {users: [^'sip:a*c*@h', 'sip:x*c*@h', "
        "'sip:a*cc*@h']}\n",
        {"`sip:a*c*@h` of domain `b` ties with `sip:a*b*@h` of domain `a`"});
    expect_warnings("version: 1\ndomains: {a: {users: ['sip:*@h', ^'sips:*@H']}}\n",
                    {"stands in domain `a` already"});
}

TEST(Check, OddPatternsAreCounted) {
    std::string text = "version: 1\ndomains:\n  a:\n    users:\n";
    for (int i = 0; i < 1000; ++i) text += fmt::format("    - sip:x*{0}@h{0}\n", i);
    expect_warnings(text, {});
    expect_errors(text + "    - ^sip:y*1@h\n    - sip:y*2@h\n", {"`sip:y*1@h` is number 1001"});
}

TEST(Check, RulesThatCannotMatch) {
    expect_warnings(
        with_rules("      - ^{name: a, side: receiver, when: {tag: t}, allow: B}\n      - ^{name: b, side: "
                   "receiver, allow: B}\n"),
        {"rule `a` of edge `e` cannot match: rule `z`", "rule `b` of edge `e` cannot match: rule `z`"});
    expect_warnings(with_rules("      - {name: a, side: initiator, when: {user: 'sip:*@d.example', peer: "
                               "[10.0.0.0/8, fd00::/8]}, allow: B}\n"
                               "      - ^{name: b, side: initiator, when: {peer: [fd00::/8, 10.0.0.0/8], "
                               "user: 'sips:*@D.example'}, allow: A}\n"
                               "      - {name: c, side: initiator, when: {}, allow: A}\n"),
                    {"rule `b` of edge `e` cannot match: rule `a`"});
    // On an is edge the user is one of the domain; on a cs edge visitors pass too.
    const std::string_view rules =
        "      - {name: a, side: initiator, when: {user: ['sip:b*@d.example', 'tel:+44*', "
        "^'sip:*@x.example']}, allow: B}\n"
        "      - {name: b, side: initiator, allow: B}\n";
    expect_warnings(with_rules(rules, "is"),
                    {"`sip:*@x.example` in rule `a` of edge `e` matches no user of domain `d`"});
    expect_warnings(with_rules(unmark(rules).text, "cs"), {});
}

TEST(Check, SidesWithoutALastRule) {
    expect_warnings(with_rules("      - {name: a, side: initiator, when: {tag: t}, allow: B}\n"
                               "      - ^{name: b, side: initiator, when: {peer: 10.0.0.1}, allow: B}\n"),
                    {"no rule for side initiator of edge `e` is without `when`"});
    expect_warnings("version: 1\ndomains: {d: {users: ['sip:*@d']}}\nedges: {e: {domain: d}}\n", {});
}

TEST(Check, NamesThatNothingUses) {
    expect_warnings(
        "version: 1\ntags: [^t]\nkms: {A: a, ^B: b, C: c, D: d}\ndomains: {d: {home: A, secondary: [C]}, ^e: "
        "{}, f: {users: ['sip:*@f']}}\n"
        "edges: {e: {domain: d, rules: [{name: r, side: initiator, allow: D}]}}\npeers: {^p: {addresses: "
        "[10.0.0.1]}, q: {addresses: [10.0.0.2], "
        "relax: [idr-order]}}\n",
        {"tag `t`", "KMS `B` is not used", "domain `e` has no edge", "peer `p`"});
}

TEST(Check, NoWarningsBesideErrors) {
    const language::Problems problems = problems_of("version: 2\ntags: [t]\nkms: {A: a}\n");
    ASSERT_EQ(problems.size(), 1U) << listing(problems);
    EXPECT_FALSE(problems[0].warning);
}

}  // namespace
}  // namespace kmsgate::policy
