// SPDX-License-Identifier: BSD-3-Clause
// The message that `explain` makes is one that the packet path reads to its last byte.
#include "control/cli/invite.hpp"

#include <gtest/gtest.h>

#include "dataplane/mikey/message.hpp"
#include "dataplane/mikey/rule.hpp"

namespace kmsgate::control::cli::test {
namespace {

using mikey::Role;

Invite example() {
    return {.from = "sip:alice@mc1.example",
            .to = "tel:+442012345678",
            .kmsi = "kms.a.example",
            .kmsr = "kms.b.example"};
}

TEST(Invite, the_i_message_keeps_every_rule) {
    const auto bytes = i_message(example());
    const mikey::Message m = mikey::read(bytes);
    EXPECT_FALSE(m.fault.has_value()) << mikey::to_string(*m.fault);
    EXPECT_EQ(m.data_type, 26);
    EXPECT_EQ(m.text(Role::idri), "sip:alice@mc1.example");
    EXPECT_EQ(m.text(Role::idrr), "tel:+442012345678");
    EXPECT_EQ(m.text(Role::idrkmsi), "kms.a.example");
    EXPECT_EQ(m.text(Role::idrkmsr), "kms.b.example");
    EXPECT_EQ(m.present, 1U << 1 | 1U << 2 | 1U << 6 | 1U << 7);
}

TEST(Invite, a_kms_that_is_not_named_is_absent) {
    Invite in = example();
    in.kmsi.clear();
    const auto without_i = i_message(in);
    const mikey::Message i = mikey::read(without_i);
    EXPECT_FALSE(i.fault.has_value());
    EXPECT_FALSE(i.has(Role::idrkmsi));
    EXPECT_EQ(i.text(Role::idrkmsr), "kms.b.example");
    in.kmsr.clear();
    const auto without_both = i_message(in);
    const mikey::Message none = mikey::read(without_both);
    EXPECT_FALSE(none.fault.has_value());
    EXPECT_FALSE(none.has(Role::idrkmsi) || none.has(Role::idrkmsr));
}

TEST(Invite, sdp_carries_it_in_base64) {
    const auto sip = sip_request(example());
    ASSERT_TRUE(sip) << sip.error();
    EXPECT_TRUE(sip->starts_with("INVITE tel:+442012345678 SIP/2.0\r\n"));
    const std::size_t body = sip->find("\r\n\r\n") + 4;
    EXPECT_NE(sip->find("\r\nContent-Length: " + std::to_string(sip->size() - body) + "\r\n"),
              std::string::npos);
    EXPECT_NE(sip->find("\r\nContent-Type: application/sdp\r\n"), std::string::npos);
    constexpr std::string_view kMark = "\r\na=key-mgmt:mikey ";
    const std::size_t at = sip->find(kMark);
    ASSERT_NE(at, std::string::npos);
    const std::string text = sip->substr(at + kMark.size(), sip->find('\r', at + 2) - at - kMark.size());
    std::array<std::uint8_t, 4096> scratch{};
    EXPECT_FALSE(mikey::read_base64(text, scratch).fault.has_value());
    for (const char* header : {"\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK",
                               "\r\nFrom: <sip:alice@mc1.example>;tag=", "\r\nTo: <tel:+442012345678>\r\n",
                               "\r\nCall-ID: ", "\r\nCSeq: 1 INVITE\r\n", "\r\nMax-Forwards: 70\r\n"})
        EXPECT_NE(sip->find(header), std::string::npos) << header;
}

TEST(Invite, other_methods_carry_its_bytes) {
    Invite in = example();
    in.method = "MESSAGE";
    in.source = "[2001:db8::1]:5060";
    const auto sip = sip_request(in);
    ASSERT_TRUE(sip) << sip.error();
    EXPECT_NE(sip->find("\r\nContent-Type: application/mikey\r\n"), std::string::npos);
    const std::string body = sip->substr(sip->find("\r\n\r\n") + 4);
    const auto bytes = i_message(in);
    EXPECT_EQ(body, std::string(bytes.begin(), bytes.end()));
    in.method = "INVITE";
    EXPECT_NE(sip_request(in)->find("\r\nc=IN IP6 2001:db8::1\r\n"), std::string::npos);
}

TEST(Invite, nothing_slips_into_a_header) {
    for (const std::string bad :
         {"", "alice", "sip:a b@c", "sip:a@b\r\nX: y", "sip:a@b>", "<sip:a@b", "sip:\"a@b", "sip:\x80@b"}) {
        Invite in = example();
        in.from = bad;
        EXPECT_FALSE(sip_request(in)) << bad;
        in = example();
        in.to = bad;
        EXPECT_FALSE(sip_request(in)) << bad;
    }
    Invite in = example();
    in.kmsr = "kms b";
    EXPECT_FALSE(sip_request(in));
    in = example();
    in.kmsi = std::string(256, 'k');
    EXPECT_FALSE(sip_request(in));
    in = example();
    in.source = "192.0.2.1:5060\r\nX";
    EXPECT_FALSE(sip_request(in));
}

TEST(Base64, both_ways_at_every_length) {
    std::string bytes;
    for (int i = 0; i < 260; ++i) {
        const std::string text = base64(bytes);
        EXPECT_EQ(text.size(), (bytes.size() + 2) / 3 * 4);
        EXPECT_EQ(from_base64(text).value_or("?"), bytes);
        bytes += static_cast<char>(i);
    }
    EXPECT_EQ(base64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
    for (const std::string bad :
         {"A", "AB", "ABC", "AB=C", "A===", "====", "AB\n=", " ABC", "AB C", "ABC=ABC=", "AB*D", "ABCDE"})
        EXPECT_FALSE(from_base64(bad)) << bad;
}

}  // namespace
}  // namespace kmsgate::control::cli::test
