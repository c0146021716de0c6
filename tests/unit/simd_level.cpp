// SPDX-License-Identifier: BSD-3-Clause
// Lets a test program run with less than the CPU has: KMSGATE_SIMD=portable, avx2 or avx512, read once at its
// start.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "dataplane/simd/level.hpp"

namespace kmsgate::simd {
namespace {

/// A level that this CPU has not is said and passed over: the tests then run with the best that there is.
const bool kForced = [] {
    const char* name = std::getenv("KMSGATE_SIMD");
    if (name == nullptr) return false;
    const auto level = level_from_string(name);
    if (!level) {
        std::fprintf(stderr, "KMSGATE_SIMD: no level %s\n", name);
        std::exit(2);
    }
    const bool forced = force(*level);
    if (!forced) std::fprintf(stderr, "KMSGATE_SIMD: this CPU has no %s\n", name);
    return forced;
}();

TEST(SimdLevel, IsTheOneAskedFor) {
    const char* name = std::getenv("KMSGATE_SIMD");
    EXPECT_EQ(kForced, name != nullptr && level_from_string(name) <= best());
    EXPECT_EQ(to_string(level()), kForced ? std::string_view(name) : to_string(best()));
}

TEST(SimdLevel, HasNamesAndNothingBeyondTheCpu) {
    const Level before = level();
    for (const Level level : kLevels) {
        EXPECT_EQ(level_from_string(to_string(level)), level);
        EXPECT_EQ(force(level), level <= best());
    }
    EXPECT_FALSE(level_from_string("mmx"));
    ASSERT_TRUE(force(before));
}

}  // namespace
}  // namespace kmsgate::simd
