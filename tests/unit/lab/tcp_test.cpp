// SPDX-License-Identifier: BSD-3-Clause
// The lab's TCP: two hosts on a wire that loses nothing, and what they refuse to take.
#include "tools/lab/tcp.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace kmsgate::lab {
namespace {

constexpr Station kA{{2, 0, 0, 0, 0, 1}, {10, 0, 0, 1}, 5060};
constexpr Station kB{{2, 0, 0, 0, 0, 2}, {10, 0, 0, 2}, 5060};

std::string message(std::size_t body) {
    return "INFO sip:b SIP/2.0\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" +
           std::string(body, 'x');
}

/// Two hosts, and every segment that went between them.
struct Pair {
    TcpHost a{kA, kB}, b{kB, kA};
    std::vector<TcpSegment> seen;
    std::function<bool(const TcpSegment&)> passes = [](const TcpSegment&) { return true; };

    /// Until nobody says anything more.
    void run() {
        for (bool more = true; more;) {
            more = false;
            for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}})
                for (const Frame& frame : from->take_frames()) {
                    const auto s = read_segment(frame);
                    ASSERT_TRUE(s) << s.error();
                    seen.push_back(*s);
                    more = true;
                    if (!passes(*s)) continue;
                    const auto taken = to->take(frame);
                    EXPECT_TRUE(taken) << taken.error();
                }
        }
    }
};

TEST(Tcp, AMessageOpensAConnectionAndComesInSegments) {
    Pair p;
    p.a.send(message(4000));
    p.run();
    const auto got = p.b.take_messages();
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0], message(4000));
    EXPECT_EQ(p.seen[0].flags, TcpSegment::kSyn);
    EXPECT_EQ(p.seen[0].mss, 1460);
    EXPECT_EQ(p.seen[1].flags, TcpSegment::kSyn | TcpSegment::kAck);
    std::size_t data = 0;
    for (const TcpSegment& s : p.seen) {
        EXPECT_LE(s.payload.size(), 1460U);
        data += s.payload.empty() ? 0 : 1;
    }
    EXPECT_EQ(data, 3U);
}

TEST(Tcp, AnswersGoByTheSameConnection) {
    Pair p;
    p.a.send(message(10));
    p.run();
    p.b.send(message(20));
    p.run();
    EXPECT_EQ(p.a.take_messages(), std::vector{message(20)});
    std::size_t opened = 0;
    for (const TcpSegment& s : p.seen) opened += s.flags == TcpSegment::kSyn ? 1 : 0;
    EXPECT_EQ(opened, 1U);
}

