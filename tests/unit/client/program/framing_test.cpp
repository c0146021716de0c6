// SPDX-License-Identifier: BSD-3-Clause
// SIP out of a TCP stream, however the stream is cut (RFC 3261 18.3, 7.5; RFC 4475 3.1.2.3, 3.3.9).
#include "tools/client/program/framing.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kmsgate::client::program {
namespace {

std::string message(const std::string& length_line, const std::string& body) {
    return "MESSAGE sip:b@x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n"
           "To: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n" +
           length_line + "\r\n" + body;
}
std::string sized(const std::string& body) {
    return message("Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}
std::vector<std::string> all(Framing& framing) {
    std::vector<std::string> out;
    while (auto next = framing.next()) out.push_back(*next);
    return out;
}

TEST(Framing, SeveralMessagesInOneSegment) {
    const std::string one = sized("");
    const std::string two = sized(std::string("a\0\r\n\r\nb", 7));
    Framing framing;
    framing.feed(one + two + one);
    EXPECT_EQ(all(framing), (std::vector{one, two, one}));
    EXPECT_FALSE(framing.fault());
}

TEST(Framing, AByteAtATimeAndCutAnywhere) {
    const std::string stream = "\r\n\r\n" + sized("hello") + "\r\n" + sized("");
    Framing slow;
    std::vector<std::string> got;
    for (const char c : stream) {
        slow.feed({&c, 1});
        for (auto& m : all(slow)) got.push_back(m);
    }
    EXPECT_EQ(got, (std::vector{sized("hello"), sized("")}));
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Framing framing;
        framing.feed(stream.substr(0, cut));
        auto parts = all(framing);
        framing.feed(stream.substr(cut));
        for (auto& m : all(framing)) parts.push_back(m);
        EXPECT_EQ(parts, got) << cut;
    }
}

TEST(Framing, KeepAlivesAreNoMessages) {
    Framing framing;
    for (int i = 0; i < 1000; ++i) {
        framing.feed("\r\n\r\n");
        EXPECT_FALSE(framing.next());
    }
    EXPECT_FALSE(framing.fault());
    framing.feed(sized("x"));
    EXPECT_EQ(framing.next(), sized("x"));
}

TEST(Framing, CompactAndRepeatedEqualLengthsAreRead) {
    const std::string m = message("l: 2\r\nContent-Length : 2\r\n", "ab");
    Framing framing;
    framing.feed(m);
    EXPECT_EQ(framing.next(), m);
}

TEST(Framing, AStreamWithoutLengthsCannotBeFollowed) {
    for (const char* const line :
         {"", "Content-Length: -1\r\n", "Content-Length: x\r\n", "Content-Length: 1\r\nl: 2\r\n",
          "Content-Length: 99999999999999999999\r\n"}) {
        Framing framing;
        framing.feed(message(line, "ab"));
        EXPECT_FALSE(framing.next()) << line;
        EXPECT_EQ(framing.fault(), Framing::Fault::content_length) << line;
        framing.feed(sized(""));
        EXPECT_FALSE(framing.next()) << line;  // what follows may be the body of the message before
    }
}

TEST(Framing, WhatItKeepsIsBounded) {
    Framing head;
    head.feed(std::string(Framing::kMostHead, 'a'));
    EXPECT_FALSE(head.next());
    EXPECT_FALSE(head.fault());
    head.feed("a");
    EXPECT_FALSE(head.next());
    EXPECT_EQ(head.fault(), Framing::Fault::head_too_long);

    const std::size_t room = Framing::kMostMessage - message("Content-Length: 1048000\r\n", "").size();
    Framing fits;
    const std::string body(room, 'b');
    fits.feed(sized(body));
    EXPECT_TRUE(fits.next().has_value());
    Framing over;
    over.feed(message("Content-Length: " + std::to_string(room + 1) + "\r\n", ""));
    EXPECT_FALSE(over.next());
    EXPECT_EQ(over.fault(), Framing::Fault::message_too_long);
}

}  // namespace
}  // namespace kmsgate::client::program
