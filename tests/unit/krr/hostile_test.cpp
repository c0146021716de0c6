// SPDX-License-Identifier: BSD-3-Clause
// What is no KRR that can be judged, and why.
#include <gtest/gtest.h>

#include <string>

#include "dataplane/krr/parse.hpp"
#include "tests/unit/krr/samples.hpp"

namespace kmsgate::krr {
namespace {

using namespace std::string_literals;
using test::initiator;
using test::kClose;
using test::kHead;
using test::kOpen;
using test::layer;

std::string fault(std::string_view text) {
    const auto document = parse(text);
    return document ? "none" : std::string(to_string(document.error()));
}

TEST(KrrHostile, TooLarge) {
    std::string big = layer("");
    big.resize(kMaxBody + 1, ' ');
    EXPECT_EQ(fault(big), "too-large");
    EXPECT_EQ(fault(std::string(10'000'000, '<')), "too-large");
}

TEST(KrrHostile, Encodings) {
    EXPECT_EQ(fault(layer("<!-- \xFF -->")), "not-utf8");
    EXPECT_EQ(fault(layer("<!-- \xC0\xAF -->")), "not-utf8");
    EXPECT_EQ(fault(layer("<!-- \xED\xA0\x80 -->")), "not-utf8");
    EXPECT_EQ(fault(layer("") + "\xE2\x82"), "not-utf8");
    for (const auto* name :
         {"UTF-16", "utf-16le", "ISO-8859-1", "UTF8", "UTF-7", "UTF-32", "EBCDIC-CP-US", "", " utf-8"})
        EXPECT_EQ(fault("<?xml version='1.0' encoding='"s + name + "'?>" + layer("")), "not-utf8") << name;
    EXPECT_EQ(fault("\xEF\xBB\xBF<?xml version='1.0' encoding='ISO-8859-1'?>" + layer("")), "not-utf8");
    EXPECT_EQ(fault("<?xml version='1.0' encoding='us-ascii'?>" + layer("<!-- \xC3\xBC -->")), "not-utf8");
    EXPECT_EQ(fault("<?xml version='1.0' encoding='UTF-8'?>" + layer("<!-- \xC3\xBC -->")), "none");
    // the same document in UTF-16 and UTF-32, both orders, with and without mark
    for (const std::size_t width : {std::size_t{2}, std::size_t{4}})
        for (const bool big_endian : {false, true})
            for (const bool mark : {false, true}) {
                std::string wide = mark ? (big_endian ? "\xFE\xFF"s : "\xFF\xFE"s) : ""s;
                for (const char c : layer("")) {
                    std::string unit(width, '\0');
                    unit[big_endian ? width - 1 : 0] = c;
                    wide += unit;
                }
                EXPECT_EQ(fault(wide), "not-utf8");
            }
}

TEST(KrrHostile, NulAnywhere) {
    const std::string text = "<?xml version='1.0'?>" + initiator("<KmsUri>a.example</KmsUri>");
    for (std::size_t i = 0; i <= text.size(); ++i) {
        std::string with = text;
        with.insert(i, 1, '\0');
        ASSERT_EQ(fault(with), "not-utf8") << i;
    }
    EXPECT_EQ(fault(layer("") + "\0garbage"s), "not-utf8");
    EXPECT_EQ(fault(initiator("<KmsUri>a&#0;b</KmsUri>")), "not-xml");
}

TEST(KrrHostile, Doctype) {
    EXPECT_EQ(fault("<!DOCTYPE KmsRedirectResponse>" + layer("")), "doctype");
    EXPECT_EQ(
        fault("<?xml version='1.0'?>\n<!-- --><!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'>" + layer("")),
        "doctype");
    EXPECT_EQ(
        fault("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>" + initiator("<KmsUri>&e;</KmsUri>")),
        "doctype");
    std::string laughs = "<!DOCTYPE a [<!ENTITY l0 'kms'>";
    for (int i = 1; i < 12; ++i) {
        laughs += "<!ENTITY l" + std::to_string(i) + " '";
        for (int k = 0; k < 10; ++k) laughs += "&l" + std::to_string(i - 1) + ";";
        laughs += "'>";
    }
    EXPECT_EQ(fault(laughs + "]>" + initiator("<KmsUri>&l11;</KmsUri>")), "doctype");
    EXPECT_EQ(fault("<!doctype a>" + layer("")), "not-xml");
    EXPECT_EQ(fault(layer("<!-- <!DOCTYPE a> --><x:a xmlns:x='urn:x'><![CDATA[<!DOCTYPE a>]]></x:a>")),
              "none");
}

TEST(KrrHostile, NotXml) {
    EXPECT_EQ(fault(""), "not-xml");
    EXPECT_EQ(fault(" \r\n"), "not-xml");
    EXPECT_EQ(fault("kms.a.example"), "not-xml");
    EXPECT_EQ(fault("\xEF\xBB\xBF"), "not-xml");
    EXPECT_EQ(fault("\xEF\xBB\xBF\xEF\xBB\xBF" + layer("")), "not-xml");
    EXPECT_EQ(fault("<?xml version='1.1'?>" + layer("")), "not-xml");
    EXPECT_EQ(fault("<?xml version='2.0'?>" + layer("")), "not-xml");
    EXPECT_EQ(fault("<?xml encoding='UTF-8'?>" + layer("")), "not-xml");
    EXPECT_EQ(fault("<?xml version='1.0' encoding='UTF-8' encoding='UTF-16'?>" + layer("")), "not-utf8");
    EXPECT_EQ(fault("<?xml version='1.0' encoding='UTF-8' encoding='UTF-8'?>" + layer("")), "not-xml");
    EXPECT_EQ(fault("<?xml version='1.0' encoding=UTF-8?>" + layer("")), "not-xml");
    EXPECT_EQ(fault(" <?xml version='1.0'?>" + layer("")), "not-xml");
    EXPECT_EQ(fault(layer("") + "<?xml version='1.0'?>"), "not-xml");
    EXPECT_EQ(fault(layer("") + "garbage"), "not-xml");
    EXPECT_EQ(fault("garbage" + layer("")), "not-xml");
    EXPECT_EQ(fault(layer("") + layer("")), "not-xml");
    EXPECT_EQ(fault(layer("") + "&amp;"), "not-xml");
    EXPECT_EQ(fault(layer("") + "<![CDATA[]]>"), "not-xml");
    EXPECT_EQ(fault(layer("<a>")), "not-xml");
    EXPECT_EQ(fault(layer("</a>")), "not-xml");
    EXPECT_EQ(fault(layer("<a b=c/>")), "not-xml");
    EXPECT_EQ(fault(layer("<a b='1' b='2'/>")), "not-xml");
    EXPECT_EQ(fault(layer("<a b='<'/>")), "not-xml");
    EXPECT_EQ(fault(layer("<p:a/>")), "not-xml");  // unbound prefix
    EXPECT_EQ(fault(layer("<a p:b='1'/>")), "not-xml");
    EXPECT_EQ(fault(layer("<!-- -- -->")), "not-xml");
    EXPECT_EQ(fault(layer("]]>")), "not-xml");
    EXPECT_EQ(fault(layer("\x01")), "not-xml");
    EXPECT_EQ(fault(layer("\xEF\xBF\xBF")), "not-xml");
    EXPECT_EQ(fault(initiator("<KmsUri>&undefined;</KmsUri>")), "not-xml");
    EXPECT_EQ(fault(initiator("<KmsUri>&#xD800;</KmsUri>")), "not-xml");
    EXPECT_EQ(fault(initiator("<KmsUri>a & b</KmsUri>")), "not-xml");
}

TEST(KrrHostile, Root) {
    EXPECT_EQ(fault("<KmsRedirectResponse/>"), "root");
    EXPECT_EQ(fault("<KmsRedirectResponse xmlns='urn:3gpp:ns:mcsecKMSKRR:1.0x'/>"), "root");
    EXPECT_EQ(fault("<KmsRedirectResponse xmlns='urn:3gpp:ns:mcseckmskrr:1.0'/>"), "root");
    EXPECT_EQ(fault("<KmsRedirectResponse xmlns:k='urn:3gpp:ns:mcsecKMSKRR:1.0'/>"), "root");
    EXPECT_EQ(fault("<kmsRedirectResponse xmlns='urn:3gpp:ns:mcsecKMSKRR:1.0'/>"), "root");
    EXPECT_EQ(fault("<a>" + layer("") + "</a>"), "root");
}

TEST(KrrHostile, EveryKnownElementTwice) {
    for (const auto* name : {"ProcessorUri", "Time", "InitiatorUri", "ReceiverUri", "InitiatorKmsUri",
                             "ReceiverKmsUri", "InitiatorKmsList", "ReceiverKmsList"}) {
        const std::string element = "<"s + name + "/>", open(kOpen), close(kClose);
        EXPECT_EQ(fault(open + element + close), "none") << name;
        EXPECT_EQ(fault(open + element + element + close), "structure") << name;
        EXPECT_EQ(
            fault(open + element + "<k:" + name + " xmlns:k='" + std::string(test::kNs) + "'/>" + close),
            "structure")
            << name;
    }
    const std::string embedded = "<EmbeddedKrr>" + layer("") + "</EmbeddedKrr>";
    EXPECT_EQ(fault(layer(embedded)), "none");
    EXPECT_EQ(fault(layer(embedded + embedded)), "structure");
}

TEST(KrrHostile, OurNamesOutOfPlace) {
    EXPECT_EQ(fault(layer("<Unknown/>")), "structure");
    EXPECT_EQ(fault(layer("<initiatorKmsList/>")), "structure");
    EXPECT_EQ(fault(layer("<KmsUri>a</KmsUri>")), "structure");
    EXPECT_EQ(fault(layer(layer(""))), "structure");
    EXPECT_EQ(fault(initiator("<Unknown/>")), "structure");
    EXPECT_EQ(fault(initiator("<InitiatorKmsList/>")), "structure");
    EXPECT_EQ(fault(initiator("<KmsUri>a<KmsUri>b</KmsUri></KmsUri>")), "structure");
    EXPECT_EQ(fault(initiator("<KmsUri>a<x:b xmlns:x='urn:x'/></KmsUri>")), "structure");
    EXPECT_EQ(fault(std::string(kOpen) + "<Time><a/></Time>" + std::string(kClose)), "structure");
    // hidden in an extension, where a search by name finds them
    EXPECT_EQ(fault(layer("<x:a xmlns:x='urn:x'><x:b/><x:c><InitiatorKmsList/></x:c></x:a>")), "structure");
    EXPECT_EQ(fault(initiator("<x:a xmlns:x='urn:x'><KmsUri>a</KmsUri></x:a>")), "structure");
    // the embedded lists before ours
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer("") + "</EmbeddedKrr><InitiatorKmsList/>")), "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer("") + "</EmbeddedKrr><ReceiverKmsList/>")), "structure");
}

