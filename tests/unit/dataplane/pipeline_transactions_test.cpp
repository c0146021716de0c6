// SPDX-License-Identifier: BSD-3-Clause
// One transaction, one verdict: copies, ACK, CANCEL, and the bounds that stand in for a verdict.
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::core {
namespace {

using namespace kmsgate::test;

const Offer kForbidden = {.kmsi = kB};

std::string to_tag_of(const std::string& answer) {
    const std::size_t to = answer.find("\r\nTo: ");
    const std::size_t tag = answer.find(";tag=", to) + 5;
    return answer.substr(tag, answer.find("\r\n", tag) - tag);
}
Sip follow_up(std::string method, std::string to_tag = "") {
    Sip s;
    s.method = std::move(method);
    if (!to_tag.empty()) s.to += ";tag=" + to_tag;
    return s;
}

TEST(Transaction, AckOfARefusedInviteIsAbsorbed) {
    Gate g;
    const auto refused = g.message(invite(kForbidden));
    const std::string tag = to_tag_of(receive(refused.inside).payload);
    auto out = g.message(follow_up("ACK", tag));
    EXPECT_TRUE(out.inside.empty() && out.outside.empty());
    EXPECT_EQ(g.last(), "absorb own-answer");
    g.now += 3600 * kSecond;
    g.message(follow_up("ACK", tag));
    EXPECT_EQ(g.last(), "absorb own-answer") << "known from the tag alone";
    EXPECT_EQ(g.message(follow_up("ACK", "other")).outside.size(), 1U);
    Sip elsewhere = follow_up("ACK", tag);
    elsewhere.call_id = "c2";
    EXPECT_EQ(g.message(elsewhere).outside.size(), 1U) << "our tag in another dialog is not ours";
}

TEST(Transaction, CancelOfARefusedInviteGetsItsAnswer) {
    Gate g;
    EXPECT_EQ(g.message(follow_up("CANCEL")).outside.size(), 1U) << "unknown: forwarded";
    g.message(invite(kForbidden));
    const auto out = g.message(follow_up("CANCEL"));
    EXPECT_EQ(g.last(), "absorb own-answer");
    const std::string answer = receive(out.inside).payload;
    EXPECT_EQ(answer.rfind("SIP/2.0 200 OK\r\n", 0), 0U);
    EXPECT_NE(answer.find("\r\nCSeq: 1 CANCEL\r\n"), std::string::npos);
    g.now += memory::kTransactionLife;
    EXPECT_EQ(g.message(follow_up("CANCEL")).outside.size(), 1U);
}

TEST(Transaction, AckAndCancelOfAForwardedInvitePass) {
    Gate g;
    g.message(invite({}));
    EXPECT_EQ(g.message(follow_up("CANCEL")).outside.size(), 1U);
    EXPECT_EQ(g.message(follow_up("ACK", "far")).outside.size(), 1U);
}

TEST(Transaction, CopiesKeepVerdictAndBytes) {
    Gate g;
    const auto first = g.message(invite(kForbidden));
    g.now += 7 * kSecond;
    EXPECT_EQ(g.message(invite(kForbidden)).inside, first.inside)
        << "Time in the KRR is that of the first copy";
    ASSERT_TRUE(g.tags.set("mc1", "sip:alice@mc1.example", 1));  // roaming now: C alone
    EXPECT_EQ(g.message(invite(kForbidden)).inside, first.inside) << "also after a change of tags";
    EXPECT_EQ(g.counters().get(Counter::retransmissions), 2U);
    Sip changed = invite({.kmsi = kC});
    g.message(changed);
    EXPECT_EQ(g.last(), "forward allowed") << "other bytes are judged anew";
    EXPECT_EQ(g.counters().get(Counter::changed_copies), 1U);
    EXPECT_EQ(g.message(invite(kForbidden)).inside, first.inside);
}

/// A copy with the same digest gets the same verdict, also after a commit; what it says is what was said.
TEST(Transaction, CopiesKeepTheirVerdictOverACommit) {
    const Policy next(
        policy_text("", "", "cs", "      - {name: other, side: initiator, allow: [B], other: any}\n"));
    const auto elsewhere = [] {
        Sip s = invite({});
        s.call_id = "c2";
        return s;
    };
    Gate g;
    const auto first = g.message(invite(kForbidden));
    const auto said = g.lines.back();
    g.message(elsewhere());
    EXPECT_EQ(g.last(), "forward allowed");
    g.use(next.table(), 2);
    EXPECT_EQ(g.message(invite(kForbidden)).inside, first.inside)
        << "refused before, refused now, in the same words";
    EXPECT_EQ(g.lines.back().verdict, "redirect");
    EXPECT_EQ(g.lines.back().reason, said.reason);
    g.message(elsewhere());
    EXPECT_EQ(g.last(), "forward allowed") << "forwarded before, forwarded now";
    EXPECT_EQ(g.counters().get(Counter::retransmissions), 2U);
}

/// One transaction has one verdict, but only on the side that was asked: the same bytes by the other port
/// meet the other side's rules.
TEST(Transaction, EachPortHasItsOwn) {
    Gate g(policy_text("", "", "cs",
                       "      - {name: i, side: initiator, allow: [A], other: any}\n"
                       "      - {name: r, side: receiver, allow: [C]}\n"));
    g.message(invite({}));
    EXPECT_EQ(g.last(), "forward allowed");
    const auto out = g.message(invite({}), Arrival::outside);
    EXPECT_TRUE(out.inside.empty());
    EXPECT_EQ(g.last(), "redirect receiver-kms-not-allowed");
}

TEST(Grandfather, AcceptedInThisDialog) {
    const Policy strict(policy_text("    in-dialog: grandfather\n", "", "cs",
                                    "      - {name: i, side: initiator, allow: [A], other: any}\n      - "
                                    "{name: r, side: receiver, allow: [C]}\n"));
    Gate g(policy_text("    in-dialog: grandfather\n", "", "cs",
                       "      - {name: i, side: initiator, allow: [B], other: any}\n      - {name: r, side: "
                       "receiver, allow: [A]}\n"));
    g.message(invite(kForbidden));
    EXPECT_EQ(g.last(), "forward allowed");
    g.use(strict.table(), 2);
    Sip again = invite(kForbidden);
    again.to += ";tag=far";
    again.cseq = 2;
    EXPECT_EQ(g.message(again).outside.size(), 1U) << "unchanged, in its dialog";
    again.call_id = "elsewhere";
    EXPECT_TRUE(g.message(again).outside.empty());
}

/// What was accepted coming from outside was judged for its receiver alone; sent from inside it is another's
/// offer.
TEST(Grandfather, AcceptedInTheOtherDirectionCountsNot) {
    Gate g(policy_text("    in-dialog: grandfather\n"));
    g.message(invite(kForbidden), Arrival::outside);
    EXPECT_EQ(g.last(), "forward allowed") << "IDRkmsr is A; IDRkmsi is the far domain's business";
    Sip again = invite(kForbidden);
    again.to += ";tag=far";
    again.cseq = 2;
    EXPECT_TRUE(g.message(again, Arrival::inside).outside.empty())
        << "a client inside must not offer with KMS B";
}

/// What nobody judged was accepted by nobody.
TEST(Grandfather, BypassAcceptsNothing) {
    Gate g(policy_text("    in-dialog: grandfather\n"));
    g.judge.mode = Mode::bypass;
    g.message(invite(kForbidden));
    g.judge.mode = Mode::enforce;
    Sip again = invite(kForbidden);
    again.to += ";tag=far";
    again.cseq = 2;
    EXPECT_TRUE(g.message(again).outside.empty());
}

TEST(Transaction, TableFull) {
    Gate g(policy_text(), {.transactions = 3});
    for (int n = 0; n < 3; ++n) {
        Sip s = invite({});
        s.call_id = "id" + std::to_string(n);
        EXPECT_EQ(g.message(s).outside.size(), 1U);
    }
    Sip s = invite({});
    s.call_id = "one-too-many";
    EXPECT_TRUE(g.message(s).outside.empty());
    EXPECT_EQ(g.last(), "drop table-full");
    s = Sip{};
    s.call_id = "harmless";
    EXPECT_EQ(g.message(s).outside.size(), 1U) << "what carries no MIKEY needs no place";
    g.now += 300 * kSecond;
    s = invite({});
    s.call_id = "later";
    EXPECT_EQ(g.message(s).outside.size(), 1U);
}

TEST(Transaction, RedirectLimit) {
    Gate g(policy_text("    limits: {redirects-per-second: 100, per-source: 4}\n"));
    for (int n = 0; n < 8; ++n) {
        Sip s = invite(kForbidden);
        s.call_id = "id" + std::to_string(n);
        EXPECT_EQ(g.message(s).inside.empty(), n >= 4) << n;
    }
    EXPECT_EQ(g.last(), "drop redirect-limit");
    EXPECT_EQ(g.outcome(Outcome::redirect), 4U);
    EXPECT_EQ(g.outcome(Outcome::drop), 4U);
    Sip s = invite({});
    EXPECT_EQ(g.message(s).outside.size(), 1U) << "what is forwarded needs no answer";
    g.now += kSecond;
    EXPECT_FALSE(g.message(invite(kForbidden)).inside.empty());
}

TEST(Transaction, FragmentBudget) {
    Gate g(policy_text(), {.fragments = 3});
    const auto frames = fragments4(udp(5060, 5060, bytes(invite({}).text())), 160);
    ASSERT_GT(frames.size(), 4U);
    EXPECT_TRUE(g.send(frames).outside.empty());
    EXPECT_EQ(g.outcome(Outcome::fragment_budget), frames.size());
    for (const auto& d : g.drops) EXPECT_EQ(d.reason, "fragment-budget");
    g.now += 31 * kSecond;
    const auto again = fragments4(udp(5060, 5060, bytes(invite({}).text())), 400, {.id = 2});
    ASSERT_LE(again.size(), 3U);
    EXPECT_EQ(g.send(again).outside.size(), again.size()) << "room again";
}

TEST(Transaction, OutOfBuffers) {
    const auto none = replay::make_pool("gate-none", 1);
    ASSERT_TRUE(none);
    Gate g(policy_text(), {.pool = none->get()});
    Mbuf taken(rte_pktmbuf_alloc(none->get()));
    EXPECT_TRUE(g.message(invite(kForbidden)).inside.empty());
    EXPECT_EQ(g.counters().get(Counter::unsent_answers), 1U);
    EXPECT_EQ(g.message(invite({})).outside.size(), 1U) << "forwarding needs no buffer";
    taken.reset();
    EXPECT_EQ(g.message(invite(kForbidden)).inside.size(), 1U) << "the next copy gets the answer";
}

TEST(Shadow, EverythingLeavesByteIdentical) {
    Gate g(policy_text("    mode: shadow\n    limits: {redirects-per-second: 1, per-source: 1}\n"),
           {.transactions = 4, .fragments = 4});
    std::vector<Bytes> all = {frame4(bytes(invite(kForbidden).text())), frame4(bytes(invite({}).text())),
                              frame4(bytes("garbage")),
                              ether(0x0800, ipv4({.protocol = 6}, tcp(1000, 5060, bytes("INVITE"))))};
    for (int n = 0; n < 10; ++n) {
        Sip s = invite(kForbidden);
        s.call_id = "id" + std::to_string(n);
        all.push_back(frame4(bytes(s.text())));
        s.method = "ACK";
        all.push_back(frame4(bytes(s.text())));
        s.method = "CANCEL";
        all.push_back(frame4(bytes(s.text())));
    }
    for (const Bytes& f : all) {
        const auto out = g.send(f);
        EXPECT_TRUE(out.inside.empty());
        ASSERT_EQ(out.outside.size(), 1U);
        EXPECT_EQ(out.outside[0], f);
    }
    EXPECT_EQ(g.lines[0].would, "redirect");
    for (const auto& l : g.lines) EXPECT_EQ(l.verdict, "forward");
    // more fragments than can be held leave unjudged, whichever comes first
    for (const bool backwards : {false, true}) {
        auto many =
            fragments4(udp(5060, 5060, bytes(invite(kForbidden).text())), 80, {.id = backwards ? 8U : 9U});
        if (backwards) std::ranges::reverse(many);
        const std::size_t sent = g.send(many).outside.size();
        g.now += 31 * kSecond;
        g.tick();
        EXPECT_EQ(sent + g.take().outside.size(), many.size()) << (backwards ? "last first" : "first first");
    }
}

/// What was only watched has been forwarded: its ACK and CANCEL belong to the far side, also when the gate
/// enforces by now.
TEST(Shadow, AckAfterASwitchToEnforce) {
    Gate g(policy_text("    mode: shadow\n"));
    g.message(invite(kForbidden));
    g.judge.mode = Mode::enforce;
    EXPECT_EQ(g.message(follow_up("CANCEL")).outside.size(), 1U);
    EXPECT_EQ(g.message(follow_up("ACK", "far-side")).outside.size(), 1U);
    EXPECT_EQ(g.message(invite(kForbidden)).outside.size(), 1U) << "a copy keeps its verdict";
}

TEST(Bypass, NothingIsJudged) {
    Gate g(policy_text("    mode: bypass\n"));
    EXPECT_EQ(g.message(invite(kForbidden)).outside.size(), 1U);
    EXPECT_EQ(g.last(), "forward bypass");
}

}  // namespace
}  // namespace kmsgate::core
