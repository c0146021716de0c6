// SPDX-License-Identifier: BSD-3-Clause
// Hashed users found without hashing: what the live roster knows against what the roster of the tools knows.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/memory/live_roster.hpp"
#include "tests/unit/dataplane/qsbr.hpp"
#include "tests/unit/dataplane/tags.hpp"
#include "tests/unit/decide/allocations.hpp"

namespace kmsgate::memory {
namespace {

using namespace kmsgate::test;
using core::kSecond;
using core::Time;

constexpr std::uint64_t kPeriod = 1000;
constexpr Time kNow = 1'700'000'000 * kSecond;

std::string user(std::size_t n) {
    return "sip:u" + std::to_string(n) + "@mc1.example";
}
UidKms own(std::string_view kms) {
    return {kms, kPeriod, 0, true};
}
UidKms foreign(std::string_view kms) {
    return {kms, kPeriod, 0, false};
}
/// The UID of a user so many periods from `now`.
std::string uid(const std::string& who, const UidKms& kms, Time now = kNow, int periods = 0) {
    const std::uint64_t number =
        period_number(now, kms.period, kms.offset) + static_cast<std::uint64_t>(std::int64_t{periods});
    const Uid u = uid_of(who, kms.uri, kms.period, kms.offset, number);
    return {reinterpret_cast<const char*>(u.data()), u.size()};
}

class Live : public ::testing::Test {
  protected:
    void add(std::size_t from, std::size_t to) {
        for (std::size_t n = from; n < to; ++n) ASSERT_TRUE(tags->set("mc1", user(n), 0));
    }
    /// As often as there is something to do; the calls it took.
    static std::size_t settle(LiveRoster& roster, Time now = kNow, std::span<const UidKms> policy = {}) {
        std::size_t calls = 1;
        while (roster.work(now, policy) && calls < 10'000) ++calls;
        return calls;
    }
    std::unique_ptr<UserTags> tags = made_tags(20'000);
};

TEST_F(Live, FirstPendingThenFound) {
    add(0, 100);
    LiveRoster roster(*tags, nullptr, {1, 2});
    const UidKms a = own("kms.a.example");
    EXPECT_EQ(roster.find(uid(user(5), a), a, kNow), "");
    EXPECT_EQ(roster.stats().pending, 1U);
    EXPECT_FALSE(roster.work(kNow, {}));
    for (int period = -2; period <= 2; ++period)
        EXPECT_EQ(roster.find(uid(user(5), a, kNow, period), a, kNow), std::abs(period) < 2 ? user(5) : "")
            << period;
    EXPECT_EQ(roster.find(uid(user(100), a), a, kNow), "");
    EXPECT_EQ(roster.find(uid(user(5), a).substr(1), a, kNow), "");
    EXPECT_EQ(roster.find(uid(user(5), a), {a.uri, 0, 0, true}, kNow), "") << "no division by zero";
    EXPECT_EQ(roster.stats().pending, 1U) << "all of these were answered from ready tables";
    EXPECT_EQ(roster.stats().tables, 3U);
    EXPECT_EQ(roster.stats().entries, 300U);
    const std::string longest(kMaxKmsName, 'k'), too_long(kMaxKmsName + 1, 'k');
    static_cast<void>(roster.find(uid(user(5), foreign(longest)), foreign(longest), kNow));
    static_cast<void>(roster.find(uid(user(5), foreign(too_long)), foreign(too_long), kNow));
    EXPECT_EQ(roster.stats().pending, 2U) << "what can never be served is not asked for";
    settle(roster);
    EXPECT_EQ(roster.find(uid(user(5), foreign(longest)), foreign(longest), kNow), user(5));
    EXPECT_EQ(roster.find(uid(user(5), foreign(too_long)), foreign(too_long), kNow), "");
}

TEST_F(Live, NobodyAsksForAnEmptyRoster) {
    LiveRoster roster(*tags, nullptr, {1, 2});
    EXPECT_EQ(roster.find(uid(user(5), own("a")), own("a"), kNow), "");
    EXPECT_EQ(roster.stats().pending, 0U);
}

TEST_F(Live, SlicesAreBounded) {
    add(0, 1000);
    LiveRoster roster(*tags, nullptr, {1, 2}, {.slice = 400});
    const UidKms a = own("kms.a.example");
    static_cast<void>(roster.find(uid(user(5), a), a, kNow));
    EXPECT_TRUE(roster.work(kNow, {}));
    EXPECT_LE(roster.stats().entries, 400U);
    EXPECT_EQ(roster.stats().tables, 0U) << "none before it is whole";
    const std::size_t calls = settle(roster);
    EXPECT_GE(calls, 7U);
    EXPECT_LE(calls, 12U);
    EXPECT_EQ(roster.stats().tables, 3U);
}

TEST_F(Live, PolicyIsReadyBeforeAnybodyAsks) {
    LiveRoster roster(*tags, nullptr, {1, 2});
    const std::vector<UidKms> policy = {own("kms.a.example"), own("kms.b.example")};
    settle(roster, kNow, policy);
    EXPECT_EQ(roster.stats().tables, 0U) << "nobody is on the roster";
    add(0, 10);
    settle(roster, kNow, policy);
    EXPECT_EQ(roster.stats().tables, 6U);
    for (const UidKms& kms : policy)
        EXPECT_EQ(roster.find(uid(user(5), kms), kms, kNow), user(5)) << "the first call of all";
    EXPECT_EQ(roster.stats().pending, 0U);
    const UidKms far = foreign("kms.far.example");
    static_cast<void>(roster.find(uid(user(5), far), far, kNow));
    settle(roster, kNow, policy);
    EXPECT_EQ(roster.stats().tables, 9U);
    for (const UidKms& kms : policy)
        for (int period = -1; period <= 1; ++period)
            EXPECT_EQ(roster.find(uid(user(5), kms, kNow, period), kms, kNow), user(5));
    EXPECT_EQ(roster.stats().pending, 1U);
    // The same name outside of the policy is another table: it has a small roster only.
    EXPECT_EQ(roster.find(uid(user(5), policy[0]), foreign("kms.a.example"), kNow), "");
    EXPECT_EQ(roster.stats().pending, 2U);
}

TEST_F(Live, WhoIsGoneIsNotCountedAndTakesNoRoom) {
    constexpr std::size_t kUsers = 3000;
    add(0, kUsers);
    LiveRoster roster(*tags, nullptr, {1, 2}, {.users = kUsers});
    const UidKms a = own("kms.a.example");
    static_cast<void>(roster.find(uid(user(5), a), a, kNow));
    settle(roster);
    EXPECT_EQ(roster.stats().entries, 3 * kUsers);
    for (std::size_t n = 10; n < kUsers; ++n) ASSERT_TRUE(tags->remove("mc1", user(n)));
    settle(roster);
    EXPECT_EQ(roster.stats().entries, 30U);
    EXPECT_EQ(roster.find(uid(user(5), a), a, kNow), user(5));
    EXPECT_EQ(roster.find(uid(user(50), a), a, kNow), "");
    add(kUsers, kUsers + 90);
    settle(roster);
    EXPECT_EQ(roster.stats().entries, 300U);
    EXPECT_EQ(roster.find(uid(user(kUsers + 80), a), a, kNow), user(kUsers + 80)) << "there is room again";
    ASSERT_TRUE(tags->remove("mc1", user(5)));
    settle(roster);
    EXPECT_EQ(roster.stats().entries, 297U) << "also when the table is not made anew";
}

TEST_F(Live, UsersComeAndGo) {
    add(0, 50);
    LiveRoster roster(*tags, nullptr, {1, 2});
    const UidKms a = own("kms.a.example");
    const auto found = [&](std::size_t n) { return std::string(roster.find(uid(user(n), a), a, kNow)); };
    found(0);
    settle(roster);
    EXPECT_EQ(found(70), "");
    add(50, 5000);
    EXPECT_EQ(found(70), "") << "not before work()";
    settle(roster);
    EXPECT_EQ(found(70), user(70));
    EXPECT_EQ(found(4999), user(4999));
    EXPECT_TRUE(tags->remove("mc1", user(70)));
    EXPECT_EQ(found(70), "") << "at once";
    EXPECT_EQ(found(71), user(71));
    ASSERT_TRUE(tags->set("mc1", user(70), 0));
    settle(roster);
    EXPECT_EQ(found(70), user(70));
    tags->clear();
    EXPECT_EQ(found(71), "");
    add(100, 110);
    settle(roster);
    EXPECT_EQ(found(105), user(105));
    EXPECT_EQ(found(71), "");
}

TEST_F(Live, FollowsWhenTheRosterIsNumberedAnew) {
    add(0, 10);
    LiveRoster roster(*tags, nullptr, {1, 2}, {.slice = 8});
    const UidKms a = own("kms.a.example");
    static_cast<void>(roster.find(uid(user(0), a), a, kNow));
    settle(roster);
    const std::uint64_t epoch = tags->roster().epoch();
    for (std::size_t n = 1000; tags->roster().epoch() == epoch; ++n) {
        ASSERT_LT(n, 100'000U);
        ASSERT_TRUE(tags->set("mc1", user(n), 0));
        ASSERT_TRUE(tags->remove("mc1", user(n)));
    }
    EXPECT_EQ(roster.find(uid(user(3), a), a, kNow), user(3)) << "the old table serves meanwhile";
    EXPECT_TRUE(roster.work(kNow, {}));
    EXPECT_EQ(roster.find(uid(user(3), a), a, kNow), user(3));
    settle(roster);
    EXPECT_EQ(roster.find(uid(user(3), a), a, kNow), user(3));
    EXPECT_TRUE(tags->remove("mc1", user(3)));
    EXPECT_EQ(roster.find(uid(user(3), a), a, kNow), "") << "the new table stands";
}

TEST_F(Live, PeriodsRollOver) {
    add(0, 10);
    LiveRoster roster(*tags, nullptr, {1, 2});
    const std::vector<UidKms> policy = {own("kms.a.example")};
    const UidKms& a = policy[0];
    static_cast<void>(roster.find(uid(user(5), a), a, kNow));
    settle(roster, kNow, policy);
    const auto pending = roster.stats().pending;
    Time now = kNow;
    for (int i = 0; i < 20; ++i) {
        now += kPeriod * kSecond;
        EXPECT_EQ(roster.find(uid(user(5), a, now), a, now), user(5)) << "it was the next one before";
        settle(roster, now, policy);
        EXPECT_EQ(roster.find(uid(user(5), a, now, 1), a, now), user(5));
        EXPECT_EQ(roster.stats().tables, 3U) << "what is out of date has gone";
    }
    EXPECT_EQ(roster.stats().pending, pending) << "nobody had to wait";
    now += 50 * kPeriod * kSecond;  // a clock that jumps
    EXPECT_EQ(roster.find(uid(user(5), a, now), a, now), "");
    settle(roster, now, policy);
    EXPECT_EQ(roster.find(uid(user(5), a, now), a, now), user(5));
    EXPECT_EQ(roster.stats().tables, 3U);
}

TEST_F(Live, RequestsOverflowAndRepeat) {
    add(0, 2);
    LiveRoster roster(*tags, nullptr, {1, 2});
    const UidKms a = own("kms.a.example");
    for (int i = 0; i < 1000; ++i) static_cast<void>(roster.find(uid(user(1), a), a, kNow));
    EXPECT_EQ(roster.stats().pending, 1000U);
    EXPECT_EQ(roster.stats().overflow, 0U) << "one request";
    for (int i = 0; i < 1000; ++i) {
        const std::string kms = "kms" + std::to_string(i);
        static_cast<void>(roster.find(uid(user(1), foreign(kms)), foreign(kms), kNow));
    }
    EXPECT_GT(roster.stats().overflow, 900U);
    settle(roster);
    EXPECT_EQ(roster.find(uid(user(1), a), a, kNow), user(1));
    EXPECT_LE(roster.stats().tables, 3U * 64U);
    const std::string late = "kms999";
    static_cast<void>(roster.find(uid(user(1), foreign(late)), foreign(late), kNow));
    settle(roster);
    EXPECT_EQ(roster.find(uid(user(1), foreign(late)), foreign(late), kNow), user(1)) << "room again";
}

TEST_F(Live, ForeignNamesCostLittleAndDisplaceNothing) {
    add(0, 2000);
    LiveRoster roster(*tags, nullptr, {1, 2});
    const std::vector<UidKms> policy = {own("kms.a.example")};
    const UidKms far = foreign("kms.far.example");
    static_cast<void>(roster.find(uid(user(5), far), far, kNow));
    settle(roster, kNow, policy);
    EXPECT_EQ(roster.find(uid(user(5), far), far, kNow), user(5));
    EXPECT_EQ(roster.find(uid(user(999), far), far, kNow), user(999));
    EXPECT_EQ(roster.find(uid(user(1000), far), far, kNow), "") << "the first thousand users only";
    Time now = kNow;
    for (int i = 0; i < 200; ++i) {
        const std::string kms = "made-up-" + std::to_string(i);
        static_cast<void>(roster.find(uid(user(5), foreign(kms)), foreign(kms), now));
        if (i % 10 == 9) settle(roster, now, policy);
        now += kSecond / 5;
        EXPECT_EQ(roster.find(uid(user(5), far, now), far, now), user(5)) << "a KMS in use stays: " << i;
    }
    settle(roster, now, policy);
    EXPECT_LE(roster.stats().entries, kForeignEntries + 3U * 2000U);
    for (int i = 0; i < 20; ++i) {
        const std::string kms = "at-once-" + std::to_string(i);
        static_cast<void>(roster.find(uid(user(5), foreign(kms)), foreign(kms), now));
    }
    settle(roster, now, policy);
    EXPECT_GT(roster.stats().refused, 0U) << "60 tables of a thousand users";
    EXPECT_LE(roster.stats().entries, kForeignEntries + 3U * 2000U);
    EXPECT_EQ(roster.find(uid(user(5), far, now), far, now), user(5));
    EXPECT_EQ(roster.find(uid(user(1999), policy[0], now), policy[0], now), user(1999));
    now += 100 * kSecond;
    const std::string late = "late";
    static_cast<void>(roster.find(uid(user(5), foreign(late), now), foreign(late), now));
    settle(roster, now, policy);
    EXPECT_EQ(roster.find(uid(user(5), foreign(late), now), foreign(late), now), user(5));
}

TEST_F(Live, OwnBudgetHoldsAlsoWhenTheRosterGrows) {
    add(0, 10);
    LiveRoster roster(*tags, nullptr, {1, 2}, {.users = 1500, .entries = 7000});
    std::vector<std::string> names;
    for (int i = 0; i < 10; ++i) names.push_back("kms" + std::to_string(i));
    std::vector<UidKms> policy;
    for (const std::string& name : names) policy.push_back(own(name));
    static_cast<void>(roster.find(uid(user(5), policy[0]), policy[0], kNow));
    settle(roster, kNow, policy);
    EXPECT_EQ(roster.stats().tables, 30U);
    add(10, 3000);
    settle(roster, kNow + 2 * kSecond, policy);
    EXPECT_LE(roster.stats().entries, 7000U);
    EXPECT_GE(roster.stats().tables, 3U);
    EXPECT_EQ(roster.find(uid(user(1499), policy[0]), policy[0], kNow), user(1499));
    EXPECT_EQ(roster.find(uid(user(1500), policy[0]), policy[0], kNow), "") << "not of the first 1,500";
}

TEST_F(Live, EqualsTheRosterOfTheTools) {
    std::mt19937 dice(20261122);
    const auto pick = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(dice);
    };
    LiveRoster live(*tags, nullptr, {1, 2});
    UidRoster sure(*tags);
    const std::vector<std::string> names = {"kms.a.example", "kms.b.example", "kms.far.example"};
    const std::vector<UidKms> kms = {own(names[0]), {names[1], 777, 13, true}, foreign(names[2])};
    Time now = kNow;
    std::size_t found = 0;
    for (int step = 0; step < 60; ++step) {
        for (int i = 0; i < 30; ++i) {
            const std::string domain = pick(2) == 0 ? "mc1" : "mc2";
            if (pick(3) != 0)
                ASSERT_TRUE(tags->set(domain, user(pick(200)), 1));
            else
                tags->remove(domain, user(pick(200)));
        }
        if (step % 25 == 24) tags->clear();
        now += pick(400) * kSecond;
        for (const UidKms& k : kms)  // nobody: looked for in every period
            static_cast<void>(live.find(uid(user(9999), k, now), k, now));
        settle(live, now, {kms.data(), 2});
        for (int i = 0; i < 60; ++i) {
            const UidKms& k = kms[pick(3)];
            const std::string who = uid(user(pick(220)), k, now, static_cast<int>(pick(5)) - 2);
            const std::string_view expected = sure.find(who, k, now);
            ASSERT_EQ(live.find(who, k, now), expected) << step;
            found += expected.empty() ? 0 : 1;
        }
    }
    EXPECT_GT(found, 500U);
}

TEST_F(Live, WorkersAllocateNothing) {
    add(0, 100);
    LiveRoster roster(*tags, nullptr, {1, 2});
    const UidKms a = own("kms.a.example"), far = foreign("kms.far.example");
    const std::string known = uid(user(5), a), unknown = uid(user(500), a);
    static_cast<void>(roster.find(known, a, kNow));
    settle(roster);
    const std::size_t before = policy::decide::testing::allocations();
    const bool found = !roster.find(known, a, kNow).empty();
    const bool none = roster.find(unknown, a, kNow).empty() && roster.find(known, far, kNow).empty();
    const std::uint32_t bits = tags->get("mc1", "sip:u5@mc1.example");
    EXPECT_EQ(policy::decide::testing::allocations(), before);
    EXPECT_TRUE(found && none && bits == 0);
}

TEST_F(Live, WorkersFindWhileItIsMade) {
    const auto v = made_qsbr(2);
    tags->use_rcu(v.get());
    add(0, 500);
    LiveRoster roster(*tags, v.get(), {1, 2}, {.slice = 64});
    const std::vector<std::string> names = {"kms.a.example", "kms.b.example", "kms.far.example"};
    const std::vector<UidKms> kms = {own(names[0]), own(names[1]), foreign(names[2])};
    std::vector<std::array<std::string, 3>> uids(600);
    for (std::size_t n = 0; n < uids.size(); ++n)
        for (std::size_t k = 0; k < 3; ++k) uids[n][k] = uid(user(n), kms[k]);
    std::atomic<bool> stop = false;
    std::atomic<std::size_t> wrong = 0, found = 0;
    const auto look = [&](unsigned id) {
        Reader reader(v.get(), id);
        for (std::size_t i = id; !stop.load(std::memory_order_relaxed); i += 13) {
            const std::size_t n = i % uids.size(), k = i % 3;
            const std::string_view who = roster.find(uids[n][k], kms[k], kNow);
            if (!who.empty()) {
                found.fetch_add(1, std::memory_order_relaxed);
                if (who != user(n)) wrong.fetch_add(1, std::memory_order_relaxed);
            }
            if (i % 8 == id) reader.quiescent();
        }
    };
    std::thread one(look, 0), two(look, 1);
    for (std::size_t round = 0; round < 400; ++round) {
        roster.work(kNow + round * core::kMillisecond, {kms.data(), 2});
        static_cast<void>(tags->set("mc1", user(500 + round % 100), 0));
        tags->remove("mc1", user(round % 600));
        if (round == 200) {
            tags->clear();
            for (std::size_t n = 0; n < 500; ++n) static_cast<void>(tags->set("mc1", user(n), 0));
        }
        std::this_thread::yield();
    }
    for (int i = 0; i < 2000 && roster.work(kNow + kSecond, {kms.data(), 2}); ++i) std::this_thread::yield();
    for (int i = 0; i < 100'000 && found == 0; ++i) std::this_thread::yield();
    stop = true;
    one.join();
    two.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_GT(found, 0U);
    EXPECT_EQ(roster.find(uids[100][0], kms[0], kNow), user(100));
}

}  // namespace
}  // namespace kmsgate::memory