TEST(KrrHostile, OurNamesInOtherNamespaces) {
    for (const auto* name :
         {"InitiatorKmsList", "ReceiverKmsList", "KmsUri", "EmbeddedKrr", "KmsRedirectResponse"}) {
        EXPECT_EQ(fault(layer("<"s + name + " xmlns=''/>")), "structure") << name;
        EXPECT_EQ(fault(layer("<x:"s + name + " xmlns:x='urn:x'/>")), "structure") << name;
        EXPECT_EQ(fault(initiator("<x:"s + name + " xmlns:x='urn:x'/>")), "structure") << name;
        EXPECT_EQ(fault(layer("<x:a xmlns:x='urn:x'><x:"s + name + "/></x:a>")), "structure") << name;
    }
}

TEST(KrrHostile, StrayText) {
    EXPECT_EQ(fault(layer("x")), "structure");
    EXPECT_EQ(fault(layer("<![CDATA[x]]>")), "structure");
    EXPECT_EQ(fault(layer("&#xA0;")), "structure");
    EXPECT_EQ(fault(initiator("b.example<KmsUri>a</KmsUri>")), "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr>x" + layer("") + "</EmbeddedKrr>")), "structure");
}

/// A name in pieces: some readers take the first text node, some the last, some all.
TEST(KrrHostile, NamesInPieces) {
    for (const std::string name :
         {"kms.a<!-- -->.example", "a<!--b-->", "<!--b-->a", "<!-- a -->", "a<?x y?>", "<?x?>a", "a<?x?>b",
          "kms.<![CDATA[a]]>.example", "a<![CDATA[b]]>", "<![CDATA[a]]>b", "<![CDATA[a]]><![CDATA[b]]>",
          " <![CDATA[a]]>", "<![CDATA[a]]>\n", "a<![CDATA[]]>", "<![CDATA[a]]><!-- -->", "AN<!-- -->Y"}) {
        EXPECT_EQ(fault(initiator("<KmsUri>" + name + "</KmsUri>")), "structure") << name;
        EXPECT_EQ(fault(layer("<ReceiverKmsList><KmsUri >" + name + "</KmsUri ></ReceiverKmsList>")),
                  "structure")
            << name;
        const std::string inner = initiator("<KmsUri>" + name + "</KmsUri>");
        EXPECT_EQ(fault(layer("<EmbeddedKrr>" + inner + "</EmbeddedKrr>")), "none") << "evidence only";
    }
    EXPECT_EQ(fault(initiator("<KmsUri xmlns:x='<!-- -->a&lt;'>a</KmsUri>")), "not-xml");
    EXPECT_EQ(fault(initiator("<KmsUri xmlns:x='urn:y'>a</KmsUri>")), "none");
    EXPECT_EQ(fault("<!-- a -->" + initiator("<!-- a --><KmsUri>a</KmsUri><?x?><!-- b -->") + "<!-- c -->"),
              "none");
    EXPECT_EQ(fault(layer("<!-- a --><InitiatorUri>a<!-- -->b</InitiatorUri>")), "none") << "decides nothing";
}

