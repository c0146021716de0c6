// SPDX-License-Identifier: BSD-3-Clause
// Answers per second, and what was accepted in a dialog: both shared by workers.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/memory/accepted.hpp"
#include "dataplane/memory/limiter.hpp"

namespace kmsgate::memory {
namespace {

using core::kMillisecond;
using core::kSecond;
using core::Time;

constexpr Time kStart = 1'700'000'000 * kSecond;

policy::table::Address source(std::uint8_t n) {
    return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, n};
}

std::size_t allowed(Limiter& l, const policy::table::Address& from, std::uint32_t all, std::uint32_t each,
                    Time now, int tries) {
    std::size_t n = 0;
    for (int i = 0; i < tries; ++i) n += l.allow(from, all, each, now) ? 1 : 0;
    return n;
}

TEST(Limiter, PerSource) {
    Limiter l(1024, {1, 2});
    EXPECT_EQ(allowed(l, source(1), 1000, 10, kStart, 50), 10U);
    EXPECT_EQ(allowed(l, source(2), 1000, 10, kStart, 50), 10U) << "others are not affected";
    EXPECT_EQ(allowed(l, source(1), 1000, 10, kStart + 99 * kMillisecond, 50), 0U);
    EXPECT_EQ(allowed(l, source(1), 1000, 10, kStart + 100 * kMillisecond, 50), 1U)
        << "one every tenth of a second";
    EXPECT_EQ(allowed(l, source(1), 1000, 10, kStart + 600 * kMillisecond, 50), 5U);
    EXPECT_EQ(allowed(l, source(1), 1000, 10, kStart + 3600 * kSecond, 50), 10U)
        << "never more than a second's worth";
    EXPECT_EQ(allowed(l, source(1), 1000, 10, kStart, 50), 0U) << "a clock that runs backwards gives nothing";
}

TEST(Limiter, Overall) {
    Limiter l(1024, {1, 2});
    std::size_t n = 0;
    for (int i = 0; i < 200; ++i) n += allowed(l, source(static_cast<std::uint8_t>(i)), 100, 10, kStart, 3);
    EXPECT_EQ(n, 100U);
    EXPECT_EQ(allowed(l, source(7), 0, 10, kStart + 9 * kSecond, 5), 0U) << "0: none at all";
    EXPECT_EQ(allowed(l, source(7), 10, 0, kStart + 9 * kSecond, 5), 0U);
    EXPECT_EQ(allowed(l, source(7), 0xFFFFFFFF, 0xFFFFFFFF, kStart + 99 * kSecond, 1000), 1000U);
}

TEST(Limiter, LongRunHoldsTheRate) {
    Limiter l(16, {1, 2});
    std::size_t n = 0;
    for (Time t = 0; t < 10 * kSecond; t += 3 * kMillisecond)
        n += l.allow(source(1), 100000, 50, kStart + t) ? 1 : 0;
    EXPECT_GE(n, 540U);
    EXPECT_LE(n, 550U);
}

policy::table::Address wide_source(std::uint32_t n) {
    policy::table::Address a = source(0);
    for (std::size_t i = 0; i < 4; ++i) a[12 + i] = static_cast<std::uint8_t>(n >> (8 * i));
    return a;
}

TEST(Limiter, OddRatesGiveASecondsWorth) {
    for (const std::uint32_t rate : {1U, 3U, 7U, 11U, 999U, 65537U}) {
        Limiter l(16, {1, 2});
        EXPECT_EQ(allowed(l, source(1), 1'000'000, rate, kStart, 70'000), rate);
        EXPECT_EQ(allowed(l, source(1), 1'000'000, rate, kStart + 2 * kSecond, 70'000), rate);
    }
}

TEST(Limiter, RefusedByAllCostsTheSourceNothing) {
    Limiter l(1024, {1, 2});
    EXPECT_EQ(allowed(l, source(1), 5, 1000, kStart, 5), 5U);
    EXPECT_EQ(allowed(l, source(2), 5, 1, kStart, 50), 0U);
    EXPECT_EQ(allowed(l, source(2), 5, 1, kStart + 400 * kMillisecond, 50), 1U) << "its own is still there";
}

TEST(Limiter, LimitsComeWithEachCall) {
    Limiter l(1024, {1, 2});
    EXPECT_EQ(allowed(l, source(1), 1000, 100, kStart, 500), 100U);
    EXPECT_EQ(allowed(l, source(1), 1000, 10, kStart + kSecond / 2, 500), 5U)
        << "half of the bucket is free, and what goes in has become larger";
}

TEST(Limiter, ManySourcesEachHaveTheirOwn) {
    Limiter l(1 << 16, {1, 2});
    std::size_t n = 0;
    for (std::uint32_t s = 0; s < 2000; ++s) n += allowed(l, wide_source(s), 1'000'000, 3, kStart, 10);
    EXPECT_LE(n, 6000U);
    EXPECT_GE(n, 5800U) << "few share a slot";
}

TEST(Limiter, SharersOfASlotShareOnlyWhileActive) {
    Limiter l(1, {1, 2});  // 16 slots
    std::size_t n = 0;
    for (std::uint32_t s = 0; s < 160; ++s) n += allowed(l, wide_source(s), 1'000'000, 3, kStart, 10);
    EXPECT_EQ(n, 16U * 3U);
    EXPECT_EQ(allowed(l, wide_source(0), 1'000'000, 3, kStart + kSecond + 3, 10), 3U);
}

/// Answers that two threads get in so many milliseconds, each counting its own clock up.
std::size_t both(Limiter& l, std::uint32_t all, std::uint32_t each, Time milliseconds) {
    std::atomic<std::size_t> got = 0;
    const auto worker = [&] {
        std::size_t mine = 0;
        for (Time t = 0; t <= milliseconds; ++t)
            mine += allowed(l, source(1), all, each, kStart + t * kMillisecond, 20);
        got += mine;
    };
    std::thread other(worker);
    worker();
    other.join();
    return got;
}

TEST(Limiter, TwoThreadsNeverGetMoreThanTheRate) {
    {
        Limiter l(16, {1, 2});
        const std::size_t n = both(l, 1'000'000, 1000, 2000);
        EXPECT_LE(n, 1000U + 2000U) << "a bucket and two seconds";
        EXPECT_GE(n, 2500U);
    }
    {
        Limiter l(16, {1, 2});
        const std::size_t n = both(l, 700, 1'000'000, 2000);
        EXPECT_LE(n, 700U + 1400U);
        EXPECT_GE(n, 1700U);
    }
}

TEST(Accepted, OfThisCallThisWayThisMessage) {
    Accepted a(1000, {1, 2});
    a.add("call", core::Arrival::inside, "mikey", kStart);
    EXPECT_TRUE(a.has("call", core::Arrival::inside, "mikey"));
    EXPECT_FALSE(a.has("call", core::Arrival::outside, "mikey"));
    EXPECT_FALSE(a.has("call2", core::Arrival::inside, "mikey"));
    EXPECT_FALSE(a.has("call", core::Arrival::inside, "mikez"));
    EXPECT_FALSE(a.has("callm", core::Arrival::inside, "ikey")) << "the border counts";
}

TEST(Accepted, ForgetsTheOldestOfASet) {
    Accepted a(8, {1, 2});  // one set
    for (Time n = 0; n < 9; ++n) a.add("call" + std::to_string(n), core::Arrival::inside, "m", kStart + n);
    EXPECT_FALSE(a.has("call0", core::Arrival::inside, "m"));
    for (int n = 1; n < 9; ++n) EXPECT_TRUE(a.has("call" + std::to_string(n), core::Arrival::inside, "m"));
    a.add("call1", core::Arrival::inside, "m", kStart + 20);
    a.add("call9", core::Arrival::inside, "m", kStart + 21);
    EXPECT_TRUE(a.has("call1", core::Arrival::inside, "m")) << "accepted again, so it is not the oldest";
    EXPECT_FALSE(a.has("call2", core::Arrival::inside, "m"));
}

TEST(Accepted, TwoThreads) {
    Accepted a(64, {1, 2});
    const auto worker = [&](const std::string& name) {
        std::size_t missed = 0;
        for (int n = 0; n < 20'000; ++n) {
            const std::string call = name + std::to_string(n % 4);
            a.add(call, core::Arrival::inside, "m", kStart + static_cast<Time>(n));
            missed += a.has(call, core::Arrival::inside, "m") ? 0 : 1;
            missed += a.has("nobody", core::Arrival::inside, call) ? 1 : 0;
        }
        EXPECT_EQ(missed, 0U);
    };
    std::thread other([&] { worker("a"); });
    worker("b");
    other.join();
}

}  // namespace
}  // namespace kmsgate::memory
