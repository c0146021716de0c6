// SPDX-License-Identifier: BSD-3-Clause
// Where messages end in a stream, and what leaves that in doubt.
#include "dataplane/stream/framing.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace kmsgate::stream {
namespace {

class Framing : public testing::Test {
  protected:
    std::expected<std::uint32_t, Broken> size(std::string_view head) {
        arena_.reset();
        return body_size(head, arena_);
    }
    static std::string head(std::string_view lines) {
        return "INVITE sip:b@mc1.example SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n" +
               std::string(lines) + "\r\n";
    }
    std::vector<std::byte> storage_ = std::vector<std::byte>(1 << 20);
    sip::Arena arena_{storage_};
};

TEST_F(Framing, HeadEndsAtTheFirstEmptyLineHoweverItIsCut) {
    const std::string text = head("Content-Length: 3\r\n") + "abc";
    const std::size_t end = text.size() - 3;
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        HeadScan scan;
        const auto first = scan.feed(std::string_view(text).substr(0, cut));
        if (cut >= end) {
            EXPECT_EQ(first, end);
            continue;
        }
        ASSERT_EQ(first, std::nullopt) << cut;
        EXPECT_EQ(scan.feed(std::string_view(text).substr(cut)), end - cut);
    }
    HeadScan scan;  // one byte at a time
    for (std::size_t i = 0; i + 1 < end; ++i)
        ASSERT_EQ(scan.feed(std::string_view(text).substr(i, 1)), std::nullopt) << i;
    EXPECT_EQ(scan.feed(std::string_view(text).substr(end - 1, 1)), 1U);
}

TEST_F(Framing, AnEmptyLineOfAnyKindEndsTheHeadForTheScan) {
    for (const std::string_view text : {"a\n\n", "a\n\r\n", "a\r\n\n", "a\r\n\r\n"}) {
        HeadScan scan;
        EXPECT_EQ(scan.feed(text), text.size()) << testing::PrintToString(text);
    }
}

TEST_F(Framing, ContentLengthInAllItsPlainForms) {
    EXPECT_EQ(size(head("Content-Length: 17\r\n")), 17U);
    EXPECT_EQ(size(head("l: 0\r\n")), 0U);
    EXPECT_EQ(size(head("CONTENT-LENGTH :\t 5  \r\n")), 5U);
    EXPECT_EQ(size(head("Content-Length: 007\r\n")), 7U);
    EXPECT_EQ(size(head("Content-Length: 4\r\nl: 4\r\n")), 4U) << "twice the same is no contradiction";
    EXPECT_EQ(size("SIP/2.0 200 OK\r\nl: 2\r\n\r\n"), 2U);
}

TEST_F(Framing, WhatIsBroken) {
    const auto broken = [&](std::string_view lines) { return size(head(lines)).error(); };
    EXPECT_EQ(broken(""), Broken::no_length);
    EXPECT_EQ(broken("Content-Length:\r\n"), Broken::bad_length);
    EXPECT_EQ(broken("Content-Length: -1\r\n"), Broken::bad_length);
    EXPECT_EQ(broken("Content-Length: +1\r\n"), Broken::bad_length);
    EXPECT_EQ(broken("Content-Length: 1 2\r\n"), Broken::bad_length);
    EXPECT_EQ(broken("Content-Length: 1,1\r\n"), Broken::bad_length);
    EXPECT_EQ(broken("Content-Length: 0x10\r\n"), Broken::bad_length);
    EXPECT_EQ(broken("Content-Length: 99999999999999999999\r\n"), Broken::bad_length);
    EXPECT_EQ(broken("Content-Length: 65536\r\n"), Broken::bad_length) << "more than a message may have";
    EXPECT_EQ(broken("Content-Length:\r\n 12\r\n"), Broken::bad_length)
        << "folded: some readers stop at the line's end";
    EXPECT_EQ(broken("Content-Length: 1\r\nContent-Length: 2\r\n"), Broken::two_lengths);
    EXPECT_EQ(broken("Content-Length: 1\r\nl: 2\r\n"), Broken::two_lengths);
    EXPECT_EQ(broken("Content-Length\x01: 9\r\nContent-Length: 2\r\n"), Broken::two_lengths);
    EXPECT_EQ(size("GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n").error(), Broken::not_sip);
}

