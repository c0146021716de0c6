// SPDX-License-Identifier: BSD-3-Clause
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/unit/lab/lab_kit.hpp"
#include "tools/lab/draw.hpp"
#include "tools/lab/words.hpp"

namespace kmsgate::lab::testing {
namespace {

/// xmllint's exit status; what it says is shown. A missing xmllint (127) fails the test.
int xmllint(const std::string& document) {
    std::string path = (std::filesystem::temp_directory_path() / "lab-XXXXXX").string();
    const int file = mkstemp(path.data());
    if (file < 0) return -1;
    close(file);
    std::ofstream(path, std::ios::binary) << document;
    const int status = std::system(("xmllint --nonet --noout '" + path + "'").c_str());
    std::filesystem::remove(path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string plain(std::string text) {
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}})
        for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1))
            text.replace(at, from.size(), to);
    return text;
}

/// No text and no line leaves the sheet, and no two texts lie on each other.
void expect_inside(const std::string& svg) {
    static const std::regex kSize("<svg [^>]*width=\"([0-9]+)\" height=\"([0-9]+)\"");
    static const std::regex kText(
        "<text class=\"[a-z]+\" x=\"([0-9]+)\" y=\"([0-9]+)\" text-anchor=\"([a-z]+)\">([^<]*)</text>");
    std::smatch size;
    ASSERT_TRUE(std::regex_search(svg, size, kSize));
    const int width = std::stoi(size[1]);
    const int height = std::stoi(size[2]);
    struct Box {
        int left, right, base;
        std::string text;
    };
    std::vector<Box> boxes;
    for (std::sregex_iterator it(svg.begin(), svg.end(), kText), end; it != end; ++it) {
        const int x = std::stoi((*it)[1]);
        const int wide = static_cast<int>(columns(plain((*it)[4]))) * 8;
        const int left = (*it)[3] == "start" ? x : (*it)[3] == "end" ? x - wide : x - wide / 2;
        boxes.push_back({left, left + wide, std::stoi((*it)[2]), (*it)[4]});
    }
    EXPECT_EQ(boxes.size(), count(svg, "<text "));
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        EXPECT_GE(boxes[i].left, 0) << boxes[i].text;
        EXPECT_LE(boxes[i].right, width) << boxes[i].text;
        EXPECT_LT(boxes[i].base, height) << boxes[i].text;
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_FALSE(std::abs(boxes[i].base - boxes[j].base) < 13 && boxes[i].left < boxes[j].right &&
                         boxes[j].left < boxes[i].right)
                << boxes[i].text << " / " << boxes[j].text;
    }
    static const std::regex kX("(x1|x2|cx)=\"([0-9]+)\"");
    for (std::sregex_iterator it(svg.begin(), svg.end(), kX), end; it != end; ++it)
        EXPECT_LE(std::stoi((*it)[2]), width);
}

TEST(DrawSvg, EveryScenario) {
    const auto files = find_scenarios({"all"}, kShipped);
    ASSERT_TRUE(files);
    for (const std::string& file : *files) {
        SCOPED_TRACE(file);
        const Scenario s = read_good(read_file(file), file);
        const Result r = play(s);
        const std::string svg = draw_svg(s, r);
        EXPECT_EQ(xmllint(svg), 0) << svg;
        expect_inside(svg);
        EXPECT_EQ(count(svg, ">MIKEY ("), r.mikeys);
        EXPECT_EQ(count(svg, ">KRR "), r.created + r.rewrites);
        EXPECT_EQ(count(svg, "<circle class=\"mark created\""), r.created);
        EXPECT_EQ(count(svg, "<polygon class=\"mark rewritten\""), r.rewrites);
        EXPECT_EQ(count(svg, "class=\"life\""), s.path.size() + 2);
        EXPECT_TRUE(contains(svg, "; as expected</text>"));
    }
}

TEST(DrawSvg, StandsAloneInLightAndDark) {
    const Scenario s = shipped("x10");
    const std::string svg = draw_svg(s, play(s));
    EXPECT_TRUE(contains(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\""));
    EXPECT_TRUE(contains(svg, "@media (prefers-color-scheme: dark)"));
    for (const char* outside : {"href", "url(", "@import", "<script", "<image", "<!DOCTYPE"})
        EXPECT_FALSE(contains(svg, outside));
    // Four messages: over no edge, two, three and four.
    EXPECT_EQ(count(svg, "<circle class=\"arrow pass message\""), 2U + 3 + 4);
    EXPECT_EQ(count(svg, "<path class=\"arrow bad\""), 3U);
}

TEST(DrawSvg, HostileAndLongText) {
    Scenario s = shipped("x08");
    Result r = play(s);
    s.title = "</title><script>alert(1)</script>&\"']]>\x01\x1b\xFF\uFFFE";
    for (std::string& actor : r.actors) actor = "<&>" + std::string(252, 'n');
    r.faults = {std::string(255, 'f'), "a <b> & c"};
    Step note;
    note.text = "<note> " + std::string(255, 't');
    for (note.from = 0; note.from < r.actors.size(); ++note.from) r.steps.push_back(note);
    s.kms.clear();
    for (Step& step : r.steps) step.pair.kmsi = std::string(255, 'k');
    const std::string svg = draw_svg(s, r);
    EXPECT_EQ(xmllint(svg), 0);
    expect_inside(svg);
    EXPECT_FALSE(contains(svg, "<script"));
    EXPECT_TRUE(contains(svg, "a &lt;b&gt; &amp; c"));
}

}  // namespace
}  // namespace kmsgate::lab::testing
