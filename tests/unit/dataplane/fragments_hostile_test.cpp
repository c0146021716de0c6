// SPDX-License-Identifier: BSD-3-Clause
// Fragments that lie: overlaps, two ends, sizes beyond IP, floods, and what said "no signalling" said again
// differently.
#include <random>

#include "tests/unit/dataplane/fragments_kit.hpp"

namespace kmsgate::reassemble {
namespace {

using namespace kmsgate::reassemble::test;

std::string s(std::size_t n, char c = 'x') {
    return std::string(n, c);
}

TEST(FragmentsHostile, EveryKindOfOverlap) {
    struct Case {
        const char* what;
        std::size_t offset, size;
        bool more;
    };
    // stands: [16, 40)
    for (const Case& c :
         {Case{"same place, other bytes", 16, 24, true}, Case{"begins inside", 32, 16, true},
          Case{"ends inside", 0, 24, true}, Case{"inside", 24, 8, true}, Case{"around", 8, 40, true},
          Case{"same start, longer", 16, 32, true}, Case{"same start, shorter", 16, 8, true},
          Case{"same end", 24, 16, true}, Case{"last byte only", 39 / 8 * 8, 8, false}}) {
        Kit kit;
        EXPECT_EQ(kit.piece(16, s(24), true).added, Added::held);
        const auto r = kit.piece(c.offset, s(c.size, 'y'), c.more);
        ASSERT_EQ(r.added, Added::overlap) << c.what;
        kit.refuse(*r.datagram);
        EXPECT_EQ(kit.table.frames_held(), 0U);
        EXPECT_EQ(kit.piece(0, s(16), true).added, Added::dead) << "nothing of it may complete later";
        kit.now += kTimeout;
        kit.expired();
        EXPECT_EQ(kit.piece(0, s(16), true).added, Added::held);
    }
    // equal bytes are an overlap too when the fragments are not the same
    Kit kit;
    kit.piece(0, s(24), true);
    EXPECT_EQ(kit.piece(8, s(8), true).added, Added::overlap);
    Kit neighbour;
    neighbour.piece(16, s(24), true);
    EXPECT_EQ(neighbour.piece(0, s(16), true).added, Added::held);
    EXPECT_EQ(neighbour.piece(40, s(1), false).added, Added::whole);
}

TEST(FragmentsHostile, TwoEnds) {
    {
        Kit kit;
        kit.piece(16, s(4), false);
        EXPECT_EQ(kit.piece(32, s(4), false).added, Added::overlap) << "a later end";
    }
    {
        Kit kit;
        kit.piece(32, s(4), false);
        EXPECT_EQ(kit.piece(16, s(4), false).added, Added::overlap) << "an earlier end";
    }
    {
        Kit kit;
        kit.piece(16, s(4), false);
        EXPECT_EQ(kit.piece(24, s(8), true).added, Added::overlap) << "bytes behind the end";
    }
    {
        Kit kit;
        kit.piece(24, s(8), true);
        EXPECT_EQ(kit.piece(16, s(4), false).added, Added::overlap) << "an end before bytes";
    }
    {
        Kit kit;
        kit.piece(16, s(8), true);
        EXPECT_EQ(kit.piece(16, s(8), false).added, Added::overlap)
            << "the same bytes, once the last and once not";
    }
}

TEST(FragmentsHostile, ImpossibleSizes) {
    for (const std::size_t n : {1U, 7U, 9U, 1479U}) {
        Kit kit;
        EXPECT_EQ(kit.piece(0, s(n), true).added, Added::malformed) << n << " bytes, and more follow";
    }
    Kit kit;
    EXPECT_EQ(kit.piece(0, "", true).added, Added::malformed);
    EXPECT_EQ(kit.piece(8, "", false, 2).added, Added::malformed);
    EXPECT_EQ(kit.piece(65528, s(8), true, 3).added, Added::malformed) << "beyond 65535";
    EXPECT_EQ(kit.piece(65528, s(8), false, 4).added, Added::malformed);
    EXPECT_EQ(kit.piece(65528, s(7), false, 5).added, Added::held) << "the last byte that fits";
    EXPECT_EQ(kit.piece(65520, s(1000), false, 6).added, Added::malformed);
}

TEST(FragmentsHostile, Budget) {
    Kit kit(8);
    for (std::size_t id = 0; id < 8; ++id) EXPECT_EQ(kit.piece(8, s(8), true, id).added, Added::held);
    EXPECT_EQ(kit.piece(8, s(8), true, 99).added, Added::budget) << "no slot";
    const auto r = kit.piece(0, s(8), true, 3);
    EXPECT_EQ(r.added, Added::budget) << "no frame";
    ASSERT_NE(r.datagram, nullptr);
    kit.refuse(*r.datagram);
    EXPECT_EQ(kit.table.frames_held(), 7U);
    EXPECT_EQ(kit.piece(0, s(8), true, 4).added, Added::held) << "room again";
    kit.now += kTimeout;
    EXPECT_EQ(kit.expired(), 8U);
    EXPECT_EQ(kit.piece(8, s(8), true, 99).added, Added::held);
}

TEST(FragmentsHostile, NoBudgetAtAll) {
    Kit kit(0);
    EXPECT_EQ(kit.piece(0, s(8), true).added, Added::budget);
}

TEST(FragmentsHostile, OneDatagramHoldsABoundedNumber) {
    Kit kit(500);
    std::size_t n = 0;
    while (n < 400 && kit.piece(n * 8, s(8), true).added == Added::held) ++n;
    EXPECT_EQ(n, kMaxFragments);
    Kit again(500);
    n = 0;
    while (n < 400 && again.piece(0, s(8), true).added == Added::held) ++n;
    EXPECT_EQ(n, kMaxFragments) << "duplicates count too";
}

TEST(FragmentsHostile, WhatIsOnlyRememberedMakesRoom) {
    Kit kit(4);
    for (std::size_t id = 0; id < 50; ++id) {
        ASSERT_EQ(kit.piece(0, s(8), true, id).added, Added::held) << id;
        const auto r = kit.piece(8, s(8), false, id);
        ASSERT_EQ(r.added, Added::whole);
        kit.judge(*r.datagram);
    }
}

/// Fragmented traffic that is no signalling (video, DNS) must not use up the places of what is held.
TEST(FragmentsHostile, WhatHasPassedMakesRoom) {
    Kit kit(4);
    for (std::size_t id = 0; id < 500; ++id) {
        const auto r = kit.piece(0, s(16), true, id);
        ASSERT_EQ(r.added, Added::held) << "datagram " << id;
        kit.pass(*r.datagram);
        kit.take_all(*r.datagram);
        EXPECT_EQ(kit.piece(16, s(16, 'b'), true, id).added, Added::pass);
        EXPECT_EQ(kit.piece(32, s(3, 'c'), false, id).added, Added::pass);
    }
    EXPECT_EQ(kit.table.frames_held(), 0U);
}

TEST(FragmentsHostile, PassingThenTheSameIdAgain) {
    // 65,536 ids are used up in seconds on a busy pair of hosts: the next datagram of the same id is no
    // attack
    Kit kit;
    for (int round = 0; round < 3; ++round) {
        const auto r = kit.piece(0, s(16, static_cast<char>('a' + round)), true);
        ASSERT_EQ(r.added, Added::held) << round;
        kit.pass(*r.datagram);
        kit.take_all(*r.datagram);
        EXPECT_EQ(kit.piece(16, s(5), false).added, Added::pass);
    }
}

TEST(FragmentsHostile, PassingIsGuarded) {
    Kit kit;
    auto r = kit.piece(0, s(8, 'p'), true);
    r = kit.piece(8, s(16, 'q'), true);  // the header alone did not tell
    r = kit.piece(40, s(8, 'z'), true);  // came early: no part of what was read
    kit.pass(*r.datagram);
    EXPECT_EQ(kit.take_all(*r.datagram).size(), 3U);
    EXPECT_EQ(kit.piece(24, s(16), true).added, Added::pass);
    EXPECT_EQ(kit.piece(0, s(8, 'p'), true).added, Added::pass) << "an exact duplicate";
    EXPECT_EQ(kit.piece(8, s(16, 'q'), true).added, Added::pass);
    for (const auto& [offset, size] : {std::pair{0U, 8U}, {0U, 16U}, {8U, 16U}, {8U, 8U}, {16U, 8U}}) {
        Kit other;
        other.piece(0, s(8, 'p'), true);
        r = other.piece(8, s(16, 'q'), true);
        other.pass(*r.datagram);
        other.take_all(*r.datagram);
        r = other.piece(offset, s(size, 'S'), true);
        ASSERT_EQ(r.added, Added::overlap)
            << offset << '+' << size << ": what said no signalling is said differently";
        other.refuse(*r.datagram);
        EXPECT_EQ(other.piece(24, s(8), true).added, Added::dead);
    }
}

/// A fragment that passed waits at its receiver as long as a first fragment could come: one with SIP ports
/// must not.
TEST(FragmentsHostile, PassedOrphanMakesNoNewDatagram) {
    Kit kit;
    auto r = kit.piece(0, s(16), true);
    kit.pass(*r.datagram);
    kit.take_all(*r.datagram);
    EXPECT_EQ(kit.piece(16, s(5), false).added, Added::pass);
    EXPECT_EQ(kit.piece(16, s(5), false).added, Added::share)
        << "complete at its receiver; this one waits there alone";
    kit.now += 40 * kSecond;
    kit.expired();
    EXPECT_EQ(kit.piece(0, s(16, 'S'), true).added, Added::overlap);

    Kit late;
    r = late.piece(0, s(16), true, 2);
    late.pass(*r.datagram);
    late.take_all(*r.datagram);
    late.now += kTimeout - 1;
    late.expired();
    EXPECT_EQ(late.piece(16, s(8), true, 2).added, Added::pass);
    late.now += kTimeout - 1;
    late.expired();
    EXPECT_EQ(late.piece(0, s(16, 'S'), true, 2).added, Added::overlap)
        << "its timer runs from the fragment that passed last";
}

TEST(FragmentsHostile, RandomStorm) {
    std::mt19937 random(42);
    Kit kit(32);
    for (int i = 0; i < 30000; ++i) {
        kit.now += random() % (kSecond / 4);
        kit.expired();
        const std::size_t offset = random() % 6 * 8;
        const bool more = offset == 0 || random() % 3 != 0;  // no offset and no more: no fragment
        const auto r = kit.piece(
            offset,
            s(more ? 8 * (1 + random() % 2) : 1 + random() % 8, static_cast<char>('a' + random() % 2)), more,
            random() % 40);
        ASSERT_LE(kit.table.frames_held(), 32U);
        switch (r.added) {
            case Added::whole:
            case Added::share_whole: {
                const std::string whole = Kit::gathered(*r.datagram);
                ASSERT_EQ(whole.size(), r.datagram->end);
                kit.judge(*r.datagram, random() % 2 != 0 ? core::Outcome::forward : core::Outcome::redirect);
                break;
            }
            case Added::held:
                if (random() % 8 == 0) {
                    kit.pass(*r.datagram);
                    kit.take_all(*r.datagram);
                }
                break;
            case Added::overlap:
            case Added::malformed:
                kit.refuse(*r.datagram);
                break;
            case Added::budget:
                if (r.datagram != nullptr) kit.refuse(*r.datagram);
                break;
            case Added::late:
                kit.take_all(*r.datagram);
                kit.table.forget(*r.datagram);
                break;
            case Added::pass:
            case Added::share:
            case Added::dead:
                break;
        }
    }
}

TEST(Fragments, WhatTheTimersHaveNotComeToIsLateAndMustBeForgotten) {
    Kit kit;
    EXPECT_EQ(kit.piece(0, s(16), true).added, Added::held);
    kit.now += kTimeout;
    const auto r = kit.piece(16, s(8), false);
    ASSERT_EQ(r.added, Added::late);
    EXPECT_EQ(kit.take_all(*r.datagram).size(), 1U);
    kit.table.forget(*r.datagram);
    EXPECT_EQ(kit.piece(16, s(8), false).added, Added::held) << "a datagram of its own";
    EXPECT_EQ(kit.piece(0, s(16), true).added, Added::whole);
}

TEST(Fragments, ACallOfTheTimersEndsABoundedNumber) {
    Kit kit(200);
    for (std::size_t id = 0; id < kExpired + 10; ++id) kit.piece(0, s(16), true, id);
    kit.now += kTimeout;
    std::size_t shown = 0;
    const auto show = [&](Datagram& d) { shown += kit.take_all(d).size(); };
    kit.table.expire(kit.now, show, kExpired);
    EXPECT_EQ(shown, kExpired);
    kit.table.expire(kit.now, show, kExpired);
    EXPECT_EQ(shown, kExpired + 10);
    EXPECT_EQ(kit.table.frames_held(), 0U);
}

TEST(Fragments, AnExactDuplicateIsToldByItsBytesAlsoInBufferChains) {
    Kit kit;
    const std::string data = s(3000);  // more than a buffer
    std::string other = data;
    other[2900] ^= 1;
    EXPECT_EQ(kit.piece(0, data, true).added, Added::held);
    EXPECT_EQ(kit.piece(0, data, true).added, Added::held) << "the same again";
    EXPECT_EQ(kit.piece(0, other, true).added, Added::overlap) << "one bit in the second buffer";
}

}  // namespace
}  // namespace kmsgate::reassemble
