// SPDX-License-Identifier: BSD-3-Clause
// The ladder for terminals.
#include "tests/unit/lab/lab_kit.hpp"
#include "tools/lab/draw.hpp"
#include "tools/lab/words.hpp"

namespace kmsgate::lab::testing {
namespace {

/// Everything in a name that can go wrong.
std::string nasty(std::size_t size) {
    std::string out = "a;b#c%d <&\"'>{x} \x1b[31m\x80 漢 ";
    while (out.size() < size) out += out.size() % 7 == 0 ? ' ' : 'n';
    return out.substr(0, size);
}

void expect_width(const std::string& text, std::size_t width) {
    for (const std::string& line : lines_of(text)) {
        EXPECT_LE(columns(line), width) << line;
        EXPECT_FALSE(line.ends_with(' ')) << line;
        EXPECT_EQ(clean(line), line);
    }
}

TEST(DrawText, X5LineByLine) {
    const Scenario s = shipped("x05");
    EXPECT_EQ(draw_text(s, play(s)), R"(X.5  Discovery using proxies (clear)
  Initiator sip:alice@mc1.example: home A; external B
  Receiver sip:bob@mc2.example: home B; external A

┌───────────┐       ┌───────────────────┐       ┌──────────┐
│ Initiator │       │ Domain 2 CS Proxy │       │ Receiver │
└─────┬─────┘       └─────────┬─────────┘       └─────┬────┘
      │                       │                       │
      │     MIKEY (A, A)      │                       │
      ├──────────────────────▶✗                       │
      │     KRR ANY | [B]     │                       │
      │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌●                       │
      │                       │                       │
      │     MIKEY (A, B)      │                       │
      ├───────────────────────┼──────────────────────▶│
      │                       │       accepted (A, B) ✓
      │                       │                       │

┼ passes   ✗ refused   ● KRR created

accepted (A, B): 2 messages, 1 KRR created; as expected
)");
}

TEST(DrawText, AllScenariosInAllWidths) {
    const auto files = find_scenarios({"all"}, kShipped);
    ASSERT_TRUE(files);
    for (const std::string& file : *files) {
        const Scenario s = read_good(read_file(file), file);
        const Result r = play(s);
        for (const std::size_t width : {20U, 40U, 80U, 100U, 120U, 200U})
            expect_width(draw_text(s, r, width), width);
        const std::string text = draw_text(s, r);
        EXPECT_TRUE(contains(text, s.name + "  " + s.title + " (clear)"));
        EXPECT_EQ(count(text, "MIKEY ("), r.mikeys);
        EXPECT_EQ(count(text, "●"), r.created + 1);
        EXPECT_EQ(count(text, "◆"), r.rewrites == 0 ? 0 : r.rewrites + 1);
        EXPECT_TRUE(contains(text, "; as expected\n"));
        EXPECT_FALSE(contains(text, "\x1b"));
    }
}

TEST(DrawText, X10AsInTheFigure) {
    const Scenario s = shipped("x10");
    const Result r = play(s);
    const std::string text = draw_text(s, r);
    const std::vector<std::string> lines = lines_of(text);
    // Each mark once in the ladder and once in the legend.
    EXPECT_EQ(count(text, "●"), 3U + 1);
    EXPECT_EQ(count(text, "◆"), 5U + 1);
    EXPECT_EQ(count(text, "✗"), 3U + 1);
    EXPECT_EQ(count(text, "┼"), 2U + 3 + 4 + 1);
    EXPECT_EQ(count(text, "▶"), 4U);
    EXPECT_EQ(count(text, "◀"), 8U);
    for (const char* label : {"MIKEY (A, A)", "KRR [B, C] | ANY", "MIKEY (C, A)", "KRR ANY | [X, Z]",
                              "KRR [A, C] | [X, Z]", "KRR [C] | [X, Z]", "MIKEY (C, X)", "KRR ANY | [Y, Z]",
                              "KRR ANY | [Z]", "KRR [A, C] | [Z]", "KRR [C] | [Z]", "MIKEY (C, Z)"})
        EXPECT_EQ(count(text, label), 1U) << label;
    EXPECT_TRUE(contains(text, "accepted (C, Z) ✓"));
    EXPECT_EQ(lines.back(), "accepted (C, Z): 4 messages, 3 KRRs created, 5 rewritten; as expected");
    // The second message is drawn through two edges up to the third, which refuses it.
    const auto label =
        std::ranges::find_if(lines, [](const std::string& l) { return contains(l, "MIKEY (C, A)"); });
    ASSERT_NE(label, lines.end());
    EXPECT_TRUE((label + 1)->starts_with("      ├──")) << *(label + 1);
    EXPECT_EQ(count(*(label + 1), "┼"), 2U);
    EXPECT_TRUE(contains(*(label + 1), "─▶✗ ")) << *(label + 1);
}

TEST(DrawText, LifelinesStandBelowEachOther) {
    for (const char* stem : {"x01", "x08", "x10"}) {
        const Scenario s = shipped(stem);
        const std::vector<std::string> lines = lines_of(draw_text(s, play(s)));
        std::vector<std::size_t> at;
        for (const std::string& line : lines) {
            std::vector<std::size_t> here;
            std::size_t column = 0;
            for (std::string_view rest = line; !rest.empty();) {
                const Glyph glyph = first_glyph(rest);
                if (glyph.bytes == "┬") at.push_back(column);
                if (glyph.bytes == "│") here.push_back(column);
                column += glyph.columns;
                rest.remove_prefix(glyph.bytes.size());
            }
            if (at.empty() || line.empty()) continue;
            for (const std::size_t x : here) EXPECT_TRUE(std::ranges::find(at, x) != at.end()) << line;
        }
        EXPECT_EQ(at.size(), s.path.size() + 2);
    }
}

TEST(DrawText, FailureAndFaults) {
    const Scenario s = shipped("x11");
    Result r = play(s);
    r.faults = {"line 2: expected this, came that", nasty(255)};
    const std::string text = draw_text(s, r);
    EXPECT_TRUE(contains(text, "✗ gives up: no-receiver-kms"));
    EXPECT_TRUE(contains(text, "failed (no-receiver-kms): 1 message, 1 KRR created; not as expected:\n"));
    EXPECT_TRUE(contains(text, "- line 2: expected this, came that\n"));
    EXPECT_TRUE(contains(text, "Attacker"));
    expect_width(text, 120);
}

TEST(DrawText, NotesAnswersAndKrrsThatPass) {
    const Scenario s = shipped("x06");
    Result r = play(s);
    Step note;
    note.kind = Step::Kind::note;
    for (std::size_t actor = 0; actor < 4; ++actor) {
        note.from = actor;
        note.text = "note at " + std::to_string(actor);
        r.steps.push_back(note);
    }
    Step answer;
    answer.kind = Step::Kind::answer;
    answer.text = "200 OK";
    for (answer.from = 3; answer.from > 0; --answer.from) {
        answer.to = answer.from - 1;
        r.steps.push_back(answer);
    }
    // A KRR that d1-cs lets pass.
    for (Step& step : r.steps) step.rewritten = false;
    const std::string text = draw_text(s, r);
    EXPECT_EQ(count(text, "200 OK"), 1U);
    EXPECT_EQ(count(text, "◆"), 0U);
    for (const char* n : {"• note at 0", "• note at 1", "note at 2 •", "note at 3 •"})
        EXPECT_TRUE(contains(text, n)) << n << text;
    expect_width(text, 120);
}

TEST(DrawText, NamesOf255Bytes) {
    Scenario s = shipped("x10");
    s.kms.clear();  // whole URIs stand in the picture
    const std::string uri(255, 'u');
    for (Expected& line : s.expect) {
        line.pair = {uri, uri};
        line.lists = {std::vector<std::string>{uri, uri}, std::nullopt};
    }
    Result r = play(s);
    for (std::string& actor : r.actors) actor = nasty(255);
    r.failure = nasty(255);
    r.accepted = false;
    s.title = nasty(255);
    s.initiator.label = nasty(255);
    Step note;
    note.from = 2;
    note.text = nasty(1000);
    r.steps.push_back(note);
    for (const std::size_t width : {1U, 16U, 33U, 84U, 85U, 120U, 250U}) {
        const std::string text = draw_text(s, r, width);
        expect_width(text, std::max<std::size_t>(width, 16));
        std::string joined;
        for (const char c : text)
            if (c == 'u') joined += c;
        EXPECT_GE(joined.size(), 255U * 2 * 4);
    }
}

TEST(DrawText, TooManyActorsMakeAList) {
    Scenario s = shipped("x10");
    Result r = play(s);
    const std::string text = draw_text(s, r, 75);
    EXPECT_TRUE(contains(text, "\nInitiator -> Domain 1 CS Proxy: MIKEY (A, A) (refused)\n")) << text;
    EXPECT_TRUE(contains(text, "\nDomain 2 IS Proxy -> Domain 1 CS Proxy: KRR [A, C] | [X, Z] (rewritten)\n"))
        << text;
    EXPECT_FALSE(contains(text, "┼"));
    expect_width(text, 75);
    EXPECT_TRUE(contains(draw_text(s, r, 84), "┼"));
    r.actors.resize(40, "Edge");
    expect_width(draw_text(s, r), 120);
}

TEST(DrawText, StepsOfNobodyAreLeftOut) {
    const Scenario s = shipped("x01");
    Result r = play(s);
    Step wild = r.steps.front();
    wild.to = 7;
    r.steps.push_back(wild);
    wild.kind = Step::Kind::note;
    wild.from = 9;
    r.steps.push_back(wild);
    EXPECT_EQ(draw_text(s, r), draw_text(s, play(s)));
    r.actors.clear();
    EXPECT_TRUE(contains(draw_text(s, r), "2 messages"));
    EXPECT_FALSE(draw_svg(s, r).empty());
    EXPECT_FALSE(draw_mermaid(s, r).empty());
}

TEST(DrawText, Colours) {
    const Scenario s = shipped("x10");
    const Result r = play(s);
    std::string text = draw_text(s, r, 120, true);
    EXPECT_TRUE(contains(text, "\x1b[35m"));
    // Without the escapes it is the same picture.
    for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b', at))
        text.erase(at, text.find('m', at) - at + 1);
    EXPECT_EQ(text, draw_text(s, r));
}

}  // namespace
}  // namespace kmsgate::lab::testing
