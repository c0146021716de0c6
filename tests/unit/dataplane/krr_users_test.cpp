// SPDX-License-Identifier: BSD-3-Clause
// Whose KRR comes back: the request's transaction tells, then the response's own SIP identities, else the
// strictest rule; never what the KRR says.
#include "tests/unit/dataplane/krr_kit.hpp"

namespace kmsgate::core {
namespace {

using namespace kmsgate::test;

void tag(Gate& g, const char* user, std::uint32_t bits) {
    ASSERT_TRUE(g.tags.set("mc1", user, bits));
}
constexpr std::uint32_t kRoaming = 1;

TEST(KrrUsers, TagRulesFollowTheRequestsUser) {
    Gate g;
    tag(g, "sip:alice@mc1.example", kRoaming);
    g.message(invite({.kmsi = kC}));
    ASSERT_EQ(g.last(), "forward allowed");
    const Sip back = anonymous(answer_to(invite({})));
    EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside), (Lists{"kms.c.example", "ANY"}));
    EXPECT_NE(g.lines.back().json.find("\"initiator\":\"sip:alice@mc1.example\""), std::string::npos)
        << "the line names the user that counted";
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 0U);
    tag(g, "sip:alice@mc1.example", 0);
    EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside), (Lists{"kms.a.example", "ANY"}))
        << "tags are those of now";
}

TEST(KrrUsers, BothSpellingsOfANumberKeepTheirTags) {
    Gate g;
    tag(g, "tel:+4420123", kRoaming);
    Sip s = invite({.kmsi = kC});
    s.from = "<sip:+4420123@mc1.example;user=phone>;tag=f1";
    g.message(s);
    ASSERT_EQ(g.last(), "forward allowed");
    EXPECT_EQ(lists_of(g.message(anonymous(answer_to(s)), Arrival::outside).inside).initiator, kC);
}

/// Nobody asked for the callee when the request went by, and now a rule does: he is one of unknown user.
TEST(KrrUsers, WhomNoRuleAskedForIsUnknownToRulesThatComeLater) {
    const std::string before = "      - {name: attached, side: initiator, allow: [A], other: any}\n";
    const std::string after = before +
                              "      - {name: guests, side: receiver, when: {tag: roaming}, allow: [C, B]}\n"
                              "      - {name: called, side: receiver, allow: [A, B]}\n";
    const Policy later(policy_text("", "", "cs", after));
    Gate g(policy_text("", "", "cs", before));
    g.message(invite({.kmsr = kA}), Arrival::outside);
    ASSERT_EQ(g.last(), "forward no-rule");
    g.use(later.table(), 2);
    const Sip back = anonymous(answer_to(invite({}), krr_text(uri("ANY"), uri("ANY"))));
    EXPECT_EQ(lists_of(g.message(back, Arrival::inside).outside).receiver, kB) << "what both rules allow";
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 1U);
}

TEST(KrrUsers, OfAMissTheResponsesOwnIdentitiesCount) {
    Gate g;
    tag(g, "sip:alice@mc1.example", kRoaming);
    EXPECT_EQ(lists_of(g.message(answer_to(invite({})), Arrival::outside).inside).initiator, kC);
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 0U);
}

TEST(KrrUsers, StillUnknownMeansTheStrictestAndIsCounted) {
    const std::string rules =
        "      - {name: guests, side: initiator, when: {tag: roaming}, allow: [C, B], other: any}\n"
        "      - {name: attached, side: initiator, allow: [A, B], other: any}\n";
    Gate g(policy_text("", "", "cs", rules));
    const Sip back = anonymous(answer_to(invite({})));
    EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside).initiator, kB) << "what both rules allow";
    EXPECT_NE(g.lines.back().json.find("\"rule\":{\"initiator\":\"guests\""), std::string::npos);
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 1U);
    for (const auto& [action, verdict] : std::vector<std::pair<std::string, std::string>>{
             {"drop", "drop unknown-user"}, {"forward", "forward unknown-user"}}) {
        Gate other(policy_text("    failure: {unknown-user: " + action + "}\n", "", "cs", rules));
        other.message(back, Arrival::outside);
        EXPECT_EQ(other.last(), verdict);
    }
}

