// SPDX-License-Identifier: BSD-3-Clause
// Bodies inside URIs (RFC 3261 19.1.1): whoever follows the URI sends them.
#include "dataplane/sip/uri_body.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sip/looked.hpp"

namespace kmsgate::sip::test {
namespace {

const std::string kBody = percent(sdp(key_line('A')));

std::string refer(const std::string& header) {
    return in(invite(header + "\r\n"));
}

TEST(UriBody, Headers) {
    for (const std::string name : {"Refer-To", "r", "Contact", "m", "Referred-By", "b", "REFER-TO "})
        EXPECT_EQ(refer(name + ": <sip:b@b.example?body=" + kBody + ">"), "uri-body A") << name;
    for (const std::string name : {"Subject", "X-Contact", "Alert-Info"})
        EXPECT_EQ(refer(name + ": <sip:b@b.example?body=" + kBody + ">"), "") << name;
}

TEST(UriBody, Spellings) {
    for (const std::string& value :
         {"<sip:b@b?body=" + kBody + ">", "<sip:b@b?BoDy=" + kBody + ">",
          "<sip:b@b?Subject=x&body=" + kBody + "&To=y>", "<sip:b@b?%62%6Fdy=" + kBody + ">",
          "\"Who?\" <sip:b@b?body=" + kBody + ">;tag=1", "sip:b@b?body=" + kBody,
          "sip:b@b?body=" + kBody + ";tag=1", "<sip:a@a>, <sip:b@b?body=" + kBody + ">",
          "<sip:b@b;method=INVITE?Content-Type=application%2Fsdp&body=" + kBody + ">",
          "<sip:b@b?body=" + kBody + "&Content-Type=application%2Fsdp>",
          "<sip:b@b?body=v=0%0D%0Aa=key-mgmt:mikey%20" + base64(mikey('A')) + ">", "<sip:b@b?body=" + kBody})
        EXPECT_EQ(refer("Refer-To: " + value).substr(0, 10), "uri-body A") << value;
}

TEST(UriBody, ItsOwnTypeAndEncoding) {
    const std::string text = percent("look:\r\n" + key_line('C'));
    EXPECT_EQ(refer("Refer-To: <sip:b@b?Content-Type=text/plain&body=" + text + ">"), "");
    EXPECT_EQ(refer("Refer-To: <sip:b@b?Content-Type=application%2Fmikey&body=" + percent(mikey('A')) + ">"),
              "uri-body a");
    EXPECT_EQ(refer("Refer-To: <sip:b@b?body=" + percent(mikey('A')) + ">"), "uri-body a");
    EXPECT_EQ(refer("Refer-To: <sip:b@b?Content-Transfer-Encoding=base64&Content-Type=application/sdp&body=" +
                    percent(base64(sdp(key_line('A')))) + ">"),
              "uri-body A");
    EXPECT_EQ(refer("Refer-To: <sip:b@b?Content-Encoding=gzip&body=x>"), "!content-encoding");
    EXPECT_EQ(refer("Refer-To: <sip:a@a?Content-Type=text/plain>, <sip:b@b?body=" + kBody + ">"),
              "uri-body A")
        << "the type of another URI does not count";
    EXPECT_EQ(refer("Refer-To: <sip:b@b?Content-Type=multipart/mixed;boundary=q&body=" +
                    percent(parts("q", {part("application/mikey", mikey('A'))})) + ">"),
              "uri-body a");
}

TEST(UriBody, ResourceLists) {
    const std::string list = "<resource-lists><list><entry uri=\"sip:b@b?Subject=x&amp;body=" + kBody +
                             "\"/></list></resource-lists>";
    EXPECT_EQ(in("application/resource-lists+xml", list), "uri-body A");
}

TEST(UriBody, Harmless) {
    for (const std::string value : {"<sip:b@b?Subject=hello&Replaces=1%40a>", "<sip:b@b>", "<sip:b@b?body=>",
                                    "<sip:b@b?body=hello>", "<sip:b@b?nobody=x>", "<sip:body=1@b>", "*", ""})
        EXPECT_EQ(refer("Contact: " + value), "") << value;
}

TEST(UriBody, DepthAndMemory) {
    BodyLimits flat;
    flat.depth = 0;
    EXPECT_EQ(Looked(invite("Refer-To: <sip:b@b?body=x>\r\n"), flat)->uninspectable, Uninspectable::depth);
    const std::string message =
        invite("Refer-To: <sip:b@b?body=" + percent(std::string(9000, 'x')) + ">\r\n");
    EXPECT_EQ(Looked(message, {}, 8 * 1024)->uninspectable, Uninspectable::memory);
}

TEST(PercentDecode, Escapes) {
    std::vector<std::byte> memory(256);
    Arena arena(memory);
    EXPECT_EQ(percent_decode("a%41%4a%4Ab", arena), "aAJJb");
    EXPECT_EQ(percent_decode("%", arena), "%");
    EXPECT_EQ(percent_decode("%4", arena), "%4");
    EXPECT_EQ(percent_decode("%zz+", arena), "%zz+") << "no plus for blank in SIP";
    EXPECT_EQ(percent_decode("plain", arena), "plain");
}

}  // namespace
}  // namespace kmsgate::sip::test
