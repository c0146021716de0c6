// SPDX-License-Identifier: BSD-3-Clause
// Grammar, parser, completion, tables and safe text, without a daemon.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "control/cli/completion.hpp"
#include "control/cli/csv.hpp"
#include "control/cli/grammar.hpp"
#include "control/cli/parse.hpp"
#include "control/cli/text.hpp"

namespace kmsgate::control::cli::test {
namespace {

using Words = std::vector<std::string>;

/// As a shell splits it: blanks, single quotes, nothing behind `<`.
Words shell_words(const std::string& line) {
    Words out(1);
    bool quoted = false;
    for (const char c : line) {
        if (c == '<') break;
        if (c == '\'')
            quoted = !quoted;
        else if (c == ' ' && !quoted)
            out.emplace_back();
        else
            out.back() += c;
    }
    std::erase(out, "");
    return out;
}

TEST(Grammar, every_verb_has_examples_and_they_parse) {
    for (const Verb& v : verbs()) {
        ASSERT_FALSE(v.examples.empty()) << v.noun << v.verb;
        EXPECT_FALSE(v.help.empty());
        for (const std::string& example : v.examples) {
            Words words = shell_words(example);
            ASSERT_EQ(words.front(), "kmsgatectl");
            words.erase(words.begin());
            const auto line = parse(words);
            ASSERT_TRUE(line) << example << "\n" << line.error().text;
            EXPECT_EQ(line->verb, &v) << example;
        }
    }
}

TEST(Grammar, names_are_unique_and_every_noun_has_a_verb) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const Verb& v : verbs()) {
        EXPECT_TRUE(seen.insert({v.noun, v.verb}).second);
        EXPECT_TRUE(is_noun(v.noun));
        std::set<std::string> arguments;
        for (const Argument& a : v.arguments) {
            EXPECT_TRUE(arguments.insert(a.name).second) << a.name;
            EXPECT_FALSE(a.help.empty()) << a.name;
            EXPECT_EQ(a.takes == Takes::word, !a.words.empty()) << a.name;
        }
    }
    for (const Noun& n : nouns()) {
        const bool alone = find_verb(n.name, "") != nullptr;
        bool any = false;
        for (const Verb& v : verbs()) any = any || (v.noun == n.name && !v.verb.empty());
        EXPECT_NE(alone, any) << n.name;
    }
}

TEST(Parse, values_by_name) {
    const auto line = parse(Words{"--json", "capture", "--outcome", "drop", "--outcome", "redirect",
                                  "--frames", "5", "f.pcapng", "--timeout", "3"});
    ASSERT_TRUE(line) << line.error().text;
    EXPECT_EQ(line->all("--outcome"), (Words{"drop", "redirect"}));
    EXPECT_EQ(line->number("--frames"), 5U);
    EXPECT_EQ(line->get("FILE"), "f.pcapng");
    EXPECT_EQ(line->number("--timeout"), 3U);
    EXPECT_TRUE(line->has("--json"));
    EXPECT_FALSE(line->has("--generated"));
    EXPECT_EQ(line->number("--seconds"), std::nullopt);
    const auto tags = parse(Words{"user", "tag", "mc1", "sip:a@b", "x", "y"});
    ASSERT_TRUE(tags) << tags.error().text;
    EXPECT_EQ(tags->all("TAG"), (Words{"x", "y"}));
    // A value behind an option is one value: FILE is not taken for another outcome.
    const auto last = parse(Words{"capture", "--outcome", "drop", "f.pcapng"});
    ASSERT_TRUE(last) << last.error().text;
    EXPECT_EQ(last->get("FILE"), "f.pcapng");
}

TEST(Parse, a_verb_that_is_meant) {
    EXPECT_EQ(parse(Words{"stats"})->verb, find_verb("stats", "show"));
    EXPECT_EQ(parse(Words{"stats", "--edge", "x"})->get("--edge"), "x");
    EXPECT_EQ(parse(Words{"--json", "stats", "--all"})->verb, find_verb("stats", "show"));
    EXPECT_EQ(parse(Words{"stats", "--json", "mark"})->verb, find_verb("stats", "mark"));
}

