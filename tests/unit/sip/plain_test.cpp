// SPDX-License-Identifier: BSD-3-Clause
// The plain reader: what it takes, what it leaves, and that what it takes is what the full parser reads.
#include <gtest/gtest.h>

#include <cstring>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/plain/usual_texts.hpp"
#include "tests/property/plain_messages.hpp"
#include "tests/unit/sip/looked.hpp"
#include "tests/unit/sip/plain_kit.hpp"

namespace kmsgate::sip::test {
namespace {

std::string answer(const std::string& message) {
    PlainCheck check;
    return check.at_every_level(message);
}

std::string with_header(std::string_view line) {
    return answer(invite(std::string(line) + "\r\n"));
}
std::string sdp_answer(std::string_view session) {
    return answer(typed("application/sdp", sdp(session)));
}

const std::string kInfo =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\">"
    "<mcptt-Params>\n\t<session-type>private</session-type><mcptt-calling-user-id type=\"Normal\">"
    "<mcpttURI>sip:alice@a.example</mcpttURI></mcptt-calling-user-id></mcptt-Params></mcpttinfo>\r\n";
const std::string kLists =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><resource-lists "
    "xmlns=\"urn:ietf:params:xml:ns:resource-lists\">"
    "<list><entry uri=\"sip:bob@b.example\"/></list></resource-lists>";

std::string mixed(std::string_view info, std::string_view lists, std::string_view keys) {
    return parts("b1",
                 {part("application/sdp", sdp(keys)), part("application/vnd.3gpp.mcptt-info+xml", info),
                  part("application/resource-lists+xml", lists, "Content-Disposition: recipient-list\r\n")});
}
std::string multipart_answer(std::string_view body, std::string_view type = "multipart/mixed;boundary=b1") {
    return answer(typed(type, body));
}
std::string info_answer(std::string_view from, std::string_view to) {
    return multipart_answer(mixed(replaced(kInfo, from, to), kLists, key_line('A')));
}
std::string lists_answer(std::string_view from, std::string_view to) {
    return multipart_answer(mixed(kInfo, replaced(kLists, from, to), key_line('A')));
}

TEST(Plain, TakesTheUsualMessages) {
    EXPECT_EQ(answer(invite()), "plain");
    EXPECT_EQ(sdp_answer(key_line('A')), "plain");
    EXPECT_EQ(multipart_answer(mixed(kInfo, kLists, key_line('A'))), "plain");
    EXPECT_EQ(answer(invite({}, {}, "SIP/2.0 200 OK")), "plain");
    EXPECT_EQ(answer(typed("text/plain", "Hello \xC3\xA9\n\n")), "plain");
    EXPECT_EQ(answer(typed("application/pidf+xml", kLists)), "plain");
}

TEST(Plain, FindsWhatTheFullParserFinds) {
    const std::string text =
        typed("multipart/mixed; boundary=\"b1\"", mixed(kInfo, kLists, key_line('A') + key_line('B')));
    std::vector<std::byte> memory(std::size_t{64} * 1024);
    Arena arena(memory);
    Message message;
    Contents contents;
    ASSERT_TRUE(read_plain(text, arena, message, contents));
    ASSERT_EQ(contents.carriages.size(), 2U);
    EXPECT_EQ(name_of(contents.carriages[1]), "sdp-session B");
    ASSERT_EQ(contents.identities.size(), 2U);
    EXPECT_EQ(contents.identities[0].uri, "sip:alice@a.example");
    EXPECT_FALSE(contents.identities[0].receiver);
    EXPECT_EQ(contents.identities[1].uri, "sip:bob@b.example");
    EXPECT_TRUE(contents.identities[1].receiver);
}

TEST(Plain, HeadersInTheirPlainForms) {
    EXPECT_EQ(with_header("Contact: <sip:a@192.0.2.1:5060>;+g.3gpp.mcptt"), "plain");
    EXPECT_EQ(with_header("X-Never-Heard-Of: 1"), "plain");
    EXPECT_EQ(with_header("X-A-Name-That-Is-Longer-Than-Thirty-Two: 1"), "slow");
    EXPECT_EQ(with_header("Subject:no blank"), "plain");
    EXPECT_EQ(with_header("VIA: SIP/2.0/UDP 192.0.2.9"), "plain");
    EXPECT_EQ(with_header("l: 0"), "plain");
    EXPECT_EQ(with_header("Content-Length: 00"), "plain");
    for (const char* line : {"Subject: a\r\n b",
                             "Subject : a",
                             "Subject:  a",
                             "Subject: a ",
                             "Subject:",
                             "Subject",
                             ": a",
                             "Sub ject: a",
                             "Subject: a\tb",
                             "Subject: \xC3\xA9",
                             "Subject: a\nX: b",
                             "Subject: a\rb",
                             "Call-ID: 2",
                             "To: <sip:x@y>",
                             "Contact: <sip:a@b?body=x>",
                             "Refer-To: <sip:a@b?body=x>",
                             "b: <sip:a@b?body=x>",
                             "Content-Encoding: gzip",
                             "e: gzip",
                             "Content-Transfer-Encoding: base64",
                             "Content-Length: 1",
                             "Content-Length: -0",
                             "Content-Type: application/sdp;charset=utf-16",
                             "Content-Type: message/sip"})
        EXPECT_EQ(with_header(line), "slow") << line;
}

TEST(Plain, KnowsEveryNameThatCounts) {
    for (const char* name : {"Via",
                             "v",
                             "From",
                             "f",
                             "To",
                             "t",
                             "Call-ID",
                             "i",
                             "CSeq",
                             "Contact",
                             "m",
                             "Content-Length",
                             "l",
                             "Content-Type",
                             "c",
                             "Content-Encoding",
                             "e",
                             "Content-Transfer-Encoding",
                             "Content-Disposition",
                             "Refer-To",
                             "r",
                             "Referred-By",
                             "b",
                             "P-Asserted-Identity",
                             "P-Preferred-Identity",
                             "P-Visited-Network-ID",
                             "P-Access-Network-Info"})
        for (const char* value :
             {"x", "<sip:x@y.example>", "SIP/2.0/UDP h", "7", "application/sdp", "7 INVITE"}) {
            std::string upper(name);
            for (char& c : upper) c = is_alpha(c) ? static_cast<char>(c & ~0x20) : c;
            for (const std::string& spelt : {std::string(name), upper}) {
                const std::string said = with_header(spelt + ": " + value);
                EXPECT_TRUE(said == "plain" || said == "slow") << spelt << ": " << value << " is " << said;
            }
        }
}

TEST(Plain, DisguisesInDescriptionsAreNotPlain) {
    const std::string key = key_line('A');
    EXPECT_EQ(sdp_answer(replaced(key, "mgmt:mikey", "mgmt: mikey")), "plain");
    EXPECT_EQ(sdp_answer("a=note:key-mgmt:mikey x\r\na=x-key-mgmt:mikey\r\ni=key-mgmt:mikey\r\n"), "plain");
    EXPECT_EQ(sdp_answer(key + "a=key-mgmt-x\r\na=keywds:a\r\na=cat:x\r\na=maxptime:2\r\n"), "slow");
    EXPECT_EQ(sdp_answer(key + "a=keywds:a\r\na=cat:x\r\na=maxptime:2\r\na=\r\na=k\r\nk=x\r\n"), "plain");
    for (const auto& [from, to] : {std::pair{"key-mgmt", "KEY-MGMT"},
                                   {"mikey", "MIKEY"},
                                   {"a=", "A="},
                                   {"a=", " a="},
                                   {"a=", "a= "},
                                   {"a=", "a ="},
                                   {"mgmt:mikey", "mgmt:  mikey"},
                                   {"mgmt:", "mgmt :"},
                                   {"mikey ", "mikey  "},
                                   {"mikey ", "mikey\t"},
                                   {"mikey ", "mikey"},
                                   {"\r\n", "\n"},
                                   {"a=key-mgmt", "a=acap:1 key-mgmt"},
                                   {"a=key-mgmt", "a=MSCAP:1 key-mgmt"},
                                   {"a=key-mgmt", "a=cpar:a=key-mgmt"},
                                   {"a=",
                                    "\x01"
                                    "a="},
                                   {"a=",
                                    "\xEF\xBB\xBF"
                                    "a="}})
        EXPECT_EQ(sdp_answer(replaced(key, from, to)), "slow") << from << " as " << to;
}

TEST(Plain, DisguisesInDocumentsAreNotPlain) {
    EXPECT_EQ(info_answer("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n", ""), "plain");
    EXPECT_EQ(info_answer("version=\"1.0\" encoding=\"UTF-8\"", "version=\"1.0\""), "plain");
    EXPECT_EQ(info_answer("private", "v 0"), "slow");
    EXPECT_EQ(info_answer("private", "video"), "plain");
    EXPECT_EQ(info_answer("private", base64(mikey('B'))), "slow");
    EXPECT_EQ(info_answer("private", "\r\n" + base64(mikey('B'))), "slow");
    EXPECT_EQ(info_answer("mcptt-Params>\n", "mcptt-Params>ARo<b/>"), "slow");
    for (const auto& [from, to] : {std::pair{"UTF-8", "UTF-16"},
                                   {"private", "a&amp;b"},
                                   {"private", "sip:x?body=y"},
                                   {"private", "<![CDATA[x]]>"},
                                   {"private", "<!-- x -->"},
                                   {"private", "<? x ?>"},
                                   {"Normal", "Encrypted"},
                                   {"\"Normal\"", "'Encrypted'"},
                                   {"<session-type>", "< session-type>"},
                                   {"urn:3gpp:ns:mcpttInfo:1.0", "urn:3gpp:ns:mcsecKMSKRR:1.0"},
                                   {"<mcpttURI>", "<KmsRedirectResponse/><mcpttURI>"},
                                   {"calling-user-id type", "calling-user-id, type"},
                                   {"<mcpttURI>", "<k:kmsredirectresponse/><mcpttURI>"},
                                   {"\n\t", "\r\t"},
                                   {"\n\t", "\n--b1\n"},
                                   {"private", "\xC3\xA9"}})
        EXPECT_EQ(info_answer(from, to), "slow") << from << " as " << to;
    EXPECT_EQ(lists_answer("<entry uri", "<x:entry id=\"7\" uri"), "plain");
    EXPECT_EQ(lists_answer("sip:bob@b.example\"", "sip:bob@b.example\" "), "plain");
    EXPECT_EQ(lists_answer("sip:bob@b.example", "sip:bob@b.example?body=x"), "slow");
    EXPECT_EQ(lists_answer("<list>", "<list a=\"'>\">"), "slow");
    EXPECT_EQ(lists_answer("<list>", "</x><list a=\"b=c\">"), "plain");
    EXPECT_EQ(lists_answer("</resource-lists>", "</resource-lists>x"), "slow");
}

TEST(Plain, MultipartsOfAnotherShapeAreNotPlain) {
    const std::string body = mixed(kInfo, kLists, key_line('A'));
    EXPECT_EQ(multipart_answer(body, "multipart/mixed;boundary=\"b1\""), "plain");
    EXPECT_EQ(multipart_answer(body + "--b1--\r\n"), "slow");
    EXPECT_EQ(multipart_answer("\r\n" + body), "slow");
    EXPECT_EQ(multipart_answer(body + "x"), "slow");
    EXPECT_EQ(multipart_answer(body.substr(0, body.size() - 2)), "plain");
    EXPECT_EQ(multipart_answer(body.substr(0, body.size() - 4)), "slow");
    for (const char* type :
         {"multipart/mixed", "multipart/mixed;boundary=", "multipart/mixed;boundary=b1;boundary=b2",
          "multipart/mixed;boundary=b1,b2", "multipart/digest;boundary=b1", "multipart/mixed;boundary=b",
          "multipart/mixed;boundary*=b1", "multipart/mixed;boundary=\"b1", "multipart/mixed ;boundary=b1"})
        EXPECT_EQ(multipart_answer(body, type), "slow") << type;
    for (const auto& [from, to] :
         {std::pair{"\r\n--b1\r\n", "\r\n--b1 \r\n"},
          {"\r\n--b1\r\n", "\r\n--b1x\r\n"},
          {"\r\n--b1\r\n", "\n--b1\r\n"},
          {"\r\n--b1\r\n", "\r\n--b1\n"},
          {"\r\n--b1\r\n", "\r\n--b1\r\nContent-Transfer-Encoding: base64\r\n"},
          {"Content-Type: application/v", "\r\n\r\nContent-Type: application/v"},
          {"Content-Type: application/v", "c: message/sip\r\nContent-Type: application/v"},
          {"application/sdp", "application/pkcs7-mime"}})
        EXPECT_EQ(multipart_answer(replaced(body, from, to)), "slow") << from << " as " << to;
}

std::string krr_answer(std::string_view body, std::string_view start = "SIP/2.0 488 Not Acceptable Here",
                       std::string_view type = "application/vnd.3gpp.kmsredirectresponse+xml") {
    return invite(
        "Content-Type: " + std::string(type) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
        body, start);
}

TEST(Plain, TakesTheKrrOfA488) {
    EXPECT_EQ(answer(krr_answer(gate_krr())), "plain");
    EXPECT_EQ(answer(krr_answer(gate_krr(), "SIP/2.0 488 x", "Application/VND.3GPP.KmsRedirectResponse+XML")),
              "plain");
    const std::string krr = krr_answer(gate_krr());
    for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
             {"SIP/2.0 488", "SIP/2.0 486"},
             {"SIP/2.0 488", "SIP/2.0 200"},
             {"Content-Length: ", "Content-Encoding: identity\r\nContent-Length: "},
             {"Content-Length: ", "Content-Transfer-Encoding: 8bit\r\nContent-Length: "},
             {"Content-Length: ", "Content-Type: text/plain\r\nContent-Length: "},
             {"response+xml", "response+xml;charset=utf-8"},
             {"response+xml", "response+xmm"},
             {"response+xml", "respons+xml"},
             {"kms1.b", "kms1?b"},
             {"kms1.b", "?ms1.b"},
             {">kms1.b", ">v=0s.b"},
             {">sip:alice@a", ">V=0:alice@a"},
             {">kms1.b", ">ARos.b"},
             {">kms1.b", ">km s.b"},
             {"<KmsUri", "<kmsUri"},
             {"?>", "?>\r\n"}})
        EXPECT_NE(answer(replaced(krr, from, to)), "plain") << from << " as " << to;
    EXPECT_EQ(answer(krr_answer({})), "slow");
    EXPECT_EQ(answer(krr_answer(gate_krr() + "\r\n")), "slow");
    EXPECT_EQ(answer(krr + "\r\n"), "slow");
    EXPECT_EQ(answer(krr_answer(gate_krr(), "INVITE sip:bob@b.example SIP/2.0")), "slow");
    EXPECT_EQ(
        multipart_answer(parts("b1", {part("application/vnd.3gpp.kmsredirectresponse+xml", gate_krr())})),
        "slow");
}

