// SPDX-License-Identifier: BSD-3-Clause
// A client knows the response to its request by the top Via branch (RFC 3261 17.1.3): a far side that changes
// anything else of the transaction must not choose by whose rules its KRR is judged.
#include <functional>

#include "tests/unit/dataplane/krr_kit.hpp"

namespace kmsgate::core {
namespace {

using namespace kmsgate::test;

constexpr std::uint32_t kRoaming = 1;
const std::string kIsRules =
    "      - {name: i, side: initiator, allow: [A], other: any}\n"
    "      - {name: r, side: receiver, allow: [C, A]}\n";
const Lists kUntouched{"ANY", "ANY"};

struct Change {
    const char* what;
    std::function<void(Sip&)> apply;
};
/// Each field of a transaction that a client may not look at.
const std::vector<Change>& changes() {
    static const std::vector<Change> all = {
        {"From tag", [](Sip& s) { s.from.replace(s.from.find(";tag="), std::string::npos, ";tag=F1"); }},
        {"no From tag", [](Sip& s) { s.from.erase(s.from.find(";tag=")); }},
        {"Call-ID", [](Sip& s) { s.call_id = "other"; }},
        {"CSeq number", [](Sip& s) { s.cseq = 77; }},
        {"sent-by without port", [](Sip& s) { s.via = "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1"; }},
        {"sent-by", [](Sip& s) { s.via = "SIP/2.0/UDP proxy.example:5060;branch=z9hG4bK1"; }},
        {"letters of the branch", [](Sip& s) { s.via = "SIP/2.0/UDP 10.0.0.1:5060;branch=Z9Hg4Bk1"; }},
        {"all of them",
         [](Sip& s) {
             s.via = "SIP/2.0/UDP 10.0.0.9:5099;branch=Z9HG4BK1";
             s.from.replace(s.from.find(";tag="), std::string::npos, ";tag=F1");
             s.call_id = "other";
             s.cseq = 77;
         }},
    };
    return all;
}
std::uint64_t mismatches(const Gate& g) {
    return g.counters().get(Counter::response_mismatch);
}
Lists back(Gate& g, const Sip& s, Arrival request) {
    const auto out = g.message(s, opposite(request));
    return lists_of(request == Arrival::inside ? out.inside : out.outside);
}

TEST(KrrBranch, AnIsEdgeIsNotTalkedOutOfItsUser) {
    for (const Arrival from : {Arrival::inside, Arrival::outside})
        for (const Change& change : changes()) {
            Gate g(policy_text("", "", "is", kIsRules));
            Sip s = invite({});
            s.to = s.uri = "sip:y@mc2.example";
            g.message(s, from);
            ASSERT_EQ(g.last(), "forward allowed");
            Sip lie = answer_to(s);
            lie.from = "<sip:x@mc2.example>;tag=f1";
            EXPECT_EQ(back(g, lie, from), (Lists{"kms.a.example", "ANY"})) << "in the transaction";
            EXPECT_EQ(mismatches(g), 0U);
            change.apply(lie);
            EXPECT_EQ(back(g, lie, from), (Lists{"kms.a.example", "ANY"})) << change.what;
            EXPECT_EQ(mismatches(g), 1U) << change.what;
            EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 0U) << change.what;
            EXPECT_NE(g.lines.back().json.find("\"initiator\":\"sip:alice@mc1.example\""), std::string::npos);
            // The time of its KRR is kept under its own words, and does not make them a request.
            EXPECT_EQ(back(g, lie, from), (Lists{"kms.a.example", "ANY"})) << change.what;
            EXPECT_EQ(mismatches(g), 2U) << change.what;
        }
}

TEST(KrrBranch, AnIsEdgeTakesWhatTheResponseAddsAtAMismatch) {
    for (const Change& change : changes()) {
        Gate g(policy_text("", "", "is", kIsRules));
        Sip s = invite({});
        s.to = s.uri = "sip:y@mc2.example";
        g.message(s);
        Sip more = answer_to(s);
        more.to = "<sip:bob@mc1.example>;tag=far";
        change.apply(more);
        EXPECT_EQ(back(g, more, Arrival::inside), (Lists{"kms.a.example", "kms.c.example kms.a.example"}))
            << change.what;
    }
}

TEST(KrrBranch, TagRulesStayThoseOfTheRequestsUser) {
    for (const Change& change : changes())
        for (const bool named : {false, true}) {
            Gate g;
            ASSERT_TRUE(g.tags.set("mc1", "sip:dave@mc1.example", kRoaming));
            g.message(invite({}));
            ASSERT_EQ(g.last(), "forward allowed");
            Sip lie = answer_to(invite({}));
            lie.from = (named ? "<sip:dave@mc1.example>" : kAnonymous) + ";tag=f1";
            change.apply(lie);
            const Lists lists = back(g, lie, Arrival::inside);
            // dave may use C, alice A: together nothing; who names nobody adds nobody.
            EXPECT_EQ(lists.initiator, named ? "" : "kms.a.example") << change.what;
            EXPECT_EQ(mismatches(g), 1U);
            EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 0U);
        }
}

