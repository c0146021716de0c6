// SPDX-License-Identifier: BSD-3-Clause
// Whose call a request was: kept in a block of fixed size, adding up, never forgetting, without the heap.
#include "dataplane/memory/parties.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dataplane/memory/transactions.hpp"
#include "tests/unit/decide/allocations.hpp"

namespace kmsgate::memory {
namespace {

using policy::decide::Candidate;
using policy::decide::User;
using Users = std::array<User, 2>;
using Views = std::vector<std::string_view>;

std::vector<std::string> users(const Parties& p, std::size_t side) {
    std::vector<std::string> out;
    p.each_user(side, [&](std::string_view uri, std::string_view alias) {
        out.push_back(std::string(uri) + "|" + std::string(alias));
    });
    return out;
}
std::vector<std::string> visited(const Parties& p) {
    std::vector<std::string> out;
    p.each_visited([&](std::string_view value) { out.emplace_back(value); });
    return out;
}
User ours(std::span<const Candidate> candidates) {
    return {User::State::ours, candidates, false, false};
}

TEST(Parties, KeepsWhatWasNamed) {
    const Candidate alice{"sip:alice@a", "tel:+1", 7}, bob{"sip:bob@b", {}, 0};
    const Views networks = {"v1", "", "v2"};
    Parties p;
    p.clear();
    EXPECT_TRUE(p.empty());
    p.add({ours({&alice, 1}), User{User::State::other, {&bob, 1}, false, false}}, networks);
    EXPECT_FALSE(p.empty());
    EXPECT_EQ(users(p, 0), std::vector<std::string>{"sip:alice@a|tel:+1"});
    EXPECT_EQ(users(p, 1), std::vector<std::string>{"sip:bob@b|"});
    EXPECT_TRUE(p.side(0).ours && !p.side(0).other && !p.side(0).unknown);
    EXPECT_TRUE(p.side(1).other && !p.side(1).ours);
    EXPECT_EQ(visited(p), (std::vector<std::string>{"v1", "", "v2"}));
    EXPECT_TRUE(p.visited_known());
    p.clear();
    EXPECT_TRUE(p.empty() && users(p, 0).empty() && visited(p).empty());
}

TEST(Parties, CopiesAddUpAndNoneTakesAway) {
    const Candidate u{"sip:u@a", {}, 0}, v{"sip:v@a", {}, 0}, u2{"sip:u@a", "tel:+1", 0};
    Parties p;
    p.clear();
    p.add({ours({&u, 1}), User{}}, Views{"x"});
    p.add({ours({&u, 1}), User{}}, Views{"x"});
    EXPECT_EQ(users(p, 0).size(), 1U);
    EXPECT_TRUE(p.visited_known());
    p.add({ours({&v, 1}), User{}}, Views{"x"});
    p.add({ours({&u2, 1}), User{}}, Views{"x"});
    EXPECT_EQ(users(p, 0), (std::vector<std::string>{"sip:u@a|", "sip:v@a|", "sip:u@a|tel:+1"}));
    EXPECT_FALSE(p.side(0).unknown);
    p.add({User{}, ours({&u, 1})}, Views{"x"});
    EXPECT_TRUE(p.side(0).unknown && p.side(0).ours);
    EXPECT_TRUE(p.side(1).unknown && p.side(1).ours);
    EXPECT_TRUE(p.visited_known());
    for (const Views& other : {Views{}, Views{"y"}, Views{"x", "x"}}) {
        Parties q = p;
        q.add({ours({&u, 1}), ours({&u, 1})}, other);
        EXPECT_FALSE(q.visited_known());
        q.add({ours({&u, 1}), ours({&u, 1})}, Views{"x"});
        EXPECT_FALSE(q.visited_known()) << "doubt stays";
    }
    Parties q = p;
    q.add({User{}, User{}}, Views{"x"}, false);
    EXPECT_FALSE(q.visited_known());
}

/// Every size around the block's end: all of it is kept, or the side says that it is not.
TEST(Parties, WhatDoesNotFitIsSaid) {
    for (std::size_t size = 0; size <= kPartyBytes + 10; ++size) {
        const std::string long_name(size, 'x');
        const Candidate big{long_name, {}, 0}, next{"n", {}, 0};
        Parties p;
        p.clear();
        p.add({ours({&big, 1}), ours({&next, 1})}, Views{"v"});
        const bool big_fits = size + 6 <= kPartyBytes;
        const std::size_t used = big_fits ? size + 6 : 0;
        const bool next_fits = used + 7 <= kPartyBytes;
        const bool visited_fits = used + (next_fits ? 7U : 0U) + 7 <= kPartyBytes;
        EXPECT_EQ(users(p, 0).size(), big_fits ? 1U : 0U) << size;
        EXPECT_EQ(p.side(0).crowd, !big_fits) << size;
        EXPECT_EQ(p.side(0).unknown, !big_fits) << size;
        EXPECT_EQ(p.side(1).crowd, !next_fits) << size;
        EXPECT_EQ(p.visited_known(), visited_fits) << size;
    }
}

TEST(Parties, LiveAndDieWithTheirTransaction) {
    Transactions t(4);
    const Candidate u{"sip:u@a", {}, 0};
    Transaction* a = t.put({1, 1}, 10);
    ASSERT_NE(a, nullptr);
    a->expires = 100;
    EXPECT_TRUE(t.parties(*a).empty());
    t.parties(*a).add({ours({&u, 1}), User{}}, {});
    for (std::uint64_t k = 2; k < 4; ++k) t.put({k, k}, 10)->expires = 100;
    EXPECT_EQ(users(t.parties(*t.find({1, 1}, 99)), 0).size(), 1U);
    EXPECT_EQ(t.put({1, 1}, 99), a);
    EXPECT_FALSE(t.parties(*a).empty()) << "taken over alive";
    a = t.put({1, 1}, 100);
    EXPECT_TRUE(t.parties(*a).empty()) << "taken over after its time";
}

std::vector<std::string> names(const Callers& c) {
    std::vector<std::string> out;
    for (const Parties* p : c.all()) out.push_back(users(*p, 0).front());
    return out;
}
/// An entry under a branch; its user is named after its key.
Transaction* enter(Transactions& t, std::uint64_t key, std::uint64_t branch, Time expires) {
    Transaction* e = t.put({key, key}, 10);
    if (e == nullptr) return e;
    const std::string name = std::to_string(key);
    const Candidate u{name, {}, 0};
    e->expires = expires;
    t.parties(*e).add({ours({&u, 1}), User{}}, {});
    t.set_branch(*e, branch);
    t.set_branch(*e, branch);  // once more changes nothing
    return e;
}

TEST(Callers, OfABranchNewestFirst) {
    Transactions t(16);
    EXPECT_EQ(t.callers(7, 10).count, 0U);
    enter(t, 1, 7, 100);
    enter(t, 2, 7 + 16, 100);  // the same bucket
    enter(t, 3, 7, 50);
    enter(t, 4, 0, 100);
    EXPECT_EQ(names(t.callers(7, 10)), (std::vector<std::string>{"3|", "1|"}));
    EXPECT_EQ(names(t.callers(7 + 16, 10)), std::vector<std::string>{"2|"});
    EXPECT_EQ(t.callers(0, 10).count, 0U) << "no branch is none to look for";
    EXPECT_EQ(names(t.callers(7, 50)), std::vector<std::string>{"1|"}) << "past its time";
    t.age(50);
    EXPECT_EQ(t.size(), 3U);
    EXPECT_EQ(names(t.callers(7, 50)), std::vector<std::string>{"1|"});
    t.put({5, 5}, 10)->expires = 100;
    t.set_branch(*t.find({5, 5}, 10), 7);
    EXPECT_EQ(names(t.callers(7, 50)), std::vector<std::string>{"1|"}) << "an entry without a request";
    enter(t, 1, 8, 100);
    EXPECT_TRUE(names(t.callers(7, 50)).empty()) << "under another branch now";
    EXPECT_EQ(names(t.callers(8, 50)), std::vector<std::string>{"1|"});
}

TEST(Callers, MoreThanAreToldApartAreACrowd) {
    Transactions t(200);
    for (std::uint64_t n = 1; n <= Callers::kMax; ++n) enter(t, n, 7, 100);
    EXPECT_EQ(t.callers(7, 10).count, Callers::kMax);
    EXPECT_FALSE(t.callers(7, 10).crowd);
    enter(t, 100, 7, 50);
    EXPECT_TRUE(t.callers(7, 10).crowd);
    EXPECT_FALSE(t.callers(7, 50).crowd) << "the living count";
    // The walk is bounded whatever it meets.
    for (std::uint64_t n = 101; n < 100 + Callers::kMaxSteps - Callers::kMax; ++n) enter(t, n, 7, 50);
    EXPECT_EQ(t.callers(7, 50).count, Callers::kMax);
    EXPECT_FALSE(t.callers(7, 50).crowd);
    enter(t, 199, 7, 50);
    EXPECT_TRUE(t.callers(7, 50).crowd);
    for (int i = 0; i < 50; ++i) t.age(60);
    EXPECT_EQ(names(t.callers(7, 60)).size(), Callers::kMax);
    EXPECT_FALSE(t.callers(7, 60).crowd);
}

TEST(Callers, PutFirst) {
    std::array<Parties, Callers::kMax + 1> p;
    Callers c;
    c.put_first(&p[0]);
    EXPECT_EQ(c.count, 1U);
    c.requests[c.count++] = &p[1];
    c.put_first(&p[1]);
    EXPECT_EQ(std::vector(c.all().begin(), c.all().end()), (std::vector<const Parties*>{&p[1], &p[0]}));
    c.put_first(&p[2]);
    EXPECT_EQ(std::vector(c.all().begin(), c.all().end()),
              (std::vector<const Parties*>{&p[2], &p[0], &p[1]}));
    while (c.count < Callers::kMax) {
        c.requests[c.count] = &p[c.count];
        ++c.count;
    }
    EXPECT_FALSE(c.crowd);
    c.put_first(&p[Callers::kMax]);
    EXPECT_TRUE(c.crowd && c.count == Callers::kMax && c.requests[0] == &p[Callers::kMax]);
}

/// Entries come, go and are taken over in any order; the index agrees with a plain list all the time.
TEST(Callers, LongChurn) {
    Transactions t(32);
    struct Known {
        std::uint64_t key, branch;
        Time expires;
    };
    std::vector<Known> known;
    std::uint64_t random = 1;
    for (Time now = 10; now < 20000; ++now) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        const std::uint64_t key = 1 + (random >> 33) % 60, branch = 1 + key % 5;
        std::erase_if(known, [&](const Known& k) { return k.expires <= now; });
        const bool alive = std::ranges::any_of(known, [&](const Known& k) { return k.key == key; });
        if (now % 3 == 0) t.age(now);
        Transaction* e = alive ? nullptr : t.put({key, key}, now);
        if (e != nullptr) {
            const std::string name = std::to_string(key);
            const Candidate u{name, {}, 0};
            e->expires = now + 1 + (random >> 50) % 40;
            t.parties(*e).add({ours({&u, 1}), User{}}, {});
            t.set_branch(*e, branch);
            known.push_back({key, branch, e->expires});
        }
        for (std::uint64_t b = 1; b <= 5; ++b) {
            std::vector<std::string> expected;
            for (const Known& k : known)
                if (k.branch == b) expected.push_back(std::to_string(k.key) + "|");
            auto found = names(t.callers(b, now));
            std::ranges::sort(expected);
            std::ranges::sort(found);
            ASSERT_EQ(found, expected) << now;
        }
    }
}

#ifndef KMSGATE_ADDRESS_SANITIZER  // AddressSanitizer owns operator new
TEST(Parties, NeverTouchTheHeap) {
    ASSERT_TRUE(policy::decide::testing::counts_allocations());
    Transactions t(4);
    const Candidate u{"sip:u@a", "tel:+1", 0};
    const Users both = {ours({&u, 1}), User{}};
    const std::array<std::string_view, 2> networks = {"v1", "v2"};
    std::size_t seen = 0;
    const std::size_t before = policy::decide::testing::allocations();
    for (std::uint64_t i = 0; i < 10; ++i) {
        Transaction* entry = t.put({i % 3, 7}, i);
        entry->expires = i + 2;
        t.parties(*entry).add(both, networks);
        t.set_branch(*entry, 1 + i % 2);
        seen += t.callers(1, i).count;
        t.parties(*entry).each_user(0, [&](std::string_view, std::string_view) { ++seen; });
        t.age(i);
    }
    EXPECT_EQ(policy::decide::testing::allocations(), before);
    EXPECT_GE(seen, 10U);
}
#endif

}  // namespace
}  // namespace kmsgate::memory
