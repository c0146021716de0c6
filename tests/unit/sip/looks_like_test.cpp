// SPDX-License-Identifier: BSD-3-Clause
// Could this be SIP: the first line after leading line ends starts or ends with SIP/2.0.
#include <gtest/gtest.h>

#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {
namespace {

TEST(LooksLikeSip, StartsOrEndsWithTheVersion) {
    for (const char* text : {"INVITE sip:b@h SIP/2.0\r\nVia: x\r\n\r\n", "SIP/2.0 200 OK\r\n",
                             "sip/2.0 200 OK\r\n", "X Y sIp/2.0\r\n", "\r\n\r\nINVITE sip:b@h SIP/2.0\r\n",
                             "\n\r\nSIP/2.0 488 No\n", "INVITE sip:b@h SIP/2.0\n", "a SIP/2.0\rb",
                             "INVITE sip:b@h SIP/2.0 \t\r\n", "  INVITE sip:b@h SIP/2.0\r\n",
                             "\r\n \r\n\tSIP/2.0 200\r\n", "SIP/2.0\r\n", "xSIP/2.0\r\n", "SIP/2.0x\r\n"}) {
        EXPECT_EQ(looks_like_sip(text, true), LooksLike::yes) << text;
        EXPECT_EQ(looks_like_sip(text, false), LooksLike::yes) << text;
    }
}

TEST(LooksLikeSip, OtherTraffic) {
    for (const std::string_view text :
         {std::string_view("GET / HTTP/1.1\r\n\r\n"), std::string_view("INVITE sip:b@h SIP/7.0\r\n"),
          std::string_view("first line\r\nINVITE sip:b@h SIP/2.0\r\n"), std::string_view("a SIP/2.0 b\r\n"),
          std::string_view("\x80\x00\x12\x34\n\x00", 6), std::string_view("SIP/2.\r\n0"),
          std::string_view("INVITE sip:b@h\nSIP/2.0\n")}) {
        EXPECT_EQ(looks_like_sip(text, true), LooksLike::no) << text;
        EXPECT_EQ(looks_like_sip(text, false), LooksLike::no) << text;
    }
}

TEST(LooksLikeSip, AnOpenFirstLine) {
    for (const char* text : {"", "\r\n", " \r\n ", "S", "SIP/2", "INVITE sip:b@h", "binary without an end"}) {
        EXPECT_EQ(looks_like_sip(text, false), LooksLike::need_more) << text;
        EXPECT_EQ(looks_like_sip(text, true), LooksLike::no) << text;
    }
    // The end of the data ends the line when nothing follows; before that "SIP/2.0" may go on as "SIP/2.01".
    EXPECT_EQ(looks_like_sip("INVITE sip:b@h SIP/2.0", true), LooksLike::yes);
    EXPECT_EQ(looks_like_sip("INVITE sip:b@h SIP/2.0", false), LooksLike::need_more);
    EXPECT_EQ(looks_like_sip("SIP/2.0", false), LooksLike::yes);
}

TEST(LooksLikeSip, GrowingInputNeverTakesAnAnswerBack) {
    for (const std::string_view text :
         {std::string_view("\r\nINVITE sip:b@h SIP/2.0\r\nVia: x\r\n"),
          std::string_view("\r\nGET / HTTP/1.1\r\nHost: x\r\n"), std::string_view("SIP/2.0 200 OK\r\n")}) {
        LooksLike before = LooksLike::need_more;
        for (std::size_t size = 0; size <= text.size(); ++size) {
            const LooksLike now = looks_like_sip(text.substr(0, size), false);
            EXPECT_TRUE(before == LooksLike::need_more || now == before) << size;
            before = now;
        }
        EXPECT_EQ(before, looks_like_sip(text, true));
    }
}

TEST(LooksLikeSip, ControlsAroundTheLine) {
    for (const std::string_view x :
         {std::string_view("\0", 1), std::string_view("\v"), std::string_view("\x01")}) {
        const std::string odd(x);
        EXPECT_EQ(looks_like_sip("INVITE sip:b@h SIP/2.0" + odd + "\r\n", true), LooksLike::yes);
        EXPECT_EQ(looks_like_sip(odd + "\r\nINVITE sip:b@h SIP/2.0\r\n", true), LooksLike::yes);
    }
}

}  // namespace
}  // namespace kmsgate::sip
