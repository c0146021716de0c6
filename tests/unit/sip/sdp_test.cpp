// SPDX-License-Identifier: BSD-3-Clause
// key-mgmt lines (RFC 4567 3.1, RFC 8866, RFC 5939), as written and as disguised.
#include "dataplane/sip/sdp.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sip/looked.hpp"

namespace kmsgate::sip::test {
namespace {

const std::string A = base64(mikey('A'));

/// "where data" of every line, parted by '|'.
std::string lines_in(std::string_view text) {
    std::string out;
    KeyMgmtLines all(text);
    while (const auto line = all.next())
        out += (out.empty() ? "" : "|") + std::string(to_string(line->where)) + " " + std::string(line->data);
    return out;
}

TEST(Sdp, EveryLineAtBothLevels) {
    EXPECT_EQ(lines_in("v=0\r\na=key-mgmt:mikey AAAA\r\na=key-mgmt: mikey BBBB\r\nm=audio 1 RTP/AVP 0\r\n"
                       "a=key-mgmt:mikey CCCC\r\nm=video 2 RTP/AVP 0\r\na=key-mgmt:mikey DDDD\r\n"),
              "sdp-session AAAA|sdp-session BBBB|sdp-media CCCC|sdp-media DDDD");
}

TEST(Sdp, LineEndsOfEveryKind) {
    for (const std::string end : {"\r\n", "\n", "\r"}) {
        const std::string text =
            "v=0" + end + "a=key-mgmt:mikey AAAA" + end + "m=audio" + end + "a=key-mgmt:mikey BBBB" + end;
        EXPECT_EQ(lines_in(text), "sdp-session AAAA|sdp-media BBBB");
    }
    EXPECT_EQ(lines_in("v=0\r\na=key-mgmt:mikey AAAA"), "sdp-session AAAA") << "no line end at the end";
    EXPECT_EQ(lines_in(std::string("s=x\0a=key-mgmt:mikey AAAA\r\n", 27)), "sdp-session AAAA")
        << "NUL ends a string";
}

TEST(Sdp, AnyCaseAndSpacing) {
    for (const std::string line :
         {"a=KEY-MGMT:mikey AAAA", "A=key-mgmt:mikey AAAA", "a=Key-Mgmt:MIKEY AAAA", "a=key-mgmt:MiKeY AAAA",
          "a=key-mgmt :mikey AAAA", "a=key-mgmt:\tmikey AAAA", "a=key-mgmt:  mikey AAAA",
          "a =key-mgmt:mikey AAAA", "a= key-mgmt:mikey AAAA", " a=key-mgmt:mikey AAAA",
          "\ta\t=\tkey-mgmt\t:\tmikey\tAAAA\t", "a=key-mgmt:mikey  AAAA", "a=key-mgmt:mikey\tAAAA",
          "a=key-mgmt:mikey  AAAA  "}) {
        EXPECT_EQ(lines_in("v=0\r\n" + line + "\r\n"), "sdp-session AAAA") << line;
    }
}

TEST(Sdp, BlanksOfReadersThatAskIsspaceOrSkipNul) {
    for (const char c : {'\v', '\f', '\0'}) {
        const std::string x(1, c);
        for (const std::string& line : {"a=key-mgmt:" + x + "mikey AAAA", "a=key-mgmt" + x + ":mikey AAAA",
                                        "a=" + x + "key-mgmt:mikey AAAA", "a" + x + "=key-mgmt:mikey AAAA",
                                        x + "a=key-mgmt:mikey AAAA"})
            EXPECT_EQ(lines_in("v=0\r\n" + line + "\r\n"), "sdp-session AAAA") << static_cast<int>(c) << line;
        EXPECT_EQ(lines_in("v=0\r\na=acap:1 " + x + "key-mgmt:mikey AAAA\r\n"), "sdp-capability AAAA")
            << static_cast<int>(c);
    }
}

TEST(Sdp, PlainSpellingPassesItsDataAsItIs) {
    // the base64 of RFC 8866 has no blanks: whoever judges it must see them
    EXPECT_EQ(lines_in("a=key-mgmt:mikey AAAA \r\n"), "sdp-session AAAA ");
    EXPECT_EQ(lines_in("a=key-mgmt:mikey AA AA\r\n"), "sdp-session AA AA");
    EXPECT_EQ(lines_in("a=key-mgmt: mikey AAAA\t\r\n"), "sdp-session AAAA\t");
    EXPECT_EQ(lines_in("a=key-mgmt:mikey \r\n"), "sdp-session ");
    EXPECT_EQ(lines_in("a=key-mgmt:mikey\r\n"), "sdp-session ");
    EXPECT_EQ(lines_in(std::string("a=key-mgmt:mikey AA\0AA\r\n", 25)),
              "sdp-session " + std::string("AA\0AA", 5));
}

TEST(Sdp, IdWithTheDataRunIntoIt) {
    EXPECT_EQ(lines_in("a=key-mgmt:mikey" + A + "\r\n"), "sdp-session " + A);
    EXPECT_EQ(lines_in("a=key-mgmt:mikey:" + A + "\r\n"), "sdp-session " + A);
}

TEST(Sdp, OtherProtocolsAreIgnored) {
    for (const std::string line :
         {"a=key-mgmt:kmp2 AAAA", "a=key-mgmt:mikeyv2 AAAA", "a=key-mgmt:xmikey AAAA", "a=key-mgmt:mike AAAA",
          "a=key-mgmt:", "a=key-mgmt", "a=key-mgmtx:mikey AAAA"})
        EXPECT_EQ(lines_in("v=0\r\n" + line + "\r\n"), "") << line;
}

TEST(Sdp, Capabilities) {
    EXPECT_EQ(lines_in("v=0\r\na=acap:1 key-mgmt:mikey AAAA\r\n"), "sdp-capability AAAA");
    EXPECT_EQ(lines_in("v=0\r\nm=audio\r\na=acap:12 key-mgmt:mikey AAAA\r\n"), "sdp-capability AAAA");
    EXPECT_EQ(lines_in("a = ACAP :\t1  Key-Mgmt : Mikey  AAAA\r\n"), "sdp-capability AAAA");
    EXPECT_EQ(lines_in("a=mscap:* key-mgmt:mikey AAAA\r\n"), "sdp-capability AAAA");
    EXPECT_EQ(lines_in("a=cpar:a=key-mgmt:mikey AAAA\r\n"), "sdp-capability AAAA");
    EXPECT_EQ(lines_in("a=acap:1 key-mgmt:mikey AAAA \r\n"), "sdp-capability AAAA ") << "strict here too";
}

TEST(Sdp, Decoys) {
    for (const std::string line :
         {"i=a=key-mgmt:mikey AAAA", "s=say a=key-mgmt:mikey AAAA", "b=key-mgmt:mikey AAAA",
          "ba=key-mgmt:mikey AAAA", "a=x-key-mgmt:mikey AAAA", "a=note:key-mgmt:mikey AAAA",
          "a=pcfg:1 key-mgmt:mikey AAAA", "a=secap:1 key-mgmt:mikey AAAA", "a=acapx:1 key-mgmt:mikey AAAA",
          "key-mgmt:mikey AAAA"})
        EXPECT_EQ(lines_in("v=0\r\n" + line + "\r\n"), "") << line;
    EXPECT_EQ(lines_in("a=key-mgmt:mikey AAAA a=key-mgmt:mikey BBBB\r\n"),
              "sdp-session AAAA a=key-mgmt:mikey BBBB");
}

TEST(Sdp, MediaLineInDisguise) {
    EXPECT_EQ(lines_in("v=0\r\n m = audio\r\na=key-mgmt:mikey AAAA\r\n"), "sdp-media AAAA");
    EXPECT_EQ(lines_in("s=m=audio\r\na=key-mgmt:mikey AAAA\r\n"), "sdp-session AAAA");
}

TEST(Sdp, EveryTruncation) {
    const std::string text = " a\t= key-mgmt : mikey AAAA \r\nm=a\r\na=acap:1 key-mgmt:mikey BBBB\r\n";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::vector<char> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
        static_cast<void>(lines_in({exact.data(), exact.size()}));
    }
}

TEST(Sdp, LongLinesAreOnePass) {
    std::string text = "v=0\r\n";
    while (text.size() < 4'000'000) text += "key-mgmt";
    EXPECT_EQ(lines_in(text), "");  // the test's time limit is the assertion
}

TEST(Sdp, BeginsLikeSdp) {
    EXPECT_TRUE(begins_like_sdp("v=0\r\n"));
    EXPECT_TRUE(begins_like_sdp("\r\n \tv = 0\r\n"));
    EXPECT_TRUE(begins_like_sdp("\xEF\xBB\xBFv=0\r\n"));
    EXPECT_FALSE(begins_like_sdp(""));
    EXPECT_FALSE(begins_like_sdp("v"));
    EXPECT_FALSE(begins_like_sdp("v="));
    EXPECT_FALSE(begins_like_sdp("Hello\r\nv=0\r\n"));
}

TEST(SdpInMessages, TypeInAnySpelling) {
    const std::string body = sdp(key_line('A'), key_line('B'));
    for (const std::string type :
         {"application/sdp", "APPLICATION/SDP", "application / sdp", "application/sdp;charset=utf-8",
          "(x)application/(y)sdp(z)", "\"application/sdp\"", "application/sdp, text/plain",
          "text/plain, application/sdp", "application/sdp junk", "application\r\n /sdp"})
        EXPECT_EQ(in(type, body), "sdp-session A, sdp-media B") << type;
}

TEST(SdpInMessages, RepeatsAreListedOnce) {
    EXPECT_EQ(in("application/sdp", sdp(key_line('A') + key_line('A'), key_line('A'))),
              "sdp-session A, sdp-media A");
}

TEST(SdpInMessages, DeclaredSdpIsOnlySdp) {
    EXPECT_EQ(in("application/sdp", mikey('A')), "");
}

}  // namespace
}  // namespace kmsgate::sip::test
