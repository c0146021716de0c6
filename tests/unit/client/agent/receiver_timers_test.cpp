// SPDX-License-Identifier: BSD-3-Clause
// Server transactions, second for second as RFC 3261 17.2 and 13.3.1.4 say.
#include "tests/unit/client/agent/receiver_world.hpp"

namespace kmsgate::client::agent::test {
namespace {

const Times kRepeats{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};

TEST_F(Alone, ARefusalIsRepeatedByGUntilH) {
    begin(bob_of_x1());
    ASSERT_EQ(word(give(first_request(alice_of_x1(), kPck))), "488");
    run_to(100);
    EXPECT_EQ(times("488"), kRepeats);
    for (const auto& [time, bytes] : sent) EXPECT_EQ(bytes, sent[0].second);
    EXPECT_FALSE(receiver->next_timer());
}

TEST_F(Alone, TheAckStopsGAndIIsFiveSeconds) {
    begin(bob_of_x1());
    const std::string invite = first_request(alice_of_x1(), kPck);
    const std::string refusal = give(invite);
    EXPECT_EQ(give(ack_for(invite, refusal, ""), 1), "");
    EXPECT_EQ(give(invite, 5.9), "");  // swallowed
    EXPECT_EQ(times("488"), (Times{0, 500}));
    EXPECT_EQ(receiver->next_timer(), at(6));
    run_to(6);
    EXPECT_FALSE(receiver->next_timer());
    EXPECT_EQ(kinds(events), (std::vector<std::string>{"received-mikey", "sent-krr"}));
}

TEST_F(Alone, ARepeatedInviteGetsTheSameBytes) {
    begin(bob_of_x1());
    const std::string invite = first_request(alice_of_x1(), kPck);
    const std::string refusal = give(invite);
    EXPECT_EQ(give(invite, 0.1), refusal);
    EXPECT_EQ(give(invite, 20.1), refusal);
    EXPECT_EQ(events.size(), 2U);
}

TEST_F(Alone, ARefusalOverTcpIsNotRepeated) {
    begin(bob_of_x1(), true);
    const std::string invite = first_request(alice_of_x1(), kPck, true, true);
    const std::string refusal = give(invite);
    run_to(31.999);
    EXPECT_EQ(sent.size(), 1U);
    EXPECT_EQ(receiver->next_timer(), at(32));  // timer H
    EXPECT_EQ(give(ack_for(invite, refusal, ""), 31.999), "");
    EXPECT_FALSE(receiver->next_timer());  // timer I is 0
}

TEST_F(Alone, A2xxIsRepeatedUntilTheAckOverAnyTransport) {
    for (const bool reliable : {false, true}) {
        sent.clear();
        events.clear();
        begin(bob_at_a(), reliable);
        ASSERT_EQ(word(give(first_request(alice_at_a(), kPck, true, reliable))), "200");
        run_to(31.999);
        EXPECT_EQ(times("200"), kRepeats);
        EXPECT_EQ(times("BYE"), Times{});
        run_to(32);
        EXPECT_EQ(times("BYE"), Times{32000});  // nobody acknowledged: the session is ended
        EXPECT_EQ(events.back().kind, Event::Kind::ended);
        EXPECT_EQ(events.back().detail, "no ACK");
        EXPECT_EQ(first_line(sent.back().second), reliable
                                                      ? "BYE sip:alice@10.0.0.1:5060;transport=tcp SIP/2.0"
                                                      : "BYE sip:alice@10.0.0.1:5060 SIP/2.0");
        run_to(100);
        EXPECT_FALSE(receiver->next_timer());
        EXPECT_EQ(times("BYE").size(), reliable ? 1U : 11U);
    }
}

TEST_F(Alone, TheAckOfA2xxComesInTheDialog) {
    begin(bob_at_a());
    const std::string invite = first_request(alice_at_a(), kPck);
    const std::string answer = give(invite);
    // an ACK of another dialog stops nothing
    EXPECT_EQ(give(with(ack_for(invite, answer, "z9hG4bK-own"), ";tag=", ";tag=x"), 0.4), "");
    run_to(0.6);
    EXPECT_EQ(times("200"), (Times{0, 500}));
    EXPECT_EQ(give(ack_for(invite, answer, "z9hG4bK-own"), 1), "");
    run_to(100);
    EXPECT_EQ(times("200"), (Times{0, 500}));
    EXPECT_EQ(times("BYE"), Times{});
    EXPECT_EQ(events.back().kind, Event::Kind::accepted);  // the call stands
}

TEST_F(Alone, JReplaysForThirtyTwoSeconds) {
    begin(bob_at_a());
    const std::string message = first_request(alice_at_a(), kGmk);
    const std::string answer = give(message);
    ASSERT_EQ(word(answer), "200");
    EXPECT_EQ(give(message, 31.9), answer);
    EXPECT_EQ(kinds(events), (std::vector<std::string>{"received-mikey", "accepted", "ended"}));
    EXPECT_EQ(receiver->next_timer(), at(32));
    run_to(32);
    EXPECT_FALSE(receiver->next_timer());
    EXPECT_EQ(sent.size(), 2U);  // never by itself
}

TEST_F(Alone, JIsZeroOverTcp) {
    begin(bob_at_a(), true);
    ASSERT_EQ(word(give(first_request(alice_at_a(), kGmk, true, true))), "200");
    EXPECT_FALSE(receiver->next_timer());
}

TEST_F(Alone, StateIsBounded) {
    begin(bob_at_a());
    // answered requests make room, the oldest first
    for (int i = 0; i < 1500; ++i) ASSERT_EQ(word(give(plain("OPTIONS", i))), "200");
    const std::size_t before = sent.size();
    EXPECT_EQ(give(plain("OPTIONS", 1499)), sent[before - 1].second);
    // INVITEs without ACK do not
    for (int i = 2000; i < 3000; ++i) ASSERT_EQ(word(give(plain("INVITE", i))), "488");
    const std::string full = give(plain("INVITE", 3000));
    EXPECT_EQ(word(full), "503");
    EXPECT_EQ(give(plain("INVITE", 3000)), full);
    EXPECT_EQ(word(give(plain("INVITE", 3001), 33)), "488");
}

}  // namespace
}  // namespace kmsgate::client::agent::test
