// SPDX-License-Identifier: BSD-3-Clause
// look_into(): what is judged, what is uninspectable and what is harmless, one row of the README's table a
// test.
#include "dataplane/sip/body.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/sip/looked.hpp"

namespace kmsgate::sip::test {
namespace {

const std::string A = base64(mikey('A'));

TEST(Body, NothingInIt) {
    EXPECT_EQ(in(invite()), "");
    EXPECT_EQ(in("application/sdp", sdp("")), "");
    const Looked looked(typed("application/sdp", sdp("")));
    EXPECT_FALSE(looked->mikey_claim);
    EXPECT_TRUE(looked->krrs.empty());
    EXPECT_TRUE(looked->identities.empty());
    EXPECT_FALSE(looked->nested_faults.any());
}

TEST(Body, ApplicationMikey) {
    EXPECT_EQ(in("application/mikey", mikey('A')), "application-mikey a");
    EXPECT_EQ(in("Application/MIKEY;version=1", mikey('A')), "application-mikey a");
    EXPECT_EQ(in("application/mikey", A), "application-mikey A");
    EXPECT_EQ(in("application/mikey", "\r\n \t" + A + "\r\n"), "application-mikey A");
    EXPECT_EQ(in("application/mikey", A.substr(0, 40) + "\r\n" + A.substr(40)),
              "application-mikey ?" + A.substr(0, 40) + "\r\n" + A.substr(40))
        << "line breaks inside are MIKEY's business";
    EXPECT_EQ(in("application/mikey", "x"), "application-mikey ?x");
    EXPECT_EQ(in("application/mikey", ""), "");
    EXPECT_EQ(in("application/mikey", mikey('A') + "\r\n"), "application-mikey ?" + mikey('A') + "\r\n")
        << "binary is exact";
}

TEST(Body, AbsentAndUnknownTypesAreSniffed) {
    for (const std::string headers :
         {"", "Content-Type: application/octet-stream\r\n", "Content-Type: application/x-any\r\n",
          "Content-Type: \r\n", "Content-Type: ;;;\r\n", "Content-Type: image/png\r\n"}) {
        EXPECT_EQ(in(carrying(headers, sdp(key_line('A')))), "sdp-session A") << headers;
        EXPECT_EQ(in(carrying(headers, "x\r\n" + key_line('A'))), "sdp-session A") << headers;
        EXPECT_EQ(in(carrying(headers, mikey('A'))), "application-mikey a") << headers;
        EXPECT_EQ(in(carrying(headers, A + "\r\n")), "application-mikey A") << headers;
        EXPECT_EQ(in(carrying(headers, "<k>" + A + "</k>")), "xml A") << headers;
        EXPECT_EQ(in(carrying(headers, typed("application/sdp", sdp(key_line('A'))))), "sdp-session A")
            << headers;
        EXPECT_EQ(
            in(carrying(headers, "Around the world in eighty days, by a train and a ship and an elephant")),
            "");
    }
    EXPECT_EQ(in("application/vnd.3gpp.sms",
                 std::string("\x01\x1A\x07\x91\x44\x77\x58\x10\x06\x50\x00\x12\x13", 13)),
              "")
        << "an RP-DATA that starts as a MIKEY does";
}

TEST(Body, TextIsText) {
    EXPECT_EQ(in("text/plain", "look:\r\n" + key_line('A')), "");
    EXPECT_EQ(in("text/html", "<k>" + A + "</k>"), "");
    EXPECT_EQ(in("text/plain", A), "");
    EXPECT_EQ(in("text/plain", "\r\n" + sdp(key_line('A'))), "sdp-session A");
    EXPECT_EQ(in("text/sdp", sdp(key_line('A'))), "sdp-session A");
    EXPECT_EQ(in(invite("Subject: a=key-mgmt:mikey " + A + "\r\nX: application/mikey\r\n")), "");
}

TEST(Body, NestedMessages) {
    const std::string inner = typed("application/sdp", sdp(key_line('A')));
    for (const std::string type :
         {"message/sip", "message/sipfrag", "MESSAGE/SIP;version=2.0", "message/rfc822"})
        EXPECT_EQ(in(type, inner), "sdp-session A") << type;
    EXPECT_EQ(in("message/sip", typed("message/sip", typed("message/sipfrag", inner))), "sdp-session A");
    EXPECT_EQ(in("message/sip", invite("Refer-To: <sip:b@b?body=" + percent(sdp(key_line('A'))) + ">\r\n")),
              "uri-body A");
    for (const std::string name : {"Refer-To", "Contact", "m"})
        EXPECT_EQ(in("message/sipfrag", name + ": <sip:b@b?body=" + percent(sdp(key_line('A'))) + ">\r\n"),
                  "uri-body A")
            << "a fragment that is only " << name;
    EXPECT_EQ(in("message/sipfrag", "SIP/2.0 200 OK"), "") << "what NOTIFY tells of a REFER";
    EXPECT_FALSE(Looked(typed("message/sipfrag", "SIP/2.0 200 OK"))->nested_faults.any());
    EXPECT_EQ(in("message/sipfrag", "Content-Type: application/sdp\r\n\r\n" + sdp(key_line('A'))),
              "sdp-session A");
    EXPECT_EQ(in("message/sipfrag", "From: x\r\nContent-Type: application/mikey\r\n\r\n" + mikey('A')),
              "application-mikey a");
    EXPECT_TRUE(
        Looked(typed("message/sip", "INVITE sip:b SIP/2.0\r\nCall-ID 1\r\n\r\n"))->nested_faults.any());
    EXPECT_FALSE(Looked(typed("message/sip", inner))->nested_faults.any());
    EXPECT_EQ(
        in("message/cpim",
           "From: <im:a@a>\r\nTo: <im:b@b>\r\n\r\nContent-Type: application/mikey\r\n\r\n" + mikey('A')),
        "application-mikey a");
}

TEST(Body, NestedWithMixedLineEnds) {
    const std::string inner =
        "INVITE sip:b SIP/2.0\r\nX: y\n\nContent-Type: application/mikey\r\n\r\n" + mikey('A');
    EXPECT_EQ(in("message/sip", inner).substr(0, 19), "application-mikey a");
}

TEST(Body, OpaqueTypes) {
    EXPECT_EQ(in("message/external-body;access-type=URL", "Content-Type: application/sdp\r\n\r\n"),
              "!external-body");
    EXPECT_EQ(in("message/partial;number=1;total=2;id=x", "a=key-"), "!partial");
    EXPECT_EQ(in("application/pkcs7-mime;smime-type=enveloped-data", "0x"), "!encrypted");
    EXPECT_EQ(in("application/x-pkcs7-mime", "0x"), "!encrypted");
    EXPECT_EQ(in("application/pgp-encrypted", "Version: 1"), "!encrypted");
    EXPECT_EQ(
        in("multipart/encrypted;protocol=\"application/pgp-encrypted\";boundary=b",
           parts("b", {part("application/octet-stream", "0x"), part("application/sdp", sdp(key_line('A')))})),
        "sdp-session A!encrypted");
    EXPECT_EQ(in("application/pkcs7-mime", sdp(key_line('A'))), "sdp-session A!encrypted")
        << "a reason hides nothing";
    for (const std::string type : {"message/external-body", "message/partial", "application/pkcs7-mime"})
        EXPECT_EQ(in(type, ""), "") << "no body, nothing hidden";
}

TEST(Body, SignedIsWalkedSignaturesAreHarmless) {
    for (const std::string type :
         {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
        EXPECT_EQ(in("multipart/signed;boundary=b;micalg=sha-256",
                     parts("b", {part("application/sdp", sdp(key_line('A'))),
                                 part(type, "MIIB\r\n", "Content-Transfer-Encoding: base64\r\n")})),
                  "sdp-session A")
            << type;
}

TEST(Body, SigComp) {
    for (int first = 0xF0; first <= 0xFF; ++first) {
        const std::string datagram = std::string(1, static_cast<char>(first)) + "\x00\x01zip";
        EXPECT_EQ(in(datagram), first >= 0xF8 ? "!sigcomp" : "") << first;
    }
}

TEST(Body, BytesBehindContentLength) {
    const auto with = [](const std::string& type, const std::string& body, const std::string& more) {
        return in(
            invite("Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
                   body + more));
    };
    EXPECT_EQ(with("application/sdp", sdp(""), key_line('A')), "sdp-media A, sdp-session A")
        << "as the end of the SDP, and by itself";
    EXPECT_EQ(with("application/sdp", sdp(key_line('A')), "\r\n"), "sdp-session A");
    EXPECT_EQ(with("application/mikey", mikey('A'), std::string("\0\0\r\n", 4)), "application-mikey a")
        << "padding";
    EXPECT_EQ(with("text/plain", "x", typed("application/sdp", sdp(key_line('A')))), "sdp-session A")
        << "a second message";
    EXPECT_EQ(with("application/mikey", "", mikey('A')), "application-mikey a") << "Content-Length: 0";
    EXPECT_EQ(with("multipart/mixed;boundary=b", "--b\r\n\r\nx\r\n",
                   parts("b", {part("application/mikey", mikey('A'))})),
              "application-mikey a");
    EXPECT_EQ(with("text/plain", "hello", "more text"), "");
    const std::string cut = sdp(key_line('A'));
    EXPECT_NE(with("application/sdp", cut.substr(0, cut.size() - 40), cut.substr(cut.size() - 40))
                  .find("sdp-session A"),
              std::string::npos);
}

TEST(Body, MixedLineEndsAreReadBothWays) {
    // for a strict reader the lone LFs end nothing: the header goes on, and the type is a later one
    const std::string strict =
        "INVITE sip:b SIP/2.0\r\nX: y\n\nx\r\nContent-Type: application/mikey\r\n\r\n" + mikey('A');
    EXPECT_NE(in(strict).find("application-mikey a"), std::string::npos);
    const std::string lenient =
        "INVITE sip:b SIP/2.0\r\nX: y\nContent-Type: application/mikey\n\n" + mikey('A');
    EXPECT_NE(in(lenient).find("application-mikey a"), std::string::npos);
}

TEST(Body, OrderIsThatOfTheMessage) {
    const std::string encoded = wrapped(base64(sdp(key_line('B'), key_line('C'))), 76);
    const std::string body =
        parts("b", {part("application/sdp", sdp(key_line('A'))),
                    part("application/sdp", encoded, "Content-Transfer-Encoding: base64\r\n"),
                    part("application/mikey", mikey('D'))});
    const std::string message = carrying("Contact: <sip:a@a?body=" + percent(sdp(key_line('E'))) +
                                             ">\r\nContent-Type: multipart/mixed;boundary=b\r\n",
                                         body);
    EXPECT_EQ(in(message), "uri-body E, sdp-session A, sdp-session B, sdp-media C, application-mikey d");
}

TEST(Body, Claim) {
    EXPECT_TRUE(claims_mikey("xx KEY-mgmt xx"));
    EXPECT_TRUE(claims_mikey("Application/Mikey"));
    EXPECT_TRUE(claims_mikey(A));
    EXPECT_TRUE(claims_mikey(A.substr(0, 56)));
    EXPECT_FALSE(claims_mikey(A.substr(0, 55)));
    EXPECT_FALSE(claims_mikey("x" + A.substr(0, 60))) << "a run that starts otherwise";
    EXPECT_FALSE(claims_mikey("key-mgm"));
    EXPECT_FALSE(claims_mikey("ey-mgmt"));
    EXPECT_FALSE(claims_mikey("application/mike"));
    EXPECT_FALSE(claims_mikey("aro" + A.substr(3)));
    EXPECT_FALSE(claims_mikey(""));
    EXPECT_FALSE(claims_mikey("Around the clock"));
    EXPECT_TRUE(Looked("garbage key-mgmt")->mikey_claim) << "raw bytes count, whatever they are";
    EXPECT_TRUE(Looked(typed("text/plain", "a=key-mgmt"))->mikey_claim);
    EXPECT_TRUE(Looked(typed("application/x", std::string("\x01\x1A", 2)))->mikey_claim);
    EXPECT_TRUE(Looked(carrying("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n",
                                base64("x key-mgmt")))
                    ->mikey_claim);
    EXPECT_FALSE(Looked(typed("text/plain", "hello"))->mikey_claim);
}

TEST(Body, Names) {
    EXPECT_EQ(to_string(Where::sdp_session), "sdp-session");
    EXPECT_EQ(to_string(Where::sdp_capability), "sdp-capability");
    EXPECT_EQ(to_string(Where::application_mikey), "application-mikey");
    EXPECT_EQ(to_string(Where::uri_body), "uri-body");
    EXPECT_EQ(to_string(Uninspectable::content_encoding), "content-encoding");
    EXPECT_EQ(to_string(Uninspectable::sigcomp), "sigcomp");
}

TEST(Body, LittleMemoryIsNeverAGuess) {
    const std::string message =
        carrying("Content-Type: multipart/mixed;boundary=b\r\n",
                 parts("b", {part("application/sdp", wrapped(base64(sdp(key_line('A'))), 76),
                                  "Content-Transfer-Encoding: base64\r\n"),
                             part("application/xml", "<k>&#65;" + A.substr(1) + "</k>")}));
    for (std::size_t memory = 64; memory < 32768; memory = memory * 5 / 4) {
        const Looked looked(message, {}, memory);
        if (looked.message().headers.empty()) continue;
        const bool all = looked.found() == "sdp-session A, xml A";
        EXPECT_TRUE(all || looked->uninspectable == Uninspectable::memory || looked.message().faults.any())
            << memory;
    }
}

/// A random harmless layer around a body; changes the headers that name it.
void wrap(std::string& headers, std::string& body, std::mt19937& random, int level) {
    const std::string boundary = "=_" + std::to_string(level) + "z";
    switch (random() % 6) {
        case 0:
        case 1: {
            const std::string kind = random() % 2 == 0 ? "mixed" : "alternative";
            const std::string inner = headers + "\r\n" + body;
            const std::string text = "Content-Type: text/plain\r\n\r\nhello";
            body = random() % 2 == 0 ? parts(boundary, {text, inner}) : parts(boundary, {inner, text});
            headers = "Content-Type: multipart/" + kind + "; boundary=\"" + boundary + "\"\r\n";
            break;
        }
        case 2:
            body = carrying(headers, body);
            headers = "Content-Type: message/sip\r\n";
            break;
        case 3:
            if (headers.find("Transfer") != std::string::npos) break;
            body = wrapped(base64(body), 76);
            headers += "Content-Transfer-Encoding: base64\r\n";
            break;
        case 4:
            if (headers.find("Transfer") != std::string::npos) break;
            body = quoted_printable(body);
            headers += "Content-Transfer-Encoding: quoted-printable\r\n";
            break;
        default:
            if (headers.find("Transfer") != std::string::npos) break;
            headers += "Content-Transfer-Encoding: 8bit\r\n";
            break;
    }
}

TEST(BodyProperty, LayersHideNothing) {
    std::mt19937 random(20260711);
    for (int round = 0; round < 400; ++round) {
        std::string headers = "Content-Type: application/sdp\r\n";
        std::string body = sdp(key_line('A'), key_line('B'));
        const int layers = static_cast<int>(random() % 8);
        for (int level = 0; level < layers; ++level) wrap(headers, body, random, level);
        if (body.size() > 60'000) continue;
        ASSERT_EQ(in(carrying(headers, body)), "sdp-session A, sdp-media B") << headers << body;
    }
}

TEST(BodyProperty, MutationsAreSurvived) {
    std::mt19937 random(1);
    std::string headers = "Content-Type: application/sdp\r\n";
    std::string body = sdp(key_line('A')) + "<k>" + A + "</k>";
    for (int level = 0; level < 5; ++level) wrap(headers, body, random, level);
    const std::string message = carrying("Contact: <sip:a@a?body=%41&c=b>\r\n" + headers, body);
    for (int round = 0; round < 3000; ++round) {
        std::string text = message;
        for (unsigned n = random() % 8 + 1; n > 0 && !text.empty(); --n) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0:
                    text[at] = static_cast<char>(random());
                    break;
                case 1:
                    text.erase(at, random() % 16);
                    break;
                case 2:
                    text.insert(at, text.substr(random() % text.size(), random() % 64));
                    break;
                default:
                    text.resize(at + 1);
                    break;
            }
        }
        const Looked looked(text, {}, 256 * 1024);
        EXPECT_LE(looked->carriages.size(), 64U);
    }
}

TEST(BodyProperty, WorkIsBounded) {
    // boundaries that are prefixes of each other, two types, two boundaries: readings must not multiply
    std::string type = "application/sdp";
    std::string body = sdp(key_line('A'));
    for (int level = 0; level < 8; ++level) {
        const std::string boundary(static_cast<std::size_t>(9 - level), 'b');
        body = "--" + boundary + "x\n\r\n--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n" + body +
               "\r\n--" + boundary + "--y\r\n";
        type = "multipart/mixed;boundary=" + boundary + ";boundary=b, multipart/x;boundary=bb";
    }
    while (body.size() < 50'000) body += "--b\r\n\r\n--bb\n\n--bbb\r\r";
    const Looked looked(typed(type, body), {}, 4 * 1024 * 1024);
    EXPECT_TRUE(looked->uninspectable != Uninspectable::none || !looked->carriages.empty());
}

}  // namespace
}  // namespace kmsgate::sip::test