/// On a cs edge users of other domains meet the rules, too, each of them.
TEST(KrrBranch, UsersOfOtherDomainsAddUpAtACsEdge) {
    Gate g(policy_text("", "", "cs",
                       "      - {name: u, side: initiator, when: {user: 'sip:u@mc2.example'}, allow: [A, B], "
                       "other: any}\n"
                       "      - {name: all, side: initiator, allow: [B, C], other: any}\n"));
    Sip s = invite({.kmsi = kB, .idri = "sip:v@mc2.example"});
    s.from = kAnonymous + ";tag=f1";
    g.message(s);
    ASSERT_EQ(g.last(), "forward allowed");
    Sip lie = answer_to(s);
    lie.from = "<sip:u@mc2.example>;tag=f2";
    EXPECT_EQ(back(g, lie, Arrival::inside).initiator, kB);
}

TEST(KrrBranch, TheOtherPortsRequestIsAnother) {
    Gate g(policy_text("", "", "is", kIsRules));
    g.message(invite({.idri = "sip:alice@mc1.example"}));
    Sip other = answer_to(invite({}));
    other.call_id = "other";
    other.from = "<sip:x@mc2.example>;tag=f1";
    other.to = "<sip:y@mc2.example>;tag=far";
    EXPECT_EQ(back(g, other, Arrival::outside), kUntouched) << "answers a request from outside";
    EXPECT_EQ(mismatches(g), 0U);
    EXPECT_NE(back(g, other, Arrival::inside), kUntouched);
    EXPECT_EQ(mismatches(g), 1U);
}

TEST(KrrBranch, OnlyABranchOfTheCookieNamesATransaction) {
    struct Row {
        const char* branch;
        bool known;
    };
    for (const Row& row :
         {Row{";branch=z9hG4bKx", true}, Row{";branch=Z9HG4BKx", true}, Row{";branch=z9hG4bK", false},
          Row{";branch=z9hG4b", false}, Row{";branch=1", false}, Row{"", false}}) {
        Gate g(policy_text("", "", "is", kIsRules));
        Sip s = invite({});
        s.via = std::string("SIP/2.0/UDP 10.0.0.1:5060") + row.branch;
        g.message(s);
        ASSERT_EQ(g.last(), "forward allowed");
        Sip other = answer_to(s);
        other.call_id = "other";
        other.from = "<sip:x@mc2.example>;tag=f1";
        other.to = "<sip:y@mc2.example>;tag=far";
        EXPECT_EQ(back(g, other, Arrival::inside) == kUntouched, !row.known) << row.branch;
        EXPECT_EQ(mismatches(g), row.known ? 1U : 0U) << row.branch;
    }
}

TEST(KrrBranch, IsForgottenWithItsRequest) {
    Gate g(policy_text("", "", "is", kIsRules));
    Sip s = invite({});
    s.to = s.uri = "sip:y@mc2.example";
    g.message(s);
    Sip lie = answer_to(s);
    lie.from = "<sip:x@mc2.example>;tag=f1";
    lie.call_id = "late";
    g.now += memory::kInviteLife - 1;
    EXPECT_EQ(back(g, lie, Arrival::inside).initiator, kA);
    g.now += 1;
    EXPECT_EQ(back(g, lie, Arrival::inside), kUntouched);
    EXPECT_EQ(mismatches(g), 1U);
}