TEST(Parse, faults_say_what_would_be_right) {
    const std::vector<std::pair<Words, std::string>> all = {
        {{"polcy"}, "unknown word `polcy`; write one of status, policy, "},
        {{"--json", "polcy"}, "unknown word `polcy`"},
        {{"policy", "chek"},
         "unknown word `chek` behind `policy`; write one of check, compile, plan, commit"},
        {{"policy"}, "what about `policy`? write one of check"},
        {{"user"}, "write one of tag, untag, show, load"},
        {{"edge", "mode", "e", "on"}, "`on` is not known; write one of enforce, shadow, bypass, policy"},
        {{"capture", "--outcome", "lost", "f"}, "`lost` is not known; write one of passed, "},
        {{"policy", "commit", "f", "--confirm", "0"}, "`0` is no number from 1 to 86400"},
        {{"policy", "commit", "f", "--confirm", "-5"}, "`-5` is no number"},
        {{"events", "--count", "1e3"}, "`1e3` is no number"},
        {{"trace", "--count", "1001"}, "`1001` is no number from 1 to 1000"},
        {{"--timeout", "99999999999999999999", "status"}, "is no number"},
        {{"explain", "--edge", "e", "f"}, "give --inside or --outside"},
        {{"explain", "--edge", "e", "--inside", "--outside", "f"}, "give --inside or --outside, not both"},
        {{"policy", "commit"}, "FILE is required"},
        {{"policy", "commit", "a", "b"}, "b"},
        {{"status", "--edge", "x"}, "--edge"},
        {{}, "subcommand is required"},
    };
    for (const auto& [words, what] : all) {
        const auto line = parse(words);
        ASSERT_FALSE(line) << what;
        EXPECT_EQ(line.error().exit, 2);
        EXPECT_TRUE(line.error().text.starts_with("kmsgatectl: ")) << line.error().text;
        EXPECT_NE(line.error().text.find(what), std::string::npos) << line.error().text;
        EXPECT_EQ(line.error().text.find("__complete"), std::string::npos);
    }
}

TEST(Parse, help_holds_the_examples) {
    for (const Verb& v : verbs()) {
        Words words = {v.noun};
        if (!v.verb.empty()) words.push_back(v.verb);
        words.push_back("--help");
        const auto told = parse(words);
        ASSERT_FALSE(told);
        EXPECT_EQ(told.error().exit, 0) << told.error().text;
        for (const std::string& example : v.examples)
            EXPECT_NE(told.error().text.find("  " + example + "\n"), std::string::npos) << told.error().text;
        for (const Argument& a : v.arguments)
            EXPECT_NE(told.error().text.find(a.name), std::string::npos) << v.noun << v.verb << a.name;
    }
    const auto all = parse(Words{"--help"});
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().exit, 0);
    for (const Noun& n : nouns())
        EXPECT_EQ(all.error().text.find("  " + n.name + " ") != std::string::npos, n.name != "__complete")
            << n.name;
    const auto version = parse(Words{"--version"});
    ASSERT_FALSE(version);
    EXPECT_EQ(version.error().exit, 0);
    EXPECT_TRUE(version.error().text.starts_with("kmsgatectl "));
}

TEST(Completion, holds_the_whole_grammar) {
    for (const std::string& script : {bash_completion(), zsh_completion()}) {
        for (const Verb& v : verbs()) {
            if (v.hidden) continue;
            EXPECT_NE(script.find(v.verb.empty() ? v.noun : v.verb), std::string::npos);
            for (const Argument& a : v.arguments)
                EXPECT_TRUE(a.by_place() || script.find(a.name) != std::string::npos) << a.name;
        }
        EXPECT_EQ(script.find("\"__complete\""), std::string::npos);
    }
}

std::string printed(const Table& table, std::size_t width, bool colours = false) {
    std::ostringstream out;
    Terminal terminal{.out = out, .err = out, .out_colours = colours, .width = width};
    table.print(terminal);
    return out.str();
}

TEST(Table, fits_the_terminal_and_cuts_no_number) {
    Table table({"NAME", ">COUNT", "TEXT"});
    table.add({"caf\xC3\xA9", "1,234", "a long text that has no end"});
    table.add({"b", "7", ""});
    EXPECT_EQ(printed(table, 0),
              "NAME  COUNT  TEXT\n"
              "caf\xC3\xA9  1,234  a long text that has no end\n"
              "b         7\n");
    EXPECT_EQ(printed(table, 24),
              "NAME  COUNT  TEXT\n"
              "caf\xC3\xA9  1,234  a long tex…\n"
              "b         7\n");
    for (std::size_t width = 22; width < 60; ++width) {
        std::istringstream lines(printed(table, width));
        for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), width);
    }
    EXPECT_NE(printed(table, 7).find("1,234"), std::string::npos);
    EXPECT_EQ(printed(Table({"A"}), 80), "");
}