TEST(Tcp, NoMoreOnItsWayThanTenSegments) {
    Pair p;
    p.passes = [&](const TcpSegment& s) { return s.payload.empty(); };
    p.a.send(message(60'000));
    p.run();
    std::size_t data = 0;
    for (const TcpSegment& s : p.seen) data += s.payload.size();
    EXPECT_EQ(data, 14'600U);
}

TEST(Tcp, SequenceNumbersWrap) {
    Pair p;
    for (int i = 0; i < 5; ++i) {
        p.a.send(message(9000));
        p.run();
    }
    EXPECT_EQ(p.b.take_messages().size(), 5U);
    EXPECT_GT(p.seen.front().sequence, 0xFFFF'0000U);
    EXPECT_LT(p.seen.back().acknowledgement, 0x1'0000U);
}

TEST(Tcp, BothEndsEnd) {
    Pair p;
    p.a.send(message(1));
    p.run();
    p.a.close();
    p.run();
    EXPECT_TRUE(p.a.idle());
    EXPECT_TRUE(p.b.idle());
    EXPECT_FALSE(p.a.take_reset() || p.b.take_reset());
}

TEST(Tcp, AResetEndsAConnectionAtItsPlaceOnly) {
    Pair p;
    p.a.send(message(1));
    p.run();
    const TcpSegment& last = p.seen.back();  // of b
    TcpSegment rst;
    rst.source = last.source;
    rst.destination = last.destination;
    rst.flags = TcpSegment::kRst;
    rst.sequence = last.sequence + 1;
    EXPECT_FALSE(p.a.take(send_segment(kB, kA, rst, 1)));
    EXPECT_FALSE(p.a.take_reset());
    rst.sequence = last.sequence;
    EXPECT_TRUE(p.a.take(send_segment(kB, kA, rst, 1)));
    EXPECT_TRUE(p.a.take_reset());
    EXPECT_TRUE(p.a.idle());
    // what comes next opens a new one
    p.a.send(message(2));
    p.run();
    EXPECT_EQ(p.b.take_messages().size(), 2U);
}

TEST(Tcp, WhatBelongsToNoConnectionIsReset) {
    Pair p;
    TcpSegment s;
    s.source = 40'000;
    s.destination = 5060;
    s.flags = TcpSegment::kAck;
    s.acknowledgement = 77;
    s.payload = "x";
    EXPECT_TRUE(p.b.take(send_segment(kA, kB, s, 1)));
    const auto frames = p.b.take_frames();
    ASSERT_EQ(frames.size(), 1U);
    const auto rst = read_segment(frames[0]);
    ASSERT_TRUE(rst);
    EXPECT_EQ(rst->flags, TcpSegment::kRst);
    EXPECT_EQ(rst->sequence, 77U);
}

TEST(Tcp, BytesThatAreMissingAreAFault) {
    Pair p;
    p.a.send(message(4000));
    std::size_t data = 0;
    p.passes = [&](const TcpSegment& s) { return s.payload.empty() || ++data != 1; };
    for (int i = 0; i < 3; ++i) {
        for (const Frame& f : p.a.take_frames())
            if (p.passes(*read_segment(f))) {
                if (const auto taken = p.b.take(f); !taken) {
                    EXPECT_NE(taken.error().find("expected"), std::string::npos);
                    return;
                }
            }
        for (const Frame& f : p.b.take_frames()) EXPECT_TRUE(p.a.take(f));
    }
    FAIL() << "nothing was missed";
}

TEST(Tcp, ACopyIsAcknowledgedAgain) {
    Pair p;
    p.a.send(message(1));
    Frame copy;
    for (int i = 0; i < 3; ++i) {
        for (const Frame& f : p.a.take_frames()) {
            if (!read_segment(f)->payload.empty()) copy = f;
            EXPECT_TRUE(p.b.take(f));
        }
        for (const Frame& f : p.b.take_frames()) EXPECT_TRUE(p.a.take(f));
    }
    ASSERT_FALSE(copy.empty());
    EXPECT_TRUE(p.b.take(copy));
    EXPECT_EQ(p.b.take_frames().size(), 1U);
    EXPECT_EQ(p.b.take_messages().size(), 1U);
}

TEST(Tcp, EveryBitThatIsWrongIsSeen) {
    TcpSegment s;
    s.source = 1;
    s.destination = 2;
    s.flags = TcpSegment::kAck;
    s.payload = "abc";
    const Frame good = send_segment(kA, kB, s, 1);
    ASSERT_TRUE(read_segment(good));
    for (std::size_t bit = 14 * 8; bit < good.size() * 8; ++bit) {
        Frame bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        EXPECT_FALSE(read_segment(bad)) << "bit " << bit;
    }
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(read_segment({good.data(), size})) << size;
}

TEST(Tcp, AnEarHearsMessagesWhateverTheSegments) {
    TcpEar ear;
    TcpSegment s;
    s.flags = TcpSegment::kSyn;
    s.sequence = 0xFFFF'FFFE;
    EXPECT_TRUE(ear.take(s));
    s.flags = TcpSegment::kAck;
    s.sequence = 0xFFFF'FFFF;
    const std::string text = message(5) + message(7);
    s.payload = text.substr(0, 50);
    EXPECT_EQ(ear.take(s)->size(), 1U);
    EXPECT_EQ(ear.take(s)->size(), 0U);  // a copy
    EXPECT_TRUE(ear.within());
    s.sequence += 40;  // overlaps
    s.payload = text.substr(40);
    EXPECT_EQ(*ear.take(s), std::vector{message(7)});
    EXPECT_FALSE(ear.within());
    s.sequence += 1000;
    EXPECT_FALSE(ear.take(s));
}

TEST(Tcp, AStreamWithoutLengthsHasNoMessages) {
    SipStream none, bad;
    none.add("INFO sip:b SIP/2.0\r\n\r\n");
    EXPECT_FALSE(none.next());
    bad.add("INFO sip:b SIP/2.0\r\nContent-Length: x\r\n\r\n");
    EXPECT_FALSE(bad.next());
}

}  // namespace
}  // namespace kmsgate::lab
