// SPDX-License-Identifier: BSD-3-Clause
// What a KRR that is in order says.
#include "dataplane/krr/parse.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "dataplane/krr/emit.hpp"
#include "tests/unit/krr/samples.hpp"

namespace kmsgate::krr {
namespace {

using test::initiator;
using test::kClose;
using test::kHead;
using test::kOpen;
using test::layer;
using Uris = std::vector<std::string>;

Document read(std::string_view text) {
    auto document = parse(text);
    EXPECT_TRUE(document) << to_string(document ? Fault{} : document.error()) << " of\n" << text;
    return document ? *document : Document{};
}

void expect_same(const Document& a, const Document& b) {
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.processor, b.processor);
    EXPECT_EQ(a.time, b.time);
    EXPECT_EQ(a.initiator, b.initiator);
    EXPECT_EQ(a.receiver, b.receiver);
    EXPECT_EQ(a.initiator_kms, b.initiator_kms);
    EXPECT_EQ(a.receiver_kms, b.receiver_kms);
    EXPECT_EQ(a.initiator_list, b.initiator_list);
    EXPECT_EQ(a.receiver_list, b.receiver_list);
    EXPECT_EQ(a.embedded, b.embedded);
}

TEST(KrrParse, RoundTrip) {
    Document d = test::full_document();
    expect_same(read(emit(d)), d);
    d.processor = "sip:a&<b>\"'@j\xC3\xBCrgen.example";
    d.id = "id \"&' <x>";
    d.receiver_list = {.any = false, .present = true, .uris = {}};
    expect_same(read(emit(d)), d);
    for (auto* value : {&d.initiator, &d.receiver, &d.initiator_kms, &d.receiver_kms}) value->reset();
    d.initiator_list = {};
    expect_same(read(emit(d)), d);
}

TEST(KrrParse, LayersRoundTrip) {
    Document d = test::full_document();
    for (unsigned depth = 0; depth <= kMaxDepth; ++depth) {
        const std::string text = emit(d);
        const Document back = read(text);
        expect_same(back, d);
        EXPECT_EQ(back.depth, depth);
        EXPECT_EQ(back.root, text.substr(text.find("?>") + 2));
        d.embedded = back.root;
        d.id = "krr-" + std::to_string(depth);
    }
    EXPECT_EQ(parse(emit(d)).error(), Fault::too_deep);
}

TEST(KrrParse, AbsentEmptyAny) {
    const KmsList absent, empty{.any = false, .present = true, .uris = {}},
        any{.any = true, .present = true, .uris = {}};
    EXPECT_EQ(read(layer("")).initiator_list, absent);
    EXPECT_EQ(read(layer("")).receiver_list, absent);
    EXPECT_EQ(read(layer("<InitiatorKmsList/>")).initiator_list, empty);
    EXPECT_EQ(read(initiator(" \r\n\t<!-- none --><?p x?>")).initiator_list, empty);
    EXPECT_EQ(read(initiator("<KmsUri>ANY</KmsUri>")).initiator_list, any);
    EXPECT_EQ(read(initiator("<KmsUri>a.example</KmsUri><KmsUri>ANY</KmsUri>")).initiator_list, any);
    EXPECT_EQ(read(initiator("<KmsUri>ANY</KmsUri><KmsUri>a.example</KmsUri>")).initiator_list, any);
    EXPECT_EQ(read(layer("<ReceiverKmsList/>")).receiver_list, empty);
    EXPECT_EQ(read(layer("<ReceiverKmsList/>")).initiator_list, absent);
    for (const auto* name : {"any", "Any", "ANY.", "ANYANY", "aNY"}) {
        const KmsList list = read(initiator("<KmsUri>" + std::string(name) + "</KmsUri>")).initiator_list;
        EXPECT_EQ(list, (KmsList{.any = false, .present = true, .uris = {name}}));
    }
}

TEST(KrrParse, NamesInLists) {
    EXPECT_EQ(read(initiator("<KmsUri>b</KmsUri> <KmsUri>a</KmsUri>")).initiator_list.uris, (Uris{"b", "a"}));
    EXPECT_EQ(read(initiator("<KmsUri>\r\n\t b \n</KmsUri>")).initiator_list.uris, Uris{"b"});
    EXPECT_EQ(read(initiator("<KmsUri>&#32;b&#13;&#10;&#x9;</KmsUri>")).initiator_list.uris, Uris{"b"});
    EXPECT_EQ(read(initiator("<KmsUri>https://b:8/x.?q</KmsUri>")).initiator_list.uris,
              Uris{"https://b:8/x.?q"});
    EXPECT_EQ(read(initiator("<KmsUri>b.</KmsUri>")).initiator_list.uris, Uris{"b."});
    // duplicates: the first spelling stays
    EXPECT_EQ(read(initiator("<KmsUri>b</KmsUri><KmsUri>a</KmsUri><KmsUri>b</KmsUri><KmsUri>A</KmsUri>"))
                  .initiator_list.uris,
              (Uris{"b", "a"}));
}

TEST(KrrParse, DecodedValuesCount) {
    EXPECT_EQ(read(initiator("<KmsUri>kms&#46;a&#x2E;example</KmsUri>")).initiator_list.uris,
              Uris{"kms.a.example"});
    EXPECT_EQ(read(initiator("<KmsUri>&#65;NY</KmsUri>")).initiator_list.any, true);
    EXPECT_EQ(read(initiator("<KmsUri>a&amp;b&lt;&gt;&quot;&apos;</KmsUri>")).initiator_list.uris,
              Uris{"a&b<>\"'"});
    EXPECT_EQ(read(initiator("<KmsUri><![CDATA[kms.a.example]]></KmsUri>")).initiator_list.uris,
              Uris{"kms.a.example"});
    EXPECT_EQ(read(initiator("<!--<KmsUri>b</KmsUri>--><KmsUri>a</KmsUri><?x?>")).initiator_list.uris,
              Uris{"a"});
    EXPECT_EQ(read(initiator("<KmsUri>%41</KmsUri>")).initiator_list.uris, Uris{"%41"});  // not XML's escape
}

/// ANY beside names is ANY, and the names are still told: one of them may be nobody's.
TEST(KrrParse, NamesBesideAny) {
    for (const auto* list : {"<KmsUri>b</KmsUri><KmsUri>ANY</KmsUri><KmsUri>a</KmsUri><KmsUri>B</KmsUri>",
                             "<KmsUri>ANY</KmsUri><KmsUri>b</KmsUri><KmsUri>a</KmsUri>"}) {
        const KmsList read_back = read(initiator(list)).initiator_list;
        EXPECT_EQ(read_back.beside_any, (Uris{"b", "a"}));
        EXPECT_EQ(read_back, (KmsList{.any = true, .present = true, .uris = {}})) << "not compared";
        Document d = test::full_document();
        const std::string plain = emit(d);
        d.receiver_list.beside_any = read_back.beside_any;
        EXPECT_EQ(emit(d), plain) << "not written";
    }
    EXPECT_EQ(read(initiator("<KmsUri>a</KmsUri>")).initiator_list.beside_any, Uris{});
}

TEST(KrrParse, AnyPrefix) {
    const Document d = read(
        "<k:KmsRedirectResponse xmlns:k='urn:3gpp:ns:mcsecKMSKRR:1.0' Id='x'><k:ReceiverKmsList>"
        "<m:KmsUri xmlns:m='urn:3gpp:ns:mcsecKMSKRR:1.0'>a</m:KmsUri><KmsUri "
        "xmlns='urn:3gpp:ns:mcsecKMSKRR:1.0'>b"
        "</KmsUri></k:ReceiverKmsList><k:Time>t</k:Time></k:KmsRedirectResponse>");
    EXPECT_EQ(d.id, "x");
    EXPECT_EQ(d.time, "t");
    EXPECT_EQ(d.receiver_list.uris, (Uris{"a", "b"}));
}

TEST(KrrParse, Attributes) {
    const Document d = read(
        "<KmsRedirectResponse xmlns='urn:3gpp:ns:mcsecKMSKRR:1.0' xmlns:x='urn:x' x:Id='no' id='no' "
        "xml:id='no' Version='9' more='x' Id='a&amp;&#98;&lt;c'><Time "
        "x:y='1'>t</Time></KmsRedirectResponse>");
    EXPECT_EQ(d.id, "a&b<c");
    EXPECT_EQ(d.time, "t");
    EXPECT_EQ(read("<KmsRedirectResponse xmlns='urn:3gpp:ns:mcsecKMSKRR:1.0'/>").id, "");
}

TEST(KrrParse, OtherNamespacesAreIgnored) {
    const std::string signature =
        "<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>text<ds:SignedInfo><ds:Reference "
        "URI=''/>"
        "</ds:SignedInfo></ds:Signature>";
    const Document d = read(layer("<v:Time xmlns:v='urn:v'>other</v:Time><plain xmlns=''/>" + signature +
                                  "<InitiatorKmsList><v:note xmlns:v='urn:v'>n</v:note><KmsUri>a</KmsUri>"
                                  "</InitiatorKmsList>"));
    EXPECT_EQ(d.time, "2026-11-21T12:00:00Z");
    EXPECT_EQ(d.initiator_list.uris, Uris{"a"});
}

TEST(KrrParse, OrderIsFree) {
    const Document d =
        read(std::string(kOpen) +
             "<ReceiverKmsList/><InitiatorKmsList><KmsUri>a</KmsUri></InitiatorKmsList><Time>t</Time>"
             "<EmbeddedKrr>" +
             layer("") +
             "</EmbeddedKrr><ReceiverUri>r</ReceiverUri>"
             "<ProcessorUri> p </ProcessorUri><InitiatorUri/>" +
             std::string(kClose));
    EXPECT_EQ(d.initiator_list.uris, Uris{"a"});
    EXPECT_TRUE(d.receiver_list.present);
    EXPECT_EQ(d.processor, "p");
    EXPECT_EQ(d.receiver, "r");
    EXPECT_EQ(d.initiator, "");
    EXPECT_EQ(d.depth, 1U);
}

TEST(KrrParse, MissingProcessorAndTime) {
    const Document d = read(std::string(kOpen) + std::string(kClose));
    EXPECT_EQ(d.processor, "");
    EXPECT_EQ(d.time, "");
    EXPECT_FALSE(d.initiator_kms);
}

TEST(KrrParse, RootSlice) {
    const std::string root = layer("<!-- > --><x:a xmlns:x='urn:x' b='/>' c=\"'>\"/>");
    for (const auto* before :
         {"", " \r\n", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding='utf-8' ?>\n<!-- <a> -->",
          "<?xml version='1.0' encoding='US-ASCII' standalone='yes'?><?p <a> ?>", "\xEF\xBB\xBF",
          "\xEF\xBB\xBF<?xml version='1.0' encoding=\"UTF-8\"?>"})
        for (const auto* after : {"", "\r\n ", "<!-- </a> --> <?q </a> ?>\n"})
            EXPECT_EQ(read(before + root + after).root, root) << before << '|' << after;
}

TEST(KrrParse, EmbeddedSlice) {
    const std::string inner =
        "<KmsRedirectResponse\n xmlns = 'urn:3gpp:ns:mcsecKMSKRR:1.0' Id=\"a>b\" ><!-- "
        "</KmsRedirectResponse> -->"
        "<InitiatorKmsList><KmsUri><![CDATA[</KmsRedirectResponse>]]></KmsUri></InitiatorKmsList>\r\n"
        "<KmsRedirectResponse/><EmbeddedKrr><KmsRedirectResponse "
        "Id='/>'/></EmbeddedKrr></KmsRedirectResponse\t>";
    const Document d =
        read(layer("<EmbeddedKrr> <!-- <a> --><?p <b> ?>\n" + inner + "<!-- z --> </EmbeddedKrr><!-- -->"));
    EXPECT_EQ(d.embedded, inner);
    EXPECT_EQ(d.depth, 2U);
    for (const std::string_view one :
         {"<KmsRedirectResponse/>", "<KmsRedirectResponse Id='>\"' Version=\"/>'\" />",
          "<KmsRedirectResponse Id='-->' ></KmsRedirectResponse>"})
        EXPECT_EQ(read(layer("<EmbeddedKrr>" + std::string(one) + "</EmbeddedKrr>")).embedded, one);
}

TEST(KrrParse, InnerLayersAreEvidenceOnly) {
    const Document d = read(layer(
        "<InitiatorKmsList><KmsUri>a</KmsUri></InitiatorKmsList><EmbeddedKrr>" +
        layer("<Time>again</Time><InitiatorKmsList><KmsUri/></InitiatorKmsList><What/>") + "</EmbeddedKrr>"));
    EXPECT_EQ(d.initiator_list.uris, Uris{"a"});
}

TEST(KrrParse, BoundsAreInclusive) {
    std::string uris;
    for (std::size_t i = 0; i < kMaxList; ++i) uris += "<KmsUri>kms" + std::to_string(i) + "</KmsUri>";
    EXPECT_EQ(read(initiator(uris)).initiator_list.uris.size(), kMaxList);
    const std::string name(kMaxUri, 'k');
    EXPECT_EQ(read(initiator("<KmsUri> " + name + " </KmsUri>")).initiator_list.uris, Uris{name});
    EXPECT_EQ(read(test::nested(1 + kMaxDepth)).depth, kMaxDepth);
    std::string big = layer("");
    big.resize(kMaxBody, ' ');
    EXPECT_EQ(read(big).root, layer(""));
}

TEST(KrrParse, ManyThreadsAtOnce) {
    std::vector<std::jthread> threads;
    std::array<bool, 4> good{};
    for (bool& ok : good)
        threads.emplace_back([&ok] {
            ok = true;
            for (int i = 0; i < 200; ++i) {
                ok = ok && parse(test::nested(3)).has_value();
                ok = ok && !parse("<a><b></a>").has_value();
            }
        });
    threads.clear();
    for (const bool ok : good) EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace kmsgate::krr