TEST_F(Framing, ReadersOfOtherLineEndsMustAgree) {
    EXPECT_EQ(size(head("Subject: a\rb\r\nContent-Length: 3\r\n")), 3U) << "a lone CR that changes nothing";
    EXPECT_FALSE(size(head("Subject: a\rContent-Length: 30\r\nContent-Length: 3\r\n")));
    EXPECT_FALSE(size(head("Subject: a\nContent-Length: 30\r\nContent-Length: 3\r\n")));
    EXPECT_EQ(size("INVITE sip:b@h SIP/2.0\nContent-Length: 0\n\n").error(), Broken::head_end);
    EXPECT_EQ(size(head("Subject: a\r\rContent-Length: 3\r\n")).error(), Broken::head_end);
}

TEST_F(Framing, TooManyHeadersLeaveTheLengthInDoubt) {
    std::string lines = "Content-Length: 3\r\n";
    for (int i = 0; i < 600; ++i) lines += "X: y\r\n";
    EXPECT_FALSE(size(head(lines)));
}

/// The short way says what the parser says, or nothing.
TEST_F(Framing, PlainHeadsAreReadAsTheParserReadsThem) {
    constexpr std::array<std::string_view, 30> kPieces = {"Content-Length: 7",
                                                          "Content-Length:7",
                                                          "content-length: 12",
                                                          "l: 7",
                                                          "L:0",
                                                          "l : 3",
                                                          "Content-Length : 3",
                                                          "Content-Length",
                                                          "Content-Length: 7 ",
                                                          "Content-Length: +7",
                                                          "Content-LengthX: 9",
                                                          "Contact: <sip:a@b>",
                                                          "Call-ID: x",
                                                          "Length: 5",
                                                          "\r\n",
                                                          "\r\n",
                                                          "\r\n",
                                                          "\r\n",
                                                          "\r\n",
                                                          "\r\n ",
                                                          "\n",
                                                          "\r",
                                                          "\r\n\t",
                                                          ": 1",
                                                          "Via: SIP/2.0/TCP h",
                                                          "no colon",
                                                          " ",
                                                          "c: application/sdp",
                                                          "\x01",
                                                          "9"};
    std::uint64_t state = 88172645463325252;
    const auto random = [&](std::size_t below) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state % below;
    };
    int agreed = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string text = "INVITE sip:b@h SIP/2.0\r\n";
        for (std::size_t n = random(9); n > 0; --n) {
            text += kPieces[random(kPieces.size())];
            if (random(3) != 0) text += "\r\n";
        }
        text += random(4) != 0 ? "\r\n" : "\r\n\r\n";
        arena_.reset();
        const auto quick = body_size(text, arena_);
        arena_.reset();
        const auto full = full_body_size(text, arena_);
        ASSERT_EQ(quick, full) << testing::PrintToString(text);
        agreed += quick.has_value() ? 1 : 0;
    }
    EXPECT_GT(agreed, 2'000) << "or the test tests nothing";
}

TEST_F(Framing, BlankLinesBetweenMessages) {
    EXPECT_EQ(blank("\r\n\r\nINVITE"), 4U);
    EXPECT_EQ(blank("\r\n\r\n"), 4U);
    EXPECT_EQ(blank("INVITE"), 0U);
    EXPECT_EQ(blank(""), 0U);
}

TEST_F(Framing, TlsShowsWithItsFirstBytes) {
    EXPECT_TRUE(looks_like_tls("\x16\x03\x01"));
    EXPECT_TRUE(looks_like_tls(std::string_view("\x17\x03\x03\x00", 4)));
    EXPECT_FALSE(looks_like_tls("\x16"));
    EXPECT_FALSE(looks_like_tls("INVITE"));
}

}  // namespace
}  // namespace kmsgate::stream
