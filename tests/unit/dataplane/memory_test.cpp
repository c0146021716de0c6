// SPDX-License-Identifier: BSD-3-Clause
// The bounded table of transactions.
#include <gtest/gtest.h>

#include "dataplane/memory/snapshots.hpp"
#include "dataplane/memory/transactions.hpp"

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

TEST(Snapshots, ATextIsFoundByItsKeyWhileHalfTheRingIsAhead) {
    Snapshots ring(1024);
    const Snapshots::Key one{1, {1, 2, 3, 4}}, other{2, {1, 2, 3, 4}};
    EXPECT_EQ(ring.find(one), nullptr);
    EXPECT_EQ(ring.find(Snapshots::Key{}), nullptr) << "nothing was put";
    const Snapshots::Ref ref = ring.put(one, "text");
    for (int i = 0; i < 51; ++i) {
        ASSERT_NE(ring.find(one), nullptr) << i;
        EXPECT_EQ(ring.find(other), nullptr);
        EXPECT_EQ(ring.get(*ring.find(one)), "text");
        EXPECT_TRUE(ring.put("0123456789").kept);
    }
    EXPECT_TRUE(ring.put("0123456789").kept);
    EXPECT_EQ(ring.find(one), nullptr) << "whoever takes it now could lose it soon";
    EXPECT_EQ(ring.get(ref), "text");
    EXPECT_TRUE(ring.put(other, "other text").kept);
    EXPECT_EQ(ring.get(*ring.find(other)), "other text");
    EXPECT_EQ(ring.find(one), nullptr) << "one place, one key";
    EXPECT_FALSE(ring.put(one, std::string(1025, 'x')).kept);
    EXPECT_EQ(ring.find(one), nullptr);
}

}  // namespace
}  // namespace kmsgate::memory
