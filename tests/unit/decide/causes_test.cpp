// SPDX-License-Identifier: BSD-3-Clause
// Every cause that decide() knows with every action it may have, and which cause comes first.
#include "tests/unit/decide/gate.hpp"

namespace kmsgate::policy::decide::testing {
namespace {

constexpr const char* kA = "kms.a.example";
constexpr const char* kB = "kms.b.example";

/// A cs edge with an initiator rule (A) and the given failure map.
std::string edge(std::string_view failure, std::string_view more = "") {
    return "    proxy: cs\n    failure: {" + std::string(failure) + "}\n" + std::string(more) +
           "    rules:\n      - {name: i, side: initiator, allow: [A]}\n";
}
std::string with(std::string_view cause, std::string_view action) {
    return edge(std::string(cause) + ": " + std::string(action));
}

using Provoke = void (*)(Scene&);
struct CauseCase {
    const char* cause;
    const char* reason;
    const char* by_default;
    Provoke provoke;
};

class EachCause : public ::testing::TestWithParam<CauseCase> {};

TEST_P(EachCause, HasItsDefault) {
    const Gate gate(edge(""));
    Scene s(gate);
    GetParam().provoke(s);
    EXPECT_EQ(outcome(s.judge()), std::string(GetParam().by_default) + " " + GetParam().reason);
}

TEST_P(EachCause, FollowsTheActionOnARequest) {
    for (const std::string action : {"forward", "redirect", "reject", "drop"}) {
        const Gate gate(with(GetParam().cause, action));
        Scene s(gate);
        GetParam().provoke(s);
        const Decision d = s.judge();
        EXPECT_EQ(outcome(d), action + " " + GetParam().reason);
        EXPECT_EQ(d.reason, Reason::cause);
        if (action != "redirect") continue;
        EXPECT_EQ(s.list(d, Side::initiator), kA);
        EXPECT_EQ(s.list(d, Side::receiver),
                  std::string_view(GetParam().cause) == "missing-idr" ? kB : "ANY");
    }
}

TEST_P(EachCause, IsNeverAnsweredWhereNothingCanBe) {
    for (const std::string action : {"redirect", "reject", "drop"}) {
        const Gate gate(with(GetParam().cause, action));
        for (const int how : {0, 1, 2}) {
            Scene s(gate);
            GetParam().provoke(s);
            if (how == 0) s.as(MessageClass::ack);
            if (how == 1) s.as(MessageClass::unknown);
            if (how == 2) s.facts.unanswerable = true;
            EXPECT_EQ(outcome(s.judge()), std::string("drop ") + GetParam().reason) << action << how;
        }
    }
}

TEST_P(EachCause, SaysNothingWhereNoRuleStands) {
    const Gate gate(with(GetParam().cause, "drop"));
    Scene s(gate);
    GetParam().provoke(s);
    const bool offers = std::string_view(GetParam().cause).find("mikey") != std::string_view::npos ||
                        std::string_view(GetParam().cause).find("idr") != std::string_view::npos;
    s.from(Arrival::outside);
    const Decision d = s.judge();
    EXPECT_EQ(d.verdict, Verdict::forward);
    if (offers && std::string_view(GetParam().cause) != "malformed-sip-mikey")
        EXPECT_EQ(reason_text(d), "no-rule");
    else
        EXPECT_EQ(reason_text(d), "no-mikey");
    EXPECT_FALSE(d.policed[0] || d.policed[1]);
}

TEST_P(EachCause, SaysNothingWhereAnyIsAllowed) {
    const Gate gate("    failure: {" + std::string(GetParam().cause) +
                    ": drop}\n    rules:\n      - {name: all, side: initiator, allow: [any]}\n");
    Scene s(gate);
    GetParam().provoke(s);
    EXPECT_EQ(s.judge().verdict, Verdict::forward);
}

INSTANTIATE_TEST_SUITE_P(
    Causes, EachCause,
    ::testing::Values(CauseCase{"malformed-sip", "malformed-sip", "forward",
                                [](Scene& s) { s.facts.malformed_sip = true; }},
                      CauseCase{"malformed-sip-mikey", "malformed-sip", "reject",
                                [](Scene& s) { s.facts.malformed_sip = s.facts.mikey_claim = true; }},
                      CauseCase{"uninspectable-body", "uninspectable-body", "reject",
                                [](Scene& s) { s.facts.uninspectable = true; }},
                      CauseCase{"malformed-mikey", "malformed-mikey", "reject",
                                [](Scene& s) { s.broken(IMessage::State::malformed); }},
                      CauseCase{"duplicate-idr", "duplicate-idr", "reject",
                                [](Scene& s) { s.broken(IMessage::State::duplicate_idr); }},
                      CauseCase{"mikey-other-type", "mikey-other-type", "reject",
                                [](Scene& s) { s.broken(IMessage::State::other_type); }},
                      CauseCase{"missing-idr", "missing-idr", "redirect",
                                [](Scene& s) { s.offer(kAbsent, kB); }}),
    [](const auto& instance) {
        std::string name = instance.param.cause;
        std::erase(name, '-');
        return name;
    });

TEST(Cause, MissingIdrOnlyOfThePolicedSide) {
    const Gate gate(edge(""));
    EXPECT_EQ(outcome(Scene(gate).offer(kA, kAbsent).judge()), "forward allowed");
    Scene s(gate);
    const Decision d = s.offer(kB, kAbsent).judge();
    EXPECT_EQ(outcome(d), "redirect initiator-kms-not-allowed");
    EXPECT_EQ(s.list(d, Side::receiver), "ANY");  // copy has nothing to copy
}

TEST(Cause, MalformedSipCountsAsAClaimWithAnythingListed) {
    const Gate gate(edge(""));
    Scene s(gate);
    s.facts.malformed_sip = true;
    EXPECT_EQ(outcome(s.offer(kA, kA).judge()), "reject malformed-sip");
    EXPECT_EQ(s.judge().cause, Cause::malformed_sip_mikey);
}

TEST(Cause, Precedence) {
    const Gate gate(edge("malformed-sip-mikey: drop, uninspectable-body: reject, malformed-mikey: redirect"));
    Scene all(gate);
    all.broken(IMessage::State::malformed).offer(kB, kB);
    all.facts.malformed_sip = all.facts.uninspectable = true;
    EXPECT_EQ(outcome(all.judge()), "drop malformed-sip");
    all.facts.malformed_sip = false;
    EXPECT_EQ(outcome(all.judge()), "reject uninspectable-body");
    all.facts.uninspectable = false;
    EXPECT_EQ(outcome(all.judge()), "redirect malformed-mikey");
    const Decision d = Scene(gate).offer(kA, kA).offer(kB, kB).broken(IMessage::State::malformed).judge();
    EXPECT_EQ(outcome(d), "redirect initiator-kms-not-allowed");
    EXPECT_EQ(d.refused, 1U);
}

TEST(Cause, ForwardLetsTheLookingGoOn) {
    const Gate gate(
        edge("malformed-sip-mikey: forward, uninspectable-body: forward, malformed-mikey: forward, "
             "missing-idr: forward"));
    Scene s(gate);
    s.broken(IMessage::State::malformed).offer(kAbsent, kA);
    s.facts.uninspectable = true;
    EXPECT_EQ(outcome(s.judge()), "forward uninspectable-body");
    s.facts.malformed_sip = true;
    EXPECT_EQ(outcome(s.judge()), "forward malformed-sip");
    s.offer(kB, kA);
    const Decision d = s.judge();
    EXPECT_EQ(outcome(d), "redirect initiator-kms-not-allowed");
    EXPECT_EQ(d.refused, 2U);
    // A plain malformed-sip is forwarded by default, and what cannot be inspected is refused all the same.
    const Gate plain(edge(""));
    Scene p(plain);
    p.facts.malformed_sip = p.facts.uninspectable = true;
    EXPECT_EQ(outcome(p.judge()), "reject uninspectable-body");
}

TEST(Cause, EveryIMessageHasToPass) {
    const Gate gate(edge(""));
    EXPECT_EQ(outcome(Scene(gate).offer(kA, kB).offer(kA, kA).judge()), "forward allowed");
    Scene s(gate);
    const Decision d = s.offer(kA, "kms.one.example").offer(kB, "kms.two.example").judge();
    EXPECT_EQ(outcome(d), "redirect initiator-kms-not-allowed");
    EXPECT_EQ(d.refused, 1U);
    EXPECT_EQ(s.list(d, Side::receiver), "kms.two.example");
    EXPECT_EQ(outcome(Scene(gate).broken(IMessage::State::passes).judge()), "forward allowed");
}

TEST(Cause, OfferInAResponse) {
    // The sender of the response is the initiator of what it carries.
    for (const auto& [action, verdict] : {std::pair{"forward", "forward response-mikey"},
                                          {"redirect", "drop response-mikey"},
                                          {"reject", "drop response-mikey"},
                                          {"drop", "drop response-mikey"}}) {
        const Gate gate(with("response-mikey", action));
        EXPECT_EQ(outcome(Scene(gate).as(MessageClass::response).offer(kB, kA).judge()), verdict) << action;
        EXPECT_EQ(outcome(Scene(gate).as(MessageClass::response).offer(kAbsent, kA).judge()), verdict)
            << action;
        EXPECT_EQ(outcome(Scene(gate).as(MessageClass::response).offer(kA, kB).judge()), "forward allowed");
        EXPECT_EQ(
            outcome(Scene(gate).as(MessageClass::response).from(Arrival::outside).offer(kB, kB).judge()),
            "forward no-rule");
        // What cannot be read keeps its own cause.
        EXPECT_EQ(outcome(Scene(gate).as(MessageClass::response).broken(IMessage::State::malformed).judge()),
                  "drop malformed-mikey");
    }
}

TEST(Cause, RefusedInAckOrUnanswerable) {
    const Gate gate(edge(""));
    EXPECT_EQ(outcome(Scene(gate).as(MessageClass::ack).offer(kB, kB).judge()),
              "drop initiator-kms-not-allowed");
    EXPECT_EQ(outcome(Scene(gate).as(MessageClass::ack).offer(kA, kB).judge()), "forward allowed");
    EXPECT_EQ(outcome(Scene(gate).as(MessageClass::unknown).offer(kB, kB).judge()),
              "drop initiator-kms-not-allowed");
    Scene s(gate);
    s.facts.unanswerable = true;
    EXPECT_EQ(outcome(s.offer(kB, kB).judge()), "drop initiator-kms-not-allowed");
}

TEST(Cause, UninspectableResponseCouldHideAKrr) {
    const Gate gate(edge(""));
    for (const Arrival a : {Arrival::inside, Arrival::outside}) {
        Scene s(gate);
        s.facts.uninspectable = true;
        EXPECT_EQ(outcome(s.as(MessageClass::response).from(a).judge()), "drop uninspectable-body");
    }
    Scene request(gate);
    request.facts.uninspectable = true;
    EXPECT_EQ(outcome(request.from(Arrival::outside).judge()), "forward no-mikey");
}

TEST(Cause, SipWhereNoneIsExpected) {
    using Set = void (*)(Facts&);
    const std::pair<const char*, Set> causes[] = {{"off-port-sip", [](Facts& f) { f.off_port = true; }},
                                                  {"tunnelled", [](Facts& f) { f.tunnelled = true; }}};
    for (const auto& [cause, set] : causes) {
        const auto run = [&](const char* action, const char* kmsi, bool can_answer) {
            const Gate gate(with(cause, action));
            Scene s(gate);
            set(s.facts);
            s.facts.unanswerable = !can_answer;
            if (kmsi != nullptr) s.offer(kmsi, kA);
            return outcome(s.judge());
        };
        const std::string reason = std::string(" ") + cause;
        EXPECT_EQ(run("forward", kB, true), "forward" + reason);
        EXPECT_EQ(run("reject", kA, true), "reject" + reason);
        EXPECT_EQ(run("redirect", kA, true), "reject" + reason);
        EXPECT_EQ(run("redirect", kA, false), "drop" + reason);
        EXPECT_EQ(run("drop", nullptr, true), "drop" + reason);
        EXPECT_EQ(run("judge", kB, true), "redirect initiator-kms-not-allowed");
        EXPECT_EQ(run("judge", kB, false), "drop initiator-kms-not-allowed");
        EXPECT_EQ(run("judge", kA, true), "forward allowed");
        EXPECT_EQ(run("judge", nullptr, true), "forward no-mikey");
    }
}

TEST(Cause, UnreadableMessageOnAnIsEdge) {
    const Gate gate("    proxy: is\n    rules:\n      - {name: r, side: receiver, allow: [A]}\n");
    Scene s(gate);
    s.as(MessageClass::unknown).other(Side::initiator).other(Side::receiver);
    s.facts.malformed_sip = s.facts.mikey_claim = true;
    EXPECT_EQ(outcome(s.judge()), "drop malformed-sip");
    s.as(MessageClass::request);
    EXPECT_EQ(outcome(s.judge()), "forward no-mikey");
}

}  // namespace
}  // namespace kmsgate::policy::decide::testing
