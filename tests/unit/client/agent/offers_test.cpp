// SPDX-License-Identifier: BSD-3-Clause
// Offers that are no plain offers, and KRRs that are no plain KRRs.
#include "dataplane/krr/names.hpp"
#include "dataplane/krr/parse.hpp"
#include "tests/unit/client/agent/receiver_world.hpp"

namespace kmsgate::client::agent::test {
namespace {

std::string sdp_with(const std::vector<std::string>& keys) {
    std::string out = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n";
    for (const std::string& key : keys) out += "a=key-mgmt:mikey " + key + "\r\n";
    return out +
           "m=audio 5004 RTP/SAVP 97 98\r\na=rtpmap:97 AMR-WB/16000\r\nm=video 5006 RTP/AVP 31\r\n"
           "m=application 5008 udp MCPTT\r\n";
}
std::string key_of(const std::string& invite) {
    return between(invite, "a=key-mgmt:mikey ", "\r\n");
}

TEST_F(Alone, TheKrrSaysWhatIsKnown) {
    begin(bob_of_x1());
    const std::string refusal = give(first_request(alice_of_x1(), kPck));
    EXPECT_EQ(header(refusal, "Content-Type"), "application/vnd.3gpp.kmsredirectresponse+xml");
    const auto krr = krr::parse(refusal.substr(refusal.find("\r\n\r\n") + 4));
    ASSERT_TRUE(krr);
    EXPECT_EQ(krr->processor, kBob);
    EXPECT_EQ(krr->initiator, kAlice);
    EXPECT_EQ(krr->receiver, kBob);
    EXPECT_EQ(krr->initiator_kms, kA);
    EXPECT_EQ(krr->receiver_kms, kA);
    EXPECT_EQ(krr->time, "2023-11-22T00:00:00Z");
    EXPECT_EQ(krr->initiator_list.uris, std::vector<std::string>{kA});
    EXPECT_EQ(krr->receiver_list.uris, std::vector<std::string>{kB});
    EXPECT_TRUE(krr->id.starts_with("krr-"));
}

TEST_F(Alone, TheKrrOfAHashedReceiverNamesNobody) {
    select::Profile unnamed = bob_of_x1();
    unnamed.hashed = true;
    unnamed.contacts = {kAlice};
    begin(unnamed);
    const std::string refusal = give(first_request(alice_of_x1(), kPck));
    const std::string document = refusal.substr(refusal.find("\r\n\r\n") + 4);
    const auto krr = krr::parse(document);
    ASSERT_TRUE(krr);
    EXPECT_EQ(krr->receiver_list.uris, std::vector<std::string>{kB});
    EXPECT_EQ(document.find("bob"), std::string::npos);
    EXPECT_EQ(document.find("alice"), std::string::npos);
    EXPECT_FALSE(krr->processor.empty());
}

TEST_F(Alone, AnAttackersKrrSpeaksOfOthers) {
    begin(bob_at_a());
    receiver->always_answer({std::nullopt, {{kZ}}});
    const std::string refusal = give(first_request(alice_at_a(), kPck));
    const auto krr = krr::parse(refusal.substr(refusal.find("\r\n\r\n") + 4));
    ASSERT_TRUE(krr);
    EXPECT_NE(krr->initiator, kAlice);
    EXPECT_TRUE(krr->initiator_list.any);
    EXPECT_EQ(krr->receiver_list.uris, std::vector<std::string>{kZ});
    // also to what cannot be read
    const std::string odd =
        rebodied(first_request(alice_at_a(), kPck), "application/sdp", sdp_with({"AAAA"}));
    EXPECT_NE(give(odd).find("KmsRedirectResponse"), std::string::npos);
    // but not where no I_MESSAGE is
    EXPECT_EQ(give(plain("INVITE", 1)).find("KmsRedirectResponse"), std::string::npos);
}

TEST_F(Alone, TheAnswerFitsTheOffersMedia) {
    begin(bob_at_a());
    const std::string invite = first_request(alice_at_a(), kPck);
    const std::string answer = give(rebodied(invite, "application/sdp", sdp_with({key_of(invite)})));
    ASSERT_EQ(first_line(answer), "SIP/2.0 200 OK");
    EXPECT_EQ(header(answer, "Content-Type"), "application/sdp");
    EXPECT_NE(answer.find("m=audio 49152 RTP/SAVP 97 98\r\na=rtpmap:97 AMR-WB/16000\r\n"
                          "m=video 0 RTP/AVP 31\r\nm=application 49154 udp MCPTT\r\n"),
              std::string::npos)
        << answer;
    EXPECT_EQ(answer.find("key-mgmt"), std::string::npos);
    EXPECT_FALSE(header(answer, "Contact").empty());
}

TEST_F(Alone, SeveralMessagesMustNameTheSameKmss) {
    begin(bob_at_a());
    const std::string invite = first_request(alice_at_a(), kPck);
    const std::string again = key_of(first_request(alice_at_a(), kPck));
    const std::string foreign = key_of(first_request(profile(kAlice, kC), kPck));
    const std::string other = give(rebodied(invite, "application/sdp", sdp_with({key_of(invite), foreign})));
    EXPECT_EQ(word(other), "488");
    EXPECT_TRUE(header(other, "Warning").starts_with("399 10.0.0.2 \"")) << other;
    EXPECT_EQ(other.find("KmsRedirectResponse"), std::string::npos);
    EXPECT_EQ(kinds(events), std::vector<std::string>{"refused"});
    const std::string second = first_request(alice_at_a(), kPck);
    EXPECT_EQ(word(give(rebodied(second, "application/sdp", sdp_with({key_of(second), again})))), "200");
}

TEST_F(Alone, OneBadMessageAmongSeveralSpoilsTheOffer) {
    begin(bob_at_a());
    const std::string invite = first_request(alice_at_a(), kPck);
    std::string bad = key_of(first_request(alice_at_a(), kPck));
    bad[bad.size() - 9] = bad[bad.size() - 9] == 'A' ? 'B' : 'A';  // in the signature
    EXPECT_EQ(word(give(rebodied(invite, "application/sdp", sdp_with({key_of(invite), bad})))), "488");
    EXPECT_EQ(events.back().kind, Event::Kind::refused);
    EXPECT_TRUE(events.back().detail.starts_with("signature")) << events.back().detail;
}

TEST_F(Alone, WhatIsRefusedWithoutKrr) {
    begin(bob_at_a());
    const std::string invite = first_request(alice_at_a(), kPck);
    const auto refused = [&](const std::string& type, const std::string& body, const std::string& why) {
        const std::string fresh = first_request(alice_at_a(), kPck);
        const std::string answer = give(rebodied(fresh, type, body));
        EXPECT_EQ(word(answer), "488") << why;
        EXPECT_EQ(header(answer, "Content-Length"), "0") << why;
        EXPECT_NE(header(answer, "Warning").find(why), std::string::npos) << answer;
        EXPECT_EQ(events.back().kind, Event::Kind::refused) << why;
    };
    refused("application/sdp", sdp_with({}), "no I_MESSAGE");
    refused("application/sdp", sdp_with({"!!!!"}), "malformed");
    refused("application/sdp", sdp_with({"ARoF"}), "malformed");
    const std::string key = key_of(invite);
    refused("application/sdp", sdp_with({key.substr(0, key.size() - 4)}), "malformed");
    refused("application/sdp", sdp_with({key, key.substr(0, 8)}), "malformed");
    refused("application/sdp\r\nContent-Encoding: gzip", sdp_with({key}), "cannot be read");
    EXPECT_EQ(find(events, Event::Kind::accepted), nullptr);
}

TEST_F(Alone, AMessageOfAnotherTimeIsStale) {
    begin(bob_at_a());
    EXPECT_EQ(word(give(first_request(alice_at_a(), kPck), 86400)), "488");
    EXPECT_TRUE(events.back().detail.starts_with("stale"));
}

/// What an initiator makes of a 488 with this body.
struct Refused {
    std::vector<Event> events;
    select::KrrStore store;
    std::size_t invites = 0;
};
Refused refuse(const std::string& lines, const std::string& body) {
    Refused out;
    const select::Profile alice = alice_of_x1();
    Initiator initiator(alice, World::get().alice, {"10.0.0.1", 5060, false}, World::get().random, out.store);
    EXPECT_TRUE(initiator.start(call_to_bob(), kStart));
    const std::string invite = initiator.take_output().at(0);
    const std::string answer = fmt::format(
        "SIP/2.0 488 Not Acceptable Here\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=1\r\nCall-ID: {}\r\nCSeq: 1 "
        "INVITE\r\n{}Content-Length: {}\r\n\r\n{}",
        header(invite, "Via"), header(invite, "From"), header(invite, "To"), header(invite, "Call-ID"), lines,
        body.size(), body);
    initiator.receive(answer, kStart + kSecond);
    for (const std::string& sent : initiator.take_output()) out.invites += word(sent) == "INVITE" ? 1U : 0U;
    out.events = initiator.take_events();
    return out;
}
const std::string kType = "Content-Type: application/vnd.3gpp.kmsredirectresponse+xml\r\n";
std::string krr_body(const std::string& lists) {
    return "<KmsRedirectResponse xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\" Version=\"1.0.0\">" + lists +
           "</KmsRedirectResponse>";
}
const std::string kToB = krr_body("<ReceiverKmsList><KmsUri>kms.b.example</KmsUri></ReceiverKmsList>");

TEST(Krrs, ABodyAPartAndAnAbsentListAreRead) {
    const Refused plain = refuse(kType, kToB);
    EXPECT_EQ(plain.invites, 1U);
    EXPECT_EQ(plain.events[1].lists, (select::Lists{std::nullopt, {{kB}}}));
    EXPECT_EQ(plain.events[2].pair, (select::Pair{kA, kB}));
    const Refused part = refuse(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "--b\r\nContent-Type: text/plain\r\n\r\nno\r\n--b\r\n" + kType + "\r\n" + kToB + "\r\n--b--\r\n");
    EXPECT_EQ(part.invites, 1U);
    ASSERT_EQ(part.store.all().size(), 1U);
    EXPECT_EQ(part.store.all()[0].body, kToB);
}

TEST(Krrs, OnesThatCannotBeReadAreKeptAndEndTheCall) {
    const std::string other = "Content-Type: application/xml\r\n";
    const std::pair<std::string, std::string> cases[] = {
        {kType, ""},
        {kType, "<KmsRedirectResponse"},
        {kType, "<!DOCTYPE x []>" + kToB},
        {kType, krr_body("<ReceiverKmsList><KmsUri>a b</KmsUri></ReceiverKmsList>")},
        {kType, krr_body("<ReceiverKmsList/><ReceiverKmsList/>")},
        {kType, "\xFF\xFE<\x00K"},
        {other, kToB},
        {"Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\n" + kType + "\r\n" + kToB + "\r\n--b\r\n" +
                                                              kType + "\r\n" + krr_body("") +
                                                              "\r\n--b--\r\n"}};
    for (const auto& [lines, body] : cases) {
        const Refused got = refuse(lines, body);
        if (body.empty()) {
            // a type without a body may be called no KRR at all; it is not acted on either way
            EXPECT_EQ(got.invites, 0U);
            EXPECT_EQ(got.events.back().kind, Event::Kind::failed);
            continue;
        }
        EXPECT_EQ(got.invites, 0U) << body;
        EXPECT_EQ(kinds(got.events), (std::vector<std::string>{"sent-mikey", "failed"})) << body;
        EXPECT_EQ(got.events.back().detail, "unreadable-krr") << body;
        ASSERT_EQ(got.store.all().size(), 1U) << body;
        EXPECT_EQ(got.store.all()[0].body, body);
        EXPECT_TRUE(got.store.all()[0].outcome.starts_with("unreadable-krr")) << body;
    }
}

TEST(Krrs, OtherRefusalsEndTheCall) {
    EXPECT_EQ(refuse("", "").events.back().detail, "488");
    EXPECT_EQ(refuse("Content-Type: text/plain\r\n", "no").events.back().detail, "488");
    EXPECT_EQ(refuse("Warning: 399 x \"why\"\r\n", "").events.back().detail, "488: why");
    EXPECT_TRUE(refuse("", "").store.all().empty());
}

}  // namespace
}  // namespace kmsgate::client::agent::test
