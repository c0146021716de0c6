// SPDX-License-Identifier: BSD-3-Clause
// Tags of users: one writer, readers that take no lock.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "tests/unit/dataplane/qsbr.hpp"
#include "tests/unit/dataplane/tags.hpp"

namespace kmsgate::memory {
namespace {

using namespace kmsgate::test;

std::string user(std::size_t n) {
    return "sip:u" + std::to_string(n) + "@mc1.example";
}

TEST(UserTags, SetAndGet) {
    const auto t = made_tags(3);
    EXPECT_TRUE(t->set("mc1", "sip:a@mc1.example", 5));
    EXPECT_TRUE(t->set("mc2", "sip:a@mc1.example", 2));
    EXPECT_TRUE(t->set("mc1", "sip:b@mc1.example", 0));
    EXPECT_EQ(t->get("mc1", "sip:a@mc1.example"), 5U);
    EXPECT_EQ(t->get("mc2", "sip:a@mc1.example"), 2U) << "tags are a domain's own";
    EXPECT_EQ(t->get("mc3", "sip:a@mc1.example"), 0U);
    EXPECT_EQ(t->get("mc1s", "ip:a@mc1.example"), 0U) << "the border between the two counts";
    EXPECT_EQ(t->find("mc1", "sip:b@mc1.example"), 0U) << "there without a tag";
    EXPECT_EQ(t->find("mc1", "sip:c@mc1.example"), std::nullopt);
    EXPECT_FALSE(t->set("mc1", "sip:c@mc1.example", 1)) << "full";
    EXPECT_TRUE(t->set("mc1", "sip:a@mc1.example", 0xFFFFFFFF)) << "known users can still change";
    EXPECT_EQ(t->get("mc1", "sip:a@mc1.example"), 0xFFFFFFFFU);
    EXPECT_EQ(t->size(), 3U);
    EXPECT_EQ(t->capacity(), 3U);
    EXPECT_EQ(t->roster().size(), 3U) << "also who has no tag";
    EXPECT_FALSE(made_tags(3)->set("mc1", "", 1)) << "nobody";
}

TEST(UserTags, Create) {
    EXPECT_FALSE(UserTags::create("test", kMaxUserTags + 1, {1, 2}));
    const auto none = made_tags(0);
    EXPECT_FALSE(none->set("mc1", user(1), 1));
    EXPECT_EQ(none->get("mc1", user(1)), 0U);
    const auto too_large = UserTags::create("test", kMaxUserTags, {1, 2});  // for the EAL of the tests
    ASSERT_FALSE(too_large);
    EXPECT_NE(too_large.error().find("10000000 users"), std::string::npos) << too_large.error();
}

TEST(UserTags, RemoveMakesRoom) {
    const auto t = made_tags(100);
    for (std::size_t n = 0; n < 100; ++n) ASSERT_TRUE(t->set("mc1", user(n), 1));
    EXPECT_FALSE(t->remove("mc1", user(100)));
    EXPECT_FALSE(t->remove("mc2", user(1)));
    EXPECT_TRUE(t->remove("mc1", user(1)));
    EXPECT_FALSE(t->remove("mc1", user(1)));
    EXPECT_EQ(t->get("mc1", user(1)), 0U);
    EXPECT_EQ(t->find("mc1", user(1)), std::nullopt);
    EXPECT_EQ(t->size(), 99U);
    // far more comings and goings than there are places
    for (std::size_t n = 100; n < 200'000; ++n) {
        ASSERT_TRUE(t->set("mc1", user(n), static_cast<std::uint32_t>(n))) << n;
        ASSERT_EQ(t->get("mc1", user(n)), n);
        if (n % 7 != 0)
            ASSERT_TRUE(t->remove("mc1", user(n))) << n;
        else
            ASSERT_TRUE(t->remove("mc1", user(n == 105 ? 2 : n - 7))) << n;
    }
    EXPECT_EQ(t->size(), 99U);
    EXPECT_EQ(t->roster().size(), 99U);
    for (std::size_t n = 3; n < 99; ++n) EXPECT_EQ(t->get("mc1", user(n)), 1U) << n;
    EXPECT_LT(t->roster().end(), 140'000U) << "numbers are given anew when most are of nobody";
}

TEST(UserTags, ClearAndClearBits) {
    const auto t = made_tags(20'000);
    for (int round = 0; round < 3; ++round) {
        for (std::size_t n = 0; n < 20'000; ++n)
            ASSERT_TRUE(t->set("mc1", user(n), static_cast<std::uint32_t>(n % 8)));
        t->clear_bits(5);
        for (std::size_t n = 0; n < 20'000; ++n) ASSERT_EQ(t->find("mc1", user(n)), n % 8 & 2U) << n;
        EXPECT_EQ(t->size(), 20'000U) << "they stay rostered";
        t->clear();
        EXPECT_EQ(t->size(), 0U);
        EXPECT_EQ(t->roster().size(), 0U);
        for (std::size_t n = 0; n < 20'000; ++n) ASSERT_EQ(t->find("mc1", user(n)), std::nullopt) << n;
    }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

/// Bytes of this process that lie in memory.
std::size_t resident() {
    std::ifstream in("/proc/self/statm");
    std::size_t pages = 0;
    in >> pages >> pages;
    return pages * 4096;
}

TEST(UserTags, AMillionUsers) {
    constexpr std::size_t kUsers = 1'000'000;
    const std::size_t before = resident();
    const auto t = made_tags(kUsers);
    for (std::size_t n = 0; n < kUsers; ++n) ASSERT_TRUE(t->set("mc1", user(n), 1U << n % 32)) << n;
    EXPECT_FALSE(t->set("mc1", user(kUsers), 1));
    const std::size_t took = resident() - before;
    for (std::size_t n = 0; n < kUsers; n += 97) ASSERT_EQ(t->get("mc1", user(n)), 1U << n % 32) << n;
    std::printf("%zu bytes a user are taken, %zu resident\n", t->memory_bytes() / kUsers, took / kUsers);
    EXPECT_LT(t->memory_bytes() / kUsers, 110U);
    if (!kSanitized) {
        EXPECT_LT(took, t->memory_bytes() * 11 / 10) << "memory_bytes() tells all";
    }
}

TEST(UserTags, FreedPlacesWaitForReaders) {
    const auto v = made_qsbr(1);
    const auto t = made_tags(1);
    t->use_rcu(v.get());
    {
        Reader reader(v.get(), 0);
        std::size_t rounds = 0;
        for (; rounds < 1'000'000; ++rounds) {
            if (!t->set("mc1", user(rounds), 1)) break;
            ASSERT_TRUE(t->remove("mc1", user(rounds)));
        }
        EXPECT_LT(rounds, 10'000U) << "no place is used again while the reader may look at it";
        EXPECT_GE(rounds, 1000U) << "some places are there to wait";
        reader.quiescent();
        t->reclaim();
        EXPECT_TRUE(t->set("mc1", user(0), 1));
    }
    EXPECT_TRUE(t->remove("mc1", user(0)));
}

TEST(UserTags, ReadersSeeWhatWasWrittenOrNothing) {
    constexpr std::size_t kUsers = 2000;
    const auto v = made_qsbr(2);
    const auto t = made_tags(kUsers);
    t->use_rcu(v.get());
    // A user's tags name it, in two halves that agree.
    const auto bits = [](std::size_t n, std::size_t round) {
        const auto half = static_cast<std::uint32_t>((n * 31 + round % 16) & 0xFFFF);
        return half << 16 | half;
    };
    std::atomic<bool> stop = false;
    std::atomic<std::size_t> wrong = 0, seen = 0;
    const auto read = [&](unsigned id) {
        Reader reader(v.get(), id);
        for (std::size_t i = id; !stop.load(std::memory_order_relaxed); i += 7) {
            const std::size_t n = i % kUsers;
            const std::uint32_t got = t->get("mc1", user(n));
            if (got != 0) {
                seen.fetch_add(1, std::memory_order_relaxed);
                bool known = false;
                for (std::size_t round = 0; round < 16; ++round) known = known || got == bits(n, round);
                if (!known) wrong.fetch_add(1, std::memory_order_relaxed);
            }
            if (i % 16 == id) reader.quiescent();
        }
    };
    std::thread one(read, 0), two(read, 1);
    std::size_t refused = 0;
    for (std::size_t round = 0; round < 60; ++round) {
        for (std::size_t n = 0; n < kUsers; ++n) {
            if ((n + round) % 3 == 0) {
                t->remove("mc1", user(n));
            } else if (!t->set("mc1", user(n), bits(n, round))) {
                ++refused;
                std::this_thread::yield();
            }
        }
        if (round % 20 == 19) t->clear();
    }
    stop = true;
    one.join();
    two.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_GT(seen, 100U);
    EXPECT_LT(refused, kUsers * 30) << "a place comes back when the readers have passed";
    t->reclaim();
}

}  // namespace
}  // namespace kmsgate::memory
