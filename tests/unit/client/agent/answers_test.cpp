// SPDX-License-Identifier: BSD-3-Clause
// What both agents say to requests that are no offers (RFC 3261 8.2, 9.2, 12.2.2, 15.1.2).
#include "tests/unit/client/agent/receiver_world.hpp"
#include "tools/client/agent/response.hpp"

namespace kmsgate::client::agent::test {
namespace {

TEST_F(Alone, Methods) {
    begin(bob_at_a());
    const std::string options = give(plain("OPTIONS", 1));
    EXPECT_EQ(first_line(options), "SIP/2.0 200 OK");
    EXPECT_EQ(header(options, "Allow"), "INVITE, ACK, BYE, CANCEL, MESSAGE, OPTIONS");
    EXPECT_NE(header(options, "Accept").find("application/sdp"), std::string::npos);
    const std::string known = give(plain("REGISTER", 2));
    EXPECT_EQ(first_line(known), "SIP/2.0 405 Method Not Allowed");
    EXPECT_FALSE(header(known, "Allow").empty());
    EXPECT_EQ(first_line(give(plain("BREW", 3))), "SIP/2.0 501 Not Implemented");
    EXPECT_EQ(first_line(give(plain("invite", 4))), "SIP/2.0 501 Not Implemented");
    EXPECT_EQ(first_line(give(plain("BYE", 5))), "SIP/2.0 481 Call/Transaction Does Not Exist");
    EXPECT_EQ(first_line(give(plain("BYE", 6, "x"))), "SIP/2.0 481 Call/Transaction Does Not Exist");
    EXPECT_EQ(first_line(give(plain("INVITE", 7, "x"))), "SIP/2.0 481 Call/Transaction Does Not Exist");
    EXPECT_EQ(first_line(give(plain("CANCEL", 8))), "SIP/2.0 481 Call/Transaction Does Not Exist");
    EXPECT_EQ(give(plain("ACK", 9)), "");
    const std::string required = give(plain("INVITE", 10, {}, "Require: 100rel, magic\r\n"));
    EXPECT_EQ(first_line(required), "SIP/2.0 420 Bad Extension");
    EXPECT_EQ(header(required, "Unsupported"), "100rel, magic");
    EXPECT_TRUE(events.empty());
}

TEST_F(Alone, AnAnswerCopiesWhatItMust) {
    begin(bob_at_a());
    const std::string request =
        with(plain("OPTIONS", 1), "Max-Forwards",
             "Via: SIP/2.0/UDP p.example;branch=z9hG4bK-p\r\n ;received=10.0.0.7\r\nMax-Forwards");
    const std::string answer = give(request);
    EXPECT_NE(answer.find("Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1;rport\r\n"
                          "Via: SIP/2.0/UDP p.example;branch=z9hG4bK-p ;received=10.0.0.7\r\n"),
              std::string::npos)
        << answer;
    EXPECT_EQ(header(answer, "From"), header(request, "From"));
    EXPECT_EQ(header(answer, "Call-ID"), "call-1");
    EXPECT_EQ(header(answer, "CSeq"), "7 OPTIONS");
    EXPECT_TRUE(header(answer, "To").starts_with(header(request, "To") + ";tag="));
    EXPECT_TRUE(header(give(plain("INVITE", 2, "given")), "To").ends_with(";tag=given"));
}

TEST_F(Alone, MalformedRequestsGet400WhenTheyCanBeAnswered) {
    begin(bob_at_a());
    const std::string good = plain("OPTIONS", 1);
    EXPECT_EQ(first_line(give(with(good, "Content-Length: 0", "Content-Length: -1"))),
              "SIP/2.0 400 Bad Request");
    EXPECT_EQ(first_line(give(with(good, "Content-Length: 0", "Content-Length: 9"))),
              "SIP/2.0 400 Bad Request");
    EXPECT_EQ(first_line(give(with(good, "7 OPTIONS", "7 INVITE"))), "SIP/2.0 400 Bad Request");
    EXPECT_EQ(give(with(good, "Call-ID: call-1\r\n", "")), "");
    EXPECT_EQ(give(with(good, "Via: ", "Vja: ")), "");
    EXPECT_EQ(give(with(plain("ACK", 1), "Content-Length: 0", "Content-Length: 9")), "");
    // and none of them stands in the way of the good one
    EXPECT_EQ(word(give(good)), "200");
}

TEST_F(Alone, BytesBehindContentLengthAreThrownAway) {
    begin(bob_at_a());
    const std::string invite = first_request(alice_at_a(), kPck, false);
    const std::string sdp = invite.substr(invite.find("\r\n\r\n") + 4);
    const std::string answer = give(plain("INVITE", 1) + sdp);
    EXPECT_EQ(word(answer), "488");
    EXPECT_EQ(events.back().detail, "no I_MESSAGE");
}

TEST_F(Alone, CancelOfAnAnsweredInviteChangesNothing) {
    begin(bob_of_x1());
    const std::string invite = first_request(alice_of_x1(), kPck);
    const std::string refusal = give(invite);
    std::string cancel = with(ack_for(invite, invite, ""), "ACK", "CANCEL");
    cancel = with(cancel, "1 ACK", "1 CANCEL");
    EXPECT_EQ(first_line(give(cancel)), "SIP/2.0 200 OK");
    EXPECT_EQ(give(invite), refusal);
}

TEST_F(Alone, ARequestOnTwoWaysIsMerged) {
    begin(bob_of_x1());
    const std::string invite = first_request(alice_of_x1(), kPck);
    ASSERT_EQ(word(give(invite)), "488");
    EXPECT_EQ(first_line(give(with(invite, "branch=z9hG4bK", "branch=z9hG4bKother"))),
              "SIP/2.0 482 Loop Detected");
    EXPECT_EQ(events.size(), 2U);
}

TEST_F(Alone, ARequestOfRfc2543IsKnownByItsFields) {
    begin(bob_of_x1());
    const std::string invite = first_request(alice_of_x1(), kPck);
    const std::string old = with(invite, ";branch=z9hG4bK", ";branch=");
    const std::string refusal = give(old);
    ASSERT_EQ(word(refusal), "488");
    EXPECT_EQ(give(old), refusal);
    std::string ack = ack_for(old, refusal, "");
    ack = with(ack, "ACK sip:bob@10.0.0.2", "ACK " + kBob);
    EXPECT_EQ(give(ack), "");
    EXPECT_EQ(give(old), "");
}

TEST_F(Alone, TheDialogEndsWithItsBye) {
    begin(bob_at_a());
    const std::string invite = first_request(alice_at_a(), kPck);
    const std::string answer = give(invite);
    give(ack_for(invite, answer, "z9hG4bK-a"));
    std::string bye = with(ack_for(invite, answer, "z9hG4bK-b"), "ACK", "BYE");
    const std::string old = with(bye, "1 ACK", "1 BYE");
    EXPECT_EQ(word(give(old)), "500");  // not above the number of the INVITE
    bye = with(with(bye, "1 ACK", "2 BYE"), "z9hG4bK-b", "z9hG4bK-c");
    EXPECT_EQ(word(give(with(with(bye, "z9hG4bK-c", "z9hG4bK-d"), ";tag=", ";tag=x"))), "481");
    EXPECT_EQ(word(give(bye)), "200");
    EXPECT_EQ(events.back().kind, Event::Kind::ended);
    EXPECT_EQ(events.back().peer, kAlice);
    EXPECT_EQ(word(give(with(with(bye, "z9hG4bK-c", "z9hG4bK-e"), "2 BYE", "3 BYE"))), "481");
}

TEST(Answers, TheInitiatorTakesAByeAndRefusesTheRest) {
    Wire wire(alice_at_a(), bob_at_a());
    Call call = call_to_bob();
    call.talk = 3000 * kSecond;
    wire.start(call);
    wire.fate = [&](std::size_t, const Wire::Sent&) { return std::vector<Time>{10 * kMillisecond}; };
    std::string invite = wire.log[0].bytes;
    wire.receiver.receive(invite, kStart);
    const std::string answer = wire.receiver.take_output().at(0);
    wire.initiator.receive(answer, kStart);
    static_cast<void>(wire.initiator.take_output());
    const auto ask = [&](const std::string& message) {
        wire.initiator.receive(message, kStart + kSecond);
        const auto out = wire.initiator.take_output();
        return out.empty() ? std::string() : first_line(out[0]);
    };
    const auto in_dialog = [&](const std::string& method, int number) {
        return fmt::format(
            "{0} sip:alice@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK-{1}\r\nFrom: {2}\r\n"
            "To: {3}\r\nCall-ID: {4}\r\nCSeq: {1} {0}\r\nContent-Length: 0\r\n\r\n",
            method, number, header(answer, "To"), header(answer, "From"), header(answer, "Call-ID"));
    };
    EXPECT_EQ(ask(plain("OPTIONS", 1)), "SIP/2.0 200 OK");
    EXPECT_EQ(ask(plain("INVITE", 2)), "SIP/2.0 486 Busy Here");
    EXPECT_EQ(ask(plain("MESSAGE", 3)), "SIP/2.0 405 Method Not Allowed");
    EXPECT_EQ(ask(plain("BREW", 4)), "SIP/2.0 501 Not Implemented");
    EXPECT_EQ(ask(plain("BYE", 5, "x")), "SIP/2.0 481 Call/Transaction Does Not Exist");
    EXPECT_EQ(ask(in_dialog("INVITE", 11)), "SIP/2.0 488 Not Acceptable Here");
    EXPECT_EQ(ask(in_dialog("BYE", 10)), "SIP/2.0 500 Server Internal Error");
    EXPECT_EQ(ask(in_dialog("BYE", 12)), "SIP/2.0 200 OK");
    const auto events = wire.initiator.take_events();
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.back().kind, Event::Kind::ended);
    EXPECT_EQ(ask(in_dialog("BYE", 12)), "SIP/2.0 200 OK");  // the same one again
    EXPECT_TRUE(wire.initiator.take_events().empty());
}

TEST(Answers, TheTransportAddsTheSource) {
    const std::string request = plain("OPTIONS", 1);
    EXPECT_EQ(header(with_source(request, "10.0.0.1", 5061), "Via"),
              "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1;rport=5061;received=10.0.0.1");
    const std::string bare = with(request, ";rport", "");
    EXPECT_EQ(with_source(bare, "10.0.0.1", 5061), bare);
    EXPECT_EQ(header(with_source(bare, "10.0.0.9", 5061), "Via"),
              "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1;received=10.0.0.9");
    const std::string forged = with(request, ";rport", ";received=1.2.3.4;rport=9");
    EXPECT_EQ(header(with_source(forged, "10.0.0.9", 7), "Via"),
              "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1;received=10.0.0.9;rport=7");
    EXPECT_EQ(with_source("SIP/2.0 200 OK\r\n\r\n", "10.0.0.9", 7), "SIP/2.0 200 OK\r\n\r\n");
    EXPECT_EQ(with_source("", "10.0.0.9", 7), "");
}

}  // namespace
}  // namespace kmsgate::client::agent::test
