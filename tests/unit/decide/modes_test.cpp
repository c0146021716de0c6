// SPDX-License-Identifier: BSD-3-Clause
// Modes, REGISTER with an alarm, dialogs accepted before; and the record as a tree.
#include "policy/explain/explain.hpp"
#include "tests/unit/decide/gate.hpp"

namespace kmsgate::policy::decide::testing {
namespace {

constexpr const char* kA = "kms.a.example";
constexpr const char* kB = "kms.b.example";

std::string edge(std::string_view more = "") {
    return std::string(more) + "    rules:\n      - {name: i, side: initiator, allow: [A]}\n";
}

TEST(Mode, BypassJudgesNothing) {
    const Gate gate(edge("    mode: bypass\n"));
    Scene s(gate);
    s.facts.malformed_sip = s.facts.mikey_claim = s.facts.uninspectable = s.facts.off_port = true;
    const Decision d = s.offer(kB, kB).krr_state(Krr::State::unparsable).judge();
    EXPECT_EQ(outcome(d), "forward bypass");
    EXPECT_FALSE(d.would.has_value());
    EXPECT_FALSE(d.policed[0] || d.policed[1] || d.alarm);
}

TEST(Mode, ShadowDecidesAndForwards) {
    const Gate gate(edge("    mode: shadow\n"));
    Scene s(gate);
    Decision d = s.offer(kB, "kms.r.example").judge();
    EXPECT_EQ(outcome(d), "forward initiator-kms-not-allowed");
    EXPECT_EQ(d.would, Verdict::redirect);
    EXPECT_EQ(d.effective(), Verdict::redirect);
    EXPECT_EQ(s.list(d, Side::initiator), kA);
    EXPECT_EQ(s.list(d, Side::receiver), "kms.r.example");
    d = Scene(gate).offer(kA, kA).judge();
    EXPECT_EQ(d.would, Verdict::forward);
    d = Scene(gate).broken(IMessage::State::malformed).as(MessageClass::ack).judge();
    EXPECT_EQ(d.would, Verdict::drop);
    EXPECT_EQ(d.verdict, Verdict::forward);
    d = Scene(gate).from(Arrival::outside).krr(std::nullopt, std::nullopt).judge();
    EXPECT_EQ(d.would, Verdict::rewrite);
    EXPECT_EQ(d.verdict, Verdict::forward);
}

TEST(Mode, EnforceHasNoWould) {
    const Gate gate(edge());
    EXPECT_FALSE(Scene(gate).offer(kB, kB).judge().would.has_value());
    EXPECT_FALSE(Scene(gate).judge().would.has_value());
    EXPECT_EQ(outcome(Scene(gate).judge()), "forward no-mikey");
}

TEST(Register, AlarmLetsRefusedKmsThrough) {
    const Gate gate(edge("    register: alarm\n"));
    Scene s(gate);
    s.facts.is_register = true;
    Decision d = s.offer(kB, kB).judge();
    EXPECT_EQ(outcome(d), "forward initiator-kms-not-allowed");
    EXPECT_TRUE(d.alarm);
    EXPECT_EQ(d.would, Verdict::redirect);
    Scene missing(gate);
    missing.facts.is_register = true;
    d = missing.offer(kAbsent, kB).judge();
    EXPECT_EQ(outcome(d), "forward missing-idr");
    EXPECT_TRUE(d.alarm);
    Scene good(gate);
    good.facts.is_register = true;
    d = good.offer(kA, kB).judge();
    EXPECT_EQ(outcome(d), "forward allowed");
    EXPECT_FALSE(d.alarm || d.would.has_value());
    // Not a REGISTER, or not a KMS that was refused: as everywhere.
    EXPECT_EQ(outcome(Scene(gate).offer(kB, kB).judge()), "redirect initiator-kms-not-allowed");
    s.broken(IMessage::State::malformed);
    d = s.judge();
    EXPECT_EQ(outcome(d), "reject malformed-mikey");
    EXPECT_FALSE(d.alarm);
    // A response to a REGISTER is a response.
    Scene response(gate);
    response.facts.is_register = true;
    EXPECT_EQ(outcome(response.as(MessageClass::response).offer(kB, kB).judge()), "drop response-mikey");
}

TEST(Register, RedirectIsTheDefault) {
    const Gate gate(edge());
    Scene s(gate);
    s.facts.is_register = true;
    EXPECT_EQ(outcome(s.offer(kB, kB).judge()), "redirect initiator-kms-not-allowed");
}

TEST(InDialog, GrandfatherAcceptsWhatWasAccepted) {
    const Gate grandfather(edge("    in-dialog: grandfather\n"));
    Scene s(grandfather);
    s.facts.grandfathered = true;
    EXPECT_EQ(outcome(s.offer(kB, kB).judge()), "forward allowed");
    s.facts.uninspectable = true;
    EXPECT_EQ(outcome(s.judge()), "reject uninspectable-body");
    s.facts.uninspectable = s.facts.grandfathered = false;
    EXPECT_EQ(outcome(s.judge()), "redirect initiator-kms-not-allowed");
    const Gate enforce(edge());
    Scene e(enforce);
    e.facts.grandfathered = true;
    EXPECT_EQ(outcome(e.offer(kB, kB).judge()), "redirect initiator-kms-not-allowed");
}

TEST(Record, ChangesNothingAndReadsAsATree) {
    const Gate gate(
        "    rules:\n"
        "      - {name: roaming, side: initiator, when: {tag: roaming}, allow: [C]}\n"
        "      - {name: attached, side: initiator, allow: [A, D]}\n");
    Scene s(gate);
    s.ours(Side::initiator, "sip:u\n\x1b[m@d1.example", {"migrated"}).offer(kA, kB).offer(kB, kB);
    Record record;
    const Decision with = s.judge(&record);
    EXPECT_EQ(outcome(with), outcome(s.judge()));
    EXPECT_EQ(explain::tree(record),
              "edge e: cs proxy, mode enforce\n"
              "├─ request from inside, 2 I_MESSAGEs\n"
              "├─ initiator side: sent from inside\n"
              "│  ├─ user sip:u??[m@d1.example of this domain, tags: migrated\n"
              "│  │  ├─ rule roaming: no match, the user has none of its tags\n"
              "│  │  └─ rule attached: matches\n"
              "│  └─ policed by attached, allowed: [kms.a.example, kms.d.example]\n"
              "├─ receiver side: not policed, other direction\n"
              "├─ I_MESSAGE 1\n"
              "│  └─ IDRkmsi kms.a.example: allowed by attached [kms.a.example, kms.d.example]\n"
              "├─ I_MESSAGE 2\n"
              "│  └─ IDRkmsi kms.b.example: not allowed by attached [kms.a.example, kms.d.example]\n"
              "├─ answered with a KRR: initiator [kms.a.example, kms.d.example], receiver [kms.b.example]\n"
              "└─ verdict redirect: initiator-kms-not-allowed\n");
}

TEST(Record, OfAKrr) {
    const Gate gate(
        "    failure: {unknown-user: strictest}\n"
        "    rules:\n"
        "      - {name: roaming, side: initiator, when: {tag: roaming}, allow: [C, B]}\n"
        "      - {name: attached, side: initiator, allow: [A, B]}\n");
    Record record;
    Scene s(gate);
    s.from(Arrival::outside).krr(Names({kA, kB}), std::nullopt).judge(&record);
    EXPECT_EQ(explain::tree(record),
              "edge e: cs proxy, mode enforce\n"
              "├─ response from outside, 0 I_MESSAGEs, a KRR, cannot be answered\n"
              "├─ initiator side: a KRR from outside\n"
              "│  ├─ user unknown: every rule that some user could match\n"
              "│  │  ├─ rule roaming: could match\n"
              "│  │  ├─ rule attached: matches every user\n"
              "│  │  └─ cause unknown-user: strictest\n"
              "│  └─ policed by roaming, allowed: [kms.b.example]\n"
              "├─ receiver side: not policed, other direction\n"
              "├─ KRR, initiator list [kms.a.example, kms.b.example]: narrowed by roaming [kms.b.example]\n"
              "├─ replaced by a KRR: initiator [kms.b.example], receiver ANY\n"
              "└─ verdict rewrite: krr-initiator-narrowed\n");
}

TEST(Record, TreeOfOddDepths) {
    Record record;
    EXPECT_EQ(explain::tree(record), "");
    record.add({Step::Kind::edge, 7, true, "a"});
    record.add({Step::Kind::edge, 9, true, "b"});
    record.add({Step::Kind::edge, 2, true, "c"});
    record.add({Step::Kind::edge, 0, true, "d"});
    record.add({Step::Kind::edge, 1, true, "e"});
    EXPECT_EQ(explain::tree(record), "a\n└─ b\n   └─ c\nd\n└─ e\n");
}

TEST(Words, AreThoseOfTheContract) {
    Decision d;
    EXPECT_EQ(reason_text(d), "no-mikey");
    d.reason = Reason::own_answer;
    EXPECT_EQ(reason_text(d), "own-answer");
    d.reason = Reason::cause;
    d.cause = Cause::malformed_sip_mikey;
    EXPECT_EQ(reason_text(d), "malformed-sip");
    EXPECT_EQ(to_string(Verdict::absorb), "absorb");
    EXPECT_EQ(to_string(Verdict::rewrite), "rewrite");
    EXPECT_EQ(to_string(Verdict::count_), "");
}

}  // namespace
}  // namespace kmsgate::policy::decide::testing