// The same for its every byte: `wrong` is no answer.
TEST(Plain, KrrOneByteAway) {
    const std::string text = krr_answer(gate_krr());
    PlainCheck check;
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const char c : std::string_view("\0\t\n\r \"%&'/:;<=>?@Avm\x7F\x80", 21)) {
            std::string changed = text;
            changed[i] = c;
            const std::string said = check.at_every_level(changed);
            ASSERT_FALSE(said.starts_with("wrong")) << "byte " << i << " is " << int{c} << ": " << said;
            plain += said == "plain" ? 1 : 0;
        }
    EXPECT_GT(plain, 1000U);
}

// Every byte of a message replaced by every one that could mean something: whatever is taken is what the full
// parser reads.
TEST(Plain, OneByteAway) {
    const std::string text = typed("multipart/mixed;boundary=b1", mixed(kInfo, kLists, key_line('A')));
    PlainCheck check;
    std::size_t plain = 0;
    const simd::Level before = simd::level();
    for (const simd::Level level : simd::kLevels) {
        if (!simd::force(level)) continue;
        for (std::size_t i = 0; i < text.size(); ++i)
            for (const char c : std::string_view("\0\t\n\r !\"%&'()*,-./0:;<=>?@A[\\a~\x7F\x80\xEF", 32)) {
                std::string changed = text;
                changed[i] = c;
                const std::string said = check(changed);
                ASSERT_FALSE(said.starts_with("wrong"))
                    << to_string(level) << ": byte " << i << " is " << int{c} << ": " << said;
                plain += said == "plain" ? 1 : 0;
            }
    }
    EXPECT_GT(plain, 1000U);
    static_cast<void>(simd::force(before));
}

