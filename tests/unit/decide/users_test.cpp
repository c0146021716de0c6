// SPDX-License-Identifier: BSD-3-Clause
// Conditions of rules, users that are doubtful or unknown, and what is policed by whom.
#include <functional>

#include "tests/unit/decide/gate.hpp"

namespace kmsgate::policy::decide::testing {
namespace {

constexpr const char* kA = "kms.a.example";
constexpr const char* kB = "kms.b.example";
constexpr const char* kC = "kms.c.example";
constexpr const char* kD = "kms.d.example";

std::string rules(std::string_view proxy, std::initializer_list<std::string_view> lines,
                  std::string_view failure = "") {
    std::string out =
        "    proxy: " + std::string(proxy) + "\n    failure: {" + std::string(failure) + "}\n    rules:\n";
    for (const auto line : lines) out += "      - {" + std::string(line) + "}\n";
    return out;
}

TEST(Walk, FirstMatchWins) {
    const Gate gate(rules(
        "cs", {"name: u, side: initiator, when: {user: ['sip:boss@*', 'sip:*@x.d1.example']}, allow: [B]",
               "name: p, side: initiator, when: {peer: [10.1.0.0/16, 192.0.2.7]}, allow: [C]",
               "name: v, side: initiator, when: {visited: ['*mnc01*', 'v.example']}, allow: [D]",
               "name: t, side: initiator, when: {tag: [roaming, migrated], peer: [10.2.0.0/16]}, allow: [X]",
               "name: rest, side: initiator, allow: [A]"}));
    const auto matched = [&](const std::function<void(Scene&)>& change) {
        Scene s(gate);
        change(s);
        return s.rule(s.offer(kA, kA).judge(), Side::initiator);
    };
    const auto plain = [](Scene& s) { s.ours(Side::initiator); };
    EXPECT_EQ(matched(plain), "rest");
    EXPECT_EQ(matched([](Scene& s) { s.ours(Side::initiator, "sip:boss@d1.example"); }), "u");
    EXPECT_EQ(matched([](Scene& s) { s.ours(Side::initiator, "sip:any@x.d1.example"); }), "u");
    EXPECT_EQ(matched([](Scene& s) { s.ours(Side::initiator, "sip:boss@a@b"); }), "rest");  // * takes no @
    EXPECT_EQ(matched([&](Scene& s) {
                  plain(s);
                  s.facts.peer = ipv4(10, 1, 255, 1);
              }),
              "p");
    EXPECT_EQ(matched([&](Scene& s) {
                  plain(s);
                  s.facts.peer = ipv4(10, 3, 0, 1);
              }),
              "rest");
    EXPECT_EQ(matched([&](Scene& s) {
                  plain(s);
                  s.facts.peer = ipv4(192, 0, 2, 7);
              }),
              "p");
    EXPECT_EQ(matched([&](Scene& s) {
                  plain(s);
                  s.facts.peer = ipv4(192, 0, 2, 8);
              }),
              "rest");
    EXPECT_EQ(matched([&](Scene& s) {
                  plain(s);
                  s.visited("w.example").visited("3GPP; x@mnc01.example");
              }),
              "v");
    EXPECT_EQ(matched([&](Scene& s) {
                  plain(s);
                  s.visited("v.example.org");
              }),
              "rest");
    EXPECT_EQ(matched([](Scene& s) { s.ours(Side::initiator, "sip:u@d1.example", {"migrated"}); }), "rest");
    EXPECT_EQ(matched([](Scene& s) {
                  s.ours(Side::initiator, "sip:u@d1.example", {"migrated"}).facts.peer = ipv4(10, 2, 0, 1);
              }),
              "t");
    EXPECT_EQ(matched([](Scene& s) { s.ours(Side::initiator).facts.peer = ipv4(10, 2, 0, 1); }), "rest");
    // Somebody else's user is a known user on a cs edge.
    EXPECT_EQ(matched([](Scene& s) { s.user(Side::initiator, User::State::other, "sip:boss@d9.example"); }),
              "u");
}

TEST(Walk, UserConditionsMayNameTheTelephoneNumber) {
    const Gate gate(rules("cs", {"name: tel, side: initiator, when: {user: 'tel:+44*'}, allow: [B]",
                                 "name: rest, side: initiator, allow: [A]"}));
    const auto matched = [&](const char* uri, const char* alias) {
        Scene s(gate);
        s.ours(Side::initiator, uri).alias_last(Side::initiator, alias);
        return s.rule(s.offer(kA, kA).judge(), Side::initiator);
    };
    EXPECT_EQ(matched("sip:+442012@d1.example", "tel:+442012"), "tel");
    EXPECT_EQ(matched("sip:+442012@d1.example", ""), "rest");
    EXPECT_EQ(matched("tel:+442012", ""), "tel");
    EXPECT_EQ(matched("sip:+332012@d1.example", "tel:+332012"), "rest");
}

TEST(Walk, NoRuleMatches) {
    const Gate gate(rules("cs", {"name: p, side: initiator, when: {peer: 10.0.0.0/8}, allow: [A]"}));
    Scene s(gate);
    const Decision d = s.offer(kB, kB).judge();
    EXPECT_EQ(outcome(d), "forward no-rule");
    EXPECT_FALSE(d.policed[0]);
    EXPECT_EQ(s.rule(d, Side::initiator), "");
    s.facts.peer = ipv4(10, 9, 9, 9);
    EXPECT_EQ(outcome(s.judge()), "redirect initiator-kms-not-allowed");
}

TEST(Walk, AnyIsNamedAndPolicesNothing) {
    const Gate gate(
        rules("is", {"name: all, side: initiator, allow: [any]", "name: r, side: receiver, allow: [B]"}));
    Scene s(gate);
    s.ours(Side::initiator).other(Side::receiver);
    Decision d = s.offer("kms.nobody.example", kAbsent).judge();
    EXPECT_EQ(outcome(d), "forward allowed");
    EXPECT_EQ(s.rule(d, Side::initiator), "all");
    EXPECT_FALSE(d.policed[0] || d.policed[1]);
    Scene both(gate);
    both.ours(Side::initiator).ours(Side::receiver);
    d = both.offer(kA, kA).judge();
    EXPECT_EQ(outcome(d), "redirect receiver-kms-not-allowed");
    EXPECT_EQ(both.list(d, Side::initiator), "ANY");
    EXPECT_EQ(both.rule(d, Side::initiator), "all");
}

TEST(Walk, SidesOfAnIsEdge) {
    const Gate gate(
        rules("is", {"name: i, side: initiator, allow: [A]", "name: r, side: receiver, allow: [B]"}));
    const auto policed = [&](User::State i, User::State r, Arrival a) {
        Scene s(gate);
        s.from(a).user(Side::initiator, i, "sip:i@d1.example").user(Side::receiver, r, "sip:r@d1.example");
        const Decision d = s.offer(kA, kB).judge();
        return std::string(d.policed[0] ? "i" : "-") + (d.policed[1] ? "r" : "-");
    };
    for (const Arrival a : {Arrival::inside, Arrival::outside}) {
        EXPECT_EQ(policed(User::State::ours, User::State::other, a), "i-");
        EXPECT_EQ(policed(User::State::other, User::State::ours, a), "-r");
        EXPECT_EQ(policed(User::State::ours, User::State::ours, a), "ir");
        EXPECT_EQ(policed(User::State::other, User::State::other, a), "--");
        EXPECT_EQ(policed(User::State::unknown, User::State::other, a), "i-");
        EXPECT_EQ(policed(User::State::unknown, User::State::unknown, a), "ir");
    }
}

TEST(Walk, SeveralCandidatesMustAllBeContent) {
    const Gate gate(rules("cs", {"name: one, side: initiator, when: {user: 'sip:one@*'}, allow: [A, B, C]",
                                 "name: two, side: initiator, when: {user: 'sip:two@*'}, allow: [D, C, B]",
                                 "name: free, side: initiator, when: {user: 'sip:free@*'}, allow: [any]",
                                 "name: three, side: initiator, when: {user: 'sip:three@*'}, allow: [X]"}));
    const auto judged = [&](std::initializer_list<const char*> users, const char* kmsi) {
        Scene s(gate);
        for (const char* u : users) s.ours(Side::initiator, u);
        const Decision d = s.offer(kmsi, kA).judge();
        return outcome(d) + " " + s.rule(d, Side::initiator) +
               (d.verdict == Verdict::redirect ? " [" + s.list(d, Side::initiator) + "]" : "");
    };
    const char* one = "sip:one@d1.example";
    const char* two = "sip:two@d1.example";
    const char* three = "sip:three@d1.example";
    const char* free = "sip:free@d1.example";
    const char* none = "sip:none@d1.example";
    EXPECT_EQ(judged({one}, kA), "forward allowed one");
    EXPECT_EQ(judged({one, two}, kA), "redirect initiator-kms-not-allowed one [kms.b.example kms.c.example]");
    EXPECT_EQ(judged({two, one}, kD), "redirect initiator-kms-not-allowed one [kms.b.example kms.c.example]");
    EXPECT_EQ(judged({two, one}, kB), "forward allowed one");
    EXPECT_EQ(judged({none, two, free}, kB), "forward allowed two");
    EXPECT_EQ(judged({free, two}, kA),
              "redirect initiator-kms-not-allowed two [kms.d.example kms.c.example kms.b.example]");
    EXPECT_EQ(judged({two, three}, kB), "redirect initiator-kms-not-allowed two []");
    EXPECT_EQ(judged({free, none}, "kms.nobody.example"), "forward allowed free");
    EXPECT_EQ(judged({none, none}, kA), "forward no-rule ");
}

TEST(UnknownUser, StrictestJudgesByEveryRuleThatCouldMatch) {
    const Gate gate(rules(
        "cs",
        {"name: elsewhere, side: initiator, when: {tag: roaming, peer: 10.0.0.0/8}, allow: [X]",
         "name: roaming, side: initiator, when: {tag: roaming}, allow: [C, B, A]",
         "name: boss, side: initiator, when: {user: 'sip:boss@*'}, allow: [any]",
         "name: attached, side: initiator, allow: [A, D, C]", "name: never, side: initiator, allow: [Y]"}));
    Scene s(gate);
    Decision d = s.offer(kB, kD).judge();
    EXPECT_EQ(outcome(d), "redirect unknown-user");
    EXPECT_TRUE(d.strictest);
    EXPECT_EQ(s.rule(d, Side::initiator), "roaming");
    EXPECT_EQ(s.list(d, Side::initiator), "kms.c.example kms.a.example");
    EXPECT_EQ(s.list(d, Side::receiver), kD);
    for (const char* kms : {kA, kC})
        EXPECT_EQ(outcome(Scene(gate).offer(kms, kD).judge()), "forward allowed") << kms;
    EXPECT_EQ(outcome(Scene(gate).offer(kD, kD).judge()), "redirect unknown-user");
    EXPECT_EQ(outcome(Scene(gate).offer(kAbsent, kD).judge()), "redirect missing-idr");
    // Where the first rule could match too, nothing is left: the empty list, never ANY.
    Scene none(gate);
    none.facts.peer = ipv4(10, 0, 0, 1);
    d = none.offer(kA, kAbsent).judge();
    EXPECT_EQ(outcome(d), "redirect unknown-user");
    EXPECT_EQ(none.rule(d, Side::initiator), "elsewhere");
    EXPECT_EQ(none.list(d, Side::initiator), "");
    EXPECT_EQ(none.list(d, Side::receiver), "ANY");
}

TEST(UnknownUser, DoesNotMatterOnACsEdgeBehindAnUnconditionalRule) {
    const Gate gate(rules("cs",
                          {"name: all, side: initiator, allow: [A]",
                           "name: roaming, side: initiator, when: {tag: roaming}, allow: [C]"},
                          "unknown-user: drop"));
    EXPECT_EQ(outcome(Scene(gate).offer(kA, kA).judge()), "forward allowed");
    EXPECT_EQ(outcome(Scene(gate).offer(kC, kA).judge()), "redirect initiator-kms-not-allowed");
    const Gate far(
        rules("cs",
              {"name: roaming, side: initiator, when: {tag: roaming, peer: 10.0.0.0/8}, allow: [C]",
               "name: all, side: initiator, allow: [A]"},
              "unknown-user: drop"));
    EXPECT_EQ(outcome(Scene(far).offer(kA, kA).judge()), "forward allowed");
    Scene near(far);
    near.facts.peer = ipv4(10, 0, 0, 1);
    EXPECT_EQ(outcome(near.offer(kA, kA).judge()), "drop unknown-user");
}

TEST(UnknownUser, AlwaysMattersOnAnIsEdge) {
    const auto gate = [](std::string_view action) {
        return Gate(
            rules("is", {"name: i, side: initiator, allow: [A]"}, "unknown-user: " + std::string(action)));
    };
    const auto run = [](const Gate& g, const char* kmsi) {
        return outcome(Scene(g).offer(kmsi, kD).judge());
    };
    EXPECT_EQ(run(gate("strictest"), kA), "forward allowed");
    EXPECT_EQ(run(gate("strictest"), kB), "redirect unknown-user");
    EXPECT_EQ(run(gate("forward"), kB), "forward unknown-user");
    EXPECT_EQ(run(gate("redirect"), kA), "redirect unknown-user");
    EXPECT_EQ(run(gate("reject"), kA), "reject unknown-user");
    EXPECT_EQ(run(gate("drop"), kA), "drop unknown-user");
    // Without an I_MESSAGE there is nothing to know a user for.
    const Gate drop = gate("drop");
    EXPECT_EQ(outcome(Scene(drop).judge()), "forward no-mikey");
    const Gate open(rules("is", {"name: i, side: initiator, allow: [any]"}, "unknown-user: drop"));
    EXPECT_EQ(run(open, kB), "forward allowed");
}

TEST(UnknownUser, ActionsOnACsEdge) {
    for (const std::string action : {"forward", "redirect", "reject", "drop"}) {
        const Gate gate(rules("cs",
                              {"name: roaming, side: initiator, when: {tag: roaming}, allow: [C, A]",
                               "name: all, side: initiator, allow: [A]"},
                              "unknown-user: " + action));
        Scene s(gate);
        const Decision d = s.offer(kA, kB).judge();
        EXPECT_EQ(outcome(d), action + " unknown-user");
        EXPECT_EQ(d.policed[0], action != "forward");
        EXPECT_FALSE(d.strictest);
        if (action != "redirect") continue;
        EXPECT_EQ(s.list(d, Side::initiator), kA);
        EXPECT_EQ(s.list(d, Side::receiver), kB);
    }
}

TEST(UnknownUser, OfTheOtherSideDoesNotMatterOnACsEdge) {
    const Gate gate(rules("cs",
                          {"name: roaming, side: initiator, when: {tag: roaming}, allow: [C]",
                           "name: all, side: initiator, allow: [A]"},
                          "unknown-user: drop"));
    Scene s(gate);
    EXPECT_EQ(outcome(s.ours(Side::initiator).offer(kA, kB).judge()), "forward allowed");
}

}  // namespace
}  // namespace kmsgate::policy::decide::testing
