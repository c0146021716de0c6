// SPDX-License-Identifier: BSD-3-Clause
#include <regex>

#include "tests/unit/lab/lab_kit.hpp"
#include "tools/lab/draw.hpp"

namespace kmsgate::lab::testing {
namespace {

/// Each line is one of the statements that we use; # stands only in an entity and ; only ends one.
void expect_valid(const std::string& text) {
    static const std::string kText = "([^#;%<>&\"{}]|#[a-z0-9]+;)*";
    static const std::regex kTitle("    title " + kText);
    static const std::regex kActor("    participant p[0-9]+ as " + kText);
    static const std::regex kArrow("    p[0-9]+(->>|-x|-->>)p[0-9]+: " + kText);
    static const std::regex kNote("    Note over p[0-9]+(,p[0-9]+)?: " + kText);
    const std::vector<std::string> lines = lines_of(text);
    ASSERT_GT(lines.size(), 3U);
    EXPECT_EQ(lines[0], "sequenceDiagram");
    EXPECT_TRUE(std::regex_match(lines[1], kTitle)) << lines[1];
    for (std::size_t i = 2; i < lines.size(); ++i)
        EXPECT_TRUE(std::regex_match(lines[i], kActor) || std::regex_match(lines[i], kArrow) ||
                    std::regex_match(lines[i], kNote))
            << lines[i];
}

TEST(DrawMermaid, X5Whole) {
    const Scenario s = shipped("x05");
    EXPECT_EQ(draw_mermaid(s, play(s)),
              "sequenceDiagram\n"
              "    title X.5  Discovery using proxies (clear)\n"
              "    participant p0 as Initiator\n"
              "    participant p1 as Domain 2 CS Proxy\n"
              "    participant p2 as Receiver\n"
              "    p0-xp1: MIKEY (A, A)\n"
              "    p1-->>p0: KRR ANY | [B] (created)\n"
              "    p0->>p2: MIKEY (A, B) (passes 1 edge)\n"
              "    Note over p2: accepted (A, B)\n"
              "    Note over p0,p2: accepted (A, B): 2 messages, 1 KRR created#59; as expected\n");
}

TEST(DrawMermaid, EveryScenarioIsValid) {
    const auto files = find_scenarios({"all"}, kShipped);
    ASSERT_TRUE(files);
    for (const std::string& file : *files) {
        const Scenario s = read_good(read_file(file), file);
        const Result r = play(s);
        const std::string text = draw_mermaid(s, r);
        expect_valid(text);
        EXPECT_EQ(count(text, ": MIKEY "), r.mikeys);
        EXPECT_EQ(count(text, " (created)"), r.created);
        EXPECT_EQ(count(text, " (rewritten)"), r.rewrites);
    }
}

TEST(DrawMermaid, TextIsEscaped) {
    Scenario s = shipped("x01");
    Result r = play(s);
    s.title = "a;b#c%%{init: {}}%%<b>&amp;\"\n    p9->>p9: x";
    r.actors[0] = "wrap: end\nNote over p0: no";
    r.actors[1] = "";
    r.faults = {"; # %"};
    const std::string text = draw_mermaid(s, r);
    expect_valid(text);
    EXPECT_TRUE(contains(text, "participant p0 as wrap#58; end\\x0ANote over p0#58; no\n"));
    EXPECT_TRUE(contains(text, "participant p1 as -\n"));
    EXPECT_TRUE(contains(text, "a#59;b#35;c#37;#37;#123;init"));
    EXPECT_TRUE(contains(text, "not as expected:\n    Note over p0,p1: #59; #35; #37;\n"));
}

}  // namespace
}  // namespace kmsgate::lab::testing
