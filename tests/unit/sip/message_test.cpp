// SPDX-License-Identifier: BSD-3-Clause
// parse(): header lines and mandatory headers (RFC 3261 7.3, 8.1.1).
#include "dataplane/sip/message.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sip/parsed.hpp"

namespace kmsgate::sip::test {
namespace {

TEST(Message, PlainInviteIsCleanAndFullyRead) {
    const Parsed p(invite("Content-Type: application/sdp\r\nContent-Length: 5\r\n", "v=0\r\n"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->kind, Kind::request);
    EXPECT_EQ(p->method, "INVITE");
    EXPECT_EQ(p->request_uri, "sip:bob@b.example");
    EXPECT_EQ(p->status, 0);
    EXPECT_EQ(p->start_line, "INVITE sip:bob@b.example SIP/2.0");
    EXPECT_EQ(p->headers.size(), 8U);
    EXPECT_EQ(p->from, "\"Alice\" <sip:alice@a.example>;tag=a1");
    EXPECT_EQ(p->from_uri, "sip:alice@a.example");
    EXPECT_EQ(p->from_tag, "a1");
    EXPECT_EQ(p->to, "<sip:bob@b.example>");
    EXPECT_EQ(p->to_uri, "sip:bob@b.example");
    EXPECT_EQ(p->to_tag, "");
    EXPECT_EQ(p->call_id, "77@a.example");
    EXPECT_EQ(p->cseq, 4711U);
    EXPECT_EQ(p->cseq_method, "INVITE");
    EXPECT_EQ(p->content_length, 5U);
    EXPECT_EQ(p->body, "v=0\r\n");
    EXPECT_EQ(p->trailing, "");
    EXPECT_EQ(p->head.size() + p->body.size(), p->raw.size());
    EXPECT_TRUE(p->head.ends_with("\r\n\r\n"));
    EXPECT_FALSE(p->mixed_line_ends);
    EXPECT_TRUE(p->answerable());
}

TEST(Message, ResponseTakesItsMethodFromCSeq) {
    const Parsed p(invite("", "", "SIP/2.0 488 Not Acceptable Here"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->kind, Kind::response);
    EXPECT_EQ(p->status, 488);
    EXPECT_EQ(p->method, "INVITE");
    EXPECT_EQ(p->request_uri, "");
    EXPECT_FALSE(p->answerable());  // a response is never answered
}

TEST(Message, LineEndsBeforeTheStartLineAreSkipped) {
    for (const char* before : {"\r\n", "\r\n\r\n", "\n", "\r"}) {
        const Parsed p(before + invite());
        EXPECT_EQ(p.faults(), "");
        EXPECT_FALSE(p->mixed_line_ends);
        EXPECT_EQ(p->raw, invite());
    }
}

TEST(Message, NothingIsMalformedNotACrash) {
    for (const char* text : {"", "\r\n", "\r\n\r\n", "\r", "\n"}) {
        const Parsed p(text);
        EXPECT_EQ(p.faults(), "start-line no-header-end header-missing");
        EXPECT_EQ(p->kind, Kind::unknown);
        EXPECT_TRUE(p->raw.empty());
        EXPECT_FALSE(p->answerable());
    }
}

TEST(Message, HeaderLinesWithoutNameOrColon) {
    for (const char* line :
         {"no colon here", ": no name", "two words: x", "a=key-mgmt:mikey ARo", "na\x01me: x",
          "n\xc3\xa4me: x", "<x>: y", "Subj\r\n ect: x", "Subject\r\n : x"}) {
        SCOPED_TRACE(line);
        const Parsed p(invite(std::string(line) + "\r\nSubject: after\r\n", "body"));
        EXPECT_EQ(p.faults(), "header-line");
        EXPECT_EQ(p->headers.back().value, "after");
        EXPECT_EQ(p->body, "body");
        EXPECT_TRUE(p->answerable());
    }
}

TEST(Message, ContinuationOfTheStartLineIsAFault) {
    const Parsed p(replaced(invite(), "SIP/2.0\r\n", "SIP/2.0\r\n folded\r\n"));
    EXPECT_EQ(p.faults(), "header-line");
    const Parsed q(replaced(invite(), "SIP/2.0\r\nVia", "SIP/2.0\r\n Via"));
    EXPECT_EQ(q.faults(), "header-line");
    EXPECT_TRUE(q->via.readable);
}

TEST(Message, OddButHarmlessHeadersAreNoFaults) {
    const Parsed p(
        invite("Subject:\r\nSubject : \t \r\nX-Unknown: ;;,,;;,;\r\nP!%*: \x01\x02\xff\r\nX:\xc3\xa9\r\n"
               "s: \"open quote\r\n" +
               std::string("X-Nul: a\0b\r\n", 12) + "X-Long: " + std::string(5000, 'x') + "\r\n"));
    EXPECT_EQ(p.faults(), "");
    ASSERT_EQ(p->headers.size(), 14U);
    EXPECT_EQ(p->headers[6].value, "");
    EXPECT_EQ(p->headers[7].value, "");
    EXPECT_EQ(p->headers[12].value, std::string_view("a\0b", 3));
    EXPECT_EQ(p->headers[13].value.size(), 5000U);
}

TEST(Message, NamesInAnyCaseAndCompactForm) {
    const Parsed p(lines({"MESSAGE sip:b@h SIP/2.0", "v\t:SIP/2.0/TCP h;branch=z9hG4bKx", "F:sip:a@h;tag=1",
                          "t : sip:b@h", "I:x", "cSEQ:\t1\tMESSAGE", "L:3", "C: text/plain", "e: gzip",
                          "M: <sip:a@h>", "R: <sip:c@h>", "b: <sip:d@h>", ""}) +
                   "abc");
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.transport, "TCP");
    EXPECT_EQ(p->from_uri, "sip:a@h");
    EXPECT_EQ(p->to_uri, "sip:b@h");
    EXPECT_EQ(p->call_id, "x");
    EXPECT_EQ(p->cseq, 1U);
    EXPECT_EQ(p->body, "abc");
    const HeaderId ids[] = {
        HeaderId::via,     HeaderId::from,           HeaderId::to,           HeaderId::call_id,
        HeaderId::cseq,    HeaderId::content_length, HeaderId::content_type, HeaderId::content_encoding,
        HeaderId::contact, HeaderId::refer_to,       HeaderId::referred_by};
    ASSERT_EQ(p->headers.size(), std::size(ids));
    for (std::size_t i = 0; i < std::size(ids); ++i) EXPECT_EQ(p->headers[i].id, ids[i]) << i;
}

TEST(Message, HeaderIds) {
    EXPECT_EQ(header_id("content-transfer-ENCODING"), HeaderId::content_transfer_encoding);
    EXPECT_EQ(header_id("Content-Disposition"), HeaderId::content_disposition);
    EXPECT_EQ(header_id("p-asserted-identity"), HeaderId::p_asserted_identity);
    EXPECT_EQ(header_id("P-Preferred-Identity"), HeaderId::p_preferred_identity);
    EXPECT_EQ(header_id("P-Visited-Network-ID"), HeaderId::p_visited_network_id);
    EXPECT_EQ(header_id("P-Access-Network-Info"), HeaderId::p_access_network_info);
    for (const char* name : {"", "Vi", "Viaa", "s", "k", "Subject", "Content-Typ", "To "})
        EXPECT_EQ(header_id(name), HeaderId::other) << name;
}

TEST(Message, FoldsBelongToTheValue) {
    const Parsed p(invite("Subject: one\r\n two\r\n\tthree  \r\nX: y\r\n"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->headers[6].value, "one\r\n two\r\n\tthree");
    EXPECT_TRUE(p->headers[6].folded);
    EXPECT_FALSE(p->headers[7].folded);
}

TEST(Message, EachMandatoryHeaderIsMissed) {
    for (const char* line :
         {"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK77\r\n",
          "From: \"Alice\" <sip:alice@a.example>;tag=a1\r\n", "To: <sip:bob@b.example>\r\n",
          "Call-ID: 77@a.example\r\n", "CSeq: 4711 INVITE\r\n"}) {
        const Parsed p(replaced(invite(), line, ""));
        EXPECT_EQ(p.faults(), "header-missing") << line;
        EXPECT_FALSE(p->answerable()) << line;
    }
    EXPECT_EQ(Parsed(replaced(invite(), "Max-Forwards: 70\r\n", "")).faults(), "");
}

TEST(Message, SecondOneOfASingleHeader) {
    for (const char* line : {"From: <sip:x@h>", "f: <sip:x@h>", "To: <sip:x@h>", "T: <sip:x@h>", "Call-ID: x",
                             "i: x", "CSeq: 1 INVITE"}) {
        const Parsed p(invite(std::string(line) + "\r\n"));
        EXPECT_EQ(p.faults(), "header-repeated") << line;
        EXPECT_EQ(p->from_uri, "sip:alice@a.example");
        EXPECT_EQ(p->call_id, "77@a.example");
        EXPECT_EQ(p->cseq, 4711U);
    }
    EXPECT_EQ(Parsed(invite("t:<sip:bob@b.example>\r\ni:77@a.example\r\n")).faults(), "");
    EXPECT_EQ(Parsed(invite("Subject: a\r\nSubject: b\r\nMax-Forwards: 3\r\n")).faults(), "");
}

TEST(Message, UnreadableMandatoryValues) {
    const struct {
        const char *what, *with;
    } cases[] = {
        {"Via: SIP/2.0/UDP 192.0.2.1:5060", "Via: SIP/2.0/UDP"},
        {"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK77", "Via:"},
        {"\"Alice\" <", "\"Alice <"},
        {"<sip:alice@a.example>;tag=a1", "<sip:alice@a.example;tag=a1"},
        {"\"Alice\" <sip:alice@a.example>;tag=a1", ""},
        {"\"Alice\" <sip:alice@a.example>;tag=a1", "Alice"},
        {"To: <sip:bob@b.example>", "To: <>"},
        {"To: <sip:bob@b.example>", "To: <sip:bo b@b.example>"},
        {"To: <sip:bob@b.example>", "To: <bob@b.example>"},
        {"77@a.example", ""},
        {"77@a.example", "77 a.example"},
        {"4711 INVITE", ""},
        {"4711 INVITE", "4711"},
        {"4711 INVITE", "INVITE"},
        {"4711 INVITE", "-1 INVITE"},
        {"4711 INVITE", "0x1 INVITE"},
        {"4711 INVITE", "4711INVITE"},
        {"4711 INVITE", "4711 INVITE x"},
        {"4711 INVITE", "4294967296 INVITE"},
    };
    for (const auto& c : cases) {
        const Parsed p(replaced(invite(), c.what, c.with));
        EXPECT_EQ(p.faults(), "header-value") << c.with;
        EXPECT_FALSE(p->answerable()) << c.with;
    }
}

TEST(Message, CSeqNumbersAndMethods) {
    EXPECT_EQ(Parsed(replaced(invite(), "4711 INV", "4294967295 INV"))->cseq, 4294967295U);
    EXPECT_EQ(Parsed(replaced(invite(), "4711 INV", "0 INV"))->cseq, 0U);
    const Parsed zeros(replaced(invite(), "4711 INV", "0000000000000009\r\n\tINV"));
    EXPECT_EQ(zeros.faults(), "");
    EXPECT_EQ(zeros->cseq, 9U);
    // Another spelling of the same method: to a reader that ignores case nothing is wrong.
    EXPECT_EQ(Parsed(replaced(invite(), "4711 INVITE", "4711 invite")).faults(), "");
    EXPECT_EQ(Parsed(replaced(invite(), "4711 INVITE", "4711 ACK")).faults(), "cseq-method");
    EXPECT_EQ(Parsed(replaced(invite("", "", "SIP/2.0 200 OK"), "4711 INVITE", "4711 ACK"))->method, "ACK");
}

TEST(Message, FaultTexts) {
    EXPECT_EQ(to_string(Fault::start_line), "start-line");
    EXPECT_EQ(to_string(Fault::body_short), "body-short");
    EXPECT_EQ(to_string(Fault::nested), "nested");
    FaultSet set;
    EXPECT_FALSE(set.any());
    set.add(Fault::body_short);
    FaultSet other;
    other.add(Fault::header_line);
    set.merge(other);
    EXPECT_EQ(set.first(), Fault::header_line);
    EXPECT_TRUE(set.has(Fault::body_short));
    EXPECT_FALSE(set.has(Fault::nested));
}

}  // namespace
}  // namespace kmsgate::sip::test