TEST(Table, colours_do_not_move_columns) {
    Table table({"A", "B"});
    table.add(std::vector<Table::Cell>{{"up", Paint::green}, {"x"}});
    EXPECT_EQ(printed(table, 0, true), "\x1b[1mA\x1b[0m   \x1b[1mB\x1b[0m\n\x1b[32mup\x1b[0m  x\n");
    EXPECT_EQ(printed(table, 0), "A   B\nup  x\n");
}

TEST(Text, strangers_bytes_are_safe) {
    EXPECT_EQ(safe("plain caf\xC3\xA9 \xE2\x94\x94 \xF0\x9F\x98\x80"),
              "plain caf\xC3\xA9 \xE2\x94\x94 \xF0\x9F\x98\x80");
    EXPECT_EQ(safe(std::string_view("a\0b\x1b[2J\r\n\t\x7F", 11)), "a?b?[2J????");
    EXPECT_EQ(safe("\xC2\x9B"), "?");  // C1: a terminal's CSI
    EXPECT_EQ(safe("\xE2\x80\xAE"
                   "x"),
              "?x");  // right-to-left override
    EXPECT_EQ(safe("\xE2\x81\xA6"
                   "x"),
              "?x");                                        // isolate
    EXPECT_EQ(safe("\xC0\xAF\xED\xA0\x80\xF5"), "??????");  // overlong, surrogate, beyond
    EXPECT_EQ(safe("\xE2\x94"), "??");                      // cut
    EXPECT_EQ(safe_lines("a\n\tb\x1b\n"), "a\n    b?\n");
}

TEST(Text, numbers_dates_durations) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(18446744073709551615U), "18,446,744,073,709,551,615");
    EXPECT_EQ(date(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(date(951782400.9), "2000-02-29T00:00:00Z");
    EXPECT_EQ(date(-1), "");
    EXPECT_EQ(date(1e300), "");
    EXPECT_EQ(date(std::numeric_limits<double>::quiet_NaN()), "");
    EXPECT_EQ(moment(951782400.9), "2000-02-29T00:00:00.900Z");
    EXPECT_EQ(moment(-1), "");
    EXPECT_EQ(aged(1800000000.0, 1800000182.5), "2027-01-15T08:00:00Z (3 min 2 s ago)");
    EXPECT_EQ(aged(1800000000.0, 1799999988.0), "2027-01-15T08:00:00Z (in 12 s)");
    EXPECT_EQ(aged(1800000000.0, std::numeric_limits<double>::quiet_NaN()), "2027-01-15T08:00:00Z");
    EXPECT_EQ(aged(-1, 0), "");
    EXPECT_EQ(size(0), "0 bytes");
    EXPECT_EQ(size(1023), "1023 bytes");
    EXPECT_EQ(size(1024), "1.0 KiB");
    EXPECT_EQ(size(1024.0 * 1024 - 1), "1.0 MiB") << "not 1024.0 KiB";
    EXPECT_EQ(size(64172851), "61.2 MiB");
    EXPECT_EQ(size(-1), "");
    EXPECT_EQ(duration(0.9), "0 s");
    EXPECT_EQ(duration(61), "1 min 1 s");
    EXPECT_EQ(duration(3600), "1 h 0 min");
    EXPECT_EQ(duration(90000), "1 d 1 h");
    EXPECT_EQ(cut("caf\xC3\xA9s", 4), "caf…");
    EXPECT_EQ(cut("caf\xC3\xA9", 4), "caf\xC3\xA9");
    EXPECT_EQ(cut("x", 0), "");
}

TEST(Csv, fields) {
    using Fields = std::array<std::string, 3>;
    EXPECT_EQ(csv_fields("mc1, sip:a@b ,x y"), (Fields{"mc1", "sip:a@b", "x y"}));
    EXPECT_EQ(csv_fields("mc1,sip:a@b,"), (Fields{"mc1", "sip:a@b", ""}));
    EXPECT_EQ(csv_fields("\"mc,1\",\"a\"\"b\",\"\""), (Fields{"mc,1", "a\"b", ""}));
    for (const char* bad : {"", "a", "a,b", "a,b,c,d", "\"a,b,c", ",b,c", "a,,c"})
        EXPECT_FALSE(csv_fields(bad)) << bad;
}

}  // namespace
}  // namespace kmsgate::control::cli::test