/// The KRR's author may be the attacker: his InitiatorUri would pick the looser rule.
TEST(KrrUsers, TheKrrsOwnWordsAreNeverAsked) {
    const std::string rules =
        "      - {name: chief, side: initiator, when: {user: 'sip:chief@mc1.example'}, allow: [A, B], other: "
        "any}\n"
        "      - {name: all, side: initiator, allow: [A], other: any}\n";
    for (const char* proxy : {"cs", "is"}) {
        Gate g(policy_text("", "", proxy, rules));
        std::string body = krr_text(uri("ANY"));
        body.insert(body.find("<InitiatorKmsList>"),
                    "<InitiatorUri>sip:chief@mc1.example</InitiatorUri><ReceiverUri>sip:x@mc2.example"
                    "</ReceiverUri>");
        g.message(invite({}));
        EXPECT_EQ(lists_of(g.message(answer_to(invite({}), body), Arrival::outside).inside).initiator, kA);
        Sip miss = anonymous(answer_to(invite({}), body));
        miss.call_id = "other";
        EXPECT_EQ(lists_of(g.message(miss, Arrival::outside).inside).initiator, kA) << proxy;
    }
}

/// The rest of the body is his, too.
TEST(KrrUsers, NorWhatStandsBesideIt) {
    Gate g(policy_text("", "", "cs",
                       "      - {name: chief, side: initiator, when: {user: 'sip:chief@mc1.example'}, allow: "
                       "[A, B], other: any}\n"
                       "      - {name: all, side: initiator, allow: [A], other: any}\n"));
    Sip s = anonymous(answer_to(invite({})));
    s.type = "multipart/mixed;boundary=b";
    s.body =
        "--b\r\nContent-Type: application/vnd.3gpp.mcptt-info+xml\r\n\r\n<mcpttinfo><mcptt-Params>"
        "<mcptt-calling-user-id><mcpttURI>sip:chief@mc1.example</mcpttURI></mcptt-calling-user-id>"
        "</mcptt-Params></mcpttinfo>\r\n--b\r\nContent-Type: " +
        kKrrType + "\r\n\r\n" + krr_text(uri("ANY")) + "\r\n--b--\r\n";
    EXPECT_EQ(lists_of(g.message(s, Arrival::outside).inside).initiator, kA);
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 1U);
}

TEST(KrrUsers, AnAssertedIdentityInAResponseIsItsSenders) {
    Gate g(policy_text("", "peers: {ims: {addresses: [10.0.0.0/24], trusted: true}}\n", "is",
                       "      - {name: i, side: initiator, allow: [A], other: any}\n"
                       "      - {name: r, side: receiver, allow: [C]}\n"));
    Sip s = answer_to(invite({}));
    s.from = "<sip:x@mc2.example>;tag=f1";
    s.to = "<sip:y@mc2.example>;tag=far";
    s.extra = "P-Asserted-Identity: <sip:bob@mc1.example>\r\n";
    EXPECT_EQ(lists_of(g.message(s, Arrival::outside).inside), (Lists{"ANY", "kms.c.example"}));
}

const std::string kIsRules =
    "      - {name: i, side: initiator, allow: [A], other: any}\n"
    "      - {name: r, side: receiver, allow: [C, A]}\n";