/// Two calls under one branch: which of them a client takes the response for cannot be told.
TEST(KrrBranch, CallsThatShareABranchCountTogether) {
    const std::string rules =
        "      - {name: u, side: initiator, when: {user: 'sip:u@mc1.example'}, allow: [A, B], other: any}\n"
        "      - {name: v, side: initiator, when: {user: 'sip:v@mc1.example'}, allow: [A, C], other: any}\n";
    Gate g(policy_text("", "", "cs", rules));
    const auto call = [](const char* user, const char* id) {
        Sip s = invite({.idri = user});
        s.from = kAnonymous + ";tag=f1";
        s.call_id = id;
        return s;
    };
    const Sip u = call("sip:u@mc1.example", "u"), v = call("sip:v@mc1.example", "v");
    g.message(u);
    EXPECT_EQ(back(g, answer_to(u), Arrival::inside).initiator, "kms.a.example kms.b.example");
    g.now += kSecond;
    g.message(v);
    for (const Sip& s : {u, v, call("", "neither")}) {
        EXPECT_EQ(back(g, answer_to(s), Arrival::inside).initiator, kA) << s.call_id;
        const std::string user = s.call_id == "u" ? "sip:u@mc1.example" : "sip:v@mc1.example";
        EXPECT_NE(g.lines.back().json.find("\"initiator\":\"" + user + "\""), std::string::npos) << s.call_id;
    }
    EXPECT_EQ(mismatches(g), 1U);
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 0U);
    g.now += memory::kTransactionLife - kSecond;  // a final response has passed: u is forgotten first
    g.now += kSecond;
    g.message(call("", "w"));  // names nobody: all that could apply
    EXPECT_EQ(back(g, answer_to(call("", "neither")), Arrival::inside).initiator, kA);
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 1U);
}

TEST(KrrBranch, VisitedNetworksOfCallsThatShareABranchAreInDoubt) {
    Gate g(policy_text(
        "", "", "cs",
        "      - {name: abroad, side: initiator, when: {visited: '*v1*'}, allow: [C, B], other: any}\n"
        "      - {name: home, side: initiator, allow: [A, B], other: any}\n"));
    Sip s = invite({.kmsi = kB});
    s.extra = "P-Visited-Network-ID: \"v1.example\"\r\n";
    g.message(s);
    Sip lie = answer_to(s);
    lie.call_id = "other";
    EXPECT_EQ(back(g, lie, Arrival::inside).initiator, "kms.c.example kms.b.example");
    Sip second = s;
    second.call_id = "second";
    g.message(second);
    EXPECT_EQ(back(g, lie, Arrival::inside).initiator, "kms.c.example kms.b.example") << "the same network";
    second.call_id = "third";
    second.extra.clear();
    g.message(second);
    EXPECT_EQ(back(g, lie, Arrival::inside).initiator, kB);
    EXPECT_EQ(back(g, answer_to(s), Arrival::inside).initiator, kB);
}

TEST(KrrBranch, ACrowdIsStrictestAndNeverLetGo) {
    const std::string rules =
        "      - {name: chief, side: initiator, when: {user: 'sip:chief@mc1.example'}, allow: [A], other: "
        "any}\n"
        "      - {name: all, side: initiator, allow: [A, B], other: any}\n";
    Gate g(policy_text("    failure: {unknown-user: forward}\n", "", "cs", rules));
    Sip lie = answer_to(invite({}));
    lie.call_id = "other";
    for (std::size_t n = 1; n <= memory::Callers::kMax + 2; ++n) {
        Sip s = invite({});
        s.call_id = "n" + std::to_string(n);
        g.message(s);
        const bool crowd = n > memory::Callers::kMax;
        const std::string expected = crowd ? "kms.a.example" : "kms.a.example kms.b.example";
        EXPECT_EQ(back(g, lie, Arrival::inside).initiator, expected) << n;
        EXPECT_EQ(back(g, answer_to(s), Arrival::inside).initiator, expected) << n;
        EXPECT_EQ(mismatches(g), n);
    }
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 4U);
}

/// The KRR of a mismatched response, too, is written once: its copies are the same bytes.
TEST(KrrBranch, CopiesOfAMismatchedResponseStayTheSame) {
    Gate g;
    g.message(invite({}));
    Sip lie = answer_to(invite({}));
    lie.call_id = "other";
    const auto first = receive(g.message(lie, Arrival::outside).inside, 14, false).payload;
    g.now += 7 * kSecond;
    EXPECT_EQ(receive(g.message(lie, Arrival::outside).inside, 14, false).payload, first);
    EXPECT_EQ(mismatches(g), 2U);
}

}  // namespace
}  // namespace kmsgate::core
