// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <bitset>
#include <chrono>
#include <string>
#include <vector>

#include "policy/table/pattern.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::table {
namespace {

/// What a glob means, written as its definition: by dynamic programming, byte against byte.
bool reference_match(std::string_view glob, std::string_view text, bool star_matches_at) {
    std::vector<char> row(text.size() + 1, 0);
    row[0] = 1;
    for (const char g : glob) {
        std::vector<char> next(text.size() + 1, 0);
        if (g == '*') next[0] = row[0];
        for (std::size_t i = 1; i <= text.size(); ++i) {
            if (g == '*')
                next[i] = row[i] || (next[i - 1] && (star_matches_at || text[i - 1] != '@'));
            else
                next[i] = row[i - 1] && text[i - 1] == g;
        }
        row = next;
    }
    return row[text.size()] != 0;
}

/// `n` times the letter a between two texts.
std::string repeat(std::string_view before, std::size_t n, std::string_view behind) {
    return std::string(before).append(n, 'a').append(behind);
}

/// Every word over the alphabet up to that length.
std::vector<std::string> all_words(std::string_view alphabet, std::size_t longest) {
    std::vector<std::string> out{""};
    for (std::size_t from = 0, length = 0; length < longest; ++length) {
        const std::size_t end = out.size();
        for (; from < end; ++from)
            for (const char c : alphabet) out.push_back(out[from] + c);
    }
    return out;
}

TEST(Glob, EveryShortGlobAgainstEveryShortText) {
    const auto texts = all_words("ab@", 5);
    for (const std::string& glob : all_words("ab@*", 5)) {
        for (const std::string& text : texts) {
            ASSERT_EQ(glob_match(glob, text, false), reference_match(glob, text, false))
                << glob << " : " << text;
            if (glob.size() > 4) continue;
            ASSERT_EQ(glob_match(glob, text, true), reference_match(glob, text, true))
                << glob << " : " << text;
        }
    }
}

TEST(Glob, WhatThePolicySays) {
    EXPECT_TRUE(glob_match("sip:*@mc1.example", "sip:a.b@mc1.example", false));
    EXPECT_TRUE(glob_match("sip:*@mc1.example", "sip:@mc1.example", false));
    EXPECT_FALSE(glob_match("sip:*@mc1.example", "sip:a@evil@mc1.example", false));
    EXPECT_FALSE(glob_match("sip:*mc1.example", "sip:a@mc1.example", false));
    EXPECT_FALSE(glob_match("sip:*@mc1.example", "sip:a@mc1.example.org", false));
    EXPECT_FALSE(glob_match("sip:*@mc1.example", "xsip:a@mc1.example", false));
    EXPECT_FALSE(glob_match("sip:a@h", "sip:A@h", false));
    EXPECT_TRUE(glob_match("*234*", "utran-cell-id-3gpp=23415@x", true));
    EXPECT_TRUE(glob_match("*", std::string_view("a\0b", 3), false));
    EXPECT_FALSE(glob_match("a*b", std::string_view("a\0c", 3), false));
}

TEST(Glob, BordersOfSearchedLiterals) {
    EXPECT_TRUE(glob_match("*aab*", "aaab", false));
    EXPECT_TRUE(glob_match("*abab*c", "abaababc", false));
    EXPECT_FALSE(glob_match("*abab*abab", "ababab", false));
    EXPECT_FALSE(glob_match("a*a", "a", false));
    EXPECT_FALSE(glob_match("ab*ba", "aba", false));
}

TEST(Glob, LongestGlob) {
    const std::string glob = repeat("*", kMaxText - 2, "*");
    EXPECT_TRUE(glob_match(glob, repeat("b", kMaxText - 2, "b"), false));
    EXPECT_FALSE(glob_match(glob, std::string(kMaxText - 3, 'a') + "b", false));
    EXPECT_FALSE(glob_match(glob + "*", std::string(1000, 'a'), false)) << "longer than any glob of a table";
}

TEST(Glob, LinearTimeOnHostileText) {
    // 127 literals, each nearly everywhere: backtracking or quadratic search would take minutes.
    std::string glob = "*";
    while (glob.size() + 6 < kMaxText) glob += "aaaab*";
    const std::string text(4'000'000, 'a');
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(glob_match(glob, text, true));
    EXPECT_FALSE(glob_match(repeat("*", 250, "b*"), text, true));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Intersect, EveryPairOfShortGlobs) {
    const auto texts = all_words("ab@", 6);
    const auto globs = all_words("ab@*", 4);
    using Matches = std::bitset<1093>;
    ASSERT_EQ(texts.size(), Matches().size());
    std::vector<Matches> matches(globs.size());
    for (std::size_t g = 0; g < globs.size(); ++g)
        for (std::size_t t = 0; t < texts.size(); ++t)
            matches[g][t] = reference_match(globs[g], texts[t], false);
    for (std::size_t a = 0; a < globs.size(); ++a)
        for (std::size_t b = 0; b < globs.size(); ++b)
            ASSERT_EQ(intersect(globs[a], globs[b]), (matches[a] & matches[b]).any())
                << globs[a] << " : " << globs[b];
}

struct Case {
    std::string_view glob, text;
    Shape shape;
};

TEST(Pattern, NormalFormAndShape) {
    const Case cases[] = {
        {"sip:alice@mc1.example", "sip:alice@mc1.example", Shape::exact},
        {"SIPS:%61lice@MC1.Example;user=phone?x=y", "sip:alice@mc1.example", Shape::exact},
        {"sip:Alice@h", "sip:Alice@h", Shape::exact},
        {"TEL:+44(20)7946-0000", "tel:+442079460000", Shape::exact},
        {"sip:*@MC1.example", "sip:mc1.example", Shape::host},
        {"sips:**@h:5061", "sip:h:5061", Shape::host},
        {"sip:*@*.MC1.example", "sip:mc1.example", Shape::suffix},
        {"sip:*@*.", "sip:*@*.", Shape::odd},
        {"sip:*@*", "sip:*@*", Shape::odd},
        {"sip:*@*mc1.example", "sip:*@*mc1.example", Shape::odd},
        {"sip:*@a.*.example", "sip:*@a.*.example", Shape::odd},
        {"sip:*@*.a.*", "sip:*@*.a.*", Shape::odd},
        {"tel:+44-20*", "tel:+4420", Shape::prefix},
        {"tel:+44*-*", "tel:+44", Shape::prefix},
        {"tel:*", "tel:", Shape::prefix},
        {"sip:host*", "sip:host", Shape::prefix},
        {"sip:ops-*@h", "sip:ops-*@h", Shape::odd},
        {"sip:a@*", "sip:a@*", Shape::odd},
        {"tel:+44*99", "tel:+44*99", Shape::odd},
        {"sip:*%20@h", "sip:*%20@h", Shape::odd},
    };
    for (const Case& c : cases) {
        const auto pattern = make_pattern(c.glob);
        ASSERT_TRUE(pattern) << c.glob << ": " << pattern.error();
        EXPECT_EQ(pattern->text, c.text) << c.glob;
        EXPECT_EQ(pattern->shape, c.shape) << c.glob;
        const std::string glob = to_glob(*pattern);
        EXPECT_EQ(classify(glob), *pattern) << c.glob;
        EXPECT_EQ(make_pattern(glob), pattern) << c.glob;
    }
}

TEST(Pattern, FaultsHaveWords) {
    const std::string long_one = repeat("sip:", 260, "@h");
    for (const std::string_view bad :
         {std::string_view(""), std::string_view("*"), std::string_view("alice@h"),
          std::string_view("s*p:a@h"), std::string_view(":a@h"), std::string_view("1sip:a@h"),
          std::string_view("sip:"), std::string_view("sip:a@"), std::string_view("tel:---"),
          std::string_view("sip:a b@h"), std::string_view("sip:\xC3\xA4@h"), std::string_view("sip:a\0@h", 8),
          std::string_view("sip:a%2Ab@h"), std::string_view("sip:a%2ab@h"), std::string_view("sip:%4*@h"),
          std::string_view("sip:a%4"), std::string_view(long_one)}) {
        const auto pattern = make_pattern(bad);
        ASSERT_FALSE(pattern) << bad;
        EXPECT_GT(pattern.error().size(), 10U) << bad;
    }
}

TEST(Pattern, MoreSpecificRanksHigher) {
    // design: exact, then longer host, then longer prefix; here with all steps between.
    const std::string_view falling[] = {
        "sip:alice@a.mc1.example",
        "sip:al*ce@a.mc1.example",
        "sip:al*@a.mc1.example",
        "sip:a*@a.mc1.example",
        "sip:*x@a.mc1.example",
        "sip:*@a.mc1.example",
        "sip:*@mc1.example",
        "sip:*@h",
        "sip:a*@*.a.mc1.example",
        "sip:*@*.a.mc1.example",
        "sip:zzzzzzzz*@*.mc1.example",
        "sip:*@*.mc1.example",
        "sip:*@*.example",
        "sip:bob@*",
        "sip:*@*.*",
    };
    for (std::size_t i = 1; i < std::size(falling); ++i)
        EXPECT_GT(rank_of(falling[i - 1]), rank_of(falling[i])) << falling[i - 1] << " : " << falling[i];
    EXPECT_GT(rank_of("tel:+4420*"), rank_of("tel:+44*"));
    EXPECT_GT(rank_of("tel:+44*9"), rank_of("tel:+44*"));
    EXPECT_GT(rank_of("tel:+449"), rank_of("tel:+449*"));
}

TEST(Pattern, RanksTieOnlyWhereTheHeaderSays) {
    // Every pair of short globs with one text in common: equal ranks mean equal patterns, or two odd ones.
    std::vector<std::string> globs;
    for (const std::string& tail : all_words("a.@*", 5))
        if (tail.find("**") == std::string::npos) globs.push_back(std::string("s:").append(tail));
    const auto texts = all_words("a.@", 5);
    using Matches = std::bitset<364>;
    std::vector<Matches> matches(globs.size());
    std::vector<Pattern> patterns;
    for (std::size_t g = 0; g < globs.size(); ++g) {
        patterns.push_back(classify(globs[g]));
        for (std::size_t t = 0; t < texts.size(); ++t)
            matches[g][t] = reference_match(globs[g], std::string("s:").append(texts[t]), false);
    }
    std::size_t odd_ties = 0;
    for (std::size_t a = 0; a < globs.size(); ++a) {
        for (std::size_t b = a + 1; b < globs.size(); ++b) {
            if (patterns[a].rank != patterns[b].rank || (matches[a] & matches[b]).none()) continue;
            const bool both_odd = patterns[a].shape == Shape::odd && patterns[b].shape == Shape::odd;
            ASSERT_TRUE(both_odd) << globs[a] << " : " << globs[b];
            ASSERT_TRUE(intersect(globs[a], globs[b]));
            ++odd_ties;
        }
    }
    EXPECT_GT(odd_ties, 0U);
}

}  // namespace
}  // namespace kmsgate::policy::table
