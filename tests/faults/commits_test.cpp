// SPDX-License-Identifier: BSD-3-Clause
// A thousand policy changes in traffic, in one process: nothing is lost, every message has one generation's
// verdict.
#include <gtest/gtest.h>

#include "bench/swap/swap.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate {
namespace {

TEST(Commits, AThousandInTrafficLoseNothing) {
    const auto eal = replay::start_eal();
    ASSERT_TRUE(eal) << eal.error();
    const auto result = bench::swap_in_traffic({1'000, 10'000, 10'000});
    ASSERT_TRUE(result) << result.error();
    EXPECT_EQ(result->commits, 1'000U);
    EXPECT_EQ(result->lost, 0U);
    EXPECT_EQ(result->wrong, 0U);
    EXPECT_EQ(result->unaccounted, "");
    EXPECT_GT(result->forwarded, 1'000U);
    EXPECT_GT(result->answered, 1'000U) << "both policies were seen at work";
}

}  // namespace
}  // namespace kmsgate
