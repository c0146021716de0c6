// SPDX-License-Identifier: BSD-3-Clause
// The normal form of user URIs.
#include "dataplane/sip/user.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kmsgate::sip {
namespace {

TEST(UserUri, NormalForms) {
    const struct {
        const char *uri, *normal, *tel;
    } cases[] = {
        {"sip:alice@mc1.example", "sip:alice@mc1.example", ""},
        {"SIP:Alice@MC1.Example", "sip:Alice@mc1.example", ""},  // the user keeps its letter case
        {"sips:alice@mc1.example", "sip:alice@mc1.example", ""},
        {"SIPS:alice@mc1.example;transport=tcp?subject=x", "sip:alice@mc1.example", ""},
        {"sip:alice@mc1.example?subject=x;y", "sip:alice@mc1.example", ""},
        {"sip:alice@mc1.example:5060;lr", "sip:alice@mc1.example:5060", ""},
        {"sip:mc1.EXAMPLE;lr", "sip:mc1.example", ""},
        {"sip:alice@mc1.example.", "sip:alice@mc1.example.", ""},
        {"sip:alice@[2001:DB8::1]:5061", "sip:alice@[2001:db8::1]:5061", ""},
        {"sip:%61l%69ce@mc1.example", "sip:alice@mc1.example", ""},
        {"sip:a%2d%5F%2e%21%7e%2a%27%28%29@h", "sip:a-_.!~*'()@h", ""},
        {"sip:a%40b%2fc%3b@h", "sip:a%40b%2Fc%3B@h", ""},  // these would change the meaning
        {"sip:a%zz%4@h", "sip:a%25zz%254@h", ""},          // no escape: can only mean itself
        {"sip:a%@h%", "sip:a%25@h%25", ""},
        {"sip:%%361@h", "sip:%2561@h", ""},
        {"sip:a@%4dC1.example", "sip:a@mc1.example", ""},
        {"sip:a%2540@h", "sip:a%2540@h", ""},  // undone once, not twice
        {"sip:a;day=tuesday@h", "sip:a;day=tuesday@h", ""},
        {"sip:a?b@h", "sip:a?b@h", ""},
        {"sip:a@b@c", "sip:a@b@c", ""},
        {"sip:@h", "sip:@h", ""},
        {"tel:+44-20 (7)", "", ""},
        {"tel:+44-20.(79)46", "tel:+44207946", ""},
        {"TEL:+44-20;ext=1;phone-context=x", "tel:+4420", ""},
        {"tel:%2d+4420%2E1", "tel:+44201", ""},
        {"tel:911A;phone-context=example", "tel:911a", ""},
        {"sip:+44-20.7@h;user=phone", "sip:+44-20.7@h", "tel:+44207"},
        {"sips:+4420@H;lr;USER=Phone?x", "sip:+4420@h", "tel:+4420"},
        {"sip:+4420;phone-context=x@h;user=phone", "sip:+4420;phone-context=x@h", "tel:+4420"},
        {"sip:+44%2d%320@h;us%65r=%70hone", "sip:+44-20@h", "tel:+4420"},
        {"sip:+4420@h", "sip:+4420@h", ""},
        {"sip:+4420@h;user=ip", "sip:+4420@h", ""},
        {"sip:+4420@h;user=phones", "sip:+4420@h", ""},
        {"sip:+4420@h?user=phone", "sip:+4420@h", ""},
        {"sip:4420@h;user=phone", "sip:4420@h", ""},
        {"sip:+44x@h;user=phone", "sip:+44x@h", ""},
        {"sip:+@h;user=phone", "sip:+@h", ""},
        {"sip:alice@h;user=phone", "sip:alice@h", ""},
        {"sip:+4420;user=phone", "sip:+4420", ""},  // no user part: a host
        {"IM:Bob@Example.COM/Res", "im:Bob@example.com/Res", ""},
        {"urn:Service:SOS", "urn:Service:SOS", ""},
        {"mailto:%41@B.C;x=Y", "mailto:%41@b.c;x=Y", ""},
    };
    for (const auto& c : cases) {
        const UserUri user = UserUri::normalise(c.uri);
        EXPECT_EQ(user.text(), c.normal) << c.uri;
        EXPECT_EQ(user.tel(), c.tel) << c.uri;
        EXPECT_EQ(user.empty(), *c.normal == 0) << c.uri;
    }
}

TEST(UserUri, WhatIsNoUri) {
    for (const std::string_view uri : {std::string_view(""),
                                       std::string_view("alice@h"),
                                       std::string_view(":alice@h"),
                                       std::string_view("sip:"),
                                       std::string_view("sip:a@"),
                                       std::string_view("sip:;lr"),
                                       std::string_view("sip:?x"),
                                       std::string_view("tel:"),
                                       std::string_view("tel:-.()"),
                                       std::string_view("tel:;x"),
                                       std::string_view("urn:"),
                                       std::string_view("1x:a"),
                                       std::string_view("s ip:a@h"),
                                       std::string_view(" sip:a@h"),
                                       std::string_view("sip:a@h "),
                                       std::string_view("sip:a b@h"),
                                       std::string_view("sip:a\tb@h"),
                                       std::string_view("sip:a\0@h", 8),
                                       std::string_view("sip:a\x7f@h"),
                                       std::string_view("sip:\xc3\xa9@h"),
                                       std::string_view("sip:a@h;x=\x01"),
                                       std::string_view("<sip:a@h>")}) {
        EXPECT_TRUE(UserUri::normalise(uri).empty()) << uri;
        EXPECT_TRUE(UserUri::normalise(uri).tel().empty()) << uri;
    }
}

TEST(UserUri, TheBoundCountsTheNormalForm) {
    const std::string fits = "sip:" + std::string(kMaxUserUri - 6, 'a') + "@h";
    EXPECT_EQ(UserUri::normalise(fits).text(), fits);
    EXPECT_EQ(UserUri::normalise(fits + ";" + std::string(1000, 'p')).text(), fits);
    EXPECT_EQ(UserUri::normalise("sips" + fits.substr(3)).text(), fits);
    EXPECT_TRUE(UserUri::normalise(fits + "h").empty());
    std::string escaped = "sip:";
    for (std::size_t i = 0; i < kMaxUserUri - 6; ++i) escaped += "%61";
    EXPECT_EQ(UserUri::normalise(escaped + "@h").text(), fits);
    EXPECT_TRUE(UserUri::normalise("tel:+" + std::string(kMaxUserUri, '1')).empty());
    EXPECT_TRUE(UserUri::normalise("x:" + std::string(kMaxUserUri, '1')).empty());
}

TEST(UserUri, NormalisingTwiceChangesNothing) {
    for (const char* uri : {"SIPS:%41lice%2f@MC1.Example:5060;x", "TEL:+1-(2)", "sip:+1-2@H;user=phone",
                            "Im:A@B", "sip:a%2540%@%h", "sip:%%361@h", "tel:%%33a"}) {
        const UserUri once = UserUri::normalise(uri);
        ASSERT_FALSE(once.empty()) << uri;
        EXPECT_EQ(UserUri::normalise(once.text()).text(), once.text()) << uri;
    }
}

TEST(PlainUserHost, IsSureOfWhatItSays) {
    EXPECT_EQ(plain_user_host("sip:alice@mc1.example"), 10U);
    EXPECT_EQ(plain_user_host("sip:Alice@mc1.example"), 10U) << "the user keeps its letter case";
    for (const char* uri : {"",
                            "sip:",
                            "sip:a",
                            "sip:mc1.example",
                            "sips:alice@mc1.example",
                            "SIP:alice@mc1.example",
                            "tel:+44207946",
                            "sip:alice@MC1.example",
                            "sip:alice@mc1.example.",
                            "sip:alice@mc1.example:5060",
                            "sip:alice:pw@mc1.example",
                            "sip:alice@mc1.example;lr",
                            "sip:alice;x@mc1.example",
                            "sip:alice@mc1.example?x=y",
                            "sip:%61lice@mc1.example",
                            "sip:a@b@c.example",
                            "sip:alice@",
                            "sip:al ice@mc1.example",
                            "sip:alice@mc1.exam\x80le",
                            "sip:alice@mc1.exam\x7fle"})
        EXPECT_EQ(plain_user_host(uri), 0U) << uri;
    EXPECT_NE(plain_user_host("sip:a@" + std::string(62, 'h')), 0U);
    EXPECT_EQ(plain_user_host("sip:a@" + std::string(63, 'h')), 0U) << "longer than it looks at";
}

TEST(PlainUserHost, WhatIsPlainIsItsOwnNormalForm) {
    // Every byte at every place of URIs of every size around the steps of the scan.
    std::size_t plain = 0;
    for (const std::size_t size : {3U, 9U, 14U, 15U, 16U, 17U, 31U, 32U, 33U, 48U, 63U, 64U}) {
        for (std::size_t place = 0; place < size; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string rest(size, 'x');
                rest[size / 2] = '@';
                rest[place] = static_cast<char>(byte);
                const std::string uri = "sip:" + rest;
                const std::size_t host = plain_user_host(uri);
                if (host == 0) continue;
                ++plain;
                const UserUri normal = UserUri::normalise(uri);
                ASSERT_EQ(normal.text(), uri);
                ASSERT_EQ(normal.tel(), "");
                ASSERT_EQ(host, uri.find('@') + 1) << uri;
                ASSERT_EQ(uri.find('@', host), std::string::npos) << uri;
                ASSERT_EQ(uri.find(':', 4), std::string::npos) << uri;
                ASSERT_FALSE(uri.ends_with('.')) << uri;
            }
        }
    }
    EXPECT_GT(plain, 10'000U);
}

}  // namespace
}  // namespace kmsgate::sip
