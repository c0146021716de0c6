// SPDX-License-Identifier: BSD-3-Clause
// Whose message is it: every source counts, none hides another (design 3, spec-facts 1.8 and 2.4).
#include <gtest/gtest.h>

#include "dataplane/inspect/inspect.hpp"
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::inspect {
namespace {

using namespace kmsgate::test;
using State = policy::decide::User::State;

constexpr core::Time kNow = 1'700'000'000 * kSecond;

class Scene {
  public:
    Scene()
        : policy_(policy_text("", "peers: {ims: {addresses: [10.0.0.0/24], trusted: true}}\n", "is")),
          storage_(1 << 20),
          arena_(storage_) {}

    void look(const Sip& sip, std::uint8_t last = 1) {
        text_ = sip.text();
        arena_.reset();
        Arrived a;
        a.now = kNow;
        a.source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0,
                     static_cast<std::uint8_t>(last == 1 ? 0 : 9), last},
                    5060,
                    false};
        a.destination = a.source;
        a.payload = text_;
        inspect(a, {&policy_.table(), *policy_.table().find_edge("e"), Mode::enforce, &tags, &roster_},
                arena_, seen);
    }
    [[nodiscard]] const policy::decide::User& user(int side) const {
        return seen.facts.users[static_cast<std::size_t>(side)];
    }
    [[nodiscard]] std::vector<std::string> names(int side) const {
        std::vector<std::string> out;
        for (const auto& c : user(side).candidates) out.emplace_back(c.uri);
        return out;
    }

  private:
    Policy policy_;
    std::unique_ptr<memory::UserTags> tags_ = made_tags(100);
    memory::UidRoster roster_{*tags_};

  public:
    memory::UserTags& tags = *tags_;
    Inspection seen;

  private:
    std::vector<std::byte> storage_;
    sip::Arena arena_;
    std::string text_;
};
using Names = std::vector<std::string>;

Sip plain(const Offer& o, std::string from, std::string to = "<sip:server@far.example>",
          std::string uri = "sip:server@far.example") {
    Sip s = invite(o);
    s.from = std::move(from);
    s.to = std::move(to);
    s.uri = std::move(uri);
    return s;
}
mikey::test::Octets uid(std::string_view user, std::string_view kms, std::uint64_t period) {
    const auto u = memory::uid_of(user, kms, 2592000, 0, period);
    return {u.begin(), u.end()};
}
constexpr std::uint64_t kPeriod = 1508;

