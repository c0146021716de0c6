// SPDX-License-Identifier: BSD-3-Clause
// KRRs that pass back: narrowed, with nothing else of the message changed.
#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::core {
namespace {

using namespace kmsgate::test;

std::string uri(std::string_view name) {
    return "<KmsUri>" + std::string(name) + "</KmsUri>";
}

Sip answer(std::string body) {
    Sip s;
    s.status = 488;
    s.to += ";tag=far";
    s.type = kKrrType;
    s.body = std::move(body);
    return s;
}
/// The InitiatorKmsList of the outermost KRR in a payload.
std::string initiator_list(const std::string& payload) {
    const std::size_t from = payload.find("<InitiatorKmsList");
    return payload.substr(from, payload.find("<ReceiverKmsList", from) - from);
}

TEST(KrrBack, AdheringIsForwarded) {
    Gate g;
    EXPECT_EQ(g.message(answer(krr_text(uri(kA))), Arrival::outside).inside.size(), 1U);
    EXPECT_EQ(g.last(), "forward krr-adheres");
}

TEST(KrrBack, OnlyBodyAndLengthsChange) {
    Gate g;
    const std::string old = krr_text(uri(kB) + uri(kA));
    Sip s = answer(old);
    s.extra = "X-Odd :  kept \r\n folded\r\n";
    const Bytes options = Bytes(8, 1);
    const Bytes frame =
        tagged({{0x8100, 3}}, 0x0800, ipv4({.options = options}, udp(5060, 5060, bytes(s.text())))) +
        Bytes(3, 0);
    const auto out = g.send(frame, Arrival::outside);
    EXPECT_EQ(g.last(), "rewrite krr-initiator-narrowed");
    ASSERT_EQ(out.inside.size(), 1U);
    const Bytes& f = out.inside[0];
    const std::size_t ip = 18, udp_at = ip + 28;
    EXPECT_EQ(part(f, 0, ip + 2), part(frame, 0, ip + 2));
    EXPECT_EQ(part(f, ip + 4, 6), part(frame, ip + 4, 6)) << "id, flags, TTL, protocol";
    EXPECT_EQ(part(f, ip + 12, 16), part(frame, ip + 12, 16)) << "addresses and options";
    EXPECT_EQ(part(f, udp_at, 4), part(frame, udp_at, 4)) << "ports";
    const Received r = receive(out.inside, ip);
    const std::string& before = s.text();
    const std::string head = before.substr(0, before.find("Content-Length: ") + 16);
    EXPECT_EQ(r.payload.rfind(head, 0), 0U) << "every header but Content-Length stays, with its spelling";
    const std::size_t body = r.payload.find("\r\n\r\n") + 4;
    EXPECT_EQ(r.payload.substr(head.size(), body - head.size()),
              std::to_string(r.payload.size() - body) + "\r\n\r\n");
    EXPECT_NE(initiator_list(r.payload).find(uri(kA)), std::string::npos);
    EXPECT_EQ(initiator_list(r.payload).find(uri(kB)), std::string::npos);
    EXPECT_NE(r.payload.find(old.substr(old.find("?>") + 2)), std::string::npos)
        << "the old KRR is embedded byte for byte";
}

TEST(KrrBack, InAMultipart) {
    Gate g;
    const std::string before =
        "preamble\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: " + kKrrType +
        "\r\n\r\n";
    const std::string after = "\r\n--b1\r\nContent-Type: text/plain\r\n\r\nbye\r\n--b1--\r\nepilogue";
    Sip s = answer(before + krr_text(uri(kB)) + after);
    s.type = "multipart/mixed;boundary=b1";
    const auto out = g.message(s, Arrival::outside);
    EXPECT_EQ(g.last(), "rewrite krr-initiator-narrowed");
    const Received r = receive(out.inside);
    const std::string body = r.payload.substr(r.payload.find("\r\n\r\n") + 4);
    EXPECT_EQ(body.rfind(before, 0), 0U);
    EXPECT_TRUE(body.ends_with(after));
    EXPECT_NE(r.payload.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"),
              std::string::npos);
}

TEST(KrrBack, GrownBeyondTheMtu) {
    Gate g(policy_text(), {.mtu = 600});
    const auto frames = fragments6(udp(5060, 5060, bytes(answer(krr_text(uri(kB))).text())), 400);
    const auto out = g.send(frames, Arrival::outside);
    EXPECT_EQ(g.last(), "rewrite krr-initiator-narrowed");
    ASSERT_GT(out.inside.size(), 1U);
    const Received r = receive(out.inside);
    EXPECT_LE(r.largest, 600U);
    EXPECT_EQ(r.source, bytes(kA6)) << "from whom it came";
    EXPECT_EQ(part(out.inside[0], 0, 12), kMacs) << "on to where it went";
}

TEST(KrrBack, CopiesAreRewrittenIdentically) {
    Gate g;
    const Sip s = answer(krr_text(uri(kB)));
    const auto first = receive(g.message(s, Arrival::outside).inside).payload;
    g.now += 3 * kSecond;
    EXPECT_EQ(receive(g.message(s, Arrival::outside).inside).payload, first);
}

TEST(KrrBack, OutOfBuffers) {
    const auto none = replay::make_pool("krr-none", 1);
    ASSERT_TRUE(none);
    Gate g(policy_text(), {.pool = none->get()});
    const Mbuf taken(rte_pktmbuf_alloc(none->get()));
    EXPECT_TRUE(g.message(answer(krr_text(uri(kB))), Arrival::outside).inside.empty())
        << "never the old KRR instead";
    EXPECT_EQ(g.counters().get(Counter::unsent_answers), 1U);
}

}  // namespace
}  // namespace kmsgate::core
