// SPDX-License-Identifier: BSD-3-Clause
// Properties: every legal spelling of a message reads the same; no cut and no mutation is read past its end.
#include <gtest/gtest.h>

#include <random>

#include "dataplane/sip/ascii.hpp"
#include "tests/unit/sip/parsed.hpp"

namespace kmsgate::sip::test {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
}

/// One header: '~' stands where white space may stand, '^' where it must.
struct Template {
    const char *name, *compact, *value;
};

constexpr Template kRich[] = {
    {"Via", "v", "SIP~/~2.0~/~UDP^[2001:db8::1]~:~5062~;~rport~;~branch~=~z9hG4bK1~,~SIP/2.0/TCP^b.example"},
    {"Via", "v", "SIP~/~2.0~/~TLS^c.example~;~branch~=~z9hG4bK3"},
    {"From", "f", "\"A \\\"B\\\" <sip:no@h>\"~<sip:alice@a.example;x=y>~;~tag~=~t1"},
    {"To", "t", "sip:bob@b.example~;~tag~=~t2"},
    {"Call-ID", "i", "id-1@a.example"},
    {"CSeq", "CSeq", "0042^MESSAGE"},
    {"Contact", "m", "<sip:alice@192.0.2.1>~;~+sip.instance~=~\"<urn:uuid:1>\""},
    {"Content-Type", "c", "multipart/mixed~;~boundary~=~\"b;1\"~;~x~=~y"},
    {"Content-Length", "l", "4"},
};

std::string white(Random& random, bool must) {
    static constexpr const char* kWhite[] = {"", " ", "\t", "  ", "\r\n ", " \r\n\t ", "\r\n \r\n  "};
    return must ? kWhite[1 + below(random, 6)] : kWhite[below(random, 7)];
}

std::string spelt(Random& random) {
    std::string out = below(random, 2) != 0 ? "\r\n" : "";
    out += "MESSAGE sip:bob@b.example SIP/2.0\r\n";
    for (const Template& header : kRich) {
        for (const char c : std::string_view(below(random, 2) != 0 ? header.name : header.compact))
            out += below(random, 3) == 0 && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        out += below(random, 3) == 0 ? " \t" : "";
        out += ':';
        out += white(random, false);
        for (const char c : std::string_view(header.value)) {
            if (c == '~' || c == '^')
                out += white(random, c == '^');
            else
                out += c;
        }
        out += below(random, 3) == 0 ? " \r\n" : "\r\n";
    }
    return out + "\r\nbody and more";
}

void expect_rich(const Parsed& p) {
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->method, "MESSAGE");
    EXPECT_EQ(p->via.transport, "UDP");
    EXPECT_EQ(p->via.host, "[2001:db8::1]");
    EXPECT_EQ(p->via.port, 5062);
    EXPECT_TRUE(p->via.rport);
    EXPECT_EQ(p->via.branch, "z9hG4bK1");
    EXPECT_EQ(p->from_uri, "sip:alice@a.example;x=y");
    EXPECT_EQ(p->from_tag, "t1");
    EXPECT_EQ(p->to_uri, "sip:bob@b.example");
    EXPECT_EQ(p->to_tag, "t2");
    EXPECT_EQ(p->call_id, "id-1@a.example");
    EXPECT_EQ(p->cseq, 42U);
    EXPECT_EQ(p->cseq_method, "MESSAGE");
    ASSERT_EQ(p->headers.size(), std::size(kRich));
    EXPECT_EQ(p->headers[6].id, HeaderId::contact);
    EXPECT_EQ(parameter(p->headers[6].value, "+sip.instance"), "<urn:uuid:1>");
    EXPECT_EQ(p->headers[7].id, HeaderId::content_type);
    EXPECT_EQ(parameter(p->headers[7].value, "boundary"), "b;1");
    EXPECT_EQ(parameter(p->headers[7].value, "x"), "y");
    EXPECT_EQ(p->body, "body");
    EXPECT_EQ(p->trailing, " and more");
    EXPECT_TRUE(p->answerable());
}

TEST(Spelling, EveryLegalSpellingReadsTheSame) {
    Random random(20250101);
    for (int i = 0; i < 2000 && !testing::Test::HasFailure(); ++i) {
        const std::string text = spelt(random);
        SCOPED_TRACE(text);
        const Parsed lenient(text);
        expect_rich(lenient);
        EXPECT_FALSE(lenient->mixed_line_ends);
        const Parsed strict(text, LineEnds::strict);
        expect_rich(strict);
    }
}