/// xsi:nil and its like make a list, a name or a layer mean something else to some readers.
TEST(KrrHostile, AttributesThatDecide) {
    const std::string xsi = " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'";
    for (const std::string attribute :
         {" xsi:nil='true'", " xsi:nil='false'", " xsi:type='x'", " x='y'", " xml:lang='en'", " Id=''"}) {
        const std::string more = xsi + attribute;
        for (const std::string list : {"InitiatorKmsList", "ReceiverKmsList"}) {
            EXPECT_EQ(fault(layer("<" + list + more + "/>")), "structure") << attribute;
            EXPECT_EQ(fault(layer("<" + list + more + "><KmsUri>a</KmsUri></" + list + ">")), "structure");
            EXPECT_EQ(fault(layer("<" + list + "><KmsUri" + more + ">a</KmsUri></" + list + ">")),
                      "structure");
        }
        EXPECT_EQ(fault(layer("<EmbeddedKrr" + more + ">" + layer("") + "</EmbeddedKrr>")), "structure");
        const std::string inner =
            layer("<InitiatorKmsList" + more + "/><EmbeddedKrr" + more + ">" + layer("") + "</EmbeddedKrr>");
        EXPECT_EQ(fault(layer("<EmbeddedKrr>" + inner + "</EmbeddedKrr>")), "none") << "evidence only";
    }
    EXPECT_EQ(fault(layer("<InitiatorKmsList" + xsi + "><KmsUri" + xsi + ">a</KmsUri></InitiatorKmsList>" +
                          "<EmbeddedKrr" + xsi + ">" + layer("") + "</EmbeddedKrr>")),
              "none")
        << "declarations are no attributes";
}