TEST(KrrUsers, AnIsEdgeGoesByTheTransaction) {
    Gate g(policy_text("", "", "is", kIsRules));
    struct Row {
        const char *idri, *idrr;
        Lists lists;
    };
    int n = 0;
    for (const Row& row :
         {Row{"sip:alice@mc1.example", "sip:x@mc2.example", {"kms.a.example", "ANY"}},
          Row{"sip:x@mc2.example", "sip:bob@mc1.example", {"ANY", "kms.c.example kms.a.example"}},
          Row{"sip:a@mc1.example", "sip:b@mc1.example", {"kms.a.example", "kms.c.example kms.a.example"}}}) {
        Sip s = invite({.idri = row.idri, .idrr = row.idrr});
        s.from = "<sip:mcptt@far.example>;tag=f1";
        s.to = s.uri = "sip:server@far.example";
        s.call_id = "c" + std::to_string(++n);
        s.via += s.call_id;
        const Arrival from = n % 2 == 0 ? Arrival::inside : Arrival::outside;
        g.message(s, from);
        ASSERT_EQ(g.last(), "forward allowed");
        const auto out =
            g.message(answer_to(s), from == Arrival::inside ? Arrival::outside : Arrival::inside);
        EXPECT_EQ(lists_of(from == Arrival::inside ? out.inside : out.outside), row.lists) << row.idri;
    }
    // Neither user is of the domain: the KRR is none of this edge's business, whatever From says now.
    Sip s = invite({.idri = "sip:x@mc2.example", .idrr = "sip:y@mc2.example"});
    s.from = "<sip:x@mc2.example>;tag=f1";
    s.to = "<sip:y@mc2.example>";
    s.uri = "sip:y@mc2.example";
    s.call_id = "neither";
    s.via += "neither";
    g.message(s);
    Sip back = answer_to(s);
    back.from = "<sip:alice@mc1.example>;tag=f1";
    EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside), (Lists{"ANY", "ANY"}));
    EXPECT_EQ(g.last(), "forward no-rule");
}

/// The far side cannot shorten our memory with an answer that nobody gets to see.
TEST(KrrUsers, ADroppedFinalEndsNoTransaction) {
    Gate g(policy_text("", "", "is", kIsRules));
    Sip s = invite({.idri = "sip:alice@mc1.example", .idrr = "sip:x@mc2.example"});
    s.to = s.uri = "sip:x@mc2.example";
    g.message(s);
    ASSERT_EQ(g.last(), "forward allowed");
    g.message(answer_to(s, "<KmsRedirectResponse"), Arrival::outside);
    ASSERT_EQ(g.last(), "drop unparsable-krr");
    g.now += 60 * kSecond;
    Sip lie = answer_to(s);
    lie.from = "<sip:y@mc2.example>;tag=f1";
    EXPECT_EQ(lists_of(g.message(lie, Arrival::outside).inside), (Lists{"kms.a.example", "ANY"}));
}

TEST(KrrUsers, HashedUsersOfTheRoster) {
    Gate g(policy_text("", "", "is", kIsRules));
    tag(g, "sip:carol@mc1.example", 0);
    const auto hash =
        memory::uid_of("sip:carol@mc1.example", kA, 2592000, 0, memory::period_number(g.now, 2592000, 0));
    Sip s = invite({.kmsr = kA, .idri = "sip:x@mc2.example", .uidr = {hash.begin(), hash.end()}});
    s.from = kAnonymous + ";tag=f1";
    s.to = kAnonymous;
    s.uri = "sip:mcptt@server.invalid";
    g.message(s);
    ASSERT_EQ(g.last(), "forward allowed");
    EXPECT_EQ(lists_of(g.message(answer_to(s), Arrival::outside).inside),
              (Lists{"ANY", "kms.c.example kms.a.example"}))
        << "the initiator stays untouched: he is known to be another domain's";
    EXPECT_NE(g.lines.back().json.find("\"receiver\":\"sip:carol@mc1.example\""), std::string::npos);
}

