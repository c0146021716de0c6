// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/words.hpp"

#include "tests/unit/lab/lab_kit.hpp"
#include "tools/lab/canvas.hpp"

namespace kmsgate::lab::testing {
namespace {

using Lines = std::vector<std::string>;

TEST(Words, CleanTextCannotActOnATerminal) {
    EXPECT_EQ(clean("plain Gruß 漢字 ✓"), "plain Gruß 漢字 ✓");
    EXPECT_EQ(clean(std::string_view("a\x1b[31m\r\n\t\0\x7f", 11)), "a\\x1B[31m\\x0D\\x0A\\x09\\x00\\x7F");
    EXPECT_EQ(clean("\xC2\x9B"), "\\xC2\\x9B");    // C1 CSI
    EXPECT_EQ(clean("a\xFF\xC3"), "a\\xFF\\xC3");  // no UTF-8
    EXPECT_EQ(clean("\u202Eabc"),
              "\\xE2\\x80\\xAE"
              "abc");                               // right-to-left override
    EXPECT_EQ(clean("\uFFFE"), "\\xEF\\xBF\\xBE");  // no character of XML
    EXPECT_EQ(clean("\uFFFD"), "\uFFFD");
}

TEST(Words, Columns) {
    EXPECT_EQ(columns(""), 0U);
    EXPECT_EQ(columns("abc"), 3U);
    EXPECT_EQ(columns("Gruß"), 4U);
    EXPECT_EQ(columns("e\u0301"), 1U);
    EXPECT_EQ(columns("漢字"), 4U);
    EXPECT_EQ(columns("📞"), 2U);
    EXPECT_EQ(columns("─▶●◆✗"), 5U);
}

TEST(Words, WrapKeepsEverythingAndTheWidth) {
    EXPECT_EQ(wrap({"KRR [A]", "| [B]"}, 13), Lines{"KRR [A] | [B]"});
    EXPECT_EQ(wrap({"KRR [A]", "| [B]"}, 12), (Lines{"KRR [A]", "| [B]"}));
    EXPECT_EQ(wrap({"one two three"}, 7), (Lines{"one two", "three"}));
    EXPECT_EQ(wrap({"abcdefgh"}, 3), (Lines{"abc", "def", "gh"}));
    EXPECT_EQ(wrap({"ab cdefgh"}, 3), (Lines{"ab", "cde", "fgh"}));
    EXPECT_EQ(wrap({"漢字漢"}, 3), (Lines{"漢", "字", "漢"}));
    EXPECT_EQ(wrap({"漢字"}, 0), (Lines{"漢", "字"}));
    EXPECT_EQ(wrap({""}, 5), Lines{""});
    const std::string name(255, 'n');
    for (std::size_t width = 2; width < 300; ++width) {
        std::string all;
        for (const std::string& line : wrap({name}, width)) {
            EXPECT_LE(columns(line), width);
            all += line;
        }
        EXPECT_EQ(all, name);
    }
}

TEST(Words, WrapEvenly) {
    EXPECT_EQ(wrap_evenly("Domain 1 CS Proxy", 15), (Lines{"Domain 1", "CS Proxy"}));
    EXPECT_EQ(wrap_evenly("Receiver", 15), Lines{"Receiver"});
}

TEST(Words, Counted) {
    EXPECT_EQ(counted(0, "KRR"), "0 KRRs");
    EXPECT_EQ(counted(1, "message"), "1 message");
    EXPECT_EQ(counted(2, "message"), "2 messages");
}

TEST(Canvas, CutsAtItsWidthAndKeepsWideCharactersWhole) {
    Canvas canvas(6);
    canvas.put(canvas.grow(), 2, "abcdef");
    canvas.put(canvas.grow(), 1, "漢字漢");
    canvas.put(canvas.grow(), 0, "漢字");
    canvas.put(2, 1, "x");
    canvas.put(canvas.grow(), 0, "漢字");
    canvas.put(3, 2, "y");
    EXPECT_EQ(canvas.text(false), "  abcd\n 漢字\n x字\n漢y\n");
}

TEST(Canvas, ColoursOnlyWhenAsked) {
    Canvas canvas(20);
    const std::size_t row = canvas.grow();
    canvas.put(row, 0, "a", Style::bad);
    canvas.put(row, 1, "b");
    canvas.put(row, 3, "c", Style::good);
    EXPECT_EQ(canvas.text(false), "ab c\n");
    EXPECT_EQ(canvas.text(true), "\x1b[31ma\x1b[0mb \x1b[32mc\x1b[0m\n");
}

}  // namespace
}  // namespace kmsgate::lab::testing
