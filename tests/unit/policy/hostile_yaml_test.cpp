// SPDX-License-Identifier: BSD-3-Clause
// Files that are no policy at all, by accident or on purpose: errors with a place, bounded in time and
// memory.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/problems.hpp"

namespace kmsgate::policy {
namespace {

using language::Problems;

std::string repeat(std::string_view text, std::size_t n) {
    std::string out;
    out.reserve(text.size() * n);
    for (std::size_t i = 0; i < n; ++i) out += text;
    return out;
}

/// Exactly one error, which says `text`.
void expect_one(std::string_view yaml, std::string_view text) {
    const Problems problems = problems_of(yaml);
    ASSERT_EQ(problems.size(), 1U) << listing(problems);
    EXPECT_FALSE(problems[0].warning);
    EXPECT_NE(problems[0].what.find(text), std::string::npos) << listing(problems);
    EXPECT_FALSE(problems[0].remedy.empty());
    EXPECT_GE(problems[0].mark.line, 1);
    EXPECT_GE(problems[0].mark.column, 1);
}

TEST(HostileYaml, Syntax) {
    expect_errors("version: 1\ntags: [a\nkms^: {}\n", {"end of sequence flow"});
    expect_errors("version: 1\nkms:\n\t^- b\n", {"YAML"});
    EXPECT_NE(remedy_of("version: 1\nkms:\n\t- b\n").find("never with tabs"), std::string::npos);
    expect_one("version: 1\nkms: {A: \"a", "EOF in scalar");
    expect_errors("version: 1\ntags: ^\"a\n", {"quote is not closed"});
    expect_errors("version: 1\ntags: ^'a''\n\n", {"quote is not closed"});
    expect_errors("version: 1\ntags: ^\"a\\\"\n# more\n", {"quote is not closed"});
    expect_errors("version: 1\ntags: ^&x \"a\n", {"quote is not closed"});
    EXPECT_TRUE(problems_of("version: &x \"1\"").empty());
    EXPECT_TRUE(problems_of("version: '1'\n# it's\n").empty());
    expect_one("version: 1: 2\n", "YAML");
    expect_one("version: 1\n}\n", "YAML");
    expect_one("tags: *nowhere\n", "anchor");
    expect_one("version: \"\\", "escape");
    expect_one("version: \"\\\xC3\xA9\"", "escape");
    for (const std::string_view odd : {"version: \"\\", "version: \"\\\xC3\xA9\""})
        for (const char c : listing(problems_of(odd))) EXPECT_TRUE((c >= 0x20 && c < 0x7F) || c == '\n');
    expect_one("%YAML 9.9\n---\nversion: 1\n", "YAML");
}

TEST(HostileYaml, BytesThatAreNoText) {
    using namespace std::string_literals;
    expect_errors("version: 1\ntags: [a^\0]\n"s, {"U+0000"});
    expect_errors("version: 1\n^\x04tags: []\n"s, {"U+0004"});
    expect_errors("version: 1 # \xC3\xA9 ^\x7F"s, {"U+007F"});
    expect_errors("version: 1 # ^\xE2\x80\xA8tags: []\n"s, {"U+2028"});
    expect_errors("version: 1 # ^\xC2\x85 tags: []\n"s, {"U+0085"});
    expect_errors("version: 1^\rtags: []\n"s, {"carriage return"});
    for (const std::string_view bad :
         {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\xE2\x82", "\x80"})
        expect_errors("version: 1 # ^" + std::string(bad), {"is not UTF-8"});
    expect_one("\xFF\xFEv\0e\0"s, "0xFF is not UTF-8");
    EXPECT_TRUE(problems_of("\xEF\xBB\xBFversion: 1 # \xF0\x9F\x98\x80\r\ntags: []\r\n").empty());
}

TEST(HostileYaml, ColumnsCountCharacters) {
    expect_errors("version: 1\ntags: [^\"\xC3\xA9\", ^b c, ^\"\xF0\x9F\x98\x80\", ^d e]\n",
                  {"tag", "`b c`", "tag", "`d e`"});
}

TEST(HostileYaml, Documents) {
    expect_errors("version: 1\n^---\nversion: 1\n", {"a second YAML document"});
    expect_one("version: 1\n...\nversion: 1\n", "a second YAML document");
    EXPECT_TRUE(problems_of("---\nversion: 1\n...\n").empty());
}

TEST(HostileYaml, Tags) {
    expect_errors("version: ^!!int 1\ntags: ^!x [a]\n", {"tag:yaml.org,2002:int", "!x"});
}

TEST(HostileYaml, Nesting) {
    expect_one("a: " + repeat("[", 100000), "nested deeper than 16");
    expect_one("a: " + repeat("{a: ", 100000), "nested deeper than 16");
    expect_one(repeat("- ", 100000), "nested deeper than 16");
    expect_one(repeat("? ", 100000), "nested deeper than 16");
    std::string steps;
    for (std::size_t i = 0; i < 2000; ++i) steps += repeat(" ", i) + "a:\n";
    expect_one(steps, "nested deeper than 16");
}

TEST(HostileYaml, Aliases) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 15; ++i)
        bomb += fmt::format(
            "a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
    expect_one(bomb, "that aliases stand for counted");
    expect_one("a: &a [*a]\n", "inside the value that it stands for");
    expect_one("a: &a {b: {c: *a}}\n", "inside the value that it stands for");
    expect_one("a: &a x\nb: [" + repeat("*a,", 10001) + "]\n", "more than 10000 aliases");
    expect_one("a: &a &b x\n", "anchor");
}

TEST(HostileYaml, Size) {
    expect_one(std::string((std::size_t{17} << 20), '#'), "the file has 17825792 bytes");
    expect_one("a: " + repeat("[]{},", 400000), "brackets and commas in one line");
    const Problems longest = problems_of("version: 1\ntags: [" + std::string(5000, 'x') + "]\n");
    ASSERT_FALSE(longest.empty());
    for (const language::Problem& p : longest) EXPECT_LT(p.what.size(), 300U);
    EXPECT_NE(longest[0].what.find("5000 bytes"), std::string::npos) << listing(longest);
}

TEST(HostileYaml, FaultsAreListedToABound) {
    const Problems problems = problems_of("version: 1\ntags: [\n" + repeat("a b,\n", 20000) + "]\n");
    ASSERT_EQ(problems.size(), 10001U);
    EXPECT_NE(listing(problems).find("more than 10000 errors"), std::string::npos);
    EXPECT_TRUE(language::has_errors(problems));
}

TEST(HostileYaml, EveryTruncationOfAPolicy) {
    const std::string whole =
        "version: 1\ntags: [a, 'b']\nkms: {A: &u \"kms.a\", B: {uri: kms.b, aliases: [*u]}}\ndomains:\n  "
        "d:\n    users:\n"
        "    - sip:*@a\n    - \"tel:+1*\"\n    home: A\nedges: {e: {domain: d, rules: [{name: r, side: "
        "initiator, allow: [A]}]}}\n";
    for (std::size_t n = 0; n <= whole.size(); ++n)
        for (const language::Problem& p : problems_of(std::string_view(whole).substr(0, n))) {
            EXPECT_GE(p.mark.line, 1) << n;
            EXPECT_LE(p.mark.line, 12) << n;
            EXPECT_GE(p.mark.column, 1) << n;
            EXPECT_FALSE(p.what.empty() || p.remedy.empty()) << n;
        }
}

TEST(HostileYaml, ManyPatternsAreNoTrouble) {
    std::string lines = "version: 1\ndomains:\n  a:\n    users:\n",
                flow = "version: 1\ndomains: {a: {users: [";
    for (int i = 0; i < 100000; ++i) {
        lines += fmt::format("    - sip:user{}@a.example\n", i);
        flow += fmt::format("\"tel:+44{}*\",", i);
    }
    EXPECT_TRUE(problems_of(lines).empty());
    EXPECT_TRUE(problems_of(flow + "]}}\n").empty());
}

}  // namespace
}  // namespace kmsgate::policy
