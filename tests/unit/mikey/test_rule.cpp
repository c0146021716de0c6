// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <set>

#include "dataplane/mikey/rule.hpp"

namespace kmsgate::mikey {
namespace {

TEST(Rule, NamesAreTheOnesOfThePolicyLanguage) {
    EXPECT_EQ(to_string(Rule::idr_order), "idr-order");
    EXPECT_EQ(to_string(Rule::base64_alphabet), "base64-alphabet");
    EXPECT_EQ(to_string(Rule::trailing_bytes), "trailing-bytes");
    EXPECT_EQ(rule_from_string("duplicate-idr"), Rule::duplicate_idr);
}

TEST(Rule, NamesAreUniqueReadableAndReadBack) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kRules; ++i) {
        const auto rule = static_cast<Rule>(i);
        const std::string_view text = to_string(rule);
        EXPECT_TRUE(names.insert(text).second) << text;
        EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string_view::npos)
            << text;
        EXPECT_EQ(rule_from_string(text), rule);
    }
}

TEST(Rule, OnlyWholeNamesAreNames) {
    for (const std::string_view s :
         {"", "idr", "idr-orde", "idr-order ", "IDR-ORDER", "idr_order", "sign-last"})
        EXPECT_FALSE(rule_from_string(s)) << s;
    EXPECT_FALSE(rule_from_string(std::string_view("idr-order\0", 10)));
    EXPECT_EQ(to_string(Rule::count_), "");
    EXPECT_FALSE(relaxable(Rule::count_));
}

TEST(Rule, WhatKeepsTheWalkPossibleIsNotRelaxable) {
    const std::set<Rule> fixed{Rule::header_length,  Rule::cs_id_map_type, Rule::cs_id_map_length,
                               Rule::payload_length, Rule::t_type,         Rule::duplicate_idr};
    for (std::size_t i = 0; i < kRules; ++i) {
        const auto rule = static_cast<Rule>(i);
        EXPECT_EQ(relaxable(rule), !fixed.contains(rule)) << to_string(rule);
    }
}

TEST(RuleSet, HoldsWhatWasAdded) {
    RuleSet set;
    EXPECT_TRUE(set.empty());
    set.add(Rule::base64_alphabet);
    set.add(Rule::trailing_bytes);
    EXPECT_TRUE(set.has(Rule::base64_alphabet));
    EXPECT_TRUE(set.has(Rule::trailing_bytes));
    EXPECT_FALSE(set.has(Rule::base64_padding));
    EXPECT_EQ(set, RuleSet(set.bits()));
}

}  // namespace
}  // namespace kmsgate::mikey
