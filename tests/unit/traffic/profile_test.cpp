// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tools/traffic/generator.hpp"
#include "tools/traffic/profile.hpp"

namespace kmsgate::traffic {
namespace {

TEST(Profile, every_one_that_is_built_in_is_read_and_makes_what_it_says) {
    for (const BuiltIn& b : built_in_profiles()) {
        const auto profile = read_profile(b.yaml, "x.yaml");
        ASSERT_TRUE(profile.has_value()) << b.name << ": " << profile.error().front();
        EXPECT_FALSE(profile->title.empty()) << b.name;
        Plan plan;
        plan.count = 3000;
        Generator generator(*profile, nullptr, plan);
        std::set<std::string_view> kinds_seen;
        std::optional<Time> last;
        while (const auto frame = generator.next()) {
            EXPECT_TRUE(!last || frame->time > *last);
            last = frame->time;
            kinds_seen.insert(frame->note->kind);
        }
        EXPECT_FALSE(kinds_seen.empty());
        for (const std::string_view kind : kinds_seen) {
            const bool shape = find_shape(kind) != nullptr;
            EXPECT_TRUE(shape || std::ranges::find(kinds(), kind, &Term::name) != kinds().end()) << kind;
        }
    }
}

TEST(Profile, users_are_drawn_as_asked) {
    Profile profile = plain_profile();
    profile.users = 20'000;
    for (const Draw draw : {Draw::uniform, Draw::zipf}) {
        profile.draw = draw;
        const Population population(profile, nullptr, 1);
        Random random(5);
        std::size_t first_hundred = 0;
        std::set<std::uint64_t> seen;
        for (int i = 0; i < 20'000; ++i) {
            const User u = population.draw(true, random);
            ASSERT_LT(u.number, 10'000U);
            seen.insert(u.number);
            if (u.number < 100) ++first_hundred;
        }
        if (draw == Draw::uniform) {
            EXPECT_LT(first_hundred, 400U);
            EXPECT_GT(seen.size(), 8'000U);
        } else {
            EXPECT_GT(first_hundred, 7'000U);
        }
    }
}

TEST(Profile, weights_and_shares_by_name) {
    Profile p = plain_profile();
    EXPECT_EQ(set_mix(p, "register", 7), "");
    EXPECT_EQ(p.mix[static_cast<std::size_t>(Kind::registration)], 7U);
    EXPECT_NE(set_mix(p, "registration", 7), "");
    EXPECT_NE(set_mix(p, "call", kMostWeight + 1), "");
    EXPECT_EQ(set_share(p, "tcp", 100), "");
    EXPECT_NE(set_share(p, "tcp", 101), "");
}

}  // namespace
}  // namespace kmsgate::traffic
