// SPDX-License-Identifier: BSD-3-Clause
// Reassembly of well-behaved fragments: any order, duplicates before and after, timers.
#include <algorithm>
#include <numeric>

#include "tests/unit/dataplane/fragments_kit.hpp"

namespace kmsgate::reassemble {
namespace {

using namespace kmsgate::reassemble::test;

const std::string kText = "0123456789abcdefGHIJKLMNopqrstuvWXYZ";  // 36 bytes: four of 8 and one of 4

Added add_nth(Kit& kit, std::size_t n, Datagram** out = nullptr, std::size_t id = 1) {
    const auto r = kit.piece(n * 8, std::string_view(kText).substr(n * 8, 8), n != 4, id);
    if (out != nullptr) *out = r.datagram;
    return r.added;
}

TEST(Fragments, EveryOrder) {
    std::vector<std::size_t> order(5);
    std::iota(order.begin(), order.end(), 0);
    do {
        Kit kit;
        Datagram* d = nullptr;
        for (std::size_t i = 0; i < 4; ++i) ASSERT_EQ(add_nth(kit, order[i], &d), Added::held);
        ASSERT_EQ(add_nth(kit, order[4], &d), Added::whole);
        EXPECT_EQ(Kit::gathered(*d), kText);
        EXPECT_EQ(kit.table.frames_held(), 5U);
        EXPECT_EQ(kit.judge(*d), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}))
            << "frames leave in order of arrival";
        EXPECT_EQ(kit.table.frames_held(), 0U);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Fragments, Ipv6) {
    Kit kit;
    const Bytes datagram = udp(5060, 5060, bytes(std::string(3000, 'x')));
    const auto frames = fragments6(datagram, 1000);
    ASSERT_EQ(frames.size(), 4U);
    for (const std::size_t i : {2U, 0U, 3U}) EXPECT_EQ(kit.add(frames[i]).added, Added::held);
    const auto r = kit.add(frames[1]);
    ASSERT_EQ(r.added, Added::whole);
    EXPECT_EQ(bytes(Kit::gathered(*r.datagram)), datagram);
}

TEST(Fragments, KeysAreToldApart) {
    Kit kit;
    const auto first = [&](const V4& h) {
        return kit.add(ether(0x0800, ipv4(h, bytes("01234567")))).datagram;
    };
    std::vector<Datagram*> all = {
        first({.id = 1, .field = 0x2000}),
        first({.id = 2, .field = 0x2000}),
        first({.source = {10, 0, 0, 9}, .id = 1, .field = 0x2000}),
        first({.destination = {10, 0, 0, 9}, .id = 1, .field = 0x2000}),
        first({.protocol = 6, .id = 1, .field = 0x2000}),
        kit.add(tagged({{0x8100, 5}}, 0x0800, ipv4({.id = 1, .field = 0x2000}, bytes("01234567")))).datagram,
    };
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
    EXPECT_EQ(kit.table.frames_held(), 6U);
    // RFC 8200 4.5: the next header value takes no part in matching
    const auto a = kit.add(ether(0x86DD, ipv6({.next = 44}, fragment_header(17, 0, true) + Bytes(8, 1))));
    const auto b = kit.add(ether(0x86DD, ipv6({.next = 44}, fragment_header(60, 8, false) + Bytes(8, 1))));
    EXPECT_EQ(a.datagram, b.datagram);
    EXPECT_EQ(b.added, Added::whole);
    EXPECT_EQ(b.datagram->first.protocol, 17) << "the first fragment says what it is";
}

TEST(Fragments, DuplicatesWhileWaiting) {
    Kit kit;
    Datagram* d = nullptr;
    for (const std::size_t n : {0U, 0U, 1U, 2U, 1U, 2U, 2U}) EXPECT_EQ(add_nth(kit, n), Added::held);
    EXPECT_EQ(add_nth(kit, 4), Added::held);
    EXPECT_EQ(add_nth(kit, 4), Added::held);
    ASSERT_EQ(add_nth(kit, 3, &d), Added::whole);
    EXPECT_EQ(Kit::gathered(*d), kText);
    EXPECT_EQ(kit.judge(*d).size(), 10U) << "duplicates share the fate of their datagram";
}

TEST(Fragments, DuplicatesAfterwards) {
    Kit kit;
    Datagram* d = nullptr;
    for (std::size_t n = 0; n < 5; ++n) add_nth(kit, n, &d);
    kit.judge(*d, core::Outcome::redirect);
    for (int round = 0; round < 2; ++round) {
        for (const std::size_t n : {4U, 0U, 0U, 1U, 2U}) {
            ASSERT_EQ(add_nth(kit, n, &d), Added::share);
            EXPECT_EQ(d->outcome, core::Outcome::redirect);
        }
        ASSERT_EQ(add_nth(kit, 3, &d), Added::share_whole)
            << "the datagram has come again: it is a retransmission";
        EXPECT_EQ(Kit::gathered(*d), kText);
        kit.judge(*d, core::Outcome::redirect);
        EXPECT_EQ(kit.table.frames_held(), 0U);
    }
    kit.now += kMemory;
    kit.expired();
    EXPECT_EQ(add_nth(kit, 0), Added::held) << "forgotten: a new datagram";
}

TEST(Fragments, OtherBytesAfterwardsAreANewDatagram) {
    Kit kit;
    Datagram* d = nullptr;
    for (std::size_t n = 0; n < 5; ++n) add_nth(kit, n, &d);
    kit.judge(*d);
    EXPECT_EQ(kit.piece(0, "OTHERxxx", true).added, Added::held);
    const auto r = kit.piece(8, "end", false);
    ASSERT_EQ(r.added, Added::whole);
    EXPECT_EQ(Kit::gathered(*r.datagram), "OTHERxxxend");
}

/// A duplicate that was forwarded alone waits at its receiver. A new first fragment would complete it there
/// with bytes that were never judged together.
TEST(Fragments, ForwardedOrphanMakesNoNewDatagram) {
    for (const Time wait : {Time{0}, 10 * kSecond, 60 * kSecond}) {
        Kit kit;
        Datagram* d = nullptr;
        for (std::size_t n = 0; n < 5; ++n) add_nth(kit, n, &d);
        kit.judge(*d, core::Outcome::forward);
        ASSERT_EQ(add_nth(kit, 1), Added::share);
        kit.now += wait;
        kit.expired();
        const auto r = kit.piece(0, "OTHERxxx", true);
        ASSERT_EQ(r.added, Added::overlap) << wait;
        kit.refuse(*r.datagram);
        EXPECT_EQ(add_nth(kit, 1), Added::dead);
        kit.now += kOrphanMemory;
        kit.expired();
        EXPECT_EQ(kit.piece(0, "OTHERxxx", true).added, Added::held) << "the receiver has given it up";
    }
}

TEST(Fragments, OrphansThatBecameWholeAreForgotten) {
    Kit kit;
    Datagram* d = nullptr;
    for (std::size_t n = 0; n < 5; ++n) add_nth(kit, n, &d);
    kit.judge(*d, core::Outcome::forward);
    for (std::size_t n = 0; n < 5; ++n) add_nth(kit, n, &d);
    kit.judge(*d, core::Outcome::forward);
    EXPECT_EQ(kit.piece(0, "OTHERxxx", true).added, Added::held);
}

TEST(Fragments, TimeOut) {
    Kit kit;
    add_nth(kit, 0, nullptr, 1);
    kit.now += kSecond;
    add_nth(kit, 0, nullptr, 2);
    kit.now = kStart + kTimeout - 1;
    add_nth(kit, 1, nullptr, 1);  // does not prolong it
    EXPECT_EQ(kit.expired(), 0U);
    kit.now = kStart + kTimeout;
    EXPECT_EQ(kit.expired(), 2U);
    EXPECT_EQ(kit.table.frames_held(), 1U);
    kit.now += kSecond;
    EXPECT_EQ(kit.expired(), 1U);
    EXPECT_EQ(kit.table.frames_held(), 0U);
    EXPECT_EQ(add_nth(kit, 2), Added::held);
}

TEST(Fragments, LargestDatagram) {
    Kit kit(200);
    const std::string data(65535, 'd');
    for (std::size_t at = 0; at < 65520; at += 560) {
        ASSERT_EQ(kit.piece(at, std::string_view(data).substr(0, 560), true).added, Added::held) << at;
    }
    const auto r = kit.piece(65520, std::string_view(data).substr(0, 15), false);
    ASSERT_EQ(r.added, Added::whole);
    EXPECT_EQ(Kit::gathered(*r.datagram).size(), 65535U);
}

}  // namespace
}  // namespace kmsgate::reassemble
