// SPDX-License-Identifier: BSD-3-Clause
// KRRs on their way back beyond the use cases: empty lists, unfit ones, unknown users, and offers beside
// them.
#include <algorithm>

#include "tests/unit/decide/gate.hpp"

namespace kmsgate::policy::decide::testing {
namespace {

constexpr const char* kA = "kms.a.example";
constexpr const char* kB = "kms.b.example";
constexpr const char* kC = "kms.c.example";

std::string edge(std::string_view proxy, std::string_view rules, std::string_view failure = "") {
    return "    proxy: " + std::string(proxy) + "\n    failure: {" + std::string(failure) +
           "}\n    rules:\n" + std::string(rules);
}
constexpr const char* kInitiator = "      - {name: i, side: initiator, allow: [A, B]}\n";
constexpr const char* kReceiver = "      - {name: r, side: receiver, allow: [B, C]}\n";

Scene response(const Gate& gate, const Names& i, const Names& r) {
    Scene s(gate);
    s.from(Arrival::outside).krr(i, r);
    return s;
}

TEST(Krr, DirectionTellsTheSideOfACsEdge) {
    const Gate gate(edge("cs", std::string(kInitiator) + kReceiver));
    Scene from_outside = response(gate, std::nullopt, std::nullopt);
    Decision d = from_outside.judge();
    EXPECT_EQ(outcome(d), "rewrite krr-initiator-narrowed");
    EXPECT_TRUE(d.policed[0]);
    EXPECT_FALSE(d.policed[1]);
    EXPECT_EQ(from_outside.list(d, Side::initiator), "kms.a.example kms.b.example");
    EXPECT_EQ(from_outside.list(d, Side::receiver), "ANY");
    Scene from_inside = response(gate, std::nullopt, std::nullopt);
    d = from_inside.from(Arrival::inside).judge();
    EXPECT_EQ(outcome(d), "rewrite krr-receiver-narrowed");
    EXPECT_EQ(from_inside.list(d, Side::receiver), "kms.b.example kms.c.example");
}

TEST(Krr, KeepsThePeersOrderAndSpelling) {
    const Gate gate(edge("cs", kInitiator));
    Scene s = response(gate, Names({"KMS.B.example", "kms.q.example", kA, kC}), Names({"kms.q.example"}));
    const Decision d = s.judge();
    EXPECT_EQ(outcome(d), "rewrite krr-initiator-narrowed");
    EXPECT_EQ(d.krr[0].keep, 0b0101U);
    EXPECT_EQ(s.list(d, Side::initiator), "KMS.B.example kms.a.example");
    EXPECT_EQ(s.list(d, Side::receiver), "kms.q.example");
}

TEST(Krr, AdheresWithEveryNameAllowedAndWithNone) {
    const Gate gate(edge("cs", kInitiator));
    EXPECT_EQ(outcome(response(gate, Names({kB, kA}), std::nullopt).judge()), "forward krr-adheres");
    EXPECT_EQ(outcome(response(gate, Names(std::vector<std::string>{}), std::nullopt).judge()),
              "forward krr-adheres");
}

TEST(Krr, SixtyFourNamesAreJudgedOneByOne) {
    const Gate gate(edge("cs", kInitiator));
    std::vector<std::string> names(63, "kms.q.example");
    names.push_back(kA);
    Scene s = response(gate, names, std::nullopt);
    const Decision d = s.judge();
    EXPECT_EQ(outcome(d), "rewrite krr-initiator-narrowed");
    EXPECT_EQ(s.list(d, Side::initiator), kA);
    // More than that no parser hands over; a name that has no bit is never kept and never adheres.
    Scene more = response(gate, std::vector<std::string>(65, kA), std::nullopt);
    EXPECT_EQ(outcome(more.judge()), "rewrite krr-initiator-narrowed");
}

TEST(Krr, EmptyIntersection) {
    const auto run = [](const char* action) {
        const Gate gate(edge("cs", kInitiator, std::string("empty-intersection: ") + action));
        Scene s = response(gate, Names({kC}), Names({kC}));
        const Decision d = s.judge();
        return outcome(d) + (d.verdict == Verdict::rewrite
                                 ? " [" + s.list(d, Side::initiator) + "] [" + s.list(d, Side::receiver) + "]"
                                 : "");
    };
    EXPECT_EQ(run("rewrite"), "rewrite empty-intersection [] [kms.c.example]");
    EXPECT_EQ(run("forward"), "forward empty-intersection");
    EXPECT_EQ(run("redirect"), "drop empty-intersection");
    EXPECT_EQ(run("reject"), "reject empty-intersection");
    EXPECT_EQ(run("drop"), "drop empty-intersection");
}

/// By default too, and whatever becomes of the other list.
TEST(Krr, EmptyIntersectionIsTheReasonOfTheRewrite) {
    const Gate gate(edge("is", std::string(kInitiator) + kReceiver));
    const auto run = [&](const Names& i, const Names& r) {
        Scene s = response(gate, i, r);
        const Decision d = s.ours(Side::initiator).ours(Side::receiver).judge();
        return outcome(d) + " [" + s.list(d, Side::initiator) + "] [" + s.list(d, Side::receiver) + "]";
    };
    EXPECT_EQ(run(Names({kC}), Names({kA, kC})), "rewrite empty-intersection [] [kms.c.example]");
    EXPECT_EQ(run(Names({kA, kC}), Names({kA})), "rewrite empty-intersection [kms.a.example] []");
    EXPECT_EQ(run(Names({kA}), Names({kA})), "rewrite empty-intersection [kms.a.example] []");
    EXPECT_EQ(run(Names({kC}), Names({kA})), "rewrite empty-intersection [] []");
}

TEST(Krr, NoRuleOrAnyRule) {
    const Gate receiver_only(edge("cs", kReceiver));
    EXPECT_EQ(outcome(response(receiver_only, std::nullopt, std::nullopt).judge()), "forward no-rule");
    const Gate open(edge("cs", "      - {name: all, side: initiator, allow: [any]}\n"));
    Scene s = response(open, std::nullopt, std::nullopt);
    const Decision d = s.judge();
    EXPECT_EQ(outcome(d), "forward allowed");
    EXPECT_EQ(s.rule(d, Side::initiator), "all");
}

TEST(Krr, Unparsable) {
    for (const auto& [action, verdict] : {std::pair{"forward", "forward unparsable-krr"},
                                          {"redirect", "drop unparsable-krr"},
                                          {"reject", "drop unparsable-krr"},
                                          {"drop", "drop unparsable-krr"}}) {
        const Gate gate(edge("cs", kReceiver, std::string("unparsable-krr: ") + action));
        for (const Arrival a : {Arrival::inside, Arrival::outside})
            EXPECT_EQ(
                outcome(
                    Scene(gate).as(MessageClass::response).from(a).krr_state(Krr::State::unparsable).judge()),
                verdict);
    }
    const Gate empty("    rules: []\n");
    EXPECT_EQ(outcome(Scene(empty).as(MessageClass::response).krr_state(Krr::State::unparsable).judge()),
              "forward no-rule");
}

TEST(Krr, OutOfPlace) {
    const auto run = [](const char* action, MessageClass c, Arrival a) {
        const Gate gate(edge("cs", kInitiator, std::string("krr-out-of-place: ") + action));
        Scene s(gate);
        const Decision d = s.as(c).from(a).krr_state(Krr::State::out_of_place).judge();
        return outcome(d) + (d.verdict == Verdict::redirect
                                 ? " [" + s.list(d, Side::initiator) + "] " + s.list(d, Side::receiver)
                                 : "");
    };
    EXPECT_EQ(run("drop", MessageClass::request, Arrival::inside), "drop krr-out-of-place");
    EXPECT_EQ(run("forward", MessageClass::request, Arrival::inside), "forward krr-out-of-place");
    EXPECT_EQ(run("reject", MessageClass::request, Arrival::inside), "reject krr-out-of-place");
    EXPECT_EQ(run("redirect", MessageClass::request, Arrival::inside),
              "redirect krr-out-of-place [kms.a.example kms.b.example] ANY");
    // No side is policed, so there is no list to give.
    EXPECT_EQ(run("redirect", MessageClass::request, Arrival::outside), "reject krr-out-of-place");
    EXPECT_EQ(run("redirect", MessageClass::response, Arrival::inside), "drop krr-out-of-place");
    EXPECT_EQ(run("reject", MessageClass::ack, Arrival::inside), "drop krr-out-of-place");
    // A KRR that could be read is out of place in a request all the same.
    const Gate gate(edge("cs", kInitiator));
    Scene s = response(gate, Names({kA}), std::nullopt);
    EXPECT_EQ(outcome(s.as(MessageClass::request).judge()), "drop krr-out-of-place");
}

TEST(Krr, OnAnIsEdgeTheUsersTell) {
    const Gate gate(edge("is", std::string(kInitiator) + kReceiver));
    Scene s = response(gate, Names({kA, kC}), Names({kC, kA}));
    s.other(Side::initiator).ours(Side::receiver);
    Decision d = s.judge();
    EXPECT_EQ(outcome(d), "rewrite krr-receiver-narrowed");
    EXPECT_EQ(s.list(d, Side::initiator), "kms.a.example kms.c.example");
    EXPECT_EQ(s.list(d, Side::receiver), kC);
    Scene nobody = response(gate, std::nullopt, std::nullopt);
    EXPECT_EQ(outcome(nobody.other(Side::initiator).other(Side::receiver).judge()), "forward no-rule");
    Scene one_adheres = response(gate, Names({kA}), Names({kA, kB}));
    d = one_adheres.ours(Side::initiator).ours(Side::receiver).judge();
    EXPECT_EQ(outcome(d), "rewrite krr-receiver-narrowed");
    EXPECT_EQ(one_adheres.list(d, Side::initiator), kA);
    EXPECT_EQ(one_adheres.list(d, Side::receiver), kB);
}

TEST(Krr, UnknownUser) {
    constexpr const char* kTwo =
        "      - {name: roaming, side: initiator, when: {tag: roaming}, allow: [C, B]}\n"
        "      - {name: attached, side: initiator, allow: [A, B]}\n";
    const Gate gate(edge("cs", kTwo));
    Scene s = response(gate, std::nullopt, Names({kC}));
    Decision d = s.judge();
    EXPECT_EQ(outcome(d), "rewrite krr-initiator-narrowed");
    EXPECT_TRUE(d.strictest);
    EXPECT_EQ(s.list(d, Side::initiator), kB);
    EXPECT_EQ(outcome(response(gate, Names({kB}), std::nullopt).judge()), "forward krr-adheres");
    Scene nothing_left = response(gate, Names({kA, kC}), std::nullopt);
    d = nothing_left.judge();
    EXPECT_EQ(outcome(d), "rewrite empty-intersection");
    EXPECT_EQ(nothing_left.list(d, Side::initiator), "");
    for (const auto& [action, verdict] : {std::pair{"forward", "forward unknown-user"},
                                          {"redirect", "drop unknown-user"},
                                          {"reject", "drop unknown-user"},
                                          {"drop", "drop unknown-user"}}) {
        const Gate other(edge("cs", kTwo, std::string("unknown-user: ") + action));
        EXPECT_EQ(outcome(response(other, Names({kB}), std::nullopt).judge()), verdict);
    }
}

TEST(Krr, AnOfferBesideItIsJudgedToo) {
    const Gate gate(edge("is", std::string(kInitiator) + kReceiver));
    const auto run = [&](const char* kmsi, const Names& i) {
        Scene s = response(gate, i, std::nullopt);
        s.ours(Side::initiator).other(Side::receiver).offer(kmsi, kA);
        return outcome(s.judge());
    };
    EXPECT_EQ(run(kC, Names({kC})), "drop response-mikey");
    EXPECT_EQ(run(kA, Names({kC})), "rewrite empty-intersection");
    EXPECT_EQ(run(kA, Names({kA})), "forward krr-adheres");
}

/// X.11: a KMS that no policy here knows. Judged by default; dropped where the edge polices a side.
TEST(Krr, UnknownKms) {
    const auto run = [](const char* more, const char* action, Arrival a, const Names& i, const Names& r) {
        const Gate gate(
            edge("cs", std::string(kInitiator) + more, std::string("unknown-kms-in-krr: ") + action));
        Scene s = response(gate, i, r);
        const Decision d = s.from(a).judge();
        return outcome(d) + (d.verdict == Verdict::rewrite ? " " + s.list(d, Side::initiator) : "");
    };
    const Names evil({kA, "kms.evil.example"});
    EXPECT_EQ(run("", "judge", Arrival::outside, evil, std::nullopt),
              "rewrite krr-initiator-narrowed kms.a.example");
    EXPECT_EQ(run("", "drop", Arrival::outside, evil, std::nullopt), "drop unknown-kms-in-krr");
    EXPECT_EQ(run("", "drop", Arrival::outside, Names({kA}), evil), "drop unknown-kms-in-krr")
        << "on the side that is not ours, too";
    EXPECT_EQ(run("", "drop", Arrival::inside, evil, std::nullopt), "forward no-rule")
        << "no side is policed";
    EXPECT_EQ(run("", "drop", Arrival::outside, Names({kA}), std::nullopt), "forward krr-adheres")
        << "ANY is no name";
    EXPECT_EQ(run("", "drop", Arrival::outside, Names({"KMS-A.alias.example"}), std::nullopt),
              "forward krr-adheres")
        << "an alias is known";
    EXPECT_EQ(run("", "drop", Arrival::outside, Names({kC}), std::nullopt), "rewrite empty-intersection ")
        << "known, though not allowed";
    for (const char* action : {"judge", "drop"}) {
        const Gate gate(edge("cs", kInitiator, std::string("unknown-kms-in-krr: ") + action));
        Record record;
        (void)response(gate, evil, std::nullopt).judge(&record);
        const auto says = [&](std::string_view text) {
            return std::ranges::any_of(
                record.steps(), [&](const Step& step) { return step.text.find(text) != std::string::npos; });
        };
        EXPECT_TRUE(says("kms.evil.example") && says(std::string("unknown-kms-in-krr: ") + action));
    }
}

/// The way back has its own users, peer and visited networks (Facts::back); offers beside it keep theirs.
TEST(Krr, JudgedByTheRequestsSide) {
    const Gate gate(edge("is",
                         "      - {name: v, side: initiator, when: {visited: 'v1*'}, allow: [A, C]}\n"
                         "      - {name: p, side: initiator, when: {peer: 10.0.0.1}, allow: [A, B]}\n"));
    Scene s = response(gate, std::nullopt, std::nullopt);
    s.other(Side::initiator).other(Side::receiver).visited("v1.example");
    s.back_differs = true;
    static constexpr Candidate kUser{"sip:u@d1.example", {}, 0};
    s.facts.back.users[0] = {User::State::ours, {&kUser, 1}, false, false};
    s.facts.back.users[1] = {User::State::other, {&kUser, 1}, false, false};
    EXPECT_EQ(outcome(s.judge()), "forward no-rule") << "no rule matches, whatever the message itself says";
    s.facts.back.peer = ipv4(10, 0, 0, 1);
    Decision d = s.judge();
    EXPECT_EQ(s.list(d, Side::initiator), "kms.a.example kms.b.example");
    EXPECT_FALSE(d.strictest);
    s.facts.back.visited_known = false;
    d = s.judge();
    EXPECT_EQ(s.list(d, Side::initiator), kA) << "what both rules allow: nobody knows the network";
    EXPECT_TRUE(d.strictest);
    s.facts.back.peer = {};
    d = s.judge();
    EXPECT_EQ(s.list(d, Side::initiator), "kms.a.example kms.c.example")
        << "the rule that could match polices";
    EXPECT_TRUE(d.strictest);
}

TEST(Krr, ACrowdIsNeverLetGo) {
    for (const bool crowd : {false, true}) {
        const Gate gate(edge("is", kInitiator, "unknown-user: forward"));
        Scene s = response(gate, Names({kC}), std::nullopt);
        s.facts.users[0].crowd = crowd;
        EXPECT_EQ(outcome(s.other(Side::receiver).judge()),
                  crowd ? "rewrite empty-intersection" : "forward unknown-user");
    }
}

TEST(Krr, MalformedSipAroundIt) {
    const Gate gate(edge("cs", kInitiator));
    Scene s = response(gate, Names({kA}), std::nullopt);
    s.facts.malformed_sip = true;
    EXPECT_EQ(outcome(s.judge()), "drop malformed-sip");
}

}  // namespace
}  // namespace kmsgate::policy::decide::testing
