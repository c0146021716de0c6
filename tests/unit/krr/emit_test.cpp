// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/krr/emit.hpp"
#include "dataplane/krr/plain_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/unit/krr/samples.hpp"

namespace kmsgate::krr {
namespace {

std::string time_of(std::uint64_t seconds) {
    std::array<char, kTimeSize> out{};
    format_time(seconds, out);
    return {out.data(), out.size()};
}

std::string id_of(std::uint64_t value) {
    std::array<char, kIdSize> out{};
    format_id(value, out);
    return {out.data(), out.size()};
}

TEST(PlainText, LengthIsWhereTheFirstOtherCharacterStands) {
    for (std::size_t size = 0; size < 50; ++size)
        for (std::size_t at = 0; at <= size; ++at)
            for (int c = -128; c < 128; ++c) {
                std::string text(size, 'x');
                if (at < size) text[at] = static_cast<char>(c);
                const bool plain = at == size || is_plain_text(static_cast<char>(c));
                ASSERT_EQ(plain_length(text), plain ? size : at) << size << ' ' << c;
            }
}

TEST(KrrEmit, EscapesTheFive) {
    EXPECT_EQ(escape("a&b<c>d\"e'f"), "a&amp;b&lt;c&gt;d&quot;e&apos;f");
    EXPECT_EQ(escape("&&"), "&amp;&amp;");
    EXPECT_EQ(escape(""), "");
    EXPECT_EQ(escape("sip:j\xC3\xBCrgen@a.example"), "sip:j\xC3\xBCrgen@a.example");
    EXPECT_EQ(escape("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
}

TEST(KrrEmit, WhatXmlCannotHoldBecomesQuestionMarks) {
    using namespace std::string_view_literals;
    EXPECT_EQ(escape("a\0b\x1F\x7F\r\n\t"sv), "a?b?????");
    EXPECT_EQ(escape("a\xFFz\xC3"), "a?z?");   // no lead byte, cut at the end
    EXPECT_EQ(escape("\xC0\x80"), "??");       // overlong
    EXPECT_EQ(escape("\xED\xA0\x80"), "???");  // surrogate
    EXPECT_EQ(escape("\xEF\xBF\xBE\xEF\xBF\xBD"), "???\xEF\xBF\xBD");
    EXPECT_EQ(escape("\xF4\x90\x80\x80"), "????");  // above U+10FFFF
}

TEST(KrrEmit, Time) {
    EXPECT_EQ(time_of(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(time_of(86399), "1970-01-01T23:59:59Z");
    EXPECT_EQ(time_of(951782400), "2000-02-29T00:00:00Z");
    EXPECT_EQ(time_of(1795262400), "2026-11-21T12:00:00Z");
    EXPECT_EQ(time_of(4107542399), "2100-02-28T23:59:59Z");
    EXPECT_EQ(time_of(4107542400), "2100-03-01T00:00:00Z");  // 2100 is no leap year
    EXPECT_EQ(time_of(253402300799), "9999-12-31T23:59:59Z");
    EXPECT_EQ(time_of(253402300800), "9999-12-31T23:59:59Z");
    EXPECT_EQ(time_of(~std::uint64_t{0}), "9999-12-31T23:59:59Z");
}

TEST(KrrEmit, Id) {
    EXPECT_EQ(id_of(0), "krr-0000000000000000");
    EXPECT_EQ(id_of(0x0123456789ABCDEF), "krr-0123456789abcdef");
    EXPECT_EQ(id_of(~std::uint64_t{0}), "krr-ffffffffffffffff");
}

TEST(KrrEmit, CanonicalForm) {
    Document d = test::full_document();
    d.embedded = "<old  a='1' />";
    EXPECT_EQ(
        emit(d),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        "<KmsRedirectResponse xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\" Id=\"krr-00000000000000ff\""
        " Version=\"1.0.0\">"
        "<ProcessorUri>sip:cs-proxy@mc1.example</ProcessorUri><Time>2026-11-21T12:00:00Z</Time>"
        "<InitiatorUri>sip:alice@mc1.example</InitiatorUri><ReceiverUri>tel:+4420</ReceiverUri>"
        "<InitiatorKmsUri>kms.a.example</InitiatorKmsUri><ReceiverKmsUri>kms.b.example</ReceiverKmsUri>"
        "<InitiatorKmsList><KmsUri>kms.c.example</KmsUri><KmsUri>kms.a.example</KmsUri></InitiatorKmsList>"
        "<ReceiverKmsList><KmsUri>ANY</KmsUri></ReceiverKmsList>"
        "<EmbeddedKrr><old  a='1' /></EmbeddedKrr></KmsRedirectResponse>");
}

TEST(KrrEmit, AbsentEmptyAndAny) {
    Document d;
    EXPECT_EQ(emit(d).find("KmsList"), std::string::npos);
    d.initiator_list = {.any = false, .present = true, .uris = {}};
    EXPECT_NE(emit(d).find("<InitiatorKmsList></InitiatorKmsList>"), std::string::npos);
    // a list of names is never lost because somebody forgot to say that it stands
    d.initiator_list = {.any = false, .present = false, .uris = {}};
    EXPECT_NE(emit(d).find("<InitiatorKmsList></InitiatorKmsList>"), std::string::npos);
    EXPECT_EQ(emit(d).find("ReceiverKmsList"), std::string::npos);
}

/// The same values both ways.
struct Case {
    Document document;
    Pieces pieces;
    std::string after_id, initiator_list, receiver_list;
};

void set_list(KmsList& list, std::optional<std::string_view>& piece, std::string& text, int kind) {
    if (kind == 0) return;
    if (kind == 1) list = {.any = true, .present = true, .uris = {}};
    if (kind == 2) list = {.any = false, .present = true, .uris = {}};
    if (kind == 3) list = {.any = false, .present = true, .uris = {"kms.a.example", "kms&<b>'\".example"}};
    if (kind == 1) text = piece_kms("ANY");
    for (const auto& uri : list.uris) text += piece_kms(uri);
    piece = text;
}

void fill(Case& c, unsigned bits, int first, int second) {
    c.document.processor = "sip:p&q@mc1.example";
    c.document.id = id_of(bits);
    c.document.time = "2026-11-21T12:00:00Z";
    c.pieces.id = bits;
    c.pieces.time = 1795262400;
    c.after_id = piece_after_id(c.document.processor);
    c.pieces.after_id = c.after_id;
    if (bits & 1) c.pieces.initiator = *(c.document.initiator = "sip:a&b@mc1.example");
    if (bits & 2) c.pieces.receiver = *(c.document.receiver = "sip:'<r>'@mc1.example");
    if (bits & 4) c.pieces.initiator_kms = *(c.document.initiator_kms = "kms.a.example");
    if (bits & 8) c.pieces.receiver_kms = *(c.document.receiver_kms = "kms.b&c.example");
    if (bits & 16) c.pieces.embedded = c.document.embedded = test::layer("<!-- kept -->");
    set_list(c.document.initiator_list, c.pieces.initiator_list, c.initiator_list, first);
    set_list(c.document.receiver_list, c.pieces.receiver_list, c.receiver_list, second);
}

TEST(KrrJoin, EqualsEmit) {
    std::array<char, 4096> out{};
    for (unsigned bits = 0; bits < 32; ++bits)
        for (int first = 0; first < 4; ++first)
            for (int second = 0; second < 4; ++second) {
                Case c;
                fill(c, bits, first, second);
                const std::size_t size = join(c.pieces, out);
                ASSERT_EQ(std::string_view(out.data(), size), emit(c.document))
                    << bits << ' ' << first << ' ' << second;
            }
}

TEST(KrrJoin, PlainTextsTheShortWay) {
    Clock clock;
    for (unsigned bits = 0; bits < 32; ++bits)
        for (std::size_t length = 1; length < 100; ++length) {
            Case c;
            fill(c, bits & 16, 3, 2);
            const std::string text = std::string(length - 1, 'k') + "/";
            if (bits & 1) c.pieces.initiator = *(c.document.initiator = text);
            if (bits & 2) c.pieces.receiver = *(c.document.receiver = text + "r");
            if (bits & 4) c.pieces.initiator_kms = *(c.document.initiator_kms = text + "ki");
            if (bits & 8) c.pieces.receiver_kms = *(c.document.receiver_kms = "kr" + text);
            c.document.id = id_of(c.pieces.id = 0x0123456789abcdef * length);
            if (length % 2 == 0) c.pieces.time_text = clock.text(c.pieces.time);
            const std::string whole = emit(c.document);
            ASSERT_EQ(plain_size(c.pieces), whole.size());
            std::string out(whole.size() + 8, '#');
            ASSERT_TRUE(join_plain(c.pieces, out.data()));
            ASSERT_EQ(out, whole + "########") << bits << ' ' << length;
        }
}

TEST(KrrJoin, WhatIsNotPlainGoesTheLongWay) {
    std::array<char, 4096> out{};
    for (const std::size_t length : {1U, 7U, 8U, 15U, 16U, 17U, 31U, 32U, 33U, 40U})
        for (std::size_t at = 0; at < length; ++at)
            for (int c = 0; c < 256; ++c) {
                Case made;
                fill(made, 0, 1, 1);
                std::string text(length, 'k');
                text[at] = static_cast<char>(c);
                made.pieces.receiver = *(made.document.receiver = text);
                const bool plain = join_plain(made.pieces, out.data());
                ASSERT_EQ(plain, is_plain_text(text[at])) << c;
                if (plain) {
                    ASSERT_EQ(std::string_view(out.data(), plain_size(made.pieces)), emit(made.document));
                }
            }
}

TEST(KrrJoin, TheClockIsThatOfFormatTime) {
    Clock clock;
    for (const std::uint64_t t :
         {0ULL, 1ULL, 1ULL, 1795262400ULL, 0ULL, 253402300799ULL, ~0ULL, ~0ULL, 5ULL}) {
        std::array<char, kTimeSize> text{};
        format_time(t, text);
        EXPECT_EQ(clock.text(t), std::string_view(text.data(), text.size())) << t;
    }
}

TEST(KrrJoin, StartsWithThePieces) {
    Case c;
    fill(c, 31, 3, 3);
    const std::string text = emit(c.document);
    EXPECT_EQ(text.substr(0, piece_before_id().size()), piece_before_id());
    EXPECT_EQ(text.substr(piece_before_id().size() + kIdSize, c.after_id.size()), c.after_id);
}

TEST(KrrJoin, NeverWritesPastTheBuffer) {
    Case c;
    fill(c, 31, 3, 1);
    const std::string whole = emit(c.document);
    for (std::size_t room = 0; room <= whole.size() + 1; ++room) {
        std::string out(whole.size() + 8, '#');
        const std::size_t size = join(c.pieces, std::span(out.data(), room));
        ASSERT_EQ(size, room < whole.size() ? 0 : whole.size());
        ASSERT_EQ(out.substr(room), std::string(out.size() - room, '#')) << room;
    }
}

TEST(KrrFault, Names) {
    EXPECT_EQ(to_string(Fault::too_large), "too-large");
    EXPECT_EQ(to_string(Fault::not_utf8), "not-utf8");
    EXPECT_EQ(to_string(Fault::doctype), "doctype");
    EXPECT_EQ(to_string(Fault::not_xml), "not-xml");
    EXPECT_EQ(to_string(Fault::root), "root");
    EXPECT_EQ(to_string(Fault::structure), "structure");
    EXPECT_EQ(to_string(Fault::too_deep), "too-deep");
    EXPECT_EQ(to_string(Fault::list_too_long), "list-too-long");
    EXPECT_EQ(to_string(Fault::uri), "uri");
}

}  // namespace
}  // namespace kmsgate::krr