// Cut at every byte, and with every byte missing.
TEST(Plain, Shortened) {
    const std::string text = typed("multipart/mixed;boundary=b1", mixed(kInfo, kLists, key_line('A')));
    PlainCheck check;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string cut = check.at_every_level(text.substr(0, i));
        const std::string less = check.at_every_level(text.substr(0, i) + text.substr(i + 1));
        ASSERT_FALSE(cut.starts_with("wrong")) << i << ": " << cut;
        ASSERT_FALSE(less.starts_with("wrong")) << i << ": " << less;
    }
}

/// A document around one usual text, which may be any tag.
std::string around(std::string_view tag, std::string_view text) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<a>" + std::string(tag) + std::string(text) +
           "</b></a>\r\n";
}

// Each usual tag and line: read like the full parser does, alone, twice, in front of texts and with each byte
// missing.
TEST(Plain, UsualTexts) {
    PlainCheck check;
    std::size_t tags = 0;
    std::size_t lines = 0;
    for (const plain::UsualText& usual : plain::kUsualTexts.texts) {
        const std::string text(usual.text.data(), strnlen(usual.text.data(), usual.text.size()));
        if (usual.says == plain::Says::nothing) continue;
        if (text[0] == '<') {
            ++tags;
            for (const char* behind :
                 {"sip:alice@a.example", "<c>sip:alice@a.example</c>", "<c><d>sip:alice@a.example</d></c>",
                  "</c>sip:alice@a.example", "<entry uri=\"sip:bob@b.example\"/>", "\r\n  <c>\r\n</c>\n",
                  "v=0", "<entry uri=\"bob\"/>", "<entry uri=\"sip:bob@b.example\"><c>tel:+44</c></entry>"}) {
                const std::string said =
                    check.at_every_level(typed("application/pidf+xml", around(text, behind)));
                EXPECT_FALSE(said.starts_with("wrong")) << text << behind << ": " << said;
                const std::string twice =
                    check.at_every_level(typed("application/pidf+xml", around(text + text, behind)));
                EXPECT_FALSE(twice.starts_with("wrong")) << text << text << behind << ": " << twice;
            }
            EXPECT_EQ(
                check.at_every_level(typed("application/pidf+xml", around(text, "sip:alice@a.example"))),
                "plain")
                << text;
            for (std::size_t i = 0; i < text.size(); ++i) {
                std::string less = text;
                less.erase(i, 1);
                const std::string said = check.at_every_level(
                    typed("application/pidf+xml", around(less, "<d>sip:alice@a.example</d>")));
                EXPECT_FALSE(said.starts_with("wrong")) << less << ": " << said;
            }
        } else {
            ++lines;
            const bool sdp_part = usual.says == plain::Says::sdp;
            const std::string head =
                usual.says == plain::Says::line ? "Content-Type: application/sdp\r\n" : "";
            const std::string body =
                "\r\n\r\n" + (sdp_part || !head.empty() ? sdp(key_line('A')) : kInfo) + "\r\n--b1--\r\n";
            EXPECT_EQ(multipart_answer("--b1\r\n" + head + text + body), "plain") << text;
            for (std::size_t i = 0; i < text.size(); ++i)
                for (const char c : std::string_view("\0\r\n :;,<Aa", 10)) {
                    std::string other = text;
                    other[i] = c;
                    const std::string said = check.at_every_level(
                        typed("multipart/mixed;boundary=b1", "--b1\r\n" + head + other + body));
                    EXPECT_FALSE(said.starts_with("wrong")) << other << ": " << said;
                }
        }
    }
    EXPECT_GT(tags, 60U);
    EXPECT_GT(lines, 5U);
}

