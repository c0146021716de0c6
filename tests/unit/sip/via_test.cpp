// SPDX-License-Identifier: BSD-3-Clause
// The top Via (RFC 3261 20.42, RFC 3581).
#include <gtest/gtest.h>

#include "tests/unit/sip/parsed.hpp"

namespace kmsgate::sip::test {
namespace {

std::string with_via(std::string_view line) {
    return replaced(invite(), "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK77", line);
}

TEST(Via, AllFields) {
    const Parsed p(
        with_via("Via: SIP/2.0/UDP h.example:5070;branch=z9hG4bKa;rport;maddr=192.0.2.9;received=192.0.2.3"));
    EXPECT_EQ(p.faults(), "");
    const Via& via = p->via;
    EXPECT_TRUE(via.readable);
    EXPECT_EQ(via.transport, "UDP");
    EXPECT_EQ(via.host, "h.example");
    EXPECT_EQ(via.port, 5070);
    EXPECT_EQ(via.sent_by, "h.example:5070");
    EXPECT_EQ(via.branch, "z9hG4bKa");
    EXPECT_EQ(via.maddr, "192.0.2.9");
    EXPECT_TRUE(via.rport);
    EXPECT_EQ(via.rport_param, "rport");
    EXPECT_EQ(via.received_param, "received=192.0.2.3");
    EXPECT_EQ(via.value,
              "SIP/2.0/UDP h.example:5070;branch=z9hG4bKa;rport;maddr=192.0.2.9;received=192.0.2.3");
}

TEST(Via, AbsentFieldsAreEmpty) {
    const Parsed p(with_via("Via: SIP/2.0/UDP h"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.host, "h");
    EXPECT_EQ(p->via.sent_by, "h");
    EXPECT_EQ(p->via.port, 0);
    EXPECT_EQ(p->via.branch, "");
    EXPECT_EQ(p->via.maddr, "");
    EXPECT_FALSE(p->via.rport);
    EXPECT_EQ(p->via.rport_param, "");
    EXPECT_EQ(p->via.received_param, "");
    EXPECT_TRUE(p->answerable());
}

TEST(Via, ParametersInAnyCaseWithWhiteSpace) {
    const Parsed p(
        with_via("Via: SIP/2.0/UDP h ; RPort = 5062 ;\r\n BRANCH\t=\r\n z9hG4bKx ; Received = 192.0.2.3"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_TRUE(p->via.rport);
    EXPECT_EQ(p->via.rport_param, "RPort = 5062");
    EXPECT_EQ(p->via.branch, "z9hG4bKx");
    EXPECT_EQ(p->via.received_param, "Received = 192.0.2.3");
}

TEST(Via, EmptyRportValueAndQuotedDecoys) {
    const Parsed p(with_via("Via: SIP/2.0/UDP h;x=\"a;branch=z9hG4bKno,SIP\";rport=;branch=z9hG4bKyes"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.branch, "z9hG4bKyes");
    EXPECT_TRUE(p->via.rport);
    EXPECT_EQ(p->via.rport_param, "rport=");
    EXPECT_FALSE(Parsed(with_via("Via: SIP/2.0/UDP h;xrport;rportx;x=rport"))->via.rport);
}

TEST(Via, WhiteSpaceAroundSlashesAndColon) {
    const Parsed p(with_via(
        "Via: SIP / 2.0 / UDP first.example.com : 4000 ;ttl=16\r\n  ;maddr=192.0.2.250 ;branch=z9hG4bKa"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.transport, "UDP");
    EXPECT_EQ(p->via.host, "first.example.com");
    EXPECT_EQ(p->via.port, 4000);
    EXPECT_EQ(p->via.sent_by, "first.example.com : 4000");
    EXPECT_EQ(p->via.maddr, "192.0.2.250");
    EXPECT_EQ(p->via.branch, "z9hG4bKa");
    const Parsed folded(with_via("Via:\r\n SIP\r\n /\r\n 2.0\r\n /UDP\r\n\t192.0.2.2;branch=390"));
    EXPECT_EQ(folded.faults(), "");
    EXPECT_EQ(folded->via.sent_by, "192.0.2.2");
    EXPECT_EQ(folded->via.branch, "390");
}

TEST(Via, Ipv6SentBy) {
    const Parsed p(
        with_via("Via: SIP/2.0/TCP [2001:db8::9:1]:6050;received=2001:db8::9:255;branch=z9hG4bKas3"));
    EXPECT_EQ(p.faults(), "");
    EXPECT_EQ(p->via.host, "[2001:db8::9:1]");
    EXPECT_EQ(p->via.port, 6050);
    EXPECT_EQ(p->via.sent_by, "[2001:db8::9:1]:6050");
    EXPECT_EQ(p->via.received_param, "received=2001:db8::9:255");
    EXPECT_EQ(Parsed(with_via("Via: SIP/2.0/TCP [::ffff:192.0.2.1];branch=z"))->via.host,
              "[::ffff:192.0.2.1]");
}

TEST(Via, TheFirstOfARowOrALineIsTheTop) {
    const char* const forms[] = {
        "Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b;branch=z9hG4bK2",
        "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nVia: SIP/2.0/TCP b;branch=z9hG4bK2",
        "v: SIP/2.0/UDP a;branch=z9hG4bK1 ,SIP/2.0/TCP b\r\nVia: SIP/2.0/TLS c",
        "Via: , SIP/2.0/UDP a;branch=z9hG4bK1",
    };
    for (const char* form : forms) {
        const Parsed p(with_via(form));
        EXPECT_EQ(p.faults(), "") << form;
        EXPECT_EQ(p->via.host, "a") << form;
        EXPECT_EQ(p->via.branch, "z9hG4bK1") << form;
        EXPECT_EQ(p->via.value, "SIP/2.0/UDP a;branch=z9hG4bK1") << form;
    }
}

TEST(Via, OddOnesThatReadersStillRead) {
    for (const char* line :
         {"Via: SIP/2.0/UNKNOWN h;branch=z9hG4bK1", "Via: SIP/2.0/UDP h (a comment, 2543);branch=z9hG4bK1",
          "Via: SIP/2.0/UDP h;;;branch=z9hG4bK1;", "Via: SIP/7.0/UDP h;branch=z9hG4bK1",
          "Via: sip/2.0/udp h;branch=z9hG4bK1", "Via: SIP/2.0/UDP a_b.example.;branch=z9hG4bK1"}) {
        const Parsed p(with_via(line));
        EXPECT_EQ(p.faults(), "") << line;
        EXPECT_EQ(p->via.branch, "z9hG4bK1") << line;
    }
}

TEST(Via, UnreadableOnes) {
    for (const char* line : {"Via:",
                             "Via: ,",
                             "Via: SIP/2.0/UDP",
                             "Via: SIP/2.0/UDP ",
                             "Via: SIP/2.0 h",
                             "Via: SIP/2.0/ h",
                             "Via: /2.0/UDP h",
                             "Via: SIP//UDP h",
                             "Via: SIP/2.0/UDP;branch=x",
                             "Via: SIP/2.0/UDP h:",
                             "Via: SIP/2.0/UDP h:x",
                             "Via: SIP/2.0/UDP h:65536",
                             "Via: SIP/2.0/UDP h:99999999999",
                             "Via: SIP/2.0/UDP h i",
                             "Via: SIP/2.0/UDP [::1",
                             "Via: SIP/2.0/UDP []",
                             "Via: SIP/2.0/UDP [::1]x",
                             "Via: SIP/2.0/UDP 2001:db8::1",
                             "Via: SIP/2.0/UDP \x01;x",
                             "Via: SIP/2.0/UDP h;x=\"open",
                             "Via: SIP/2.0/UDP h;x=(open",
                             "Via: SIP/2.0/UDP (h)"}) {
        const Parsed p(with_via(line));
        EXPECT_EQ(p.faults(), "header-value") << line;
        EXPECT_FALSE(p->via.readable) << line;
        EXPECT_FALSE(p->answerable()) << line;
    }
}

TEST(Via, PortBounds) {
    EXPECT_EQ(Parsed(with_via("Via: SIP/2.0/UDP h:65535"))->via.port, 65535);
    EXPECT_EQ(Parsed(with_via("Via: SIP/2.0/UDP h:0005060"))->via.port, 5060);
}

}  // namespace
}  // namespace kmsgate::sip::test
