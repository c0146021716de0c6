// SPDX-License-Identifier: BSD-3-Clause
// UIDs hashed side by side against UIDs hashed one by one, and owners found among many against hashing all.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/memory/uid_batch.hpp"
#include "dataplane/memory/uid_owner.hpp"

namespace kmsgate::memory {
namespace {

struct Asked {
    std::string user, kms;
    std::uint64_t period, offset, number;

    [[nodiscard]] Uid uid() const { return uid_of(user, kms, period, offset, number); }
    void add_to(UidBatch& batch) const { batch.add(user, {kms, period, offset, number}); }
    [[nodiscard]] std::size_t size() const {
        mikey::UidInput in;
        in.set(user, {kms, period, offset, number});
        return in.bytes().size();
    }
};

std::string text(std::mt19937_64& random, std::size_t size) {
    std::string s(size, '\0');
    for (char& c : s) c = static_cast<char>(random());
    return s;
}
std::uint64_t number(std::mt19937_64& random) {
    return random() >> (random() % 64);
}
Asked random_asked(std::mt19937_64& random) {
    return {text(random, random() % 90), text(random, random() % 60), number(random), number(random),
            number(random)};
}

void expect_same(UidBatch& batch, const std::vector<Asked>& all) {
    ASSERT_EQ(batch.size(), 0U);
    std::size_t seen = 0;
    const auto run = [&] {
        const std::size_t size = batch.size();
        const auto uids = batch.run();
        ASSERT_EQ(uids.size(), size);
        for (const Uid& uid : uids) {
            ASSERT_EQ(uid, all[seen].uid()) << "number " << seen << " of " << all.size();
            ++seen;
        }
    };
    for (const Asked& one : all) {
        if (batch.full()) run();
        one.add_to(batch);
    }
    run();
    ASSERT_EQ(seen, all.size());
    ASSERT_TRUE(batch.run().empty()) << "it is empty again";
}

TEST(UidBatch, OfEverySizeIsWhatHashingOneByOneSays) {
    std::mt19937_64 random(1);
    UidBatch batch;
    for (std::size_t size = 0; size <= 130; ++size) {
        std::vector<Asked> all;
        for (std::size_t i = 0; i < size; ++i) all.push_back(random_asked(random));
        expect_same(batch, all);
    }
}

// SHA-256 pads to 64 bytes with 9 bytes at least: 55 and 56, 119 and 120 bytes differ by a block.
TEST(UidBatch, AroundEveryBorderOfABlock) {
    std::mt19937_64 random(2);
    UidBatch batch;
    std::set<std::size_t> sizes;
    for (const std::size_t others : {1, 2, 7, 8, 9, 16, 17, 64})
        for (std::size_t user = 0; user < 110; ++user) {
            std::vector<Asked> all;
            for (std::size_t i = 0; i < others; ++i)
                all.push_back({text(random, i == 0 ? user : random() % 110), "k.example", 2592000, 0, 1508});
            sizes.insert(all[0].size());
            expect_same(batch, all);
        }
    for (const std::size_t border : {55, 56, 63, 64, 119, 120, 127, 128}) EXPECT_TRUE(sizes.contains(border));
}

TEST(UidBatch, OfTextsThatAreCut) {
    std::mt19937_64 random(3);
    UidBatch batch;
    std::vector<Asked> all;
    for (const std::size_t user : {0, 1, 511, 512, 513, 2000})
        for (const std::size_t kms : {0, 1, 511, 512, 513, 2000})
            all.push_back({text(random, user), text(random, kms), ~0ULL, ~0ULL, ~0ULL});
    expect_same(batch, all);
    all[0] = {text(random, 600), "k", 1, 0, 0};
    all[1] = all[0];
    all[1].user += "more";
    EXPECT_EQ(all[0].uid(), all[1].uid());
}

TEST(UidBatch, EveryThreadHasItsOwn) {
    UidBatch* const mine = &UidBatch::of_thread();
    EXPECT_EQ(mine, &UidBatch::of_thread());
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
        threads.emplace_back([mine, t] {
            EXPECT_NE(mine, &UidBatch::of_thread());
            std::mt19937_64 random(10 + t);
            for (int round = 0; round < 50; ++round) {
                std::vector<Asked> all;
                for (std::size_t i = random() % 70; i-- > 0;) all.push_back(random_asked(random));
                expect_same(UidBatch::of_thread(), all);
            }
        });
    for (std::thread& t : threads) t.join();
}

/// One by one, as the clause reads: the first candidate whose UID it is in one of three periods.
std::string_view owner_by_the_book(const SoughtUid& s, core::Time now) {
    for (const std::string_view candidate : s.candidates) {
        if (candidate.empty()) continue;
        const bool is = any_period(s.kms, now, [&](std::uint64_t n) {
            const Uid uid = uid_of(candidate, s.kms.uri, s.kms.period, s.kms.offset, n);
            return std::string_view(reinterpret_cast<const char*>(uid.data()), uid.size()) == s.uid;
        });
        if (is) return candidate;
    }
    return {};
}

TEST(UidOwner, IsWhomHashingOneByOneNames) {
    std::mt19937_64 random(4);
    std::size_t found = 0, nobody = 0;
    for (int round = 0; round < 2000; ++round) {
        const std::uint64_t period = 1000;
        const core::Time now = (period * (700 + random() % 3) + 1) * core::kSecond;
        const std::uint64_t current = period_number(now, period, 0);
        std::vector<std::string> users;
        // Few, so that some are known from earlier rounds; some cut, so that two have the same UID.
        for (std::size_t i = random() % (round % 10 == 0 ? 130 : 6); i-- > 0;) {
            users.push_back("sip:u" + std::to_string(random() % 300) + "@mc1.example");
            if (random() % 20 == 0) users.back() = std::string(512, 'x') + std::to_string(random() % 3);
            if (random() % 20 == 0) users.back().clear();
        }
        const std::vector<std::string_view> candidates(users.begin(), users.end());
        std::array<std::string, 5> uids;
        std::array<SoughtUid, 5> sought;
        const std::size_t n = random() % (sought.size() + 1);
        for (std::size_t i = 0; i < n; ++i) {
            const std::string kms = "kms" + std::to_string(random() % 3) + ".example";
            std::string user = "sip:nobody@mc1.example";
            if (!users.empty() && random() % 4 != 0) user = users[random() % users.size()];
            const Uid uid = uid_of(user, kms, period, 0, current - 2 + random() % 5);
            uids[i].assign(reinterpret_cast<const char*>(uid.data()), random() % 16 == 0 ? 31 : 32);
            static constexpr std::array<std::string_view, 3> kNames{"kms0.example", "kms1.example",
                                                                    "kms2.example"};
            sought[i] = {uids[i],
                         {kNames[random() % 8 == 0 ? 0U : static_cast<std::size_t>(kms[3] - '0')],
                          random() % 32 == 0 ? 0U : period},
                         candidates,
                         "left from before"};
        }
        find_owners(std::span(sought).first(n), now);
        for (std::size_t i = 0; i < n; ++i) {
            const std::string_view expected = owner_by_the_book(sought[i], now);
            ASSERT_EQ(sought[i].owner, expected) << "round " << round;
            ASSERT_EQ(sought[i].owner.data(), expected.data()) << "the first of those who are the same";
            (expected.empty() ? nobody : found)++;
        }
    }
    EXPECT_GT(found, 500U);
    EXPECT_GT(nobody, 500U);
}

TEST(UidOwner, OfMoreThanAreSoughtTogetherNobodyIsFound) {
    const core::Time now = 1'700'000'000 * core::kSecond;
    const std::string_view user = "sip:crowded@mc1.example";
    const Uid uid = uid_of(user, "k", 2592000, 0, period_number(now, 2592000, 0));
    std::vector<SoughtUid> sought(
        kMaxSought, SoughtUid{{reinterpret_cast<const char*>(uid.data()), uid.size()}, {"k"}, {&user, 1}});
    find_owners(sought, now);
    for (const SoughtUid& s : sought) EXPECT_EQ(s.owner, user);
    sought.push_back(sought[0]);
    find_owners(sought, now);
    for (const SoughtUid& s : sought) EXPECT_EQ(s.owner, "");
}

}  // namespace
}  // namespace kmsgate::memory
