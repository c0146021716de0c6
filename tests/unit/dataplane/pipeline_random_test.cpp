// SPDX-License-Identifier: BSD-3-Clause
// Random frames and random changes to good ones: whatever comes, each frame is accounted for, no buffer is
// lost (the gate checks both at its end), and in shadow mode what has no fault of IP leaves as it came.
#include <random>

#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::core {
namespace {

using namespace kmsgate::test;

std::vector<Bytes> seeds() {
    std::vector<Bytes> out;
    Sip options;
    options.method = "OPTIONS";
    Sip back;
    back.status = 488;
    back.type = kKrrType;
    back.body = krr_text("<KmsUri>kms.b.example</KmsUri>");
    Sip ack;
    ack.method = "ACK";
    Sip cancel;
    cancel.method = "CANCEL";
    for (const Sip& s : {invite({}), invite({.kmsi = kB}), options, back, ack, cancel}) {
        const Bytes text = bytes(s.text());
        out.push_back(frame4(text));
        out.push_back(frame6(text));
        out.push_back(tagged({{0x8100, 1}}, 0x0800, ipv4({}, udp(7000, 7001, text))));
        out.push_back(ether(0x0800, ipv4({.protocol = 4}, ipv4({}, udp(5060, 5060, text)))));
        for (const Bytes& f : fragments4(udp(5060, 5060, text), 400)) out.push_back(f);
        for (const Bytes& f : fragments6(extension(17) + udp(5060, 5060, text), 400, 60)) out.push_back(f);
    }
    for (const Bytes& f : fragments4(udp(4000, 4001, Bytes(1500, 'v')), 400, {.id = 77})) out.push_back(f);
    out.push_back(ether(0x0800, ipv4({.protocol = 6}, tcp(1000, 5060, bytes("INVITE sip:b SIP/2.0\r\n")))));
    out.push_back(ether(0x0806, Bytes(28, 0)));
    out.push_back(ether(0x8847, Bytes(60, 1)));
    return out;
}

/// Puts the IPv4 header checksum right again, so that changes reach what lies behind it.
void mend(Bytes& f) {
    if (f.size() < 34 || get16(f, 12) != 0x0800 || f[14] != 0x45) return;
    f[24] = f[25] = 0;
    const auto sum = static_cast<std::uint16_t>(~ones_sum(part(f, 14, 20)));
    f[24] = static_cast<std::uint8_t>(sum >> 8);
    f[25] = static_cast<std::uint8_t>(sum);
}

void storm(Gate& g, std::uint32_t seed, int rounds) {
    std::mt19937 random(seed);
    const auto good = seeds();
    for (int i = 0; i < rounds; ++i) {
        g.now += random() % 200 * kMillisecond;
        Bytes f = good[random() % good.size()];
        const auto kind = random() % 10;
        for (std::size_t n = kind < 4 ? 0 : 1 + random() % 4; n != 0; --n) {
            const std::size_t at = 12 + random() % (f.size() - 12);
            if (kind == 9)
                f.erase(f.begin() + static_cast<std::ptrdiff_t>(at),
                        f.begin() + static_cast<std::ptrdiff_t>(std::min(f.size(), at + 1 + random() % 40)));
            else
                f[at] = static_cast<std::uint8_t>(random());
            if (f.size() < 13) break;
        }
        if (kind == 8) f.resize(random() % (f.size() + 1));
        if (random() % 2 != 0) mend(f);
        const auto out = g.send(f, random() % 3 != 0 ? Arrival::inside : Arrival::outside);
        ASSERT_TRUE(g.counters().get(Counter::frames_in) == static_cast<std::uint64_t>(i) + 1);
    }
}

TEST(PipelineRandom, Enforce) {
    Gate g;
    storm(g, 1, 4000);
    EXPECT_GT(g.outcome(Outcome::redirect), 0U);
    EXPECT_GT(g.outcome(Outcome::rewrite), 0U);
    EXPECT_GT(g.outcome(Outcome::forward), 0U);
    EXPECT_GT(g.outcome(Outcome::ip_malformed), 0U);
}

TEST(PipelineRandom, TinyTables) {
    Gate g(policy_text(), {.transactions = 2, .fragments = 3, .mtu = 300});
    storm(g, 2, 3000);
    EXPECT_GT(g.outcome(Outcome::fragment_budget), 0U);
}

TEST(PipelineRandom, FewBuffers) {
    const auto few = replay::make_pool("random-few", 3);
    ASSERT_TRUE(few);
    Gate g(policy_text(), {.mtu = 300, .pool = few->get()});
    storm(g, 3, 2000);
    EXPECT_GT(g.counters().get(Counter::unsent_answers), 0U);
}

TEST(PipelineRandom, Shadow) {
    Gate g(policy_text("    mode: shadow\n"));
    storm(g, 4, 3000);
    EXPECT_EQ(g.counters().get(Counter::generated), 0U);
    EXPECT_EQ(g.counters().frames(Fate::absorbed), 0U);
    EXPECT_EQ(g.outcome(Outcome::drop), 0U);
}

TEST(PipelineRandom, IsEdge) {
    Gate g(policy_text("", "", "is"));
    storm(g, 5, 3000);
}

}  // namespace
}  // namespace kmsgate::core