// Everything that is read by vectors stands once at each distance from the message's end.
TEST(Plain, AtEveryDistanceFromTheEnd) {
    for (std::size_t n = 0; n < 140; ++n) {
        const std::string fill(n, 'x');
        EXPECT_EQ(answer(typed("application/pidf+xml", kLists + std::string(n, ' '))), "plain") << n;
        EXPECT_EQ(answer(typed("application/pidf+xml", around("<b>", n < 56 ? fill : "x"))), "plain") << n;
        EXPECT_EQ(answer(typed("application/sdp", sdp(key_line('A')) + "a=" + fill + "\r\n")), "plain") << n;
        EXPECT_EQ(answer(invite("X-Fill: y" + fill + "\r\n")), "plain") << n;
        EXPECT_EQ(answer(invite("X-Fill: y" + fill + "\r\nContent-Length: 0\r\n")), "plain") << n;
        EXPECT_EQ(multipart_answer(parts("b1", {part("application/sdp", "v=0\r\ns=" + fill + "\r\n")})),
                  "plain")
            << n;
        const std::string boundary = "b" + fill.substr(0, std::min<std::size_t>(n, 69));
        EXPECT_EQ(multipart_answer(parts(boundary, {part("application/sdp", "v=0\r\n")}),
                                   "multipart/mixed;boundary=" + boundary),
                  "plain")
            << n;
    }
}

TEST(Plain, SmallArena) {
    std::vector<std::byte> memory(512);
    Arena arena(memory);
    Message message;
    Contents contents;
    EXPECT_FALSE(read_plain(invite(), arena, message, contents));
}

}  // namespace
}  // namespace kmsgate::sip::test
