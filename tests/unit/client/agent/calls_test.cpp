// SPDX-License-Identifier: BSD-3-Clause
// The use cases that need no proxy, from the first I_MESSAGE to the end of the call.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/agent/world.hpp"

namespace kmsgate::client::agent::test {
namespace {

using Words = std::vector<std::string>;
using Pairs = std::vector<select::Pair>;

Pairs pairs(const std::vector<Event>& events, Event::Kind kind) {
    Pairs out;
    for (const Event& event : events)
        if (event.kind == kind) out.push_back(event.pair);
    return out;
}

void expect_accepted(const Wire& wire, const select::Pair& pair) {
    const Event* const accepted = find(wire.callee_events, Event::Kind::accepted);
    const Event* const established = find(wire.caller_events, Event::Kind::established);
    ASSERT_NE(accepted, nullptr);
    ASSERT_NE(established, nullptr);
    EXPECT_EQ(accepted->pair, pair);
    EXPECT_EQ(established->pair, pair);
    EXPECT_EQ(accepted->key.size(), 16U);
    EXPECT_EQ(accepted->key, established->key);
    EXPECT_EQ(accepted->peer, kAlice);
    EXPECT_EQ(established->peer, kBob);
    EXPECT_EQ(accepted->call_id, established->call_id);
    EXPECT_EQ(wire.caller_events.back().kind, Event::Kind::ended);
    EXPECT_EQ(wire.callee_events.back().kind, Event::Kind::ended);
    EXPECT_TRUE(wire.initiator.finished());
}

TEST(Calls, X1) {
    Wire wire(alice_of_x1(), bob_of_x1());
    wire.start();
    wire.run();
    EXPECT_EQ(wire.words(), (Words{"INVITE", "488", "ACK", "INVITE", "200", "ACK", "BYE", "200"}));
    EXPECT_EQ(kinds(wire.caller_events),
              (Words{"sent-mikey", "received-krr", "sent-mikey", "established", "ended"}));
    EXPECT_EQ(kinds(wire.callee_events),
              (Words{"received-mikey", "sent-krr", "received-mikey", "accepted", "ended"}));
    EXPECT_EQ(pairs(wire.caller_events, Event::Kind::sent_mikey), (Pairs{{kA, kA}, {kA, kB}}));
    const select::Lists lists{{{kA}}, {{kB}}};
    EXPECT_EQ(find(wire.caller_events, Event::Kind::received_krr)->lists, lists);
    EXPECT_EQ(find(wire.callee_events, Event::Kind::sent_krr)->lists, lists);
    expect_accepted(wire, {kA, kB});
}

TEST(Calls, TheNextAttemptIsANewRequestOfTheSameCall) {
    Wire wire(alice_of_x1(), bob_of_x1());
    wire.start();
    wire.run();
    const std::string& one = wire.log[0].bytes;
    const std::string& ack = wire.log[2].bytes;
    const std::string& two = wire.log[3].bytes;
    EXPECT_EQ(header(one, "Call-ID"), header(two, "Call-ID"));
    EXPECT_EQ(header(one, "From"), header(two, "From"));
    EXPECT_EQ(header(two, "To"), "<" + kBob + ">");
    EXPECT_EQ(header(one, "CSeq"), "1 INVITE");
    EXPECT_EQ(header(two, "CSeq"), "2 INVITE");
    EXPECT_NE(header(one, "Via"), header(two, "Via"));
    // RFC 3261 17.1.1.3
    EXPECT_EQ(header(ack, "Via"), header(one, "Via"));
    EXPECT_EQ(header(ack, "CSeq"), "1 ACK");
    EXPECT_EQ(header(ack, "From"), header(one, "From"));
    EXPECT_EQ(header(ack, "To"), header(wire.log[1].bytes, "To"));
    EXPECT_NE(header(ack, "To").find(";tag="), std::string::npos);
    // 13.2.2.4: the ACK of a 2xx is a request of its own, in the dialog
    EXPECT_NE(header(wire.log[5].bytes, "Via"), header(two, "Via"));
    EXPECT_EQ(header(wire.log[5].bytes, "CSeq"), "2 ACK");
    EXPECT_EQ(header(wire.log[6].bytes, "CSeq"), "3 BYE");
    EXPECT_EQ(first_line(wire.log[6].bytes), "BYE sip:bob@10.0.0.2:5060 SIP/2.0");
}

TEST(Calls, TheCallStandsAsLongAsAsked) {
    Wire wire(alice_of_x1(), bob_of_x1());
    Call call = call_to_bob();
    call.talk = 90 * kSecond;
    wire.start(call);
    wire.run();
    ASSERT_EQ(word(wire.log[6].bytes), "BYE");
    EXPECT_EQ(wire.log[6].time,
              find(wire.caller_events, Event::Kind::established)->time - kStart + call.talk);
}

TEST(Calls, X2) {
    Wire wire(profile(kAlice, kA, {kC}, {kB}), profile(kBob, kB, {}, {kC}));
    wire.start();
    wire.run();
    EXPECT_EQ(find(wire.caller_events, Event::Kind::received_krr)->lists,
              (select::Lists{{{kB, kC}}, {{kB}}}));
    EXPECT_EQ(pairs(wire.caller_events, Event::Kind::sent_mikey), (Pairs{{kA, kA}, {kC, kB}}));
    expect_accepted(wire, {kC, kB});
}

TEST(Calls, X3) {
    Wire wire(profile(kAlice, kA), profile(kBob, kB, {}, {kC}));
    wire.start();
    wire.run();
    EXPECT_EQ(wire.words(), (Words{"INVITE", "488", "ACK"}));
    EXPECT_EQ(kinds(wire.caller_events), (Words{"sent-mikey", "received-krr", "failed"}));
    EXPECT_EQ(wire.caller_events.back().detail, "no-initiator-kms");
    EXPECT_EQ(find(wire.callee_events, Event::Kind::accepted), nullptr);
    EXPECT_TRUE(wire.initiator.finished());
    ASSERT_EQ(wire.store.all().size(), 1U);
    EXPECT_EQ(wire.store.all()[0].outcome, "no-initiator-kms");
}

select::Profile bob_of_x4() {
    select::Profile out = profile(kBob, kA, {kS});
    out.prefer = {kS};
    return out;
}

TEST(Calls, X4) {
    Wire wire(profile(kAlice, kA, {kS}), bob_of_x4());
    wire.start();
    wire.run();
    EXPECT_EQ(find(wire.caller_events, Event::Kind::received_krr)->lists,
              (select::Lists{{{kS, kA}}, {{kS, kA}}}));
    EXPECT_EQ(pairs(wire.caller_events, Event::Kind::sent_mikey), (Pairs{{kA, kA}, {kS, kS}}));
    expect_accepted(wire, {kS, kS});
}

TEST(Calls, X4NoteTheInitiatorHasNoSuchKms) {
    Wire wire(profile(kAlice, kA), bob_of_x4());
    wire.start();
    wire.run();
    EXPECT_EQ(pairs(wire.caller_events, Event::Kind::sent_mikey), (Pairs{{kA, kA}, {kA, kA}}));
    expect_accepted(wire, {kA, kA});
}

TEST(Calls, X4NoteTheInitiatorRefusesIt) {
    select::Profile alice = profile(kAlice, kA, {kS});
    alice.refuse = {kS};
    Wire wire(alice, bob_of_x4());
    wire.start();
    wire.run();
    EXPECT_EQ(pairs(wire.caller_events, Event::Kind::sent_mikey), (Pairs{{kA, kA}, {kA, kA}}));
    expect_accepted(wire, {kA, kA});
}

TEST(Calls, APreferenceIsToldOnceInEachCall) {
    Wire wire(profile(kAlice, kA), bob_of_x4());
    for (int i = 0; i < 2; ++i) {
        wire.start();
        wire.run();
    }
    EXPECT_EQ(std::ranges::count(wire.words(), "488"), 2);
    EXPECT_EQ(pairs(wire.callee_events, Event::Kind::accepted).size(), 2U);
    EXPECT_NE(wire.caller_events.front().call_id, wire.caller_events.back().call_id);
}

TEST(Calls, X11) {
    Wire wire(profile(kAlice, kA), profile(kBob, kA));
    wire.receiver.always_answer({{{kA}}, {{kZ}}});
    wire.start();
    wire.run();
    EXPECT_EQ(wire.words(), (Words{"INVITE", "488", "ACK"}));
    EXPECT_EQ(wire.caller_events.back().kind, Event::Kind::failed);
    EXPECT_EQ(wire.caller_events.back().detail, "no-receiver-kms");
    ASSERT_EQ(wire.store.all().size(), 1U);
    const select::KeptKrr& kept = wire.store.all()[0];
    const std::string& refusal = wire.log[1].bytes;
    EXPECT_EQ(kept.body, refusal.substr(refusal.find("\r\n\r\n") + 4));
    EXPECT_EQ(kept.user, kAlice);
    EXPECT_EQ(kept.peer, kBob);
    EXPECT_EQ(kept.call_id, wire.caller_events.back().call_id);
    EXPECT_EQ(kept.outcome, "no-receiver-kms");
    EXPECT_EQ(kept.due, Words{kA});
    EXPECT_EQ(kept.received, kStart + 20 * kMillisecond);
}

TEST(Calls, EveryKrrIsKeptForHomeAndSecondary) {
    Wire wire(profile(kAlice, kA, {kC}, {kB}), profile(kBob, kB, {}, {kC}));
    wire.start();
    wire.run();
    ASSERT_EQ(wire.store.all().size(), 1U);
    EXPECT_EQ(wire.store.all()[0].due, (Words{kA, kC}));
    EXPECT_EQ(wire.store.all()[0].outcome, "retry " + kC + " " + kB);
}

TEST(Calls, RoundsAreBounded) {
    select::Profile alice = profile(kAlice, kA, {kC, kS});
    alice.attempts = 2;
    Wire wire(alice, profile(kBob, kA));
    wire.receiver.always_answer({{{kC}}, std::nullopt});
    wire.start();
    wire.run();
    EXPECT_EQ(std::ranges::count(wire.words(), "INVITE"), 2);
    EXPECT_EQ(wire.caller_events.back().kind, Event::Kind::failed);
}

TEST(Calls, HashedUsers) {
    select::Profile alice = alice_of_x1();
    alice.hashed = true;
    Wire wire(alice, bob_of_x1());
    wire.start();
    wire.run();
    expect_accepted(wire, {kA, kB});
}

TEST(Calls, AHashedUserWhoStandsNowhereIsFoundAmongTheContacts) {
    select::Profile alice = alice_of_x1(), bob = bob_of_x1();
    alice.hashed = true;
    Call call = call_to_bob();
    call.naming.mcptt_info = false;
    call.naming.from = "sip:anonymous@anonymous.invalid";
    {
        Wire wire(alice, bob);
        wire.start(call);
        wire.run();
        EXPECT_EQ(find(wire.callee_events, Event::Kind::accepted), nullptr);
        EXPECT_EQ(wire.callee_events.back().kind, Event::Kind::refused);
        EXPECT_TRUE(wire.callee_events.back().detail.starts_with("unknown-initiator"));
        EXPECT_TRUE(wire.caller_events.back().detail.starts_with("488: unknown-initiator"));
    }
    bob.contacts = {kAlice};
    Wire wire(alice, bob);
    wire.start(call);
    wire.run();
    expect_accepted(wire, {kA, kB});
    EXPECT_EQ(wire.callee_events.back().peer, kAlice);
}

TEST(Calls, AGroupKeyTravelsInAMessage) {
    for (const bool info : {true, false}) {
        Wire wire(alice_of_x1(), bob_of_x1());
        Call call = call_to_bob(imessage::Purpose::gmk);
        call.naming.mcptt_info = info;
        wire.start(call);
        wire.run();
        EXPECT_EQ(wire.words(), (Words{"MESSAGE", "488", "MESSAGE", "200"}));
        expect_accepted(wire, {kA, kB});
        EXPECT_EQ(header(wire.log[0].bytes, "Content-Type").starts_with("multipart/mixed"), info);
        EXPECT_EQ(header(wire.log[2].bytes, "CSeq"), "2 MESSAGE");
    }
}

TEST(Calls, OneAtATime) {
    Wire wire(alice_of_x1(), bob_of_x1());
    wire.start();
    EXPECT_FALSE(wire.initiator.start(call_to_bob(), wire.now));
    wire.run();
    EXPECT_TRUE(wire.initiator.start(call_to_bob(), wire.now));
}

TEST(Calls, WhatCannotBeStarted) {
    Wire wire(profile(kAlice, kB), bob_of_x1());  // alice has no keys of B
    EXPECT_FALSE(wire.initiator.start(call_to_bob(), kStart));
    Wire other(alice_of_x1(), bob_of_x1());
    Call call = call_to_bob();
    call.naming.extra_headers = {"Subject: a\r\nVia: SIP/2.0/UDP evil"};
    EXPECT_FALSE(other.initiator.start(call, kStart));
    call.naming.extra_headers = {"Content-Length: 3"};
    EXPECT_FALSE(other.initiator.start(call, kStart));
    call.naming.extra_headers = {"no header"};
    EXPECT_FALSE(other.initiator.start(call, kStart));
    call = call_to_bob();
    call.naming.request_uri = "sip:bob@mc2.example SIP/2.0\r\n";
    EXPECT_FALSE(other.initiator.start(call, kStart));
    call = call_to_bob();
    call.receiver = "SIP:Bob@MC2.example";
    EXPECT_FALSE(other.initiator.start(call, kStart));
    EXPECT_TRUE(other.initiator.take_output().empty());
}

TEST(Calls, AMissingCertificateOfTheNextKmsFailsTheCall) {
    Wire wire(profile(kAlice, kA, {}, {kZ}), profile(kBob, kA));
    wire.receiver.always_answer({{{kA}}, {{kZ}}});
    wire.start();
    wire.run();
    EXPECT_EQ(wire.caller_events.back().kind, Event::Kind::failed);
    EXPECT_NE(wire.caller_events.back().detail.find(kZ), std::string::npos)
        << wire.caller_events.back().detail;
    EXPECT_EQ(wire.store.all()[0].outcome, wire.caller_events.back().detail);
}

}  // namespace
}  // namespace kmsgate::client::agent::test
