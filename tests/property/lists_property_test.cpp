// SPDX-License-Identifier: BSD-3-Clause
// Lists that are read without the YAML scanner give the tree that it gives, or the faults that it finds,
// whatever they stand in: block scalars, quotes, flow collections, keys, comments, other indents.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/language/lists.hpp"
#include "policy/language/tree.hpp"
#include "tests/property/random_policy.hpp"

namespace kmsgate::policy::language {
namespace {

using naive::Dice;

void dump(const Tree& tree, const Node& node, std::string& out) {
    out += fmt::format("{}@{}:{} `{}` (", static_cast<int>(node.kind), node.mark.line, node.mark.column,
                       node.text);
    for (const std::uint32_t child : node.children) dump(tree, tree[child], out);
    out += ")\n";
}

std::string outcome(const std::optional<Tree>& tree, const Problems& problems) {
    std::string out;
    for (const Problem& p : problems) out += to_string(p, "") + "\n";
    if (tree) dump(*tree, tree->root(), out);
    return out;
}

std::string by(std::optional<Tree> (*parse)(std::string_view, Report&), const std::string& text) {
    Problems problems;
    Report report(problems);
    const auto tree = parse(text, report);
    return outcome(tree, problems);
}

constexpr const char* kEntries[] = {
    "\"sip:*@a.example\"", "'tel:+44*'", "sip:u@h", "sip:*@*.b", "\"\"",  "\"a: b\"",
    "\"a # b\"",           "'it: x'",    "\"[\"",   "a:b:c",     "x:y#z", "tel:+1"};
/// What makes a line something else than it looks, or ends a run.
constexpr const char* kStrange[] = {"key:",
                                    "key: value",
                                    "- |",
                                    "- >",
                                    "k: |",
                                    "k: \"open",
                                    "k: 'open",
                                    "close\"",
                                    "close'",
                                    "k: [a,",
                                    "b]",
                                    "k: {a: 1,",
                                    "c: 2}",
                                    "# comment",
                                    "",
                                    "- ",
                                    "-",
                                    "- - x:y",
                                    "- k: v",
                                    "- \"a\": b",
                                    "- a:",
                                    "- abc:",
                                    "- a:b:",
                                    "- &x a:b",
                                    "- *x",
                                    "- !t a:b",
                                    "- \"a\" # c",
                                    "? a",
                                    ": b",
                                    "- \"a\\n\"",
                                    "- 'a''b'",
                                    "...",
                                    "---",
                                    "- null",
                                    "- ~",
                                    "plain",
                                    "  - deeper:x",
                                    "- \xC3\xA4:x",
                                    "- \"x\" ",
                                    "\t",
                                    "- [a, b]",
                                    "- a: b: c",
                                    "k: &y",
                                    "k: *y"};

std::string indented(std::size_t n, std::string_view line) {
    return std::string(n, ' ').append(line) + "\n";
}

/// Lines of lists and of all sorts of other things.
std::string random_text(Dice& dice) {
    std::string out;
    std::size_t indent = 2 * dice.pick(3);
    if (dice.chance(70)) out += "users:\n";
    const std::size_t blocks = 1 + dice.pick(4);
    for (std::size_t b = 0; b < blocks; ++b) {
        for (std::size_t i = 0; i < dice.pick(3); ++i) out += indented(dice.pick(4) * 2, dice.of(kStrange));
        if (dice.chance(40)) indent = 2 * dice.pick(4);
        const bool one_style = dice.chance(50);
        const std::string entry = dice.of(kEntries);
        const std::size_t lines = dice.pick(24);
        for (std::size_t i = 0; i < lines; ++i) {
            if (dice.chance(2)) out += indented(indent, dice.of(kStrange));
            out += indented(indent, std::string("- ") + (one_style ? entry : dice.of(kEntries)));
        }
        if (dice.chance(20)) out += indented(dice.pick(5) * 2, dice.of(kStrange));
    }
    if (dice.chance(10) && !out.empty()) out.pop_back();
    return out;
}

TEST(Lists, SameTreeOrSameFaults) {
    Dice dice(1);
    std::size_t short_texts = 0, trees = 0;
    for (int round = 0; round < 30'000; ++round) {
        const std::string text = random_text(dice);
        const std::string fast = by(parse_tree, text);
        ASSERT_EQ(fast, by(parse_every_line, text)) << text;
        if (!ShortText(text).any()) continue;
        ++short_texts;
        if (!fast.starts_with(":")) ++trees;
    }
    EXPECT_GT(short_texts, 10'000U);
    EXPECT_GT(trees, 2'000U);
}

TEST(Lists, EveryContextByHand) {
    std::string run;
    for (int i = 0; i < 12; ++i) run += fmt::format("  - \"sip:u{}@h\"\n", i);
    const std::vector<std::string> texts = {
        "users:\n" + run,
        "users:\n" + run + "more: x\n",
        "users: |\n" + run,
        "users: >-\n" + run + "more: x\n",
        "users: \"open\n" + run + "close\"\n",
        "users: 'open\n" + run + "close'\n",
        "users: [\n" + run + "]\n",
        "users: {a:\n" + run + "}\n",
        "users: some words\n" + run,
        "a:\n" + run + "b: |\n" + run + "c:\n" + run,
        "a: &x\n" + run + "b: *x\n",
        "a:\n" + run + "   : x\n",
        "a:\n" + run + "    more\n",
        "a:\n" + run + "   - \"crooked\"\n",
        "a:\n" + run + " - \"crooked\"\n",
        "# users:\n" + run,
        run,
        "- - x\n" + run,
        "? \n" + run + ": b\n",
        "a:\n" + run + "---\nb\n",
        "a:\n" + run + "b: [c\n",
        "a:\n" + run + "b: \"c\n",
    };
    for (const std::string& text : texts) EXPECT_EQ(by(parse_tree, text), by(parse_every_line, text)) << text;
}

TEST(Lists, BoundsCountWhatIsNotScanned) {
    std::string list;
    for (std::size_t i = 0; i < 1000; ++i) list += "- a:b\n";
    std::string text = "x: &l\n" + list + "y: [";
    for (int i = 0; i < 9000; ++i) text += "*l,";
    text += "]\n";
    const std::string fault = by(parse_tree, text);
    EXPECT_NE(fault.find("values"), std::string::npos) << fault;
    EXPECT_EQ(fault, by(parse_every_line, text));
}

}  // namespace
}  // namespace kmsgate::policy::language
