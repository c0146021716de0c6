// SPDX-License-Identifier: BSD-3-Clause
// Where headers and body end: empty lines, line ends, Content-Length, bounds (RFC 3261 7.5, 18.3, 20.14).
#include <gtest/gtest.h>

#include "tests/unit/sip/parsed.hpp"

namespace kmsgate::sip::test {
namespace {

TEST(Framing, HeadersThatNeverEndAreStillRead) {
    std::string text = invite();
    text.resize(text.size() - 2);  // without the empty line
    const Parsed p(text);
    EXPECT_EQ(p.faults(), "no-header-end");
    EXPECT_EQ(p->headers.size(), 6U);
    EXPECT_EQ(p->cseq_method, "INVITE");
    EXPECT_EQ(p->head, text);
    EXPECT_EQ(p->body, "");

    text.resize(text.size() - 2);  // without the line end of the last header
    const Parsed q(text);
    EXPECT_EQ(q.faults(), "no-header-end");
    EXPECT_EQ(q->cseq_method, "INVITE");

    const Parsed r("INVITE sip:b@h SIP/2.0");
    EXPECT_EQ(r.faults(), "no-header-end header-missing");
    EXPECT_EQ(r->method, "INVITE");
}

TEST(Framing, ContentLengthIsNotAskedWhereNoBodyBegins) {
    const Parsed p("INVITE sip:b@h SIP/2.0\r\nContent-Length: 100\r\n");
    EXPECT_TRUE(p->faults.has(Fault::no_header_end));
    EXPECT_FALSE(p->faults.has(Fault::body_short));
    EXPECT_EQ(p->body, "");
}

TEST(Framing, ContentLengthFramesTheBody) {
    const struct {
        const char* headers;
        const char *faults, *body, *trailing;
    } cases[] = {
        {"", "", "0123456789", ""},
        {"Content-Length: 10\r\n", "", "0123456789", ""},
        {"Content-Length: 0\r\n", "", "", "0123456789"},
        {"Content-Length: 4\r\n", "", "0123", "456789"},
        {"l : 0004 \r\n", "", "0123", "456789"},
        {"Content-Length:\r\n 4\r\n", "", "0123", "456789"},
        {"Content-Length: 4\r\nl: 4\r\nL:04\r\n", "", "0123", "456789"},
        {"Content-Length: 11\r\n", "body-short", "0123456789", ""},
        {"Content-Length: 4294967295\r\n", "body-short", "0123456789", ""},
        {"Content-Length: 4294967296\r\n", "content-length", "0123456789", ""},
        {"Content-Length: 18446744073709551620\r\n", "content-length", "0123456789", ""},
        {"Content-Length: -4\r\n", "content-length", "0123456789", ""},
        {"Content-Length: +4\r\n", "content-length", "0123456789", ""},
        {"Content-Length: 4x\r\n", "content-length", "0123456789", ""},
        {"Content-Length: 4 4\r\n", "content-length", "0123456789", ""},
        {"Content-Length: 4, 4\r\n", "content-length", "0123456789", ""},
        {"Content-Length: 0x4\r\n", "content-length", "0123456789", ""},
        {"Content-Length:\r\n", "content-length", "0123456789", ""},
        {"Content-Length: 4\r\nContent-Length: 5\r\n", "content-length", "0123456789", ""},
        {"Content-Length: 4\r\nl: x\r\n", "content-length", "0123456789", ""},
        {"l: x\r\nContent-Length: 4\r\n", "content-length", "0123456789", ""},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.headers);
        const Parsed p(invite(c.headers, "0123456789"));
        EXPECT_EQ(p.faults(), c.faults);
        EXPECT_EQ(p->body, c.body);
        EXPECT_EQ(p->trailing, c.trailing);
        EXPECT_EQ(p->content_length.has_value(), *c.headers != 0 && !p->faults.has(Fault::content_length));
        EXPECT_TRUE(p->answerable());
    }
}

TEST(Framing, LoneLineEndsDependOnTheReader) {
    const std::string text = invite("X: a\nContent-Length: 3\r\n", "12345");
    const Parsed lenient(text);
    EXPECT_EQ(lenient.faults(), "");
    EXPECT_EQ(lenient->body, "123");
    EXPECT_TRUE(lenient->mixed_line_ends);
    const Parsed strict(text, LineEnds::strict);
    EXPECT_EQ(strict.faults(), "");
    EXPECT_EQ(strict->body, "12345");
    EXPECT_EQ(strict->headers.back().value, "a\nContent-Length: 3");
    EXPECT_TRUE(strict->mixed_line_ends);
}

TEST(Framing, TheFirstEmptyLineEndsTheHeaders) {
    const std::string head = invite("X: y\r\n");
    const std::string cut = head.substr(0, head.size() - 4);  // without both line ends
    for (const char* end : {"\n\n", "\r\r", "\n\r\n", "\r\n\n", "\r\n\r", "\r\r\n", "\n\r"}) {
        SCOPED_TRACE(testing::PrintToString(end));
        const Parsed p(cut + end + "Z: body\r\n\r\nrest");
        EXPECT_EQ(p.faults(), "");
        EXPECT_EQ(p->headers.back().name, "X");
        EXPECT_EQ(p->body, "Z: body\r\n\r\nrest");
        EXPECT_TRUE(p->mixed_line_ends);
        const Parsed s(cut + end + "Z: body\r\n\r\nrest", LineEnds::strict);
        EXPECT_EQ(s->body, "rest");
        EXPECT_TRUE(s->mixed_line_ends);
    }
    const Parsed clean(cut + "\r\n\r\nlone \n and \r in the body");
    EXPECT_FALSE(clean->mixed_line_ends);
    EXPECT_EQ(clean->body, "lone \n and \r in the body");
}

TEST(Framing, ALineOfBlanksIsAFoldNotTheEnd) {
    const Parsed p(invite("X: y\r\n \r\nZ: z\r\n", "body"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->headers.back().name, "Z");
    EXPECT_EQ(p->body, "body");
}

TEST(Framing, MoreHeadersThanTheBound) {
    std::string more;
    for (std::size_t i = 6; i < kMaxHeaders; ++i) more += "X: y\r\n";
    const Parsed full(invite(more, "body"));
    EXPECT_EQ(full.faults(), "");
    EXPECT_EQ(full->headers.size(), kMaxHeaders);
    const Parsed over(invite(more + "X: y\r\n", "body"));
    EXPECT_EQ(over.faults(), "too-many-headers");
    EXPECT_EQ(over->headers.size(), kMaxHeaders);
    EXPECT_EQ(over->body, "body");
}

TEST(Framing, AnArenaTooSmallIsAFaultNotAGuess) {
    const std::string text = invite(lines({"1: a", "2: b", "3: c", "4: d", "5: e", "6: f", "7: g", "8: h",
                                           "9: i", "10: j", "11: k", "12: l"}),
                                    "body");
    for (std::size_t memory = 0; memory < 18 * sizeof(Header); memory += 8) {
        const Parsed p(text, LineEnds::lenient, memory);
        EXPECT_TRUE(p->faults.has(Fault::too_many_headers)) << memory;
        EXPECT_EQ(p->headers.size(), memory / sizeof(Header));
        EXPECT_EQ(p->body, "body");
    }
    const Parsed enough(text, LineEnds::lenient, 18 * sizeof(Header));
    EXPECT_EQ(enough.faults(), "");
}

TEST(Framing, TakesNoMoreFromTheArenaThanItsHeaders) {
    for (const std::size_t extra : {0U, 9U, 10U, 11U, 26U, 27U}) {
        std::string more;
        for (std::size_t i = 0; i < extra; ++i) more += "X: y\r\n";
        const Parsed p(invite(more));
        EXPECT_EQ(p->headers.size(), 6 + extra);
        EXPECT_EQ(p.arena().used(), p->headers.size() * sizeof(Header));
    }
}

}  // namespace
}  // namespace kmsgate::sip::test
