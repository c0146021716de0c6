// SPDX-License-Identifier: BSD-3-Clause
// Torture cases after the descriptions in RFC 4475; the clause stands in each name. The messages are our own.
#include <gtest/gtest.h>

#include "tests/unit/sip/parsed.hpp"

namespace kmsgate::sip::test {
namespace {

/// A message whose Via, From, To, Call-ID and CSeq are given apart from the rest.
std::string message(std::string_view start, std::string_view cseq, std::string_view more = {},
                    std::string_view body = {}) {
    return std::string(start) + "\r\n" +
           lines({"Via: SIP/2.0/UDP t1.example;branch=z9hG4bK-torture",
                  "From: <sip:caller@example.com>;tag=33", "To: sip:user@example.com",
                  "Call-ID: torture.7@192.0.2.4"}) +
           "CSeq: " + std::string(cseq) + "\r\nMax-Forwards: 70\r\n" + std::string(more) + "\r\n" +
           std::string(body);
}

TEST(Rfc4475, C3_1_1_1_TortuousInvite) {
    const std::string body = "v=0\r\no=x 1 1 IN IP4 192.0.2.3\r\ns=-\r\n";
    const Parsed p(lines({"INVITE sip:g@chair.example.com;unknownparam SIP/2.0",
                          "TO :",
                          " sip:g@chair.example.com ;   tag    = 1918181833n",
                          "from   : \"J R \\\\\\\"\"       <sip:jr@example.com>",
                          "  ;",
                          "  tag = 98asjd8",
                          "MaX-fOrWaRdS: 0068",
                          "Call-ID: tortuous.nd@192.0.2.1",
                          "Content-Length   : " + std::to_string(body.size()),
                          "cseq: 0009",
                          "  INVITE",
                          "Via  : SIP  /   2.0",
                          " /UDP",
                          "    192.0.2.2;branch=390skd",
                          "s :",
                          "NewFangled:   newfangled value",
                          " continued newfangled value",
                          "UnknownWithUnusualValue: ;;,,;;,;",
                          "Content-Type: application/sdp",
                          "Route:",
                          " <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
                          "v:  SIP  / 2.0  / TCP     spindle.example.com   ;",
                          "  branch  =   z9hG4bK9ikj8  ,",
                          " SIP  /    2.0   / UDP  192.168.255.111   ; branch=",
                          " z9hG4bK30239",
                          "m:\"Quoted \\\"\\\"\" <sip:jr@example.com> ; newparam =",
                          "      newvalue ;",
                          "  secondparam ; q = 0.33",
                          ""}) +
                   body);
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->method, "INVITE");
    EXPECT_EQ(p->request_uri, "sip:g@chair.example.com;unknownparam");
    EXPECT_EQ(p->to_uri, "sip:g@chair.example.com");
    EXPECT_EQ(p->to_tag, "1918181833n");
    EXPECT_EQ(p->from_uri, "sip:jr@example.com");
    EXPECT_EQ(p->from_tag, "98asjd8");
    EXPECT_EQ(p->cseq, 9U);
    EXPECT_EQ(p->cseq_method, "INVITE");
    EXPECT_EQ(p->via.transport, "UDP");
    EXPECT_EQ(p->via.sent_by, "192.0.2.2");
    EXPECT_EQ(p->via.branch, "390skd");
    EXPECT_EQ(p->body, body);
    EXPECT_EQ(p->headers.size(), 14U);
    EXPECT_FALSE(p->mixed_line_ends);
    EXPECT_TRUE(p->answerable());
    const Header& second_via = p->headers[12];
    EXPECT_EQ(second_via.id, HeaderId::via);
    std::string_view rest = second_via.value;
    EXPECT_EQ(parameter(next_element(rest), "branch"), "z9hG4bK9ikj8");
    EXPECT_EQ(parameter(next_element(rest), "branch"), "z9hG4bK30239");
    EXPECT_EQ(parameter(p->headers[13].value, "q"), "0.33");
}

TEST(Rfc4475, C3_1_1_2_WideRangeOfCharacters) {
    const std::string method = "!odd-Message0123456789_*+`.%indeed'~";
    const Parsed p(
        method +
        " sip:1_odd.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
        "@example.com SIP/2.0\r\n" +
        lines({"Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
               "To: \"BEL:\\\x07 NUL:\\\x01 DEL:\\\x7f\" "
               "<sip:1_odd.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>",
               "From: token1~` token2'+_ token3*%!.- "
               "<sip:mundane@example.com>;fromParam''~+*_!.-%=\"\xd1\x80\xd0\xb0\";"
               "tag=_token~1'+`*%!-.",
               "Call-ID: odd.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{", "CSeq: 139122385 " + method,
               "Max-Forwards: 255",
               "extensionHeader-!.%*+_`'~:\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb",
               "Content-Length: 0", ""}));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->method, method);
    EXPECT_EQ(p->cseq_method, method);
    EXPECT_EQ(p->via.branch, "z9hG4bK-.!%66*_+`'~");
    EXPECT_EQ(p->to_uri, "sip:1_odd.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com");
    EXPECT_EQ(p->from_uri, "sip:mundane@example.com");
    EXPECT_EQ(p->from_tag, "_token~1'+`*%!-.");
    EXPECT_EQ(p->call_id, "odd.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
}

TEST(Rfc4475, C3_1_1_6_NoSpaceBetweenNameAndAngle) {
    const Parsed p(
        replaced(message("OPTIONS sip:user@example.com SIP/2.0", "60 OPTIONS"), "From: <", "From: caller<"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->from_uri, "sip:caller@example.com");
    EXPECT_EQ(p->from_tag, "33");
}

TEST(Rfc4475, C3_1_1_7_LongValues) {
    const std::string name = "very" + std::string(3000, 'l') + "ong";
    std::string text = message("INVITE sip:user@example.com SIP/2.0", "3882340 INVITE",
                               name + "HeaderName: " + name + "\r\n");
    text = replaced(text, "To: sip:user@example.com",
                    "To: \"I have a " + name + " name\" <sip:user@example.com:5060;" + name + ">");
    text = replaced(text, "tag=33", "tag=" + name);
    text = replaced(text, "torture.7", name);
    std::string vias;
    for (int i = 0; i < 33; ++i) vias += "v: SIP/2.0/TCP sip" + std::to_string(i) + ".example.com\r\n";
    text = replaced(text, "Max-Forwards", vias + "Max-Forwards");
    text = replaced(text, "z9hG4bK-torture", "z9hG4bK" + name);
    const Parsed p(text);
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->from_tag, name);
    EXPECT_EQ(p->call_id, name + "@192.0.2.4");
    EXPECT_EQ(p->to_uri, "sip:user@example.com:5060;" + name);
    EXPECT_EQ(p->via.branch, "z9hG4bK" + name);
    EXPECT_EQ(p->headers.size(), 40U);
}

TEST(Rfc4475, C3_1_1_8_ExtraTrailingOctets) {
    const std::string second =
        message("INVITE sip:joe@example.com SIP/2.0", "8 INVITE", "Content-Length: 3\r\n", "abc");
    const Parsed p(message("REGISTER sip:example.com SIP/2.0", "8 REGISTER", "Content-Length: 0\r\n") +
                   second);
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->method, "REGISTER");
    EXPECT_EQ(p->body, "");
    EXPECT_EQ(p->trailing, second);
}

