// SPDX-License-Identifier: BSD-3-Clause
// XML parts: I_MESSAGEs as element text, KRRs, identities, and what cannot be read.
#include "dataplane/sip/xml.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sip/looked.hpp"

namespace kmsgate::sip::test {
namespace {

const std::string A = base64(mikey('A'));
constexpr const char* kKrrType = "application/vnd.3gpp.kmsredirectresponse+xml";

std::string pieces(std::string_view document) {
    std::string out;
    XmlScanner scanner(document);
    while (const auto p = scanner.next()) {
        using Kind = XmlPiece::Kind;
        const bool text = p->kind == Kind::text || p->kind == Kind::cdata;
        out += std::string(1, "SE/TC!"[static_cast<int>(p->kind)]) + "(" +
               std::string(text ? p->body : p->name) + ")";
    }
    return out;
}

TEST(XmlScanner, Pieces) {
    EXPECT_EQ(pieces("<?xml version='1.0'?><a b='>'>t<!-- <x> -->u<c/></a>"), "S(a)T(t)T(u)E(c)/(a)");
    EXPECT_EQ(pieces("<a><![CDATA[<b>]]></a>"), "S(a)C(<b>)/(a)");
    EXPECT_EQ(pieces("<!DOCTYPE a [<!ENTITY x 'y'>]><a/>").substr(0, 4), "!(DO");
    EXPECT_EQ(pieces("1 < 2 <a"), "T(1 )T(< 2 )S(a)");
    EXPECT_EQ(pieces("<!-- open <a>t</a>"), "T(<!-- open )S(a)T(t)/(a)")
        << "a comment without end hides nothing";
    EXPECT_EQ(pieces("<a b='open>t</a>"), "S(a)T(t)/(a)") << "a quote without end neither";
    EXPECT_EQ(pieces("<![CDATA[open<a>"), "T(<![CDATA[open)S(a)");
    EXPECT_EQ(pieces("<"), "T(<)");
    EXPECT_EQ(pieces(""), "");
}

TEST(XmlScanner, Decode) {
    std::vector<std::byte> memory(1024);
    Arena arena(memory);
    EXPECT_EQ(xml_decode("&lt;&gt;&amp;&quot;&apos;", arena), "<>&\"'");
    EXPECT_EQ(xml_decode(
                  "&#65;&#x42;&#x00000000000000000000000000000000000000000000000000000000000000000000000043;",
                  arena),
              "ABC");
    EXPECT_EQ(xml_decode("&unknown;&#;&#xZ;&", arena), "&unknown;&#;&#xZ;&");
    EXPECT_EQ(xml_decode("&#8364;&#99999999999;", arena), "??");
}

TEST(Xml, MikeyAsWholeText) {
    for (const std::string type : {"application/xml", "text/xml", "application/vnd.3gpp.x+xml",
                                   "image/svg+XML", kKrrType, "application/octet-stream"})
        EXPECT_EQ(in(type, "<a><k>" + A + "</k></a>"), "xml A") << type;
    for (const std::string& text :
         {"\r\n  " + A + "\r\n", wrapped(A, 20), wrapped(A, 4, " "), "<!-- c -->" + A,
          A.substr(0, 30) + "<!-- c -->" + A.substr(30), A.substr(0, 2) + "<![CDATA[" + A.substr(2) + "]]>",
          "&#65;&#x52;o" + A.substr(3), "<![CDATA[" + A + "]]>", A.substr(0, 9) + "<?pi x?>" + A.substr(9),
          A.substr(0, 9) + "<x/>" + A.substr(9), A.substr(0, 1) + "<x y='z'></x>" + A.substr(1),
          A.substr(0, 9) + "<x>" + A.substr(9) + "</x>",
          A.substr(0, 9) + "<x><!-- c -->" + A.substr(9, 9) + "</x>" + A.substr(18)})
        EXPECT_EQ(
            in("application/xml", "<?xml version=\"1.0\"?>\n<p:a xmlns:p='u'><p:k>" + text + "</p:k></p:a>"),
            "xml A")
            << text;
    EXPECT_EQ(in("application/xml", "<k>" + A), "xml A") << "broken off";
    EXPECT_EQ(in("application/xml", "<k>" + A + "<x/>tail</k>").substr(0, 5), "xml A")
        << "the first text node";
    EXPECT_EQ(in("application/xml", "\xEF\xBB\xBF<k>" + A + "</k>"), "xml A");
}

TEST(Xml, WhatALenientDecoderWouldSkip) {
    const std::string odd = A.substr(0, 20) + "!" + A.substr(20);
    EXPECT_EQ(in("application/xml", "<k>" + odd + "</k>"), "xml ?" + odd);
}

TEST(Xml, Harmless) {
    for (const std::string& text :
         {std::string("ARound the clock"), "see " + A, A.substr(0, 52),
          std::string("A Road accident has blocked the motorway in both directions, please divert"),
          std::string("A Robbery in progress at the corner shop opposite the railway station entrance"),
          "a=key-mgmt:mikey " + A})
        EXPECT_EQ(in("application/xml", "<k>" + text + "</k>"), "") << text;
    EXPECT_EQ(in("application/dialog-info+xml",
                 "<d><s type='application/sdp'>v=0\r\na=key-mgmt:mikey " + A + "\r\n</s></d>"),
              "sdp-session A")
        << "a whole SDP in an element (RFC 4235)";
    EXPECT_EQ(in("application/xml", "<k a='" + A + "'/>"), "") << "attributes carry none";
    EXPECT_EQ(in("application/xml", "<k><!-- " + A + " --></k>"), "");
    EXPECT_EQ(in("application/xml", "<k><m>" + A + "</m><n>more</n></k>"), "xml A")
        << "siblings are not joined";
    EXPECT_EQ(in("application/xml", ""), "");
}

TEST(Xml, ForeignEncodings) {
    std::string utf16("\xFF\xFE", 2);
    for (const char c : "<k>" + A + "</k>") utf16 += std::string(1, c) + '\0';
    EXPECT_EQ(in("application/xml", utf16), "!charset");
    EXPECT_EQ(in("application/xml", utf16.substr(2)), "!charset");
    EXPECT_EQ(in("application/octet-stream", utf16), "!charset");
    EXPECT_EQ(in("application/xml", "<?xml version='1.0' encoding='UTF-7'?><k>+AEE-</k>"), "!charset");
    EXPECT_EQ(in("application/xml", "<?xml version='1.0' encoding = \"utf-16\"?><k/>"), "!charset");
    EXPECT_EQ(in("application/xml; charset=\"UTF-16\"", "<k/>"), "!charset");
    EXPECT_EQ(in("application/xml", "<!DOCTYPE k [<!ENTITY e 'ARo'>]><k>&e;</k>"), "!charset");
    EXPECT_EQ(in("application/xml", "\x4C\x6F\xA7\x94\x93"), "!charset");
    EXPECT_EQ(in("application/xml", std::string("<k>\0</k>", 8)), "!charset");
    for (const std::string fine : {"utf-8", "UTF-8", "us-ascii", "ISO-8859-1", "windows-1252"}) {
        EXPECT_EQ(in("application/xml", "<?xml version='1.0' encoding='" + fine + "'?><k>" + A + "</k>"),
                  "xml A")
            << fine;
        EXPECT_EQ(in("text/xml;charset=" + fine, "<k>x</k>"), "") << fine;
    }
    EXPECT_EQ(in("application/octet-stream", std::string("<\1\2\0\3", 5)), "")
        << "binary that happens to start with <";
}

TEST(Krr, ByTypeRootOrNamespace) {
    const std::string krr = "<KmsRedirectResponse xmlns='urn:3gpp:ns:mcsecKMSKRR:1.0'/>";
    const auto one = [](const std::string& message) {
        const Looked looked(message);
        if (looked->krrs.size() != 1) return std::to_string(looked->krrs.size());
        const KrrPart& k = looked->krrs[0];
        return std::string(k.typed ? "typed " : "") + (k.sole_body ? "sole " : "") +
               (k.decoded ? "decoded " : "") + std::string(k.data);
    };
    EXPECT_EQ(one(typed(kKrrType, krr)), "typed sole " + krr);
    EXPECT_EQ(one(typed("Application/Vnd.3GPP.KmsRedirectResponse+XML;charset=utf-8", krr)),
              "typed sole " + krr);
    EXPECT_EQ(one(typed(kKrrType, "no xml at all")), "typed sole no xml at all");
    EXPECT_EQ(one(typed("application/xml", krr)), "sole " + krr);
    EXPECT_EQ(one(carrying("", krr)), "sole " + krr);
    EXPECT_EQ(one(typed("text/xml", "<x:KmsRedirectResponse/>")), "sole <x:KmsRedirectResponse/>");
    EXPECT_EQ(one(typed("text/xml", "<x:r xmlns:x='urn:3gpp:ns:mcsecKMSKRR:1.0'/>")),
              "sole <x:r xmlns:x='urn:3gpp:ns:mcsecKMSKRR:1.0'/>");
    EXPECT_EQ(one(typed("text/xml", "<a><b>" + krr + "</b></a>")), "sole <a><b>" + krr + "</b></a>");
    EXPECT_EQ(
        one(typed("multipart/mixed;boundary=b", parts("b", {part("text/plain", "x"), part(kKrrType, krr)}))),
        "typed " + krr);
    EXPECT_EQ(
        one(carrying("Content-Type: " + std::string(kKrrType) + "\r\nContent-Transfer-Encoding: base64\r\n",
                     base64(krr))),
        "typed sole decoded " + krr);
    EXPECT_EQ(one(typed("text/xml", "<a>KmsRedirectResponse</a>")), "0");
    // what cannot be read of a KRR is the KRR reader's to say
    EXPECT_EQ(in(kKrrType, "<!DOCTYPE x><KmsRedirectResponse/>"), "");
    EXPECT_EQ(in("text/xml", "<?xml version='1.0' encoding='utf-16'?><KmsRedirectResponse/>"), "");
    EXPECT_EQ(in("text/xml", "<!DOCTYPE x [<!ENTITY k 'v'>]><a><KmsRedirectResponse/></a>"), "!charset");
    EXPECT_EQ(in("text/xml", "<!DOCTYPE a PUBLIC '-//X' \"a.dtd\"><a>text</a>"), "")
        << "declares nothing itself";
}

/// Where an I_MESSAGE would be seen, a KRR is: by its root element, under whatever type.
TEST(Krr, UnderTypesThatAreNotItsOwn) {
    const std::string krr = "<KmsRedirectResponse xmlns='urn:3gpp:ns:mcsecKMSKRR:1.0'/>";
    const std::string spelled = "\xEF\xBB\xBF\r\n<?xml version='1.0'?>\r\n<!-- <a> --><!DOCTYPE x>" + krr;
    const auto untyped = [](const std::string& message) {
        const Looked looked(message);
        std::size_t count = 0;
        for (const KrrPart& k : looked->krrs) count += k.typed ? 100 : 1;
        return count;
    };
    const std::string mixed = "multipart/mixed;boundary=b";
    for (const std::string type : {"text/plain", "text/html", "text/plain;charset=utf-16", "application/sdp",
                                   "application/mikey", "application/pkcs7-signature", "message/rfc822",
                                   "multipart/mixed", "multipart/mixed;boundary=b", "image/png"})
        for (const std::string& document : {krr, spelled}) {
            EXPECT_GE(untyped(typed(type, document)), 1U) << type;
            EXPECT_GE(untyped(typed(mixed, parts("b", {part(type, document)}))), 1U) << type;
        }
    EXPECT_EQ(untyped(typed("text/plain", "<x:KmsRedirectResponse")), 1U);
    EXPECT_EQ(untyped(typed("text/plain", "<x:r xmlns:x='urn:3gpp:ns:mcsecKMSKR&#82;:1.0'/>")), 1U);
    EXPECT_EQ(untyped(typed(mixed, parts("b", {"\r\n" + spelled}))), 1U) << "no type";
    EXPECT_EQ(untyped(typed(mixed, parts("b", {"Content-Disposition: render\r\n\r\n" + krr}))), 1U);
    EXPECT_EQ(untyped(typed(mixed, parts("b", {krr}))), 1U) << "no headers";
    EXPECT_GE(untyped(typed(mixed, parts("b", {spelled}))), 1U) << "no headers";
    EXPECT_EQ(untyped(typed(mixed, parts("b", {"Content-Disposition: render\r\n" + krr}))), 1U);
    EXPECT_EQ(
        untyped(typed(
            mixed, parts("b", {part("text/plain", base64(krr), "Content-Transfer-Encoding: base64\r\n")}))),
        1U);
    EXPECT_EQ(untyped(invite("Refer-To: <sip:a@b?content-type=text%2Fplain&body=" + percent(krr) + ">\r\n")),
              1U);
    EXPECT_EQ(untyped(typed("application/xml", "<a><![CDATA[" + krr + "]]></a>")), 1U);
    EXPECT_EQ(untyped(typed("application/xml", "<a>&lt;KmsRedirectResponse/></a>")), 1U);
    for (const char32_t mark : {U'L', U'B'}) {
        std::string wide(mark == U'L' ? "\xFF\xFE" : "\xFE\xFF", 2);
        for (const char c : krr) wide += mark == U'L' ? std::string{c, '\0'} : std::string{'\0', c};
        EXPECT_EQ(untyped(typed("text/plain", wide)), 1U);
        EXPECT_EQ(untyped(typed("text/plain", wide.substr(2))), 1U);
    }
    // around the parts
    const std::string good = part(kKrrType, krr);
    EXPECT_EQ(untyped(typed(mixed, parts("b", {good}))), 100U);
    EXPECT_GT(untyped(typed(mixed, spelled + "\r\n" + parts("b", {good}))), 100U) << "preamble";
    EXPECT_EQ(untyped(typed(mixed, parts("b", {good}) + krr)), 101U) << "epilogue";
    EXPECT_EQ(untyped(typed(mixed, parts("b", {part("text/plain", "x")}) + "\r\n" + krr)), 1U);
    EXPECT_EQ(untyped(typed(mixed, parts("b", {good}) + krr + "\r\n" + parts("b", {"\r\nx"}))), 101U);
}

TEST(Krr, WordsAreNone) {
    const std::string mixed = "multipart/mixed;boundary=b";
    for (const std::string text :
         {"see KmsRedirectResponse", "look: <KmsRedirectResponse/>", "<p>a <KmsRedirectResponse/></p>",
          "<!-- <KmsRedirectResponse> --><p/>", "<a b='<KmsRedirectResponse>'/>", "<", "<KmsRedirect/>",
          "< KmsRedirectResponse>", "xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\"", "&lt;KmsRedirectResponse/>",
          "<!DOCTYPE html><html><body>KmsRedirectResponse</body></html>"})
        for (const std::string type : {"text/plain", "text/html", "application/sdp"}) {
            EXPECT_TRUE(Looked(typed(type, text))->krrs.empty()) << text;
            EXPECT_TRUE(
                Looked(typed(mixed, text + "\r\n" + parts("b", {part(type, text)}) + text))->krrs.empty())
                << text;
            EXPECT_EQ(in(type, text), "") << text;
        }
    EXPECT_TRUE(Looked(typed("application/sdp", sdp("i=<KmsRedirectResponse/>\r\n")))->krrs.empty());
}

TEST(Krr, TypedButEmpty) {
    const std::string mixed = "multipart/mixed;boundary=b";
    EXPECT_TRUE(Looked(typed(kKrrType, ""))->empty_krr);
    EXPECT_TRUE(Looked(typed(mixed, parts("b", {part(kKrrType, "")})))->empty_krr);
    EXPECT_TRUE(Looked(carrying("Content-Type: " + std::string(kKrrType) +
                                    "\r\nContent-Transfer-Encoding: base64\r\n",
                                "\r\n"))
                    ->empty_krr);
    EXPECT_FALSE(Looked(typed(kKrrType, "x"))->empty_krr);
    EXPECT_FALSE(Looked(typed("application/xml", ""))->empty_krr);
    EXPECT_FALSE(Looked(carrying("", ""))->empty_krr);
    EXPECT_FALSE(Looked(typed("message/sip", typed(kKrrType, "")))->empty_krr) << "another message's";
}

std::string identities(const std::string& body,
                       const std::string& type = "application/vnd.3gpp.mcptt-info+xml") {
    const Looked looked(typed(type, body));
    std::string out;
    for (const XmlIdentity& i : looked->identities)
        out += (out.empty() ? "" : " ") + std::string(i.receiver ? "r:" : "i:") + std::string(i.uri);
    return out;
}

TEST(Identity, McpttInfo) {
    const auto info = [](const std::string& inner) {
        return "<?xml version=\"1.0\"?><mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>" +
               inner + "</mcptt-Params></mcpttinfo>";
    };
    EXPECT_EQ(
        identities(info("<session-type>private</session-type><mcptt-request-uri type=\"Normal\"><mcpttURI>"
                        "sip:bob@b.example</mcpttURI></mcptt-request-uri><mcptt-calling-user-id><mcpttURI>"
                        " sip:al&amp;ice@a.example </mcpttURI></mcptt-calling-user-id><x>sip:no@one</x>")),
        "r:sip:bob@b.example i:sip:al&ice@a.example");
    EXPECT_EQ(
        identities(info("<p:mcvideo-request-uri>tel:+44201234</p:mcvideo-request-uri>"
                        "<mcdata-calling-user-id><mcdataURI>sip:c@d</mcdataURI></mcdata-calling-user-id>")),
        "r:tel:+44201234 i:sip:c@d");
    EXPECT_EQ(identities(info(
                  "<mcptt-request-uri type=\"Encrypted\"><mcpttURI>sip:b@b</mcpttURI></mcptt-request-uri>")),
              "");
    EXPECT_EQ(identities(info("<mcptt-request-uri><mcpttURI>no uri</mcpttURI></mcptt-request-uri>")), "");
    EXPECT_EQ(identities(info("<mcptt-request-uri/><y>sip:b@b</y>")), "");
}

TEST(Identity, ResourceLists) {
    const std::string type = "application/resource-lists+xml";
    EXPECT_EQ(identities("<rl:resource-lists xmlns:rl=\"urn:ietf:params:xml:ns:resource-lists\"><rl:list>"
                         "<rl:entry cc:copyControl='to' uri=\"sip:bob@b.example?body=x&amp;y=z\"/><rl:entry "
                         "uri='tel:+1'></rl:entry>"
                         "</rl:list></rl:resource-lists>",
                         type),
              "r:sip:bob@b.example r:tel:+1");
    EXPECT_EQ(identities("<a><entry uri='sip:b@b'/></a>", type), "");
    std::string many = "<resource-lists><list>";
    for (int i = 0; i < 300; ++i) many += "<entry uri='sip:" + std::to_string(i) + "@b'/>";
    EXPECT_EQ(Looked(typed(type, many))->identities.size(), 300U);
    EXPECT_EQ(in(type, many), "");
}

TEST(Xml, EveryTruncation) {
    const std::string text =
        "<?xml version='1.0'?><!-- c --><a b='c'>&#65;R<![CDATA[o]]>" + A.substr(3) + "<x/>t</a>";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const Looked looked(typed("application/xml", text.substr(0, size)));
        EXPECT_EQ(looked->uninspectable, Uninspectable::none) << size;
    }
}

}  // namespace
}  // namespace kmsgate::sip::test
