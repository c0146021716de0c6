// SPDX-License-Identifier: BSD-3-Clause
// Ends that do their worst on a connection of their own, or on somebody else's.
#include <rte_mbuf.h>

#include <algorithm>

#include "tests/unit/stream/kit.hpp"

namespace kmsgate::stream::test {
namespace {

using core::Counter;

class HostileEnds : public Gate {
  protected:
    void wire(Arrival from, Sequence seq, Sequence ack, std::string flags, std::string payload = {},
              std::uint16_t window = 65'535, std::uint16_t client = 40'000, std::uint16_t server = 5060,
              std::string options = {}) {
        send({.from = from,
              .seq = seq,
              .ack = ack,
              .flags = std::move(flags),
              .window = window,
              .payload = std::move(payload),
              .options = std::move(options),
              .client_port = client,
              .server_port = server});
    }
    void forbid() {
        host->verdict = [](std::string_view) { return Host::Judged{.forward = false, .answer = {}}; };
    }
    // a connection to port 8080
    void off(Arrival from, Sequence seq, Sequence ack, std::string flags, std::string payload = {}) {
        wire(from, seq, ack, std::move(flags), std::move(payload), 65'535, 40'000, 8080);
    }
    void off_open() {
        off(Arrival::inside, kClient, 0, "S");
        off(Arrival::outside, kServer, kClient + 1, "SA");
        off(Arrival::inside, kClient + 1, kServer + 1, "A");
    }
    /// What an application at the outside reads of what left: from kClient + 1 on, without a gap.
    std::string read_by_peer() const {
        std::string bytes(20'000, '\0');
        std::vector<bool> has(bytes.size());
        for (const Left& left : host->ended) {
            if (core::fate(left.outcome) != core::Fate::out) continue;
            const Wire w = read_back(left.frame);
            if (w.from != Arrival::inside) continue;
            const Sequence first = w.seq + (w.flags.find('S') != std::string::npos ? 1U : 0U);
            for (std::size_t i = 0; i < w.payload.size(); ++i) {
                const std::size_t place = first + i - (kClient + 1);
                if (place >= bytes.size() || has[place]) continue;
                bytes[place] = w.payload[i], has[place] = true;
            }
        }
        return bytes.substr(0,
                            static_cast<std::size_t>(std::find(has.begin(), has.end(), false) - has.begin()));
    }
    /// A message, its start line cut in two.
    std::string off_split(Sequence from, std::string flags = "A") {
        const std::string text = message("MIKEY");
        const std::size_t cut = text.find("/2.0\r\n") + 2;
        off(Arrival::inside, from, kServer + 1, std::move(flags), text.substr(0, cut));
        off(Arrival::inside, from + static_cast<Sequence>(cut), kServer + 1, "A", text.substr(cut));
        return text;
    }
};

TEST_F(HostileEnds, AFrameInSeveralBuffersKeepsThemAll) {
    shake_hands();
    const std::string text = message(std::string(6'000, 'b'));  // MTU 9,000: four buffers of 2 kB
    say(Arrival::inside, text.substr(0, 5'000));
    ASSERT_GE(host->counted(Counter::tcp_promises), 1U) << "ours to deliver";
    say(Arrival::inside, text.substr(5'000));
    ASSERT_EQ(passed_to(Arrival::outside), text);
    // other traffic takes what the pool has
    std::vector<Mbuf> others;
    const std::string foreign(1'900, '#');
    for (int i = 0; i < 200; ++i)
        others.push_back(
            core::make_frame(pool, {reinterpret_cast<const std::uint8_t*>(foreign.data()), foreign.size()}));
    host->sent.clear();
    for (int i = 0; i < 20; ++i) tick(100 * core::kMillisecond);
    ASSERT_FALSE(ours(Arrival::outside).empty());
    EXPECT_TRUE(ours(Arrival::outside)[0].payload == text.substr(0, 5'000))
        << "bytes of others are sent again";
    others.clear();
}

TEST_F(HostileEnds, JoiningAtAPlaceThatNobodySaid) {
    host->action = policy::Action::judge;           // tcp-midstream
    wire(Arrival::inside, at[0], at[1], "A", "x");  // shows the connection
    wire(Arrival::outside, at[1], at[0], "A");
    // from inside: a message of its own, that acknowledges what the other side never sent
    wire(Arrival::inside, at[0], at[1] + 100'000, "PA", message("hello"));
    forbid();
    wire(Arrival::outside, at[1], at[0], "PA", message("MIKEY"));
    EXPECT_EQ(passed_to(Arrival::inside).find("MIKEY"), std::string::npos) << "unjudged";
}

TEST_F(HostileEnds, ACopyOfASynAckAnswersTheSameSyn) {
    shake_hands();
    say(Arrival::inside, message("hello"));
    wire(Arrival::outside, at[1], at[0], "A");
    forbid();
    const Sequence lower = kClient - 100'000;
    wire(Arrival::inside, lower, 0, "S");
    wire(Arrival::outside, kServer, lower + 1, "SA");
    wire(Arrival::inside, lower + 1, kServer + 1, "PA", message("MIKEY"));
    EXPECT_EQ(passed_to(Arrival::outside).find("MIKEY"), std::string::npos);
}

TEST_F(HostileEnds, WhatPassedInShadowIsNotTrustedInEnforce) {
    host->watches = true;
    shake_hands();
    say(Arrival::inside, "MESSAGE sip:b@h SIP/2.0\r\n\r\n");  // broken: passing
    host->watches = false;                                    // the operator commits enforce
    forbid();
    say(Arrival::inside, message("MIKEY"));
    EXPECT_EQ(passed_to(Arrival::outside).find("MIKEY"), std::string::npos);
}

TEST_F(HostileEnds, AZeroWindowProbeIsAnswered) {
    shake_hands({}, 1'000);
    const std::string text = message(std::string(2'000, 'b'));
    const std::string first = message(std::string(1'000 - message(std::string(900, 'x')).size() + 900, 'x'));
    ASSERT_EQ(first.size(), 1'000U);
    say(Arrival::inside, first);
    wire(Arrival::outside, at[1], at[0], "A", {}, 0);  // it has it, and no room; the news of room is lost
    host->ended.clear();
    host->sent.clear();
    // RFC 9293 3.8.6.1: one byte of new data, as BSD, Windows and lwIP do
    for (int i = 0; i < 5; ++i) {
        wire(Arrival::inside, at[0], at[1], "A", text.substr(0, 1));
        tick(core::kSecond);
    }
    const bool asked = !ours(Arrival::outside).empty();
    const bool answered = !ours(Arrival::inside).empty();
    EXPECT_TRUE(asked || answered) << "tcp-invalid " << ends(Outcome::tcp_invalid);
}

TEST_F(HostileEnds, WhereAReceiverLacksTheEndOfAMessageNobodyJoins) {
    host->action = policy::Action::judge;  // tcp-midstream
    shake_hands();
    const std::string text = message(std::string(500, 'b'));
    const std::size_t head = text.find("\r\n\r\n") + 4;
    say(Arrival::inside, text.substr(0, head));
    const Sequence here = at[0];
    say(Arrival::inside, text.substr(head));  // its TTL ends behind the gate
    wire(Arrival::outside, at[1], here, "A");
    wire(Arrival::inside, at[0], at[1], "R");  // not where its receiver stands: that asks back (RFC 5961 3.2)
    wire(Arrival::outside, at[1], here, "A");
    host->ended.clear();
    // its receiver takes this for the body of the first one, and what begins at its 501st byte for a message
    const std::string second = message(std::string(420, 'c') + "INVITE sip:b@mc1.example SIP/2.0\r\nMIKEY");
    for (int i = 0; i < 3; ++i) {
        wire(Arrival::inside, here, at[1], "PA", second);
        wire(Arrival::outside, at[1], here, "A");
    }
    EXPECT_EQ(passed_to(Arrival::outside).find("MIKEY"), std::string::npos);
}

TEST_F(HostileEnds, WhatIsOursToDeliverFitsThePath) {
    shake_hands();
    const std::string text = message(std::string(6'000, 'b'));
    for (std::size_t i = 0; i < text.size(); i += 1'460) say(Arrival::inside, text.substr(i, 1'460));
    ASSERT_GE(host->counted(Counter::tcp_promises), 1U);
    host->sent.clear();
    // a tunnel with an MTU of 1,400 behind the gate: none of them arrives, and the ICMP message goes to a
    // sender that has an acknowledgement
    for (int i = 0; i < 1'200; ++i) tick(100 * core::kMillisecond);
    bool fits = false;
    for (const auto& [port, frame] : host->sent) {
        if (port != Arrival::outside) continue;
        const Wire w = read_back(frame);
        const bool df = (static_cast<unsigned char>(frame[14 + 6]) & 0x40) != 0;
        fits |= !w.payload.empty() && (!df || w.payload.size() <= 1'360);
    }
    EXPECT_TRUE(fits) << "retransmissions " << host->counted(Counter::tcp_retransmissions) << ", tcp-late "
                      << host->counted(Counter::tcp_late);
}

TEST_F(HostileEnds, MoreSegmentsThanCanBeCounted) {
    pool = rte_pktmbuf_pool_create("stream-large", 66'500, 0, core::kPrivateSize, 256, SOCKET_ID_ANY);
    ASSERT_NE(pool, nullptr);
    Limits limits;
    limits.frames = 1'000'000;  // as the configuration allows
    build(limits);
    shake_hands(std::string("\x03\x03\x0e\x00", 4));
    wire(Arrival::outside, at[1], at[0], "A");
    for (Sequence i = 0; i < 66'000; ++i) {
        wire(Arrival::inside, kClient + 1 + i, kServer + 1, "A", "\n");
        if (i % 1'000 == 0) host->ended.clear();
    }
    EXPECT_EQ(room->kept(), 66'000U);
    wire(Arrival::inside, kClient + 1 + 66'000, 0, "R");
    EXPECT_EQ(room->kept(), 0U) << "counted for ever";
}

TEST_F(HostileEnds, OursBearTheClassOfTheirConnection) {
    shake_hands();
    Wire w{.from = Arrival::inside,
           .seq = at[0],
           .ack = at[1],
           .flags = "A",
           .payload = "MESSAGE",
           .options = {}};
    std::string frame = frame_of(w);
    // DSCP 40 (CS5), header checksum made up for
    frame[15] = static_cast<char>(0xA0);
    const unsigned sum =
        (static_cast<unsigned char>(frame[24]) << 8 | static_cast<unsigned char>(frame[25])) - 0xA0U;
    frame[24] = static_cast<char>(sum >> 8), frame[25] = static_cast<char>(sum);
    Mbuf m = core::make_frame(pool, {reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()});
    core::meta(m.get()).time = now;
    core::meta(m.get()).number = ++number;
    std::vector<std::uint8_t> scratch(1 << 17);
    const auto bytes = core::linear(m.get(), scratch);
    const auto packet = classify::read(bytes);
    ASSERT_EQ(packet.kind, classify::Kind::tcp);
    streams->segment(std::move(m), packet, bytes, Port::sip, *host);
    tick(200 * core::kMillisecond);
    ASSERT_EQ(host->sent.size(), 1U);
    EXPECT_EQ(static_cast<unsigned char>(host->sent[0].second[15]), 0xA0U);
}

TEST_F(HostileEnds, AnAcknowledgementFromLongAgoIsNobodys) {
    // RFC 5961 5.2: its receiver throws the segment away; an attacker off the path needs no right number
    shake_hands();
    wire(Arrival::inside, at[0] + 3, at[1] - 1'000'000'000, "A", "injected");
    say(Arrival::inside, message("hello"));
    EXPECT_EQ(passed_to(Arrival::outside), message("hello"))
        << "tcp-conflicts " << host->counted(Counter::tcp_overlap);
}

TEST_F(HostileEnds, AFinFromNowhereEndsNothing) {
    shake_hands();
    wire(Arrival::inside, at[0] + 10, at[1] - 1'000'000'000, "FA");
    say(Arrival::inside, message("hello"));
    EXPECT_EQ(passed_to(Arrival::outside), message("hello")) << "tcp-invalid " << ends(Outcome::tcp_invalid);
}

TEST_F(HostileEnds, ACopyBringsNoMoreThanItself) {
    shake_hands();
    say(Arrival::inside, message(std::string(1'300, 'b')));  // never acknowledged
    say(Arrival::inside, "M");
    host->sent.clear();
    for (int i = 0; i < 1'000; ++i) wire(Arrival::inside, at[0] - 1, at[1], "A", "M");
    std::size_t bytes = 0;
    for (const Wire& w : ours(Arrival::outside)) bytes += w.payload.size();
    EXPECT_LT(bytes, 100'000U) << "for 1,000 segments of one byte";
}

TEST_F(HostileEnds, ACopyThatIsHardToPlaceCostsNobodyElse) {
    // another connection waits for the rest of a message, for two seconds
    wire(Arrival::inside, kClient, 0, "S", {}, 65'535, 7);
    wire(Arrival::outside, kServer, kClient + 1, "SA", {}, 65'535, 7);
    const std::string text = message("hello");
    wire(Arrival::inside, kClient + 1, kServer + 1, "A", text.substr(0, 40), 65'535, 7);
    tick(2 * core::kSecond);
    shake_hands();
    for (Sequence i = 0; i < 1'200; ++i) wire(Arrival::inside, at[0] + i, at[1], "A", "\n");
    for (int i = 0; i < 5; ++i) wire(Arrival::inside, at[0] + 1'199, at[1], "A", "\n");
    EXPECT_EQ(host->counted(Counter::tcp_refused), 0U) << "kept " << room->kept() << " of 16,384";
    host->ended.clear();
    wire(Arrival::inside, kClient + 41, kServer + 1, "A", text.substr(40), 65'535, 7);
    EXPECT_NE(passed_to(Arrival::outside).find("hello"), std::string::npos);
}

TEST_F(HostileEnds, OffPortLongStartLine) {
    forbid();
    off_open();
    const std::string text = "MESSAGE sip:" + std::string(1'020, 'u') + "@mc1.example SIP/2.0\r\n" +
                             message("MIKEY").substr(message("MIKEY").find("Via"));
    off(Arrival::inside, kClient + 1, kServer + 1, "PA", text);
    EXPECT_EQ(passed_to(Arrival::outside), "") << "one segment, a whole message";
}

TEST_F(HostileEnds, OffPortBlankLinesInFront) {
    forbid();
    off_open();
    std::string blanks;
    for (int i = 0; i < 512; ++i) blanks += "\r\n";
    off(Arrival::inside, kClient + 1, kServer + 1, "PA", blanks);
    off_split(kClient + 1 + 1'024);
    EXPECT_EQ(read_by_peer().find("MIKEY"), std::string::npos);
}

TEST_F(HostileEnds, AReceiverThatHeardOfNoResetHearsOne) {
    shake_hands();
    const std::string text = message(std::string(500, 'b'));
    say(Arrival::inside, text.substr(0, 100));
    say(Arrival::inside, text.substr(100));  // its TTL ends behind the gate, as that of the reset
    wire(Arrival::inside, at[0], at[1], "R");
    wire(Arrival::outside, at[1], at[0] - 400, "A");
    ASSERT_FALSE(ours(Arrival::outside).empty());
    const Wire reset = ours(Arrival::outside).back();
    EXPECT_EQ(reset.flags, "R");
    EXPECT_EQ(reset.seq, at[0] - 400) << "the place that it stands at (RFC 5961 3.2)";
    host->sent.clear();
    wire(Arrival::outside, at[1], 0, "R");
    EXPECT_TRUE(host->sent.empty());
}

TEST_F(HostileEnds, TwoVersionsTakeTheConnectionDownIfWanted) {
    for (const bool reset : {false, true}) {
        Limits limits;
        limits.reset_conflicts = reset;
        build(limits);
        at[0] = kClient + 1;
        at[1] = kServer + 1;
        shake_hands();
        const Sequence start = at[0];
        say(Arrival::inside, message("hello").substr(0, 50));
        for (int i = 0; i < 2; ++i) wire(Arrival::inside, start, at[1], "A", std::string(50, 'x'));
        EXPECT_EQ(host->counted(Counter::tcp_disputed), 1U) << "the connection, once";
        EXPECT_EQ(host->counted(Counter::tcp_overlap), reset ? 1U : 2U);
        EXPECT_EQ(host->counted(Counter::tcp_refused), reset ? 1U : 0U);
        say(Arrival::inside, message("hello").substr(50));
        EXPECT_EQ(passed_to(Arrival::outside), reset ? "" : message("hello"));
    }
}

/// More than all numbers in between (RFC 9293 3.4): what is far behind stays behind.
TEST(HalfOfAConnection, LastsForMoreThanItHasNumbers) {
    Half h;
    h.start_at(0xFFFF'0000U);
    h.promised = h.claimed = h.recover = h.start + 500;
    Sequence at = h.start;
    for (int i = 0; i < 40; ++i) {
        at += kWidest - 1;
        h.next = h.released = at;
        h.acknowledged(at);
        EXPECT_FALSE(before(h.next + kWidest, h.start));
        for (const Sequence old : {h.start, h.promised, h.claimed, h.recover, h.offer})
            EXPECT_FALSE(after(old, h.acked));
    }
}

}  // namespace
}  // namespace kmsgate::stream::test
