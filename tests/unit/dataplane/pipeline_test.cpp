// SPDX-License-Identifier: BSD-3-Clause
// From frame to verdict: what leaves, what is answered, what is told.
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::core {
namespace {

using namespace kmsgate::test;

const Offer kForbidden = {.kmsi = kB};

TEST(Pipeline, ForwardIsByteIdentical) {
    Gate g;
    const Bytes frame = tagged({{0x8100, 0xE005}}, 0x0800,
                               ipv4({.options = Bytes(8, 1)}, udp(5060, 5060, bytes(invite({}).text())))) +
                        Bytes(5, 0xEE);
    const auto out = g.send(frame);
    ASSERT_EQ(out.outside.size(), 1U);
    EXPECT_EQ(out.outside[0], frame);
    EXPECT_TRUE(out.inside.empty());
    EXPECT_EQ(g.last(), "forward allowed");
    EXPECT_EQ(g.lines.back().frames, std::vector<std::uint64_t>{1});
}

TEST(Pipeline, RefusedIsAnswered) {
    Gate g;
    const auto out = g.message(invite(kForbidden));
    EXPECT_EQ(g.last(), "redirect initiator-kms-not-allowed");
    EXPECT_TRUE(out.outside.empty());
    const Received r = receive(out.inside);
    EXPECT_EQ(r.source, bytes(kB4)) << "as the peer would have answered";
    EXPECT_EQ(r.destination, bytes(kA4));
    EXPECT_EQ(r.payload.rfind("SIP/2.0 488 Not Acceptable Here\r\n", 0), 0U);
    EXPECT_NE(r.payload.find("\r\nContent-Type: " + kKrrType + "\r\n"), std::string::npos);
    const std::size_t body = r.payload.find("\r\n\r\n") + 4;
    EXPECT_NE(r.payload.find("\r\nContent-Length: " + std::to_string(r.payload.size() - body) + "\r\n"),
              std::string::npos);
    EXPECT_NE(r.payload.find("<InitiatorKmsList><KmsUri>kms.a.example</KmsUri></InitiatorKmsList>", body),
              std::string::npos);
    EXPECT_EQ(g.outcome(Outcome::redirect), 1U);
    EXPECT_EQ(g.counters().get(Counter::generated), out.inside.size());
}

TEST(Pipeline, OverIpv6InFragmentsWithTags) {
    Gate g(policy_text(), {.mtu = 600});
    Sip s = invite(kForbidden);
    s.via = "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK6";
    std::vector<Bytes> frames;
    for (Bytes f : fragments6(udp(5060, 5060, bytes(s.text())), 400)) {
        const Bytes ip = part(f, 12, f.size() - 12);
        frames.push_back(part(f, 0, 12) + u16(0x8100) + u16(9) + ip);
    }
    const auto out = g.send(frames);
    EXPECT_EQ(g.last(), "redirect initiator-kms-not-allowed");
    EXPECT_EQ(g.lines.back().frames.size(), frames.size());
    ASSERT_GT(out.inside.size(), 1U);
    const Received r = receive(out.inside, 18);
    EXPECT_EQ(r.destination, bytes(kA6));
    EXPECT_LE(r.largest, 600U);
    EXPECT_NE(r.payload.find("488"), std::string::npos);
}

TEST(Pipeline, FragmentsLeaveAsTheyCame) {
    Gate g;
    auto frames = fragments4(udp(5060, 5060, bytes(invite({}).text())), 160);
    ASSERT_GT(frames.size(), 4U);
    std::swap(frames[0], frames[2]);
    std::swap(frames[1], frames.back());
    for (std::size_t i = 0; i + 1 < frames.size(); ++i) EXPECT_TRUE(g.send(frames[i]).outside.empty());
    EXPECT_EQ(g.send(frames.back()).outside, frames) << "in order of arrival";
    EXPECT_EQ(g.last(), "forward allowed");
    // a late duplicate shares the fate; all of them again are a retransmission
    EXPECT_EQ(g.send(frames[1]).outside, std::vector<Bytes>{frames[1]});
    EXPECT_EQ(g.lines.size(), 1U);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (i == 1) continue;
        EXPECT_EQ(g.send(frames[i]).outside, std::vector<Bytes>{frames[i]});
    }
    EXPECT_EQ(g.lines.size(), 2U);
}

TEST(Pipeline, CountsWhoReadTheMessage) {
    Gate g;
    EXPECT_FALSE(g.send(frame4(bytes(invite({}).text()))).outside.empty());
    EXPECT_EQ(g.counters().get(Counter::plain_messages), 1U);
    EXPECT_EQ(g.counters().get(Counter::full_messages), 0U);
    Sip odd = invite({});
    odd.call_id = "c2";
    odd.extra = "Subject: folded\r\n here\r\n";
    EXPECT_FALSE(g.send(frame4(bytes(odd.text()))).outside.empty());
    EXPECT_EQ(g.counters().get(Counter::plain_messages), 1U);
    EXPECT_EQ(g.counters().get(Counter::full_messages), 1U);
}

TEST(Pipeline, RefusedFragmentsAreAnsweredOnceEachTime) {
    Gate g;
    const auto frames = fragments4(udp(5060, 5060, bytes(invite(kForbidden).text())), 400);
    const auto first = g.send(frames);
    EXPECT_FALSE(first.inside.empty());
    EXPECT_TRUE(first.outside.empty());
    const auto second = g.send(frames);
    EXPECT_EQ(receive(second.inside).payload, receive(first.inside).payload)
        << "the same answer to the same request";
    EXPECT_TRUE(second.outside.empty());
    EXPECT_EQ(g.counters().get(Counter::retransmissions), 1U);
}

TEST(Pipeline, NoSignallingPassesAtOnce) {
    Gate g;
    for (const Bytes& f :
         {ether(0x0806, Bytes(28, 0)), frame4(bytes("no sip"), 4000, 4001),
          ether(0x0800, ipv4({.protocol = 6}, tcp(80, 1000, bytes("HTTP/1.1 200")))),
          tcp_frame4({}, 5060, 1000, 0x10), ether(0x8847, Bytes(60, 1)), Bytes(13, 1), frame4({}, 5060, 5060),
          frame4(bytes("\r\n\r\n")), ether(0x0800, ipv4({.protocol = 50}, Bytes(30, 3))),
          frame4(u8(0x30) + u8(0xFF) + Bytes(20, 0) + ipv4({}, udp(5060, 5060, bytes("x"))), 2152, 2152)}) {
        const auto out = g.send(f);
        ASSERT_EQ(out.outside.size(), 1U);
        EXPECT_EQ(out.outside[0], f);
    }
    const auto video = fragments4(udp(4000, 4001, Bytes(3000, 7)), 1000);
    EXPECT_EQ(g.send({video[1], video[0], video[2], video[3]}).outside.size(), 4U);
    EXPECT_TRUE(g.lines.empty());
    EXPECT_TRUE(g.drops.empty());
}

TEST(Pipeline, FragmentedTrafficOfOthersNeverExhaustsTheTable) {
    Gate g(policy_text(), {.fragments = 8});
    for (std::size_t id = 0; id < 200; ++id) {
        const auto video = fragments4(udp(4000, 4001, bytes("line\n") + Bytes(3000, 7)), 1000, {.id = id});
        ASSERT_EQ(g.send(video).outside, video) << id;
    }
}

TEST(Pipeline, OffPortSip) {
    Gate g;
    EXPECT_FALSE(g.send(frame4(bytes(invite(kForbidden).text()), 7000, 7001)).inside.empty());
    EXPECT_EQ(g.last(), "redirect initiator-kms-not-allowed");
    const auto frames = fragments4(udp(7000, 7001, bytes("\r\n\r\n" + invite(kForbidden).text())), 8);
    EXPECT_TRUE(g.send(frames).outside.empty()) << "a first line in pieces of 8 bytes";
    EXPECT_EQ(g.last(), "redirect initiator-kms-not-allowed");
}

TEST(Pipeline, TunnelledIsJudgedAndNeverAnswered) {
    Gate g;
    const Bytes inner = ipv4({}, udp(5060, 5060, bytes(invite(kForbidden).text())));
    for (const Bytes& f :
         {ether(0x0800, ipv4({.protocol = 4}, inner)),
          ether(0x0800, ipv4({.protocol = 47}, u16(0) + u16(0x0800) + inner)),
          ether(8 + inner.size(), u8(0xAA) + u8(0xAA) + u8(3) + u8(0) + u16(0) + u16(0x0800) + inner)}) {
        const auto out = g.send(f);
        EXPECT_TRUE(out.inside.empty() && out.outside.empty());
        EXPECT_EQ(g.last(), "drop initiator-kms-not-allowed");
    }
    for (const std::size_t protocol : {4U, 47U}) {  // fragments outside, as an MTU makes them, and inside
        const Bytes whole = protocol == 47 ? u16(0) + u16(0x0800) + inner : inner;
        EXPECT_TRUE(
            g.send(fragments4(whole, 400, {.protocol = protocol, .id = 70 + protocol})).outside.empty());
        EXPECT_EQ(g.last(), "drop initiator-kms-not-allowed") << "fragments of the tunnel";
    }
    for (const Bytes& f : fragments4(udp(5060, 5060, bytes(invite(kForbidden).text())), 400, {.id = 80})) {
        const auto out = g.send(ether(0x0800, ipv4({.protocol = 4}, part(f, 14, f.size() - 14))));
        EXPECT_TRUE(out.inside.empty() && out.outside.empty());
    }
    EXPECT_EQ(g.last(), "drop initiator-kms-not-allowed") << "fragments in the tunnel";
    const Bytes good =
        ether(0x0800, ipv4({.protocol = 4}, ipv4({}, udp(5060, 5060, bytes(invite({}).text())))));
    EXPECT_EQ(g.send(good).outside, std::vector<Bytes>{good});
}

/// Every header that a host may skip on its way to UDP is skipped here too, in front of and behind a Fragment
/// header.
TEST(Pipeline, Ipv6HeadersBehindAFragmentHeader) {
    const Bytes datagram = udp(5060, 5060, bytes(invite(kForbidden).text()));
    for (const std::size_t type : {0U, 43U, 60U, 135U, 139U, 140U}) {
        Gate g;
        EXPECT_TRUE(g.send(fragments6(extension(17) + datagram, 400, type)).outside.empty())
            << "header " << type << ": passed unread";
        EXPECT_EQ(g.last(), "redirect initiator-kms-not-allowed") << type;
    }
    Gate g;
    EXPECT_TRUE(g.send(fragments6(fragment_header(17, 0, false) + datagram, 400, 44)).outside.empty())
        << "atomic fragment in fragments";
    EXPECT_TRUE(
        g.send(fragments6(fragment_header(17, 0, true) + part(datagram, 0, 800), 400, 44, 8)).outside.empty())
        << "a fragment in fragments";
}

TEST(Pipeline, TcpThatIsNotFollowed) {
    Gate g;
    EXPECT_EQ(g.send(tcp_frame4(bytes("x"), 1000, 5060)).outside.size(), 1U)
        << "a reset: no beginning was seen";
    EXPECT_EQ(g.send(tcp_frame4(bytes("INVITE sip:x SIP/2.0\r\n"), 1000, 1001)).outside.size(), 1U);
    EXPECT_TRUE(
        g.send(fragments4(tcp(1000, 5060, Bytes(500, 'x')), 200, {.protocol = 6, .id = 3})).outside.empty());
    EXPECT_TRUE(g.send(ether(0x0800, ipv4({.protocol = 6}, tcp(1000, 5060, bytes("x"))))).outside.empty());
    EXPECT_TRUE(
        g.send(ether(0x0800, ipv4({.protocol = 6}, tcp(1000, 1001, bytes("INVITE sip:x SIP/2.0\r\n")))))
            .outside.empty());
    ASSERT_EQ(g.drops.size(), 5U);
    EXPECT_EQ(g.drops[0].reason, "tcp-midstream");
    EXPECT_EQ(g.drops[1].reason, "tcp-midstream");
    EXPECT_EQ(g.drops[2].reason, "tcp-uninspected");
    EXPECT_EQ(g.drops[3].reason, "tcp-invalid") << "a wrong checksum";
    EXPECT_EQ(g.drops[4].reason, "tcp-invalid");
    EXPECT_EQ(g.send(tcp_frame4(bytes("\x16\x03"), 1000, 5061)).outside.size(), 1U);
    EXPECT_TRUE(g.lines.empty());
}

TEST(Pipeline, BrokenPackets) {
    Gate g;
    g.send(ether(0x0800, ipv4({.bad_sum = true}, udp(1, 2, bytes("x")))));
    g.send(ether(0x0800, ipv4({.field = 0x2000}, bytes("12345"))));
    EXPECT_EQ(g.outcome(Outcome::ip_malformed), 2U);
    Bytes wrong_sum = frame4(bytes(invite({}).text()));
    wrong_sum[40] = 0x12;
    EXPECT_EQ(g.send(wrong_sum).outside.size(), 1U) << "a wrong UDP checksum is judged as if good";
    EXPECT_EQ(g.last(), "forward allowed");
}

TEST(Pipeline, WaitingFragmentsEndSomehow) {
    Gate g;
    const auto frames = fragments4(udp(5060, 5060, bytes(invite({}).text())), 400);
    g.send(frames[0]);
    g.now += 10 * kSecond;
    g.send(frames[1]);
    g.now += 20 * kSecond;
    g.tick();
    ASSERT_EQ(g.drops.size(), 1U);
    EXPECT_EQ(g.drops[0].reason, "fragment-timeout");
    EXPECT_EQ(g.drops[0].frames, (std::vector<std::uint64_t>{1, 2}));
    g.send(frames[0]);  // held until the end: the gate's destructor sees it accounted for
}

TEST(Pipeline, BeforeThereIsATable) {
    Gate g;
    g.judge.table = nullptr;
    EXPECT_TRUE(g.message(invite({})).outside.empty());
    EXPECT_EQ(g.send(frame4(bytes("hello"), 4000, 4001)).outside.size(), 1U);
    ASSERT_EQ(g.drops.size(), 1U);
    EXPECT_EQ(g.drops[0].reason, "no-table");
    // What is no signalling is forwarded, also when it cannot be read.
    EXPECT_EQ(g.send(ether(0x8847, Bytes(60, 1))).outside.size(), 1U) << "MPLS";
    EXPECT_EQ(g.send(ether(0x0800, ipv4({.protocol = 50}, Bytes(30, 3)))).outside.size(), 1U) << "ESP";
    EXPECT_EQ(
        g.send(ether(0x0800, ipv4({.protocol = 47}, u16(1) + u16(0x880B) + Bytes(30, 3)))).outside.size(), 1U)
        << "GRE";
}

}  // namespace
}  // namespace kmsgate::core