TEST(Users, AnySourcePlacesTheInitiator) {
    Scene s;
    s.look(plain({}, "<sip:Alice@MC1.example;x=y>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::ours);
    EXPECT_EQ(s.names(0), Names{"sip:Alice@mc1.example"}) << "normalised";
    s.look(plain({.idri = "sip:mc@mc1.example"}, "<sip:ims@far.example>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::ours);
    EXPECT_EQ(s.seen.users[0], "sip:mc@mc1.example");
    s.look(plain({}, "<sip:ims@far.example>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::unknown) << "a domain that the policy does not know";
    s.look(plain({}, "<sip:x@mc2.example>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::other);
    s.look(plain({.idri = "sip:mc@nobody.example"}, "<sip:ims@far.example>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::other)
        << "a clear MC identity is somebody's, even when no domain claims it";
}

TEST(Users, DisagreementIsAnEventAndNoWayOut) {
    Scene s;
    s.look(plain({.idri = "sip:mc@mc2.example"}, "<sip:alice@mc1.example>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::ours);
    EXPECT_TRUE(s.user(0).disagreement);
    s.look(plain({.idri = "sip:mc@mc1.example"}, "<sip:alice@mc1.example>;tag=1"));
    EXPECT_EQ(s.user(0).candidates.size(), 2U) << "both count";
    EXPECT_TRUE(s.user(0).disagreement);
    s.look(plain({.idri = "sip:alice@mc1.example"}, "<SIP:alice@MC1.EXAMPLE>;tag=1"));
    EXPECT_EQ(s.user(0).candidates.size(), 1U);
    EXPECT_FALSE(s.user(0).disagreement);
}

/// A host is looked up once for the users who share it; those of another scheme do not share it.
TEST(Users, AnotherSchemeOfTheSameHostHidesNobody) {
    Scene s;
    for (const char* other : {"abc:x@mc1.example", "abcd:x@mc1.example", "tel:x@mc1.example"}) {
        s.look(plain({.idri = other}, "<sip:alice@mc1.example>;tag=1"));
        EXPECT_EQ(s.user(0).state, State::ours) << other;
        EXPECT_EQ(s.names(0), Names{"sip:alice@mc1.example"}) << other;
        s.look(plain({.idri = "sip:alice@mc1.example"}, std::string("<") + other + ">;tag=1"));
        EXPECT_EQ(s.names(0), Names{"sip:alice@mc1.example"}) << other;
    }
}

/// What was found under a host is remembered: of this table alone, and for no other host.
TEST(Users, AHostBelongsToWhomTheTableAtHandSays) {
    const std::string text = policy_text("", "", "is");
    std::string moved = text;
    moved.replace(moved.find("*@mc1"), 5, "*@mc9");
    const Policy here(text), elsewhere(moved);
    const auto tags = made_tags(10);
    std::vector<std::byte> storage(1 << 20);
    sip::Arena arena(storage);
    Inspection seen;
    const auto state_of = [&](const Policy& policy, const std::string& from) {
        const std::string call = plain({}, "<" + from + ">;tag=1").text();
        arena.reset();
        Arrived arrived;
        arrived.now = kNow;
        arrived.payload = call;
        inspect(arrived,
                {&policy.table(), *policy.table().find_edge("e"), Mode::enforce, tags.get(), nullptr}, arena,
                seen);
        return seen.facts.users[0].state;
    };
    for (int i = 0; i < 1000; ++i) {
        const std::string host = "h" + std::to_string(i) + std::string(static_cast<std::size_t>(i % 70), 'x');
        ASSERT_EQ(state_of(here, "sip:alice@mc1.example"), State::ours) << i;
        ASSERT_EQ(state_of(here, "sip:alice@" + host + ".example"), State::unknown) << i;
        ASSERT_EQ(state_of(here, "sip:alice@mc9.example"), State::unknown) << i;
        if (i % 10 != 0) continue;
        ASSERT_EQ(state_of(elsewhere, "sip:alice@mc1.example"), State::unknown) << i;
        ASSERT_EQ(state_of(elsewhere, "sip:alice@mc9.example"), State::ours) << i;
    }
}

TEST(Users, AssertedIdentityOnlyFromTrustedPeers) {
    Scene s;
    Sip m = plain({}, "<sip:ims@far.example>;tag=1");
    m.extra =
        "P-Asserted-Identity: \"x, y\" <sip:p@mc1.example>,\r\n <tel:+44(20)-5>\r\nP-Preferred-Identity: "
        "<sip:no@mc1.example>\r\n";
    s.look(m);
    EXPECT_EQ(s.names(0), (Names{"sip:p@mc1.example", "tel:+44205"}));
    s.look(m, 2);
    EXPECT_EQ(s.user(0).state, State::unknown) << "from another peer it is only a claim";
}

TEST(Users, PhoneNumbers) {
    Scene s;
    s.look(plain({}, "<sip:+4420123@far.example;user=phone>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::ours) << "also tel:+4420123";
    ASSERT_EQ(s.user(0).candidates.size(), 1U);
    EXPECT_EQ(s.user(0).candidates[0].alias, "tel:+4420123");
    s.look(plain({}, "<sip:+4420123@far.example>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::unknown) << "without user=phone it is a name like any other";
}

TEST(Users, TagsOfEverySpelling) {
    Scene s;
    ASSERT_TRUE(s.tags.set("mc1", "tel:+4420123", 1));
    s.look(plain({}, "<sip:+4420123@mc1.example;user=phone>;tag=1"));
    EXPECT_EQ(s.user(0).candidates[0].tags, 1U);
}

TEST(Users, HashedWithTheKmsOfTheMessage) {
    Scene s;
    for (std::uint64_t period = kPeriod - 2; period <= kPeriod + 2; ++period) {
        const bool near = period + 1 >= kPeriod && period <= kPeriod + 1;
        // the receiver's server stands in To; the UID tells which of the clear identities is the MC user
        const Sip m = plain({.kmsr = "kms.unheard-of.example",
                             .uidr = uid("sip:bob@mc1.example", "kms.unheard-of.example", period)},
                            "<sip:a@far.example>;tag=1", "<sip:bob@mc1.example>", "sip:server@mc1.example");
        s.look(m);
        EXPECT_EQ(s.names(1), near ? Names{"sip:bob@mc1.example"}
                                   : (Names{"sip:bob@mc1.example", "sip:server@mc1.example"}))
            << period;
    }
    const Offer roster = {.kmsi = kB, .uidi = uid("sip:carol@mc1.example", kB, kPeriod)};
    s.look(plain(roster, "<sip:ims@far.example>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::unknown);
    ASSERT_TRUE(s.tags.set("mc1", "sip:carol@mc1.example", 0));
    s.look(plain(roster, "<sip:ims@far.example>;tag=1"));
    EXPECT_EQ(s.names(0), Names{"sip:carol@mc1.example"}) << "rostered, without any tag";
    s.look(plain({.kmsi = kA, .uidi = uid("sip:carol@mc1.example", kB, kPeriod)},
                 "<sip:ims@far.example>;tag=1"));
    EXPECT_EQ(s.user(0).state, State::unknown) << "hashed with another KMS than the message names";
    // both spellings of a number are candidates
    s.look(plain({.kmsr = kA, .uidr = uid("tel:+4420123", kA, kPeriod)}, "<sip:a@far.example>;tag=1",
                 "<sip:+4420123@far.example;user=phone>", "sip:server@mc1.example"));
    EXPECT_EQ(s.names(1), Names{"sip:+4420123@far.example"});
}

TEST(Users, ReceiverOfAServer) {
    Scene s;
    s.look(plain({}, "<sip:a@far.example>;tag=1", "<sip:server@mc1.example>", "sip:server@mc1.example"));
    EXPECT_EQ(s.names(1), Names{"sip:server@mc1.example"}) << "when nothing better is known";
    s.look(plain({.idrr = "sip:bob@mc1.example"}, "<sip:a@far.example>;tag=1", "<sip:server@mc1.example>",
                 "sip:server@mc1.example"));
    EXPECT_EQ(s.names(1), Names{"sip:bob@mc1.example"});
    s.look(plain({.idrr = "sip:bob@mc2.example"}, "<sip:a@far.example>;tag=1", "<sip:server@mc1.example>",
                 "sip:server@mc1.example"));
    EXPECT_EQ(s.user(1).state, State::ours)
        << "any source that places the user in the domain makes the edge police";
    s.look(plain({.idrr = "sip:bob@mc2.example"}, "<sip:a@far.example>;tag=1"));
    EXPECT_EQ(s.user(1).state, State::other);
}

TEST(Users, SidesSwapInResponses) {
    Scene s;
    Sip m = plain({}, "<sip:alice@mc1.example>;tag=1", "<sip:bob@mc2.example>;tag=2");
    m.status = 200;
    s.look(m);
    EXPECT_EQ(s.user(0).state, State::other) << "who answers sends the offer";
    EXPECT_EQ(s.names(1), Names{"sip:alice@mc1.example"});
}

/// An attacker may name as many users as fit into a message; none of them hides the one that counts.
TEST(Users, ACrowdHidesNobody) {
    for (const std::size_t n :
         {std::size_t{5}, std::size_t{23}, std::size_t{30}, std::size_t{127}, std::size_t{300}}) {
        Scene s;
        std::string list = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>";
        for (std::size_t i = 0; i < n; ++i)
            list += "<entry uri=\"sip:u" + std::to_string(i) + "@mc2.example\"/>";
        list += "</list></resource-lists>";
        Sip m = plain({}, "<sip:a@far.example>;tag=1", "<sip:bob@mc1.example>");
        m.type = "multipart/mixed;boundary=b";
        m.body = "--b\r\nContent-Type: application/sdp\r\n\r\n" + sdp({}) +
                 "\r\n--b\r\nContent-Type: application/resource-lists+xml\r\n\r\n" + list + "\r\n--b--\r\n";
        s.look(m);
        ASSERT_GE(s.seen.contents.identities.size(), std::min<std::size_t>(n, 100))
            << "the list was not read";
        EXPECT_NE(s.user(1).state, State::other) << n << ": To names a user of this domain";
        if (n < 100) {
            EXPECT_EQ(s.user(1).state, State::ours) << n;
        }
    }
}

/// A cs edge with a tag rule for initiators and none that asks for receivers.
class Lazy {
  public:
    explicit Lazy(std::string_view proxy)
        : policy_(policy_text("", "", proxy)), storage_(1 << 20), arena_(storage_) {}

    Inspection& look(const Sip& sip, core::Arrival arrival, bool all) {
        text_ = sip.text();
        arena_.reset();
        arrived_ = {};
        arrived_.now = kNow;
        arrived_.arrival = arrival;
        arrived_.source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1}, 5060, false};
        arrived_.payload = text_;
        context_ = {&policy_.table(),
                    *policy_.table().find_edge("e"),
                    Mode::enforce,
                    tags.get(),
                    nullptr,
                    nullptr,
                    {},
                    all};
        inspect(arrived_, context_, arena_, seen);
        return seen;
    }
    void complete() { resolve_open_users({true, true}, arrived_, context_, arena_, seen); }
    [[nodiscard]] std::string said(const policy::decide::User& user) const {
        std::string out = std::to_string(static_cast<int>(user.state)) + (user.disagreement ? "!" : "");
        for (const auto& c : user.candidates) out.append(" ").append(c.uri).append(" ").append(c.alias);
        return out;
    }
    [[nodiscard]] policy::decide::Decision judge() const {
        return policy::decide::decide(seen.facts, policy_.table());
    }
    std::unique_ptr<memory::UserTags> tags = made_tags(10);
    Inspection seen;

  private:
    Policy policy_;
    std::vector<std::byte> storage_;
    sip::Arena arena_;
    std::string text_;
    Arrived arrived_;
    Context context_;
};

TEST(Users, WhatNoRuleAsksStaysOpen) {
    Lazy cs("cs");
    const Sip call =
        plain({.idri = "sip:alice@mc1.example", .idrr = "sip:bob@mc1.example"}, "<sip:alice@mc1.example>");
    cs.look(call, core::Arrival::inside, false);
    EXPECT_EQ(cs.seen.users_open, (std::array{false, true})) << "a rule asks for the initiator's tags";
    EXPECT_EQ(cs.seen.facts.users[0].state, State::ours);
    EXPECT_EQ(cs.seen.facts.users[1].state, State::unknown);
    EXPECT_TRUE(cs.seen.users[1].empty());
    cs.complete();
    EXPECT_EQ(cs.seen.users_open, (std::array{false, false}));
    EXPECT_EQ(cs.seen.users[1], "sip:bob@mc1.example");
    cs.look(call, core::Arrival::outside, false);
    EXPECT_EQ(cs.seen.users_open, (std::array{true, true})) << "no rule for receivers asks for a user";
    Lazy is("is");
    is.look(call, core::Arrival::outside, false);
    EXPECT_EQ(is.seen.users_open, (std::array{false, false}))
        << "whose user it is decides whether the edge polices";
    cs.look(call, core::Arrival::outside, true);
    EXPECT_EQ(cs.seen.users_open, (std::array{false, false})) << "somebody wants to know";
}

TEST(Users, OpenSidesChangeNoVerdict) {
    const char* const names[] = {"sip:alice@mc1.example", "sip:bob@mc1.example:5060", "sip:carol@mc2.example",
                                 "sip:+4420123@far.example;user=phone", "sip:dave@nobody.example"};
    const char* const kms[] = {"kms.a.example", "kms.b.example", "KMS.C.example"};
    std::size_t open = 0, refused = 0, tagged = 0;
    for (const char* proxy : {"cs", "is"}) {
        Lazy all(proxy), few(proxy);
        for (Lazy* one : {&all, &few}) ASSERT_TRUE(one->tags->set("mc1", "sip:alice@mc1.example", 1));
        for (const auto arrival : {core::Arrival::inside, core::Arrival::outside})
            for (const char* from : names)
                for (const char* to : names)
                    for (const char* kmsi : kms)
                        for (const char* kmsr : kms) {
                            const Sip call = plain({.kmsi = kmsi, .kmsr = kmsr, .idri = from, .idrr = to},
                                                   std::string("<") + from + ">");
                            all.look(call, arrival, true);
                            few.look(call, arrival, false);
                            const auto a = all.judge(), b = few.judge();
                            ASSERT_EQ(a.verdict, b.verdict);
                            ASSERT_EQ(a.reason, b.reason);
                            ASSERT_EQ(a.policed, b.policed);
                            ASSERT_EQ(a.rule, b.rule);
                            ASSERT_EQ(a.strictest, b.strictest);
                            open += few.seen.users_open[0] + few.seen.users_open[1];
                            refused += a.verdict == policy::decide::Verdict::redirect ? 1 : 0;
                            tagged += a.rule[0] == 0 ? 1 : 0;
                            few.complete();
                            for (std::size_t side = 0; side < 2; ++side) {
                                ASSERT_EQ(all.said(all.seen.facts.users[side]),
                                          few.said(few.seen.facts.users[side]));
                                ASSERT_EQ(all.seen.users[side], few.seen.users[side]);
                            }
                        }
    }
    EXPECT_GT(open, 100U);
    EXPECT_GT(refused, 100U);
    EXPECT_GT(tagged, 20U);
}

// What a response offers is asked of its I_MESSAGEs and faults; a KRR is judged by the request's users.
TEST(Users, AKrrAloneOffersNobody) {
    Scene s;
    Sip sip;
    sip.status = 488;
    sip.type = kKrrType;
    sip.body = krr_text("<KmsUri>kms1.example</KmsUri>");
    s.look(sip);
    EXPECT_TRUE(s.seen.plain) << "canonical form";
    ASSERT_EQ(s.seen.facts.krr.state, policy::decide::Krr::State::read);
    ASSERT_EQ(s.seen.facts.krr.lists[0].names.size(), 1U);
    EXPECT_EQ(s.seen.facts.krr.lists[0].names[0].text, "kms1.example");
    EXPECT_TRUE(s.seen.facts.krr.lists[1].any);
    EXPECT_EQ(s.seen.users_open, (std::array{true, true}));

    sip.body += "\n";
    s.look(sip);
    EXPECT_FALSE(s.seen.plain) << "another form: the full parser";
    ASSERT_EQ(s.seen.facts.krr.state, policy::decide::Krr::State::read);
    ASSERT_EQ(s.seen.facts.krr.lists[0].names.size(), 1U);
    EXPECT_TRUE(s.seen.facts.krr.lists[1].any);
    EXPECT_EQ(s.seen.users_open, (std::array{true, true}));

    sip.body = krr_text("<KmsUri>sip:x@y?body=v%3D0</KmsUri>");
    s.look(sip);
    EXPECT_FALSE(s.seen.plain) << "a URI with a body";

    sip.type = "application/sdp";
    sip.body = invite({}).body;
    s.look(sip);
    EXPECT_FALSE(s.seen.facts.messages.empty());
    EXPECT_EQ(s.seen.users_open, (std::array{false, false})) << "an I_MESSAGE is an offer";
    EXPECT_EQ(s.seen.krr, nullptr);
}

}  // namespace
}  // namespace kmsgate::inspect
