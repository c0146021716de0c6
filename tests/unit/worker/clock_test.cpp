// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/clock.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace kmsgate::worker {
namespace {

using core::kSecond;

// a little later than now by the machine's own clock, and a day that it has not reached
const std::uint64_t kMono = [] {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (static_cast<std::uint64_t>(t.tv_sec) + 1000) * kSecond;
}();
constexpr std::uint64_t kDay = 4'000'000'000 * kSecond;

SystemClock& at_noon(SystemClock& c) {
    c.adjust(kMono, kDay);
    return c;
}

TEST(SystemClock, TellsTheTimeOfDay) {
    SystemClock c;
    timespec t{};
    clock_gettime(CLOCK_REALTIME, &t);
    const auto day = static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
    EXPECT_NEAR(static_cast<double>(c.now()) / 1e9, day, 2.0);
    EXPECT_LT(std::abs(c.adjust()), static_cast<std::int64_t>(kSecond));
}

TEST(SystemClock, FollowsAStepForwardAtOnce) {
    SystemClock c;
    at_noon(c);
    EXPECT_EQ(c.at(kMono), kDay);
    EXPECT_EQ(c.at(kMono + 5 * kSecond), kDay + 5 * kSecond);
    EXPECT_EQ(c.adjust(kMono + 10 * kSecond, kDay + 110 * kSecond), static_cast<std::int64_t>(100 * kSecond));
    EXPECT_EQ(c.at(kMono + 10 * kSecond), kDay + 110 * kSecond);
    EXPECT_EQ(c.adjust(kMono + 11 * kSecond, kDay + 111 * kSecond), 0);
}

TEST(SystemClock, MeetsAStepBackAtHalfSpeedAndNeverGoesBack) {
    SystemClock c;
    at_noon(c);
    core::Time last = 0;
    for (std::uint64_t s = 0; s < 60; ++s) {
        // at second 10 the day is set back by 20 seconds: 40 seconds later both agree
        const std::uint64_t day = kDay + s * kSecond - (s < 10 ? 0 : 20 * kSecond);
        c.adjust(kMono + s * kSecond, day);
        for (const std::uint64_t part : {0UL, kSecond / 3, kSecond - 1}) {
            const core::Time now = c.at(kMono + s * kSecond + part);
            EXPECT_GE(now, last) << s;
            last = now;
        }
        if (s >= 51) {
            EXPECT_EQ(c.at(kMono + s * kSecond), day) << s;
        }
        if (s == 30) {
            EXPECT_EQ(c.at(kMono + s * kSecond), kDay + 20 * kSecond) << "half of 20 seconds since the step";
        }
    }
}

TEST(SystemClock, AReaderThatWasHeldUpSeesNoNonsense) {
    SystemClock c;
    at_noon(c);
    EXPECT_EQ(c.at(kMono - kSecond), kDay);
}

}  // namespace
}  // namespace kmsgate::worker