TEST(Rfc4475, C3_1_1_10_UnknownTransports) {
    const Parsed p(replaced(message("OPTIONS sip:user@example.com SIP/2.0", "60 OPTIONS"), "Via: SIP/2.0/UDP",
                            "Via: SIP/2.0/UNKNOWN t0.example;branch=z9hG4bK-u\r\nVia: SIP/2.0/TLS-SCTP"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.transport, "UNKNOWN");
    EXPECT_EQ(p->via.host, "t0.example");
}

TEST(Rfc4475, C3_1_1_11_MultipartWithNuls) {
    std::string body =
        "--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9cbec02ceef655\r\n"
        "Content-Type: application/octet-stream\r\n\r\n";
    body += std::string("\x00\x01\r\n\r\n\x00\xff\x82\n\x00\r", 12) + "\r\n--7a9cbec02ceef655--";
    const Parsed p(message("MESSAGE sip:user@example.com SIP/2.0", "127 MESSAGE",
                           "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\r\nContent-Length: " +
                               std::to_string(body.size()) + "\r\n",
                           body));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->body, body);
    EXPECT_FALSE(p->mixed_line_ends);
    EXPECT_EQ(parameter(p->headers[6].value, "boundary"), "7a9cbec02ceef655");
}

TEST(Rfc4475, C3_1_1_12_UnusualReasonPhrase) {
    const Parsed p(
        message("SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe", "35 INVITE"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->status, 200);
}

TEST(Rfc4475, C3_1_1_13_EmptyReasonPhrase) {
    const Parsed p(message("SIP/2.0 100 ", "35 INVITE"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->status, 100);
    EXPECT_EQ(p->method, "INVITE");
}

// A receiver may answer 400 here; the top Via and everything else that matters can be read, so it is judged
// as it is.
TEST(Rfc4475, C3_1_2_1_ExtraSeparators) {
    std::string text =
        replaced(message("INVITE sip:user@example.com SIP/2.0", "8 INVITE"),
                 "Via: SIP/2.0/UDP t1.example;branch=z9hG4bK-torture", "Via: SIP/2.0/UDP 192.0.2.15;;,;,,");
    text = replaced(text, "Max-Forwards", "Contact: \"Joe\" <sip:joe@example.org>;;;;\r\nMax-Forwards");
    const Parsed p(text);
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.host, "192.0.2.15");
    EXPECT_EQ(p->via.branch, "");
    EXPECT_EQ(p->via.value, "SIP/2.0/UDP 192.0.2.15;;");
}

TEST(Rfc4475, C3_1_2_2_ContentLengthTooLarge) {
    const Parsed p(
        message("INVITE sip:user@example.com SIP/2.0", "8 INVITE", "Content-Length: 9999\r\n", "v=0\r\n"));
    EXPECT_EQ(p.faults(), "body-short");
    EXPECT_EQ(p->body, "v=0\r\n");
    EXPECT_TRUE(p->answerable());
}

TEST(Rfc4475, C3_1_2_3_NegativeContentLength) {
    const Parsed p(
        message("INVITE sip:user@example.com SIP/2.0", "8 INVITE", "Content-Length: -999\r\n", "v=0\r\n"));
    EXPECT_EQ(p.faults(), "content-length");
    EXPECT_EQ(p->body, "v=0\r\n");
}

TEST(Rfc4475, C3_1_2_4_RequestWithOverlargeScalars) {
    const Parsed p(replaced(message("REGISTER sip:example.com SIP/2.0", "36893488147419103232 REGISTER",
                                    "Expires: 10000000000000000000000000000000000000000000\r\n"
                                    "Contact: <sip:user@host129.example.com>;expires=280297596632815\r\n"),
                            "Max-Forwards: 70", "Max-Forwards: 300"));
    EXPECT_EQ(p.faults(), "header-value");
    EXPECT_FALSE(p->cseq.has_value());
    EXPECT_EQ(p->cseq_method, "REGISTER");
    EXPECT_FALSE(p->answerable());
}

TEST(Rfc4475, C3_1_2_5_ResponseWithOverlargeScalars) {
    const Parsed p(
        message("SIP/2.0 503 Service Unavailable", "9292394834772304023312 OPTIONS",
                "Retry-After: 949302838503028349304023988\r\nWarning: 1812 overture \"In Progress\"\r\n"));
    EXPECT_EQ(p.faults(), "header-value");
    EXPECT_EQ(p->status, 503);
    EXPECT_EQ(p->method, "OPTIONS");
}

TEST(Rfc4475, C3_1_2_6_UnterminatedQuoteInTo) {
    const Parsed p(replaced(message("INVITE sip:user@example.com SIP/2.0", "8 INVITE"),
                            "To: sip:user@example.com", "To: \"Mr. J. User <sip:j.user@example.com>"));
    EXPECT_EQ(p.faults(), "header-value");
    EXPECT_EQ(p->to_uri, "");
    EXPECT_EQ(p->to, "\"Mr. J. User <sip:j.user@example.com>");
    EXPECT_FALSE(p->answerable());
}

TEST(Rfc4475, C3_1_2_8_WhiteSpaceInRequestUri) {
    const Parsed p(message("INVITE sip:user@example.com; lr SIP/2.0", "3 INVITE"));
    EXPECT_EQ(p.faults(), "start-line");
    EXPECT_EQ(p->kind, Kind::request);
    EXPECT_EQ(p->request_uri, "sip:user@example.com; lr");
    EXPECT_TRUE(p->answerable());
}

TEST(Rfc4475, C3_1_2_9_MultipleSpacesInTheRequestLine) {
    const Parsed p(message("INVITE  sip:user@example.com  SIP/2.0", "8 INVITE"));
    EXPECT_EQ(p.faults(), "start-line");
    EXPECT_EQ(p->method, "INVITE");
    EXPECT_EQ(p->request_uri, "sip:user@example.com");
    EXPECT_TRUE(p->answerable());
}

TEST(Rfc4475, C3_1_2_16_UnknownProtocolVersion) {
    const Parsed p(replaced(message("OPTIONS sip:t@example.org SIP/7.0", "31417 OPTIONS"), "SIP/2.0/UDP",
                            "SIP/7.0/UDP"));
    EXPECT_EQ(p.faults(), "start-line");
    EXPECT_EQ(p->method, "OPTIONS");
    EXPECT_TRUE(p->answerable());
}

TEST(Rfc4475, C3_1_2_17_CSeqMethodIsAnother) {
    const Parsed p(message("OPTIONS sip:user@example.com SIP/2.0", "8 INVITE"));
    EXPECT_EQ(p.faults(), "cseq-method");
    EXPECT_EQ(p->method, "OPTIONS");
    EXPECT_EQ(p->cseq_method, "INVITE");
}

TEST(Rfc4475, C3_1_2_18_UnknownMethodAndAnotherInCSeq) {
    const Parsed p(message("NEWMETHOD sip:user@example.com SIP/2.0", "8 INVITE"));
    EXPECT_EQ(p.faults(), "cseq-method");
    EXPECT_EQ(p->method, "NEWMETHOD");
}

TEST(Rfc4475, C3_1_2_19_OverlargeResponseCode) {
    const Parsed p(message("SIP/2.0 4294967301 better not break the receiver", "8 INVITE"));
    EXPECT_EQ(p.faults(), "start-line");
    EXPECT_EQ(p->kind, Kind::response);
    EXPECT_EQ(p->status, 0);
    EXPECT_EQ(p->method, "INVITE");
}

TEST(Rfc4475, C3_2_1_BranchIsTheBareCookie) {
    const Parsed p(
        replaced(message("OPTIONS sip:user@example.com SIP/2.0", "8 OPTIONS"), "z9hG4bK-torture", "z9hG4bK"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.branch, "z9hG4bK");
}

TEST(Rfc4475, C3_3_1_MissingHeaders) {
    const Parsed p(lines({"INVITE sip:user@example.com SIP/2.0", "CSeq: 193942 INVITE",
                          "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj", "Content-Type: application/sdp",
                          "Content-Length: 5", ""}) +
                   "v=0\r\n");
    EXPECT_EQ(p.faults(), "header-missing");
    EXPECT_EQ(p->cseq, 193942U);
    EXPECT_EQ(p->body, "v=0\r\n");
    EXPECT_FALSE(p->answerable());
}

TEST(Rfc4475, C3_3_6_UnknownContentType) {
    const Parsed p(message("INVITE sip:user@example.com SIP/2.0", "8 INVITE",
                           "Content-Type: application/unknownformat\r\nContent-Length: 6\r\n", "<audio"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->headers[6].value, "application/unknownformat");
    EXPECT_EQ(p->body, "<audio");
}

TEST(Rfc4475, C3_3_8_SingleHeadersTwice) {
    const Parsed p(message("INVITE sip:user@example.com SIP/2.0", "8 INVITE",
                           "CSeq: 59 INVITE\r\nCall-ID: other@98.76.54.32\r\nMax-Forwards: 5\r\n"
                           "To: sip:other@example.com\r\nFrom: other <sip:other@example.com>;tag=2\r\n"));
    EXPECT_EQ(p.faults(), "header-repeated");
    EXPECT_EQ(p->cseq, 8U);
    EXPECT_EQ(p->call_id, "torture.7@192.0.2.4");
}

TEST(Rfc4475, C3_3_9_TwoContentLengths) {
    const Parsed p(message("OPTIONS sip:user@example.com SIP/2.0", "8 OPTIONS",
                           "Content-Length: 13\r\nContent-Length: 5\r\n",
                           "There's no way to know how long this is"));
    EXPECT_EQ(p.faults(), "content-length");
    EXPECT_FALSE(p->content_length.has_value());
    EXPECT_EQ(p->body, "There's no way to know how long this is");
}

TEST(Rfc4475, C3_4_1_Rfc2543Syntax) {
    const Parsed p(lines({"INVITE sip:UserB@example.com SIP/2.0", "Via: SIP/2.0/UDP gw.example.com",
                          "From: <sip:+13035551111@client.example.net;user=phone>",
                          "Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>",
                          "To: sip:+16505552222@ss1.example.net;user=phone", "Call-ID: 2543@example.com",
                          "CSeq: 56 INVITE", "Content-Type: application/sdp", ""}) +
                   "v=0\r\n");
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.branch, "");
    EXPECT_EQ(p->from_uri, "sip:+13035551111@client.example.net;user=phone");
    EXPECT_EQ(p->from_tag, "");
    EXPECT_EQ(p->to_uri, "sip:+16505552222@ss1.example.net");
    EXPECT_EQ(p->body, "v=0\r\n");
    EXPECT_TRUE(p->answerable());
}

}  // namespace
}  // namespace kmsgate::sip::test
