// SPDX-License-Identifier: BSD-3-Clause
// The bounded tables: transactions, answers per second, tags of users.
#include <gtest/gtest.h>

#include "dataplane/memory/limiter.hpp"
#include "dataplane/memory/transactions.hpp"
#include "dataplane/memory/user_tags.hpp"

namespace kmsgate::memory {
namespace {

using core::kMillisecond;
using core::kSecond;

constexpr Time kStart = 1'700'000'000 * kSecond;

Hash128 key(std::uint64_t n) {
    return {n * 0x9E3779B97F4A7C15ULL, n};
}
Hash128 same_bucket(std::uint64_t n) {
    return {5, n};
}

TEST(Transactions, FindsWhatWasPut) {
    Transactions t(100);
    for (std::uint64_t n = 1; n <= 100; ++n) {
        Transaction* e = t.put(n % 2 != 0 ? key(n) : same_bucket(n), kStart);
        ASSERT_NE(e, nullptr);
        e->expires = kStart + kSecond;
        e->krr_time = n;
    }
    EXPECT_EQ(t.size(), 100U);
    EXPECT_EQ(t.capacity(), 100U);
    for (std::uint64_t n = 1; n <= 100; ++n)
        EXPECT_EQ(t.find(n % 2 != 0 ? key(n) : same_bucket(n), kStart)->krr_time, n);
    EXPECT_EQ(t.find(key(2), kStart), nullptr);
    EXPECT_EQ(t.put(key(1), kStart)->krr_time, 1U) << "the same entry";
    EXPECT_EQ(t.size(), 100U);
}

TEST(Transactions, ExpireAtTheirTime) {
    Transactions t(10);
    t.put(key(1), kStart)->expires = kStart + kTransactionLife;
    EXPECT_NE(t.find(key(1), kStart + kTransactionLife - 1), nullptr);
    EXPECT_EQ(t.find(key(1), kStart + kTransactionLife), nullptr);
    t.age(kStart + kTransactionLife - 1);
    EXPECT_EQ(t.size(), 1U);
    t.age(kStart + kTransactionLife);
    EXPECT_EQ(t.size(), 0U);
    EXPECT_EQ(t.find(key(1), kStart), nullptr);
}

TEST(Transactions, FullNeverEvictsTheLiving) {
    Transactions t(8);
    for (std::uint64_t n = 1; n <= 8; ++n) t.put(key(n), kStart)->expires = kStart + n * kSecond;
    EXPECT_EQ(t.put(key(9), kStart), nullptr);
    for (std::uint64_t n = 1; n <= 8; ++n) EXPECT_NE(t.find(key(n), kStart), nullptr) << n;
    Transaction* e = t.put(key(9), kStart + 3 * kSecond);  // 1 to 3 have ended
    ASSERT_NE(e, nullptr);
    e->expires = kStart + 100 * kSecond;
    for (std::uint64_t n = 4; n <= 9; ++n) EXPECT_NE(t.find(key(n), kStart + 3 * kSecond), nullptr) << n;
    Transactions none(0);
    EXPECT_EQ(none.put(key(1), kStart), nullptr);
    none.age(kStart);
}

TEST(Transactions, LongChurn) {
    Transactions t(64);
    for (std::uint64_t n = 1; n < 20000; ++n) {
        const Time now = kStart + n * kMillisecond;
        t.age(now);
        Transaction* e = t.put(n % 3 != 0 ? key(n) : same_bucket(n), now);
        ASSERT_NE(e, nullptr) << n;
        e->expires = now + 40 * kMillisecond;
        e->krr_time = n;
        ASSERT_LE(t.size(), t.capacity());
        if (n > 30) {
            const std::uint64_t old = n - 30;
            const Transaction* f = t.find(old % 3 != 0 ? key(old) : same_bucket(old), now);
            ASSERT_NE(f, nullptr) << old;
            ASSERT_EQ(f->krr_time, old);
        }
    }
}

TEST(Transactions, Methods) {
    Transaction t;
    for (const std::string_view name : {"INVITE", "ACK", "", "AVERYLONGMETHODNAMEINDEED"}) {
        t.set_method(name);
        EXPECT_TRUE(t.method_is(name));
        EXPECT_FALSE(t.method_is("CANCEL"));
        EXPECT_FALSE(t.method_is(std::string(name) + "X"));
    }
}

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

TEST(UserTags, SetAndGet) {
    UserTags t(3, {1, 2});
    EXPECT_TRUE(t.set("mc1", "sip:a@mc1.example", 5));
    EXPECT_TRUE(t.set("mc2", "sip:a@mc1.example", 2));
    EXPECT_TRUE(t.set("mc1", "sip:b@mc1.example", 0));
    EXPECT_EQ(t.get("mc1", "sip:a@mc1.example"), 5U);
    EXPECT_EQ(t.get("mc2", "sip:a@mc1.example"), 2U) << "tags are a domain's own";
    EXPECT_EQ(t.get("mc3", "sip:a@mc1.example"), 0U);
    EXPECT_EQ(t.get("mc1s", "ip:a@mc1.example"), 0U) << "the border between the two counts";
    EXPECT_FALSE(t.set("mc1", "sip:c@mc1.example", 1)) << "full";
    EXPECT_TRUE(t.set("mc1", "sip:a@mc1.example", 4)) << "known users can still change";
    EXPECT_EQ(t.get("mc1", "sip:a@mc1.example"), 4U);
    EXPECT_EQ(t.roster().size(), 3U) << "also who has no tag";
}

}  // namespace
}  // namespace kmsgate::memory