TEST(KrrHostile, EmbeddedShape) {
    EXPECT_EQ(fault(layer("<EmbeddedKrr/>")), "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr><!-- " + layer("") + " --></EmbeddedKrr>")), "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer("") + layer("") + "</EmbeddedKrr>")), "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr><KmsRedirectResponse xmlns=''/></EmbeddedKrr>")), "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer("") + "<x:a xmlns:x='urn:x'/></EmbeddedKrr>")),
              "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer("<EmbeddedKrr/>") + "</EmbeddedKrr>")), "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer("<EmbeddedKrr xmlns=''/>") + "</EmbeddedKrr>")),
              "structure");
    // the same rules one layer further in
    const std::string inner = "<EmbeddedKrr>" + layer("") + "</EmbeddedKrr>";
    const std::string foreign = "<x:EmbeddedKrr xmlns:x='urn:x'>" + layer("") + "</x:EmbeddedKrr>";
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer(inner) + "</EmbeddedKrr>")), "none");
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer(inner + inner) + "</EmbeddedKrr>")), "structure");
    EXPECT_EQ(fault(layer("<EmbeddedKrr>" + layer(foreign) + "</EmbeddedKrr>")), "structure");
}

TEST(KrrHostile, TooDeep) {
    EXPECT_EQ(fault(test::nested(1 + kMaxDepth)), "none");
    EXPECT_EQ(fault(test::nested(2 + kMaxDepth)), "too-deep");
    EXPECT_EQ(fault(test::nested(100)), "too-deep");
    const auto deep = [](std::size_t levels) {
        std::string in, out;
        for (std::size_t i = 0; i < levels; ++i) in += "<a>", out += "</a>";
        return in + out;
    };
    EXPECT_EQ(fault(layer("<x xmlns='urn:x'>" + deep(62) + "</x>")), "none");
    EXPECT_EQ(fault(layer("<x xmlns='urn:x'>" + deep(63) + "</x>")), "too-deep");
    EXPECT_EQ(fault(deep(9000)), "too-deep");
    std::string open;
    while (open.size() + 3 < kMaxBody) open += "<a>";
    EXPECT_EQ(fault(open), "too-deep");
}

