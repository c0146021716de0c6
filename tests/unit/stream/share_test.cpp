// SPDX-License-Identifier: BSD-3-Clause
// Guarantees hold, whoever takes and gives in whichever order.
#include "dataplane/stream/share.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace kmsgate::stream::test {
namespace {

TEST(Share, AloneHasEverything) {
    Shared all(10);
    Share one(all);
    EXPECT_EQ(one.left(), 10U);
    one.take(7);
    EXPECT_EQ(one.left(), 3U);
    one.take(3);
    EXPECT_EQ(one.left(), 0U);
    EXPECT_EQ(all.used(), 10U);
    one.give(10);
    EXPECT_EQ(one.left(), 10U);
}

TEST(Share, OfTwoEachHasAQuarterForSure) {
    Shared all(16);
    Share one(all);
    Share two(all);
    EXPECT_EQ(one.left(), 12U);
    one.take(12);
    EXPECT_EQ(one.left(), 0U);
    EXPECT_EQ(two.left(), 4U);
    two.take(4);
    EXPECT_EQ(two.left(), 0U);
    one.give(1);
    EXPECT_EQ(one.left(), 1U);
    EXPECT_EQ(two.left(), 1U) << "no guarantee of anybody: who comes first takes it";
}

TEST(Share, WhoComesLaterGetsItsPartAsOthersGive) {
    Shared all(16);
    Share one(all);
    one.take(16);
    Share two(all);
    EXPECT_EQ(one.left(), 0U);
    EXPECT_EQ(two.left(), 0U) << "there is none";
    one.give(3);
    EXPECT_EQ(one.left(), 0U) << "the other one's";
    EXPECT_EQ(two.left(), 3U);
    one.give(1);
    EXPECT_EQ(one.left(), 0U);
    EXPECT_EQ(two.left(), 4U);
}

TEST(Share, WhoGoesLeavesItsPartToTheOthers) {
    Shared all(16);
    Share one(all);
    {
        Share two(all);
        two.take(5);
        EXPECT_EQ(all.used(), 5U);
    }
    EXPECT_EQ(all.used(), 0U);
    EXPECT_EQ(one.left(), 16U);
}

/// Against sums that are added up anew each time.
TEST(Share, GuaranteesHoldInAnyOrder) {
    constexpr std::size_t kTotal = 101;
    std::mt19937 random(1);
    Shared all(kTotal);
    std::array<Share, 5> shares = {Share(all), Share(all), Share(all), Share(all), Share(all)};
    std::array<std::size_t, 5> used{};
    constexpr std::size_t kSure = kTotal / 2 / 5;
    for (int i = 0; i < 100'000; ++i) {
        const std::size_t at = random() % shares.size();
        std::size_t sum = 0;
        std::size_t bound = 0;
        for (const std::size_t u : used) {
            sum += u;
            bound += std::max(u, kSure);
        }
        ASSERT_LE(bound, kTotal);
        ASSERT_EQ(all.used(), sum);
        const std::size_t left = kTotal - bound + (used[at] < kSure ? kSure - used[at] : 0);
        ASSERT_EQ(shares[at].left(), left);
        if (random() % 2 == 0) {
            const std::size_t n = std::min<std::size_t>(left, random() % 9);
            shares[at].take(n);
            used[at] += n;
        } else {
            const std::size_t n = std::min<std::size_t>(used[at], random() % 9);
            shares[at].give(n);
            used[at] -= n;
        }
    }
}

}  // namespace
}  // namespace kmsgate::stream::test