TEST(Spelling, OtherLineEndsReadTheSameWhenLenient) {
    Random random(7);
    for (int i = 0; i < 500 && !testing::Test::HasFailure(); ++i) {
        const std::string crlf = spelt(random);
        std::string text;
        bool changed = false;
        for (std::size_t at = 0; at < crlf.size(); ++at) {
            const bool end = crlf.compare(at, 2, "\r\n") == 0;
            // A lone CR before a lone LF would be one CRLF again.
            const bool to_lf = end && below(random, 2) == 0 && !text.ends_with('\r');
            changed = changed || (to_lf && at != 0);
            if (to_lf) {
                text += '\n';
                ++at;
            } else {
                text += crlf[at];
            }
        }
        SCOPED_TRACE(text);
        const Parsed p(text);
        expect_rich(p);
        EXPECT_EQ(p->mixed_line_ends, changed);
    }
}

/// What must hold for any bytes: every view lies in the input, and the parts make up the whole.
void expect_sound(const Parsed& p) {
    const Message& m = *p;
    const char* const begin = p.view().data();
    const char* const end = begin + p.view().size();
    const auto inside = [&](std::string_view v) {
        return v.empty() || (v.data() >= begin && v.data() + v.size() <= end);
    };
    for (const std::string_view v : {m.raw,
                                     m.head,
                                     m.start_line,
                                     m.method,
                                     m.request_uri,
                                     m.body,
                                     m.trailing,
                                     m.via.value,
                                     m.via.host,
                                     m.via.sent_by,
                                     m.via.branch,
                                     m.via.maddr,
                                     m.via.rport_param,
                                     m.via.received_param,
                                     m.call_id,
                                     m.cseq_method,
                                     m.from,
                                     m.to,
                                     m.from_uri,
                                     m.to_uri,
                                     m.from_tag,
                                     m.to_tag})
        ASSERT_TRUE(inside(v));
    for (const Header& header : m.headers) ASSERT_TRUE(inside(header.name) && inside(header.value));
    ASSERT_EQ(m.head.size() + m.body.size() + m.trailing.size(), m.raw.size());
    ASSERT_LE(m.headers.size(), kMaxHeaders);
    ASSERT_TRUE(!m.answerable() || (m.kind == Kind::request && m.cseq && m.via.readable));
}

TEST(Hostile, EveryTruncation) {
    Random random(3);
    for (int i = 0; i < 3; ++i) {
        const std::string text = spelt(random);
        for (std::size_t size = 0; size <= text.size(); ++size) {
            for (const LineEnds ends : {LineEnds::lenient, LineEnds::strict}) {
                const Parsed p(std::string_view(text).substr(0, size), ends);
                expect_sound(p);
                ASSERT_TRUE(p->faults.any() || size >= text.size() - 9) << size;
            }
        }
    }
}

TEST(Hostile, Mutations) {
    static constexpr std::string_view kSharp("\r\n\0\t :;,\"\\<>()=/[]@%\xff", 21);
    Random random(11);
    for (int i = 0; i < 4000; ++i) {
        std::string text = spelt(random);
        for (std::size_t n = 1 + below(random, 8); n != 0; --n) {
            const std::size_t at = below(random, text.size());
            const char c = kSharp[below(random, kSharp.size())];
            switch (below(random, 3)) {
                case 0:
                    text[at] = c;
                    break;
                case 1:
                    text.insert(at, 1, c);
                    break;
                default:
                    text.erase(at, 1 + below(random, 4));
            }
            if (text.empty()) text.push_back('x');
        }
        const Parsed lenient(text);
        expect_sound(lenient);
        const Parsed strict(text, LineEnds::strict);
        expect_sound(strict);
        ASSERT_EQ(lenient->mixed_line_ends, strict->mixed_line_ends) << text;
        if (!lenient->mixed_line_ends) {
            ASSERT_EQ(lenient.faults(), strict.faults()) << text;
            ASSERT_EQ(lenient->head, strict->head) << text;
        }
    }
}

TEST(Hostile, NoInputTakesQuadraticTime) {
    // 64 kB of what opens and never closes; a quadratic reader would need minutes under a sanitizer.
    for (const char* unit :
         {"(", "\"", "<", ",", ";", "\\", "(,", "<,", ";\"", "\r\n ", "a:\r\n", "\n", "x=;"}) {
        std::string text = "INVITE sip:b@h SIP/2.0\r\nVia: ";
        while (text.size() < 65000) text += unit;
        const Parsed p(text);
        expect_sound(p);
        std::string_view rest = p->headers.empty() ? std::string_view{} : p->headers[0].value;
        while (!next_element(rest).empty()) {
        }
        EXPECT_TRUE(rest.empty());
    }
}

}  // namespace
}  // namespace kmsgate::sip::test
