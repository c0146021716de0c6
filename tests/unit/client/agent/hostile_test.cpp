// SPDX-License-Identifier: BSD-3-Clause
// Bytes that nobody should have sent: no crash, nothing accepted.
#include <random>

#include "tests/unit/client/agent/receiver_world.hpp"

namespace kmsgate::client::agent::test {
namespace {

/// Every kind of message that a call makes.
const std::vector<Wire::Sent>& all_messages() {
    static const std::vector<Wire::Sent> messages = [] {
        Wire invite(alice_of_x1(), bob_of_x1()), message(alice_of_x1(), bob_of_x1());
        invite.start();
        invite.run();
        message.start(call_to_bob(kGmk));
        message.run();
        std::vector<Wire::Sent> out = invite.log;
        out.insert(out.end(), message.log.begin(), message.log.end());
        return out;
    }();
    return messages;
}

/// A caller in the middle of a call, and a receiver that would accept (A, B).
class Hostile : public ::testing::Test {
  protected:
    void SetUp() override {
        wire = std::make_unique<Wire>(alice_of_x1(), bob_of_x1());
        wire->start();
        wire->caller_events.clear();
    }
    void give(const std::string& bytes) {
        wire->initiator.receive(bytes, wire->now);
        wire->receiver.receive(bytes, wire->now);
        for (const Event& event : wire->initiator.take_events())
            EXPECT_NE(event.kind, Event::Kind::established) << bytes;
        for (const Event& event : wire->receiver.take_events())
            EXPECT_NE(event.kind, Event::Kind::accepted) << bytes;
        static_cast<void>(wire->initiator.take_output());
        static_cast<void>(wire->receiver.take_output());
    }
    std::unique_ptr<Wire> wire;
};

TEST_F(Hostile, EveryTruncationOfEveryMessage) {
    for (const Wire::Sent& sent : all_messages())
        for (std::size_t size = 0; size < sent.bytes.size(); ++size) give(sent.bytes.substr(0, size));
}

TEST_F(Hostile, EveryTruncationOfTheCallersOwnAnswer) {
    // with the caller's own branch, so that only the cut stands between it and a call
    const std::string invite = wire->log[0].bytes;
    const std::string answer = fmt::format(
        "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=1\r\nCall-ID: {}\r\nCSeq: 1 INVITE\r\n"
        "Contact: <sip:bob@10.0.0.2>\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
        header(invite, "Via"), header(invite, "From"), header(invite, "To"), header(invite, "Call-ID"));
    for (std::size_t size = 0; size < answer.size(); ++size) give(answer.substr(0, size));
    wire->initiator.receive(answer, wire->now);
    EXPECT_EQ(wire->initiator.take_events().size(), 1U);
}

TEST_F(Hostile, AKeyCutAnywhereIsNotAccepted) {
    const std::string invite = all_messages().at(3).bytes;  // the one that was accepted
    const std::string key = between(invite, "a=key-mgmt:mikey ", "\r\n");
    ASSERT_GT(key.size(), 700U);
    for (std::size_t size = 0; size < key.size(); ++size) {
        const std::string cut =
            "v=0\r\ns=-\r\na=key-mgmt:mikey " + key.substr(0, size) + "\r\nm=audio 1 RTP/SAVP 97\r\n";
        give(with(rebodied(invite, "application/sdp", cut), "branch=z9hG4bK",
                  fmt::format("branch=z9hG4bK{}x", size)));
    }
}

TEST_F(Hostile, ChangedBytes) {
    std::mt19937 random(4711);
    const std::string refused = all_messages().at(0).bytes;  // names (A, A), which is not acceptable
    for (int i = 0; i < 3000; ++i) {
        std::string bytes = i % 4 != 0 ? refused : all_messages()[random() % all_messages().size()].bytes;
        if (word(bytes) == "INVITE" || word(bytes) == "MESSAGE") bytes = refused;
        const unsigned changes = 1 + random() % 4;
        for (unsigned c = 0; c < changes; ++c) bytes[random() % bytes.size()] = static_cast<char>(random());
        give(bytes);
    }
}

TEST_F(Hostile, RandomBytes) {
    std::mt19937 random(42);
    for (int i = 0; i < 1500; ++i) {
        std::string bytes(random() % 1500, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        if (i % 3 == 0) bytes.insert(0, "INVITE sip:b@x SIP/2.0\r\n");
        if (i % 3 == 1) bytes.insert(0, "SIP/2.0 488 x\r\nVia: ");
        give(bytes);
    }
}

TEST_F(Hostile, AMessageBeyondTheBoundIsIgnored) {
    std::string big = plain("OPTIONS", 1, {}, "X: " + std::string(kMostMessage, 'x') + "\r\n");
    wire->receiver.receive(big, wire->now);
    EXPECT_TRUE(wire->receiver.take_output().empty());
}

}  // namespace
}  // namespace kmsgate::client::agent::test