TEST(KrrUsers, CopiesOfARequestAddUp) {
    const std::string rules =
        "      - {name: u, side: initiator, when: {user: 'sip:u@mc1.example'}, allow: [A, B], other: any}\n"
        "      - {name: v, side: initiator, when: {user: 'sip:v@mc1.example'}, allow: [A, C], other: any}\n";
    const auto copy = [](const char* user) {
        Sip s = invite({.idri = user});
        s.from = kAnonymous + ";tag=f1";
        return s;
    };
    const Sip back = anonymous(answer_to(copy("sip:u@mc1.example")));
    for (const bool swapped : {false, true}) {
        Gate g(policy_text("", "", "cs", rules));
        g.message(copy(swapped ? "sip:v@mc1.example" : "sip:u@mc1.example"));
        g.message(copy(swapped ? "sip:u@mc1.example" : "sip:v@mc1.example"));
        ASSERT_EQ(g.counters().get(Counter::changed_copies), 1U);
        EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside).initiator, kA);
        EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 0U);
    }
    Gate g(policy_text("", "", "cs", rules));
    g.message(copy("sip:u@mc1.example"));
    EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside).initiator, "kms.a.example kms.b.example");
    g.message(copy(""));  // a copy that names nobody makes it strictest, not open
    EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside).initiator, kA);
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 1U);
    Gate lax(policy_text("    failure: {unknown-user: forward}\n", "", "cs", rules));
    lax.message(copy("sip:u@mc1.example"));
    lax.message(copy(""));
    EXPECT_EQ(lists_of(lax.message(back, Arrival::outside).inside).initiator, "kms.a.example kms.b.example")
        << "an unknown copy does not open what a known one closed";
}

TEST(KrrUsers, AnotherMethodUnderTheSameKeyTakesNothingAway) {
    Gate g;
    tag(g, "sip:alice@mc1.example", kRoaming);
    g.message(invite({.kmsi = kC}));
    Sip other = invite({.idri = "sip:anna@mc1.example"});
    other.method = "MESSAGE";
    other.from = kAnonymous + ";tag=f1";
    g.message(other);
    // roaming allows C, attached A: nothing that both users may use
    EXPECT_EQ(lists_of(g.message(anonymous(answer_to(invite({}))), Arrival::outside).inside).initiator, "");
}

TEST(KrrUsers, TheLongestLifeOfACopyCounts) {
    Gate g;
    tag(g, "sip:alice@mc1.example", kRoaming);
    g.message(invite({.kmsi = kA}));  // refused: kept for 32 s
    ASSERT_EQ(g.last(), "redirect initiator-kms-not-allowed");
    g.message(invite({.kmsi = kC}));  // forwarded: kept for 200 s
    ASSERT_EQ(g.last(), "forward allowed");
    const Sip back = anonymous(answer_to(invite({})));
    g.now += memory::kInviteLife - 1;
    EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside).initiator, kC);
    g.now += memory::kTransactionLife;
    EXPECT_EQ(lists_of(g.message(back, Arrival::outside).inside).initiator, "") << "forgotten: strictest";
}

TEST(KrrUsers, AnEntryTakenOverAfterItsTimeKnowsOnlyTheNewUser) {
    Gate g;
    tag(g, "sip:alice@mc1.example", kRoaming);
    g.message(invite({.kmsi = kC}));
    g.now += memory::kInviteLife;
    Sip s = invite({});
    s.from = "<sip:anna@mc1.example>;tag=f1";
    g.message(s);
    EXPECT_EQ(lists_of(g.message(anonymous(answer_to(s)), Arrival::outside).inside).initiator, kA);
}

const std::string kVisitedRules =
    "      - {name: abroad, side: initiator, when: {visited: '*v1.example*'}, allow: [C, B], other: any}\n"
    "      - {name: home, side: initiator, allow: [A, B], other: any}\n";

