// SPDX-License-Identifier: BSD-3-Clause
// The short readers of frames against the full ones, on frames that are in order and on what becomes of them.
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "dataplane/classify/packet.hpp"
#include "dataplane/sip/message.hpp"
#include "tests/unit/dataplane/media_of.hpp"

namespace kmsgate::classify {
namespace {

using namespace kmsgate::test;

class Dice {
  public:
    explicit Dice(unsigned seed) : random_(seed) {}
    std::size_t below(std::size_t n) { return random_() % n; }
    bool one_in(std::size_t n) { return below(n) == 0; }

    Bytes payload() {
        if (one_in(3)) {
            constexpr std::string_view kTexts[] = {"SIP/2.0 200 OK\r\n",
                                                   "sip/2.0 200 OK",
                                                   "\r\n\r\nINVITE sip:a SIP/2.0\r\nVia: x",
                                                   "OPTIONS a sIp/2.0",
                                                   "GET / HTTP/1.0\r\n\r\n",
                                                   "2.0\n",
                                                   "\n\n \t",
                                                   "0",
                                                   "",
                                                   "x SIP/2.0 \t\r"};
            return bytes(kTexts[below(std::size(kTexts))]);
        }
        Bytes out(below(200));
        for (auto& b : out)
            b = static_cast<std::uint8_t>(one_in(4) ? "SIP/2.0\r\n \t0s"[below(13)] : below(256));
        return out;
    }
    std::size_t port() {
        constexpr std::size_t kPorts[] = {5060, 5061, 2152, 4789, 40000, 80, 15, 5070};
        return kPorts[below(std::size(kPorts))];
    }
    Bytes frame() {
        const bool is_tcp = one_in(3);
        const Bytes l4 = is_tcp ? tcp(port(), port(), payload(), 5 + below(3), below(256))
                                : udp(port(), port(), payload());
        if (one_in(3)) return ether(0x86DD, ipv6({.next = is_tcp ? 6U : 17U}, l4));
        V4 head{.protocol = is_tcp ? 6U : 17U};
        if (one_in(4)) head.field = below(3) * 0x2000 + below(3) * 100;
        if (one_in(9)) head.options = Bytes(4, 1);
        if (one_in(20)) head.bad_sum = true;
        if (one_in(20)) head.protocol = below(256);
        Bytes out = ether(0x0800, ipv4(head, l4));
        if (one_in(3)) out.resize(out.size() + below(20));  // Ethernet padding
        return out;
    }
    void spoil(Bytes& frame) {
        for (std::size_t n = below(4); n-- > 0 && !frame.empty();) {
            const std::size_t at =
                one_in(2) ? below(frame.size()) : below(std::min<std::size_t>(frame.size(), 46));
            if (one_in(5))
                frame.resize(at);
            else
                frame[at] = static_cast<std::uint8_t>(one_in(2) ? below(256) : frame[at] ^ 1U << below(8));
        }
        // a right checksum in front of what is wrong
        if (!one_in(2) || frame.size() < 34 || frame[12] != 8 || frame[14] != 0x45) return;
        frame[24] = frame[25] = 0;
        const auto sum = static_cast<std::uint16_t>(~ones_sum(part(frame, 14, 20)));
        frame[24] = static_cast<std::uint8_t>(sum >> 8);
        frame[25] = static_cast<std::uint8_t>(sum);
    }

  private:
    std::mt19937 random_;
};

void expect_same(const Packet& a, const Packet& b) {
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.v6, b.v6);
    EXPECT_EQ(a.tunnelled, b.tunnelled);
    EXPECT_EQ(a.too_deep, b.too_deep);
    EXPECT_EQ(a.l3, b.l3);
    EXPECT_EQ(a.l4, b.l4);
    EXPECT_EQ(a.l4_size, b.l4_size);
    EXPECT_EQ(a.payload, b.payload);
    EXPECT_EQ(a.payload_size, b.payload_size);
    EXPECT_EQ(a.source, b.source);
    EXPECT_EQ(a.destination, b.destination);
    EXPECT_EQ(a.source_port, b.source_port);
    EXPECT_EQ(a.destination_port, b.destination_port);
    EXPECT_EQ(a.protocol, b.protocol);
    EXPECT_EQ(a.tcp_syn, b.tcp_syn);
    EXPECT_EQ(a.fragment_id, b.fragment_id);
    EXPECT_EQ(a.fragment_offset, b.fragment_offset);
    EXPECT_EQ(a.more_fragments, b.more_fragments);
    EXPECT_EQ(a.vlan, b.vlan);
}

TEST(ReadPlain, SaysWhatTheFullReaderSays) {
    Dice dice(1);
    unsigned plain = 0, not_plain = 0;
    for (int i = 0; i < 100'000; ++i) {
        Bytes frame = dice.frame();
        dice.spoil(frame);
        frame.shrink_to_fit();  // so that a sanitizer sees every byte beyond
        Packet packet;
        packet.vlan = 1;  // of another frame
        const Packet full = read(frame);
        if (read_plain(frame, packet)) {
            ++plain;
            expect_same(packet, full);
        } else {
            ++not_plain;
        }
        Packet either;
        read(frame, either);
        expect_same(either, full);
        if (testing::Test::HasFailure()) FAIL() << "frame " << i;
    }
    EXPECT_GT(plain, 20'000U);
    EXPECT_GT(not_plain, 10'000U);
}

TEST(MediaOf, OnlyOfWhatTheFullReadersLetPass) {
    Dice dice(2);
    Ports udp_ports, tcp_ports;
    const auto watched = std::make_unique<Watched>();
    udp_ports.add(5060);
    udp_ports.add(5070);
    tcp_ports.add(5060);
    tcp_ports.add(5061);
    unsigned media = 0;
    for (int i = 0; i < 200'000; ++i) {
        Bytes frame = dice.frame();
        dice.spoil(frame);
        if (!is_media(media_of, frame, udp_ports, tcp_ports, *watched)) continue;
        ++media;
        const Packet p = read(frame);
        const auto payload = std::string_view(reinterpret_cast<const char*>(frame.data()), frame.size())
                                 .substr(p.payload, p.payload_size);
        const auto has = [&p](std::uint16_t port) {
            return p.source_port == port || p.destination_port == port;
        };
        if (p.kind == Kind::udp) {
            EXPECT_FALSE(has(5060) || has(5070));
            EXPECT_EQ(sip::looks_like_sip(payload, true), sip::LooksLike::no);
        } else {
            ASSERT_EQ(p.kind, Kind::tcp);
            EXPECT_TRUE(payload.empty() || !(has(5060) || has(5061)));
            EXPECT_TRUE(payload.empty() || sip::looks_like_sip(payload, true) != sip::LooksLike::yes);
        }
        if (testing::Test::HasFailure()) FAIL() << "frame " << i;
    }
    EXPECT_GT(media, 10'000U);
}

}  // namespace
}  // namespace kmsgate::classify
