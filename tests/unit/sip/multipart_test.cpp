// SPDX-License-Identifier: BSD-3-Clause
// Multiparts (RFC 2046 5.1): boundaries, delimiters and part headers in every spelling that some reader
// takes.
#include "dataplane/sip/multipart.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sip/looked.hpp"

namespace kmsgate::sip::test {
namespace {

const std::string kSdp = part("application/sdp", sdp(key_line('A')));
const std::string kMikey = part("application/mikey", mikey('B'));
const std::string kText = part("text/plain", key_line('C'));

TEST(Multipart, AnySubtypeNested) {
    for (const std::string type :
         {"mixed", "alternative", "related", "signed", "digest", "parallel", "form-data", "x-any"})
        EXPECT_EQ(in("multipart/" + type + ";boundary=b", parts("b", {kSdp, kText, kMikey})),
                  "sdp-session A, application-mikey b")
            << type;
    const std::string inner = part("multipart/alternative; boundary=\"in\"", parts("in", {kSdp, kText}));
    EXPECT_EQ(in("multipart/mixed;boundary=out", parts("out", {inner, kMikey})),
              "sdp-session A, application-mikey b");
}

TEST(Multipart, BoundarySpellings) {
    const std::string body = parts("b x", {kSdp});
    for (const std::string type : {"multipart/mixed; boundary=\"b x\"",
                                   "multipart/mixed;BOUNDARY=\"b x\"",
                                   "multipart/mixed ; boundary = \"b x\"",
                                   "multipart/mixed; charset=utf-8; boundary=\"b x\"; x=y",
                                   "multipart/mixed;\r\n boundary=\"b x\"",
                                   "multipart/mixed; boundary=\"b x",
                                   "multipart/mixed; boundary=b x",
                                   "multipart/mixed; boundary=\"b\\ x\"",
                                   "multipart/mixed; (comment) boundary (c) = (c) \"b x\" (c)",
                                   "(c) multipart/mixed; boundary=\"b x\"",
                                   "multipart/mixed; boundary*=us-ascii''b%20x",
                                   "multipart/mixed; boundary*0=\"b\"; boundary*1=\" x\"",
                                   "multipart/mixed; boundary*1*=%20x; boundary*0*=us-ascii'en'b",
                                   "multipart/mixed; x=\"boundary=b x\"",
                                   "multipart/mixed; boundary=other; boundary=\"b x\"",
                                   "multipart/mixed; boundary=\"b x\"; boundary=other",
                                   "multipart/mixed",
                                   "multipart/mixed; boundary=",
                                   "multipart/mixed; boundary=wrong",
                                   "multipart/",
                                   "multipart"})
        EXPECT_EQ(in(type, body), "sdp-session A") << type;
}

TEST(Multipart, EachOfTwoBoundaries) {
    const std::string body = "--a\r\n" + kText + "\r\n--a--\r\n--b\r\n" + kMikey + "\r\n--b--\r\n";
    EXPECT_EQ(in("multipart/mixed;boundary=a;boundary=b", body), "application-mikey b");
    EXPECT_EQ(in("multipart/mixed;boundary=b;boundary=a", body), "application-mikey b");
    EXPECT_EQ(in("multipart/mixed;boundary=a", body), "") << "an epilogue, which nothing reads";
    EXPECT_EQ(
        in(carrying("Content-Type: multipart/mixed;boundary=a\r\nc: multipart/mixed;boundary=b\r\n", body)),
        "application-mikey b");
}

TEST(Multipart, TwoContentTypes) {
    const std::string body = sdp(key_line('A'));
    EXPECT_EQ(in(carrying("Content-Type: text/plain\r\nContent-Type: application/sdp\r\n", body)),
              "sdp-session A");
    EXPECT_EQ(in(carrying("c: application/sdp\r\nContent-Type: text/plain\r\n", body)), "sdp-session A");
    EXPECT_EQ(
        in("multipart/mixed;boundary=b",
           parts("b", {"Content-Type: text/plain\r\nContent-Type: application/mikey\r\n\r\n" + mikey('A')})),
        "application-mikey a");
}

TEST(Multipart, PreambleAndEpilogueAreReadByNobody) {
    EXPECT_EQ(in("multipart/mixed;boundary=b", key_line('C') + parts("b", {kSdp}) + key_line('D')),
              "sdp-session A");
}

TEST(Multipart, DelimitersBehindTheCloseDelimiter) {
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {kText}) + parts("b", {kSdp})), "sdp-session A");
}

TEST(Multipart, NoCloseDelimiter) {
    EXPECT_EQ(in("multipart/mixed;boundary=b", "--b\r\n" + kText + "\r\n--b\r\n" + kMikey),
              "application-mikey b");
}

TEST(Multipart, DelimiterLines) {
    for (const std::string line : {"--b", "--b \t", "--bxyz", "--b garbage", "--b--garbage"})
        EXPECT_EQ(in("multipart/mixed;boundary=b", line + "\r\n" + kMikey + "\r\n--b--\r\n"),
                  "application-mikey b")
            << line;
    EXPECT_EQ(in("multipart/mixed;boundary=b", "\r\n--b\r\n" + kMikey + "\r\n--b--\r\n"),
              "application-mikey b");
    EXPECT_EQ(in("multipart/mixed;boundary=b", "x--b\r\n" + kMikey + "\r\n--b--\r\n"), "")
        << "not at a line's start";
}