TEST(KrrUsers, VisitedNetworksAreThoseOfTheRequest) {
    Gate g(policy_text("", "", "cs", kVisitedRules));
    Sip s = invite({.kmsi = kC});
    s.extra = "P-Visited-Network-ID: \"v1.example\"\r\n";
    g.message(s);
    ASSERT_EQ(g.last(), "forward allowed");
    EXPECT_EQ(lists_of(g.message(answer_to(s), Arrival::outside).inside).initiator,
              "kms.c.example kms.b.example");
    Sip home = invite({});
    home.call_id = "c2";
    home.via += "c2";
    g.message(home);
    Sip lie = answer_to(home);
    lie.extra = s.extra;
    EXPECT_EQ(lists_of(g.message(lie, Arrival::outside).inside).initiator, "kms.a.example kms.b.example")
        << "what the far side says of the visited network counts nothing";
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 0U);
    lie.call_id = "c3";
    lie.via += "c3";
    EXPECT_EQ(lists_of(g.message(lie, Arrival::outside).inside).initiator, kB)
        << "nobody knows any more: what both rules allow";
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 1U);
    Sip doubt = home;
    doubt.extra = s.extra;
    g.message(doubt);  // another copy, from another place
    EXPECT_EQ(lists_of(g.message(answer_to(home), Arrival::outside).inside).initiator, kB);
}

TEST(KrrUsers, ThePeerIsTheNeighbourThatGetsIt) {
    Gate g(policy_text("", "", "cs",
                       "      - {name: near, side: initiator, when: {peer: 10.0.0.2/32}, allow: [B], other: "
                       "any}\n"
                       "      - {name: far, side: initiator, when: {peer: 10.0.0.1/32}, allow: [A], other: "
                       "any}\n"));
    // frame4 travels from 10.0.0.1 to 10.0.0.2
    EXPECT_EQ(lists_of(g.message(answer_to(invite({})), Arrival::outside).inside).initiator, kB);
}

TEST(KrrUsers, MoreThanCanBeKeptIsStrictest) {
    Gate g(
        policy_text("    failure: {unknown-user: forward}\n", "", "cs",
                    "      - {name: chief, side: receiver, when: {user: 'sip:z@mc1.example'}, allow: [A]}\n"
                    "      - {name: all, side: receiver, allow: [A, B]}\n"));
    for (const std::size_t n : {std::size_t{2}, std::size_t{40}}) {
        Sip s = invite({});
        s.call_id = "n" + std::to_string(n);
        s.via += s.call_id;
        std::string list = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>";
        for (std::size_t i = 0; i < n; ++i)
            list += "<entry uri=\"sip:user" + std::to_string(i) + "@mc1.example\"/>";
        list += "<entry uri=\"sip:z@mc1.example\"/></list></resource-lists>";
        s.type = "multipart/mixed;boundary=b";
        s.body = "--b\r\nContent-Type: application/sdp\r\n\r\n" + sdp({}) +
                 "\r\n--b\r\nContent-Type: application/resource-lists+xml\r\n\r\n" + list + "\r\n--b--\r\n";
        g.message(s, Arrival::outside);
        ASSERT_EQ(g.last(), "forward allowed");
        Sip back = answer_to(invite({}));
        back.call_id = s.call_id;
        back.via = s.via;
        back.body = krr_text(uri("ANY"), uri("ANY"));
        EXPECT_EQ(lists_of(g.message(back, Arrival::inside).outside).receiver, kA) << n;
    }
    EXPECT_EQ(g.counters().get(Counter::krr_unknown_user), 1U);
}

/// A response that was not read to its end could hold a KRR; From tells whose it would be.
TEST(KrrUsers, AnUnreadableResponseIsHisWhoAsked) {
    Gate g(policy_text("", "", "is", "      - {name: i, side: initiator, allow: [A], other: any}\n"));
    Sip s = answer_to(invite({}));
    s.to = "<sip:bob@mc2.example>;tag=far";
    s.extra = "Content-Encoding: gzip\r\n";
    EXPECT_TRUE(g.message(s, Arrival::outside).inside.empty());
    EXPECT_EQ(g.last(), "drop uninspectable-body");
}

}  // namespace
}  // namespace kmsgate::core
