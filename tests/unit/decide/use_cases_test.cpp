// SPDX-License-Identifier: BSD-3-Clause
// The proxies of use cases X.5 to X.10: every request judged and every KRR created or rewritten.
#include "tests/unit/decide/gate.hpp"

namespace kmsgate::policy::decide::testing {
namespace {

constexpr const char* kA = "kms.a.example";
constexpr const char* kB = "kms.b.example";
constexpr const char* kC = "kms.c.example";
constexpr const char* kD = "kms.d.example";
constexpr const char* kX = "kms.x.example";
constexpr const char* kY = "kms.y.example";
constexpr const char* kZ = "kms.z.example";

/// The KRR that answers M(i,r) from `arrival`, or "forward" and the reason.
std::string answer(Scene&& scene) {
    const Decision d = scene.judge();
    std::string text = outcome(d);
    if (d.verdict == Verdict::redirect || d.verdict == Verdict::rewrite)
        text += " K([" + scene.list(d, Side::initiator) + "],[" + scene.list(d, Side::receiver) + "])";
    return text;
}

Scene message(const Gate& gate, Arrival arrival, const char* i, const char* r) {
    Scene s(gate);
    s.from(arrival).offer(i, r);
    return s;
}
Scene krr(const Gate& gate, Arrival arrival, const Names& i, const Names& r) {
    Scene s(gate);
    s.from(arrival).krr(i, r);
    return s;
}

std::string cs(std::string_view rules) {
    return "    proxy: cs\n    rules:\n" + std::string(rules);
}
std::string is(std::string_view rules) {
    return "    proxy: is\n    rules:\n" + std::string(rules);
}

TEST(UseCase, X5ReceiverSideOfTheVisitedDomain) {
    const Gate d2(cs("      - {name: r, side: receiver, allow: [B]}\n"));
    EXPECT_EQ(answer(message(d2, Arrival::outside, kA, kA)),
              "redirect receiver-kms-not-allowed K([ANY],[kms.b.example])");
    EXPECT_EQ(answer(message(d2, Arrival::outside, kA, kB)), "forward allowed");
    // It does not check IDRkmsi, and not the messages of its own clients.
    EXPECT_EQ(answer(message(d2, Arrival::outside, "kms.nobody.example", kB)), "forward allowed");
    EXPECT_EQ(answer(message(d2, Arrival::inside, kZ, kZ)), "forward no-rule");
}

TEST(UseCase, X6InitiatorRoaming) {
    const Gate d1(cs("      - {name: i, side: initiator, allow: [C]}\n"));
    const Gate d2(cs("      - {name: r, side: receiver, allow: [B]}\n"));
    EXPECT_EQ(answer(message(d1, Arrival::inside, kA, kA)),
              "redirect initiator-kms-not-allowed K([kms.c.example],[kms.a.example])");
    EXPECT_EQ(answer(message(d1, Arrival::inside, kC, kA)), "forward allowed");
    EXPECT_EQ(answer(message(d2, Arrival::outside, kC, kA)),
              "redirect receiver-kms-not-allowed K([ANY],[kms.b.example])");
    EXPECT_EQ(answer(krr(d1, Arrival::outside, std::nullopt, Names({kB}))),
              "rewrite krr-initiator-narrowed K([kms.c.example],[kms.b.example])");
    // Had D2 already said (C): passes back without change.
    EXPECT_EQ(answer(krr(d1, Arrival::outside, Names({kC}), Names({kB}))), "forward krr-adheres");
    EXPECT_EQ(answer(message(d1, Arrival::inside, kC, kB)), "forward allowed");
    EXPECT_EQ(answer(message(d2, Arrival::outside, kC, kB)), "forward allowed");
}

TEST(UseCase, X7ReceiverRoamingByTag) {
    const Gate d2(
        cs("      - {name: roaming, side: receiver, when: {tag: roaming}, allow: [D]}\n"
           "      - {name: attached, side: receiver, allow: [B]}\n"));
    const auto to = [&](const char* i, const char* r, std::initializer_list<const char*> tags) {
        Scene s = message(d2, Arrival::outside, i, r);
        s.ours(Side::receiver, "sip:u@d1.example", tags);
        return answer(std::move(s));
    };
    EXPECT_EQ(to(kA, kA, {"roaming"}), "redirect receiver-kms-not-allowed K([ANY],[kms.d.example])");
    EXPECT_EQ(to(kA, kD, {"roaming"}), "forward allowed");
    EXPECT_EQ(to(kA, kB, {"roaming"}), "redirect receiver-kms-not-allowed K([ANY],[kms.d.example])");
    EXPECT_EQ(to(kA, kA, {}), "redirect receiver-kms-not-allowed K([ANY],[kms.b.example])");
    EXPECT_EQ(to(kA, kB, {"migrated"}), "forward allowed");
}

TEST(UseCase, X8InitiatorMigrated) {
    const Gate d1(cs("      - {name: i, side: initiator, allow: [C, D], other: any}\n"));
    const Gate d2(is("      - {name: home, side: initiator, allow: [home]}\n"));
    const Gate d3(cs("      - {name: r, side: receiver, allow: [B]}\n"));
    EXPECT_EQ(answer(message(d1, Arrival::inside, kA, kA)),
              "redirect initiator-kms-not-allowed K([kms.c.example kms.d.example],[ANY])");
    EXPECT_EQ(answer(message(d1, Arrival::inside, kD, kA)), "forward allowed");
    EXPECT_EQ(
        answer(std::move(message(d2, Arrival::inside, kD, kA).ours(Side::initiator).other(Side::receiver))),
        "forward allowed");
    EXPECT_EQ(answer(message(d3, Arrival::outside, kD, kA)),
              "redirect receiver-kms-not-allowed K([ANY],[kms.b.example])");
    EXPECT_EQ(answer(std::move(krr(d2, Arrival::outside, std::nullopt, Names({kB}))
                                   .ours(Side::initiator)
                                   .other(Side::receiver))),
              "rewrite krr-initiator-narrowed K([kms.a.example kms.d.example],[kms.b.example])");
    EXPECT_EQ(answer(krr(d1, Arrival::outside, Names({kA, kD}), Names({kB}))),
              "rewrite krr-initiator-narrowed K([kms.d.example],[kms.b.example])");
    EXPECT_EQ(answer(message(d1, Arrival::inside, kD, kB)), "forward allowed");
    EXPECT_EQ(answer(message(d3, Arrival::outside, kD, kB)), "forward allowed");
}

TEST(UseCase, X9ReceiverMigrated) {
    const Gate d2(is("      - {name: r, side: receiver, allow: [B, D]}\n"));
    const Gate d3(cs("      - {name: r, side: receiver, allow: [C, D]}\n"));
    const auto at_home = [&](const char* i, const char* r) {
        return answer(
            std::move(message(d2, Arrival::outside, i, r).other(Side::initiator).ours(Side::receiver)));
    };
    EXPECT_EQ(at_home(kA, kA), "redirect receiver-kms-not-allowed K([ANY],[kms.b.example kms.d.example])");
    EXPECT_EQ(at_home(kA, kB), "forward allowed");
    EXPECT_EQ(answer(message(d3, Arrival::outside, kA, kB)),
              "redirect receiver-kms-not-allowed K([ANY],[kms.c.example kms.d.example])");
    EXPECT_EQ(answer(std::move(krr(d2, Arrival::inside, std::nullopt, Names({kC, kD}))
                                   .other(Side::initiator)
                                   .ours(Side::receiver))),
              "rewrite krr-receiver-narrowed K([ANY],[kms.d.example])");
    EXPECT_EQ(at_home(kA, kD), "forward allowed");
    EXPECT_EQ(answer(message(d3, Arrival::outside, kA, kD)), "forward allowed");
}

TEST(UseCase, X10BothMigrated) {
    const Gate d1(cs("      - {name: i, side: initiator, allow: [B, C], other: any}\n"));
    const Gate d2(is("      - {name: i, side: initiator, allow: [A, C], other: any}\n"));
    const Gate d3(is("      - {name: r, side: receiver, allow: [X, Z]}\n"));
    const Gate d4(cs("      - {name: r, side: receiver, allow: [Y, Z]}\n"));
    const auto initiator_home = [](Scene&& s) {
        return answer(std::move(s.ours(Side::initiator).other(Side::receiver)));
    };
    const auto receiver_home = [](Scene&& s) {
        return answer(std::move(s.other(Side::initiator).ours(Side::receiver)));
    };
    EXPECT_EQ(answer(message(d1, Arrival::inside, kA, kA)),
              "redirect initiator-kms-not-allowed K([kms.b.example kms.c.example],[ANY])");
    EXPECT_EQ(answer(message(d1, Arrival::inside, kC, kA)), "forward allowed");
    EXPECT_EQ(initiator_home(message(d2, Arrival::inside, kC, kA)), "forward allowed");
    EXPECT_EQ(receiver_home(message(d3, Arrival::outside, kC, kA)),
              "redirect receiver-kms-not-allowed K([ANY],[kms.x.example kms.z.example])");
    EXPECT_EQ(
        initiator_home(krr(d2, Arrival::outside, std::nullopt, Names({kX, kZ}))),
        "rewrite krr-initiator-narrowed K([kms.a.example kms.c.example],[kms.x.example kms.z.example])");
    EXPECT_EQ(answer(krr(d1, Arrival::outside, Names({kA, kC}), Names({kX, kZ}))),
              "rewrite krr-initiator-narrowed K([kms.c.example],[kms.x.example kms.z.example])");
    EXPECT_EQ(receiver_home(message(d3, Arrival::outside, kC, kX)), "forward allowed");
    EXPECT_EQ(answer(message(d4, Arrival::outside, kC, kX)),
              "redirect receiver-kms-not-allowed K([ANY],[kms.y.example kms.z.example])");
    EXPECT_EQ(receiver_home(krr(d3, Arrival::inside, std::nullopt, Names({kY, kZ}))),
              "rewrite krr-receiver-narrowed K([ANY],[kms.z.example])");
    EXPECT_EQ(initiator_home(krr(d2, Arrival::outside, std::nullopt, Names({kZ}))),
              "rewrite krr-initiator-narrowed K([kms.a.example kms.c.example],[kms.z.example])");
    EXPECT_EQ(answer(krr(d1, Arrival::outside, Names({kA, kC}), Names({kZ}))),
              "rewrite krr-initiator-narrowed K([kms.c.example],[kms.z.example])");
    EXPECT_EQ(answer(message(d1, Arrival::inside, kC, kZ)), "forward allowed");
    EXPECT_EQ(receiver_home(message(d3, Arrival::outside, kC, kZ)), "forward allowed");
    EXPECT_EQ(answer(message(d4, Arrival::outside, kC, kZ)), "forward allowed");
}

TEST(UseCase, BothUsersOfOneHomeDomainGetBothLists) {
    const Gate d(
        is("      - {name: i, side: initiator, allow: [A]}\n"
           "      - {name: r, side: receiver, allow: [B, D]}\n"));
    const auto both = [&](const char* i, const char* r) {
        return answer(
            std::move(message(d, Arrival::inside, i, r).ours(Side::initiator).ours(Side::receiver)));
    };
    EXPECT_EQ(both(kC, kB),
              "redirect initiator-kms-not-allowed K([kms.a.example],[kms.b.example kms.d.example])");
    EXPECT_EQ(both(kA, kC),
              "redirect receiver-kms-not-allowed K([kms.a.example],[kms.b.example kms.d.example])");
    EXPECT_EQ(both(kC, kC),
              "redirect initiator-kms-not-allowed K([kms.a.example],[kms.b.example kms.d.example])");
    EXPECT_EQ(both(kA, kD), "forward allowed");
    Scene s(d);
    s.ours(Side::initiator).ours(Side::receiver).krr(std::nullopt, Names({kD, kY, kB}));
    EXPECT_EQ(answer(std::move(s)),
              "rewrite krr-initiator-narrowed K([kms.a.example],[kms.d.example kms.b.example])");
}

TEST(UseCase, SpellingOfAKmsName) {
    const Gate d(cs("      - {name: i, side: initiator, allow: [A]}\n"));
    EXPECT_EQ(answer(message(d, Arrival::inside, "KMS.A.example", kA)), "forward allowed");
    EXPECT_EQ(answer(message(d, Arrival::inside, "kms-a.alias.example", kA)), "forward allowed");
    for (const char* other :
         {"kms.a.example.", "https://kms.a.example", "kms.a.example:443", "kms.a.exampl%65", " "})
        EXPECT_EQ(answer(message(d, Arrival::inside, other, "kms.r.example")),
                  "redirect initiator-kms-not-allowed K([kms.a.example],[kms.r.example])")
            << other;
}

}  // namespace
}  // namespace kmsgate::policy::decide::testing