TEST(Multipart, LineEndsThatReadersDisagreeOn) {
    const std::string hidden = "v=0\r\ns=-\r\n";
    // a reader of CRLF sees one SDP; one that takes LF or CR sees a text part behind it
    for (const std::string end : {"\n", "\r"}) {
        const std::string body = "--b\r\nContent-Type: application/sdp\r\n\r\n" + hidden + end + "--b" + end +
                                 end + key_line('A') + "--b--\r\n";
        EXPECT_EQ(in("multipart/mixed;boundary=b", body), "sdp-session A") << (end == "\n" ? "LF" : "CR");
        // and the other way round: only the lenient reader finds the part
        const std::string other = "--b\r\nContent-Type: text/plain\r\n\r\nx" + end + "--b" + end +
                                  "Content-Type: application/sdp" + end + end + sdp(key_line('A')) +
                                  "--b--\r\n";
        EXPECT_EQ(in("multipart/mixed;boundary=b", other), "sdp-session A");
    }
}

TEST(Multipart, WholeBodyWithOtherLineEnds) {
    for (const std::string end : {"\n", "\r"}) {
        std::string body;
        for (const char c : parts("b", {part("application/sdp", sdp(key_line('A'))), kText}))
            if (c != '\n') body += c == '\r' ? end : std::string(1, c);
        EXPECT_EQ(in("multipart/mixed;boundary=b", body), "sdp-session A");
    }
}

TEST(Multipart, ByPrefixIsNoOverreach) {
    // an inner boundary that starts with the outer one is common; everything is still found once
    const std::string inner = part("multipart/alternative;boundary=b1", parts("b1", {kSdp, kText}));
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {inner, kMikey})),
              "sdp-session A, application-mikey b");
    // strict: the SDP goes on behind "--bx"; by prefix it ends there
    EXPECT_EQ(in("multipart/mixed;boundary=b",
                 "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--bx\r\n" + key_line('A') + "--b--\r\n"),
              "sdp-session A");
}

TEST(Multipart, BinaryPartsEndBeforeTheDelimitersLineEnd) {
    const std::string body = mikey('A') + "\r\n";
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {part("application/mikey", mikey('A'))})),
              "application-mikey a");
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {part("application/mikey", body)})),
              "application-mikey ?" + body);
}

TEST(PartHeaders, Spellings) {
    for (const std::string headers :
         {"content-type:application/sdp\r\n", "CONTENT-TYPE : application/sdp\r\n", "c: application/sdp\r\n",
          "Content-Type:\r\n application/sdp\r\n", "X: y\r\n z\r\nContent-Type: application/sdp\r\n",
          "Content-Type: application/\r\n\tsdp\r\n", "no header\r\nContent-Type: application/sdp\r\n",
          " Content-Type: application/sdp\r\n", "X: y\rContent-Type: application/sdp\r\n",
          "X: y\nContent-Type: application/sdp\n"})
        EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {headers + "\r\n" + sdp(key_line('A'))})),
                  "sdp-session A")
            << headers;
}

TEST(PartHeaders, AbsentOrOpen) {
    // no type: text/plain (RFC 2046 5.1), in which only a whole SDP or MIKEY is anything
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {"\r\n" + sdp(key_line('A'))})), "sdp-session A");
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {"\r\n" + mikey('A')})), "application-mikey a");
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {"\r\n" + base64(mikey('A'))})),
              "application-mikey A");
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {"\r\nlook:\r\n" + key_line('C')})), "");
    // no empty line
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {sdp(key_line('A'))})), "sdp-session A");
    EXPECT_EQ(in("multipart/mixed;boundary=b",
                 parts("b", {"Content-Type: application/sdp\r\n" + sdp(key_line('A'))})),
              "sdp-session A");
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {mikey('A')})), "application-mikey a");
    // in a digest the default is a message
    EXPECT_EQ(in("multipart/digest;boundary=b", parts("b", {"\r\nSubject: x\r\n" + kMikey})),
              "application-mikey b");
}

TEST(Multipart, UndeclaredOrUnderAnotherType) {
    for (const std::string type : {"application/octet-stream", "application/x-mime", "garbage"})
        EXPECT_EQ(in(type, parts("q", {kMikey})), "application-mikey b") << type;
    EXPECT_EQ(in(carrying("", parts("q", {kMikey}))), "application-mikey b") << "no Content-Type";
    EXPECT_EQ(in("text/plain", parts("q", {kMikey, kSdp})), "");
}

TEST(Multipart, Bounds) {
    std::string body = sdp(key_line('A'));
    std::string type = "application/sdp";
    for (unsigned level = 1; level <= 12; ++level) {
        const std::string boundary = "b" + std::string(1, static_cast<char>('a' + level));
        body = parts(boundary, {part(type, body)});
        type = "multipart/mixed;boundary=" + boundary;
        EXPECT_EQ(in(type, body), level <= 8 ? "sdp-session A" : "!depth") << level;
    }
    std::string many;
    for (unsigned i = 0; i < 256; ++i) many += "--b\r\n\r\n" + std::to_string(i) + "\r\n";
    EXPECT_EQ(in("multipart/mixed;boundary=b", many), "");
    EXPECT_EQ(in("multipart/mixed;boundary=b", many + "--b\r\n\r\nx\r\n"), "!parts");

    std::string lines_of_keys;
    for (unsigned i = 0; i < 65; ++i) lines_of_keys += "a=key-mgmt:mikey AAA" + std::to_string(i) + "\r\n";
    const Looked looked(typed("application/sdp", lines_of_keys));
    EXPECT_EQ(looked->carriages.size(), 64U);
    EXPECT_EQ(looked->uninspectable, Uninspectable::parts);
}

TEST(Multipart, NulsAndBinaryNeighbours) {
    const std::string binary = part("application/octet-stream", std::string("\0\1\2\0--b\0\r\n\0", 12));
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {binary, kSdp, kMikey})),
              "sdp-session A, application-mikey b");
}

}  // namespace
}  // namespace kmsgate::sip::test