TEST(KrrHostile, ListTooLong) {
    std::string uris;
    for (std::size_t i = 0; i <= kMaxList; ++i) uris += "<KmsUri>kms</KmsUri>";  // duplicates count as well
    EXPECT_EQ(fault(initiator(uris)), "list-too-long");
    EXPECT_EQ(fault(layer("<ReceiverKmsList><KmsUri>ANY</KmsUri>" + uris + "</ReceiverKmsList>")),
              "list-too-long");
}

TEST(KrrHostile, Uri) {
    EXPECT_EQ(fault(initiator("<KmsUri/>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri> \t\r\n</KmsUri>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri>&#32;</KmsUri>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri>ANY</KmsUri><KmsUri/>")), "uri");
    EXPECT_EQ(fault(layer("<ReceiverKmsList><KmsUri/></ReceiverKmsList>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri>" + std::string(kMaxUri + 1, 'k') + "</KmsUri>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri>a b</KmsUri>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri>a&#10;b</KmsUri>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri>a\x7F</KmsUri>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri>k\xC3\xBCms</KmsUri>")), "uri");
    EXPECT_EQ(fault(initiator("<KmsUri>\xC2\xA0kms</KmsUri>")), "uri");  // no white space of XML
}

TEST(KrrHostile, CutAnywhere) {
    const std::string whole = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- a -->" +
                              layer(
                                  "<InitiatorKmsList><KmsUri><![CDATA[c]]></KmsUri><KmsUri>a&amp;b</KmsUri></"
                                  "InitiatorKmsList><ReceiverKmsList/>"
                                  "<EmbeddedKrr>" +
                                  layer("<InitiatorUri>sip:j\xC3\xBCrgen@a.example</InitiatorUri>") +
                                  "</EmbeddedKrr><x:y xmlns:x='urn:x'/>");
    ASSERT_EQ(fault(whole + "\r\n "), "none");
    for (std::size_t size = 0; size < whole.size(); ++size)
        ASSERT_NE(fault(whole.substr(0, size)), "none") << size;
    for (std::size_t size = 0; size < 4; ++size) EXPECT_EQ(fault(whole + "\r\n "s.substr(0, size)), "none");
    // and from the front: accepted only where the declaration or the root stands whole
    const std::size_t start = whole.find("?>") + 2, root = whole.find("<Kms");
    for (std::size_t from = 1; from < whole.size(); ++from) {
        const bool good = from == start || from == root || from == whole.find("<!--");
        ASSERT_EQ(fault(whole.substr(from)) == "none", good) << from;
    }
}

TEST(KrrHostile, NothingReachesStderr) {
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    for (const std::string& text :
         {"<a><b></a>"s, layer("<p:a/>"), initiator("<KmsUri>&x;</KmsUri>"), layer("\x01"),
          "<a xmlns='\x7F:'/>"s, "<?oasis-xml-catalog catalog='file:///nowhere'?>" + layer(""),
          "<?XML a?>" + layer("")})
        static_cast<void>(parse(text));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

}  // namespace
}  // namespace kmsgate::krr
