// SPDX-License-Identifier: BSD-3-Clause
// Transfer encodings (RFC 2045 6) and content encodings in messages and parts.
#include "dataplane/sip/transfer.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sip/looked.hpp"

namespace kmsgate::sip::test {
namespace {

std::string decode(std::string_view text, bool quoted = false) {
    std::vector<std::byte> memory(text.size() * 2 + 64);
    Arena arena(memory);
    const auto out = quoted ? decode_quoted_printable(text, arena) : decode_base64(text, arena);
    if (!out) return "(memory)";
    return std::string(out->data) + (out->sound ? "" : "(unsound)");
}

TEST(Base64, Sound) {
    EXPECT_EQ(decode("Zm9vYmFy"), "foobar");
    EXPECT_EQ(decode("Zm9vYmE="), "fooba");
    EXPECT_EQ(decode("Zm9vYg=="), "foob");
    EXPECT_EQ(decode("Zm9v\r\nYmFy\r\n"), "foobar");
    EXPECT_EQ(decode(" Zm\t9vY\ng\r==\n"), "foob");
    EXPECT_EQ(decode("Zm9vYmE"), "fooba") << "padding left out";
    EXPECT_EQ(decode("Zm9vYg"), "foob") << "padding left out";
}

TEST(Base64, Unsound) {
    EXPECT_EQ(decode("Zm9v!YmFy"), "foobar(unsound)");
    EXPECT_EQ(decode("Zm9v-mFy"),
              "foo\x98\x5C"
              "(unsound)");
    EXPECT_EQ(decode("Zm9vY"), "foo(unsound)");
    EXPECT_EQ(decode("Zm9vYg==Zm9v"), "foobfoo(unsound)");
    EXPECT_EQ(decode("Zm9vYg="), "foob(unsound)");
    EXPECT_EQ(decode("Zm9v===="), "foo(unsound)");
}

TEST(QuotedPrintable, Sound) {
    EXPECT_EQ(decode("a=3Db=3dc", true), "a=b=c");
    EXPECT_EQ(decode("one=\r\ntwo=\nthree=\rfour", true), "onetwothreefour");
    EXPECT_EQ(decode("one= \t\r\ntwo", true), "onetwo") << "blanks behind a soft break";
    EXPECT_EQ(decode("one \t\r\ntwo  ", true), "one\r\ntwo") << "blanks at line ends";
    EXPECT_EQ(decode("one=20\r\n", true), "one \r\n");
    EXPECT_EQ(decode("one=", true), "one");
    EXPECT_EQ(decode("\xFF", true), "\xFF") << "8-bit bytes pass";
}

TEST(QuotedPrintable, Unsound) {
    EXPECT_EQ(decode("a=key", true), "a=key(unsound)");
    EXPECT_EQ(decode("a=4", true), "a=4(unsound)");
    EXPECT_EQ(decode("a=4\r\n", true), "a=4\r\n(unsound)");
}

TEST(TransferEncoding, Words) {
    std::vector<std::byte> memory(4096);
    Arena arena(memory);
    const auto read = [&](std::string_view value) {
        Transfers t;
        add_transfer_encoding(value, arena, t);
        return std::string(t.identity ? "i" : "") + (t.base64 ? "b" : "") + (t.quoted_printable ? "q" : "") +
               (t.unknown ? "?" : "");
    };
    EXPECT_EQ(read("7bit"), "i");
    EXPECT_EQ(read("8BIT"), "i");
    EXPECT_EQ(read("Binary"), "i");
    EXPECT_EQ(read(""), "i");
    EXPECT_EQ(read("BASE64"), "b");
    EXPECT_EQ(read(" (a(b)c) base64 (x)"), "b");
    EXPECT_EQ(read("\"base64\""), "b");
    EXPECT_EQ(read("base64;x=y"), "b");
    EXPECT_EQ(read("Quoted-Printable"), "q");
    EXPECT_EQ(read("base64, 8bit"), "ib");
    EXPECT_EQ(read("x-uuencode"), "?");
    EXPECT_EQ(read("base-64"), "?");
}

std::string encoded(std::string_view type, std::string_view encoding, std::string_view body) {
    return in(carrying("Content-Type: " + std::string(type) +
                           "\r\nContent-Transfer-Encoding: " + std::string(encoding) + "\r\n",
                       body));
}

TEST(TransferInMessages, SdpUnderEncodings) {
    const std::string body = sdp(key_line('A'), key_line('B'));
    const std::string both = "sdp-session A, sdp-media B";
    EXPECT_EQ(encoded("application/sdp", "8bit", body), both);
    EXPECT_EQ(encoded("application/sdp", "base64", wrapped(base64(body), 76)), both);
    EXPECT_EQ(encoded("application/sdp", "(c) BASE64", wrapped(base64(body), 40, "\n")), both);
    EXPECT_EQ(encoded("application/sdp", "quoted-printable", quoted_printable(body)), both);
    EXPECT_EQ(encoded("application/sdp", "x-rot13", body), both + "!transfer-encoding")
        << "a reason hides nothing";
    EXPECT_EQ(in("multipart/mixed;boundary=b", parts("b", {part("application/sdp", wrapped(base64(body), 60),
                                                                "Content-Transfer-Encoding: base64\r\n")})),
              both);
}

TEST(TransferInMessages, MikeyUnderEncodings) {
    EXPECT_EQ(encoded("application/mikey", "base64", wrapped(base64(mikey('A')), 20)), "application-mikey a");
    EXPECT_EQ(encoded("application/mikey", "quoted-printable", quoted_printable(mikey('A'))),
              "application-mikey a");
    EXPECT_EQ(encoded("application/mikey", "binary", mikey('A')), "application-mikey a");
    EXPECT_EQ(encoded("application/mikey", "7bit", base64(mikey('A'))), "application-mikey A");
    EXPECT_EQ(encoded("application/mikey", "base64", base64(base64(mikey('A')))), "application-mikey A")
        << "twice";
    EXPECT_EQ(encoded("application/mikey", "base64", mikey('A')).substr(0, 19), "application-mikey a")
        << "not at all";
}

TEST(TransferInMessages, NotDecodable) {
    EXPECT_EQ(encoded("application/sdp", "base64", sdp(key_line('A'))), "sdp-session A!undecodable");
    EXPECT_EQ(encoded("application/sdp", "quoted-printable", sdp(key_line('A'))),
              "sdp-session A!undecodable");
    EXPECT_EQ(encoded("application/octet-stream", "base64", "****"), "!undecodable");
    EXPECT_EQ(encoded("text/plain", "base64", "plain after all!"), "") << "text hides nothing";
    EXPECT_EQ(encoded("text/plain", "quoted-printable", "1 = 1"), "");
    EXPECT_EQ(encoded("application/sdp", "base64", ""), "");
}

TEST(TransferInMessages, BothWhenBothAreNamed) {
    const std::string text = base64(sdp(key_line('A')));
    EXPECT_EQ(encoded("application/sdp", "8bit\r\nContent-Transfer-Encoding: base64", text), "sdp-session A");
}

TEST(TransferInMessages, EncodedMultipartIsReadBothWays) {
    // the soft break hides a delimiter from one reader and shows it to the other
    const std::string body =
        "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n-=\r\n-b\r\nContent-Type: application/mikey\r\n\r\n" +
        base64(mikey('A')) + "\r\n--b--\r\n";
    EXPECT_NE(encoded("multipart/mixed;boundary=b", "quoted-printable", body).find("application-mikey"),
              std::string::npos);
}

TEST(ContentEncoding, AnythingButIdentity) {
    const std::string body = sdp(key_line('A'));
    for (const std::string line :
         {"Content-Encoding: gzip\r\n", "e: gzip\r\n", "CONTENT-ENCODING : deflate\r\n",
          "Content-Encoding: identity, gzip\r\n", "Content-Encoding: identity;q=0.5, gzip\r\n",
          "e: identity;gzip\r\n", "Content-Encoding: x\r\n"}) {
        EXPECT_EQ(in(carrying("Content-Type: application/sdp\r\n" + line, "\x1F\x8B\x08")),
                  "!content-encoding")
            << line;
        EXPECT_EQ(in(carrying("Content-Type: application/sdp\r\n" + line, "")), "") << line;
    }
    EXPECT_EQ(in(carrying("Content-Type: application/sdp\r\nContent-Encoding: Identity (none)\r\n", body)),
              "sdp-session A");
    EXPECT_EQ(in("multipart/mixed;boundary=b",
                 parts("b", {part("application/sdp", "\x1F\x8B", "Content-Encoding: gzip\r\n")})),
              "!content-encoding");
}

}  // namespace
}  // namespace kmsgate::sip::test
