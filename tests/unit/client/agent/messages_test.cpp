// SPDX-License-Identifier: BSD-3-Clause
// What the agents write, read by others.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/client/agent/receiver_world.hpp"
#include "tools/client/agent/body.hpp"

namespace kmsgate::client::agent::test {
namespace {

TEST(Messages, Base64IsThatOfRfc4648) {
    EXPECT_EQ(base64({}), "");
    EXPECT_EQ(base64(as_view("f")), "Zg==");
    EXPECT_EQ(base64(as_view("fo")), "Zm8=");
    EXPECT_EQ(base64(as_view("foo")), "Zm9v");
    EXPECT_EQ(base64(as_view("foobar")), "Zm9vYmFy");
}

TEST(Messages, AnInviteIsThatOfAnMcClient) {
    select::KrrStore store;
    const select::Profile alice = alice_of_x1();
    Initiator initiator(alice, World::get().alice, {"[2001:db8::1]", 5070, true}, World::get().random, store);
    Call call = call_to_bob();
    call.naming.from = "sip:+442079460001@ims.example";
    call.naming.to = "sip:mcptt@ims.example";
    call.naming.request_uri = "sip:mcptt-orig@ims.example";
    call.naming.extra_headers = {"P-Visited-Network-ID: visited.example", "Route: <sip:pcscf.example;lr>"};
    ASSERT_TRUE(initiator.start(call, kStart));
    const std::string invite = initiator.take_output().at(0);
    EXPECT_EQ(first_line(invite), "INVITE sip:mcptt-orig@ims.example SIP/2.0");
    EXPECT_TRUE(header(invite, "Via").starts_with("SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bK"));
    EXPECT_TRUE(header(invite, "Via").ends_with(";rport"));
    EXPECT_EQ(header(invite, "Max-Forwards"), "70");
    EXPECT_TRUE(header(invite, "From").starts_with("<sip:+442079460001@ims.example>;tag="));
    EXPECT_EQ(header(invite, "To"), "<sip:mcptt@ims.example>");
    EXPECT_EQ(header(invite, "Contact"),
              "<sip:+442079460001@[2001:db8::1]:5070;transport=tcp>;+g.3gpp.mcptt");
    EXPECT_EQ(header(invite, "Accept-Contact"), "*;+g.3gpp.mcptt;require;explicit");
    EXPECT_EQ(header(invite, "P-Preferred-Service"), "urn:urn-7:3gpp-service.ims.icsi.mcptt");
    EXPECT_EQ(header(invite, "P-Visited-Network-ID"), "visited.example");
    EXPECT_EQ(header(invite, "Route"), "<sip:pcscf.example;lr>");
    for (const char* const name : {"Supported", "Allow", "Accept", "Call-ID", "CSeq"})
        EXPECT_FALSE(header(invite, name).empty()) << name;
    EXPECT_NE(invite.find("c=IN IP6 2001:db8::1\r\n"), std::string::npos);
    // key-mgmt at session level: before the first m=
    EXPECT_LT(invite.find("\r\na=key-mgmt:mikey ARo"), invite.find("\r\nm=audio "));
    EXPECT_LT(invite.find("\r\nm=audio "), invite.find("\r\nm=application "));
    EXPECT_NE(invite.find("<mcptt-calling-user-id type=\"Normal\"><mcpttURI>" + kAlice), std::string::npos);
    EXPECT_NE(invite.find("<entry uri=\"" + kBob + "\""), std::string::npos);
    EXPECT_GT(invite.size(), 2300U);
}

TEST(Messages, SdpAloneIsASingleBody) {
    const std::string invite = first_request(alice_of_x1(), kPck, false);
    EXPECT_EQ(header(invite, "Content-Type"), "application/sdp");
    EXPECT_TRUE(invite.substr(invite.find("\r\n\r\n") + 4).starts_with("v=0\r\n"));
}

TEST(Messages, AHashedUserIsNamedNowhereByItself) {
    select::Profile alice = profile(kAlice, kA), bob = profile(kBob, kA);
    alice.hashed = bob.hashed = true;
    bob.contacts = {kAlice};
    Wire wire(alice, bob);
    Call call = call_to_bob();
    call.naming = {
        "sip:anonymous@anonymous.invalid", "sip:mcptt@ims.example", "sip:mcptt@ims.example", false, {}};
    wire.start(call);
    wire.run();
    ASSERT_NE(find(wire.callee_events, Event::Kind::accepted), nullptr);
    for (const Wire::Sent& sent : wire.log) {
        EXPECT_EQ(sent.bytes.find("alice"), std::string::npos) << sent.bytes;
        EXPECT_EQ(sent.bytes.find("bob"), std::string::npos) << sent.bytes;
    }
}

TEST(Messages, EachAttemptHasARandomOfItsOwnAndTheSameKey) {
    Wire wire(profile(kAlice, kA), [] {
        select::Profile bob = profile(kBob, kA, {kS});
        bob.prefer = {kS};
        return bob;
    }());
    wire.start();
    wire.run();
    const std::string one = between(wire.log[0].bytes, "a=key-mgmt:mikey ", "\r\n");
    const std::string two = between(wire.log[3].bytes, "a=key-mgmt:mikey ", "\r\n");
    EXPECT_EQ(one.size(), two.size());
    EXPECT_EQ(one.substr(0, 10), two.substr(0, 10));  // HDR with the CSB ID
    // HDR is 10 bytes, T 10, then RAND: characters 30 to 50 lie in it
    EXPECT_NE(one.substr(30, 20), two.substr(30, 20));
}

TEST(Messages, OthersReadThem) {
    const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) /
                                         fmt::format("agent-oracle-{}", World::get().random.number());
    std::filesystem::create_directories(folder);
    int number = 0;
    const auto keep = [&](const std::string& bytes) {
        std::ofstream(folder / fmt::format("{:03}-{}.sip", number++, word(bytes)), std::ios::binary) << bytes;
    };
    for (const auto purpose : {kPck, kGmk}) {
        for (const bool info : {true, false}) {
            Wire wire(alice_of_x1(), bob_of_x1());
            Call call = call_to_bob(purpose);
            call.naming.mcptt_info = info;
            call.naming.extra_headers = {
                "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2341500"};
            wire.start(call);
            wire.run();
            for (const Wire::Sent& sent : wire.log) keep(sent.bytes);
        }
    }
    const select::Profile bob = bob_of_x1();
    Receiver receiver(bob, World::get().bob, {"10.0.0.2", 5060, false}, World::get().random);
    int id = 0;
    for (const char* const method : {"OPTIONS", "REGISTER", "BREW", "BYE", "CANCEL", "INVITE"})
        receiver.receive(plain(method, ++id), kStart);
    for (const std::string& bytes : receiver.take_output()) keep(bytes);
    EXPECT_EQ(number, 8 + 8 + 4 + 4 + 6);
    const std::string report = (folder / "report").string();
    const std::string command =
        fmt::format("python3 '{}' '{}' > '{}' 2>&1", AGENT_ORACLE, folder.string(), report);
    const int status = std::system(command.c_str());  // NOLINT(*-env33-c,cert-*)
    std::ifstream in(report);
    EXPECT_EQ(status, 0) << in.rdbuf();
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kmsgate::client::agent::test
