// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tools/lab/draw.hpp"
#include "tools/lab/rows.hpp"
#include "tools/lab/words.hpp"

namespace kmsgate::lab {
namespace {

/// Pixels. A column of the monospaced font is 0.6 of its size in all common ones.
constexpr int kColumn = 8;
constexpr int kLine = 18;
constexpr int kMargin = 24;
constexpr int kLeastGap = 180;
constexpr int kLeastWidth = 640;
constexpr int kMark = 5;
/// Columns of a label before it is wrapped.
constexpr std::size_t kMostLabel = 36;
constexpr std::size_t kMostHead = 20;

/// Shapes of lines and text; the colours come behind it.
constexpr std::string_view kShapes = R"(
text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; stroke: none; }
text.strong { font-weight: bold; }
.life { stroke-dasharray: 3 4; } .arrow { stroke-width: 1.6; } .answer { stroke-dasharray: 7 4; }
.head, .mark { stroke: none; } path.arrow { fill: none; }
)";

/// A colour and the classes that wear it. Written out, not as CSS variables, which not all viewers know.
struct Colour {
    std::string_view name;
    std::string_view light;
    std::string_view dark;
};
/// Each with a contrast of at least 4.5 to its ground.
constexpr std::array<Colour, 6> kInks = {{{"plain", "#1f2328", "#e6edf3"},
                                          {"message", "#0550ae", "#79c0ff"},
                                          {"created", "#8a4600", "#f0b460"},
                                          {"rewritten", "#6639ba", "#d2a8ff"},
                                          {"good", "#116329", "#56d364"},
                                          {"bad", "#b3202c", "#ff7b72"}}};

std::string colours(bool dark) {
    const char* const ground = dark ? "#0d1117" : "#ffffff";
    std::string out = fmt::format(".ground, circle.pass {{ fill: {}; }} .box {{ fill: {}; stroke: {}; }}\n",
                                  ground, dark ? "#161b22" : "#f6f8fa", dark ? "#6e7681" : "#8c959f");
    out += fmt::format(".life {{ stroke: {}; }} text.strong {{ fill: {}; }}\n", dark ? "#6e7681" : "#8c959f",
                       dark ? kInks[0].dark : kInks[0].light);
    for (const Colour& ink : kInks)
        out += fmt::format("text.{0}, .head.{0}, .mark.{0} {{ fill: {1}; }} .arrow.{0} {{ stroke: {1}; }}\n",
                           ink.name, dark ? ink.dark : ink.light);
    return out;
}

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    return out;
}

/// Colour of a row, a class of kStyle.
std::string_view colour(const Row& row) {
    switch (row.kind) {
        case Step::Kind::mikey:
            return "message";
        case Step::Kind::krr:
            return row.start == Row::Start::rewritten ? "rewritten" : "created";
        case Step::Kind::accepted:
            return "good";
        case Step::Kind::failed:
            return "bad";
        case Step::Kind::answer:
        case Step::Kind::reset:
        case Step::Kind::note:
            break;
    }
    return "plain";
}

int pixels(std::size_t columns) {
    return static_cast<int>(columns) * kColumn;
}

class Drawing {
  public:
    Drawing(const Scenario& scenario, const Result& result)
        : scenario_(scenario),
          result_(result),
          rows_(make_rows(scenario, result)),
          actors_(actor_labels(result)) {}

    std::string draw() {
        lay_out();
        running_text(headline(scenario_, result_), "strong");
        for (const std::string& line : people(scenario_)) running_text(line, "plain");
        y_ += kLine / 2;
        heads();
        const int top = y_;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const Row& row = rows_[i];
            if (begins_round(rows_, i)) y_ += kLine / 2;
            if (row.arrow())
                arrow(row);
            else
                mark(row);
        }
        y_ += kLine / 2;
        std::string lifes;
        for (const int x : x_)
            lifes += fmt::format("<line class=\"life\" x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/>\n", x,
                                 top, y_);
        y_ += kLine;
        footer();
        return whole(lifes);
    }

  private:
    void lay_out() {
        std::size_t widest = 0;
        for (const Row& row : rows_)
            if (row.arrow())
                for (const std::string& line : wrap(row.pieces, kMostLabel))
                    widest = std::max(widest, columns(line));
        gap_ = std::max(kLeastGap, pixels(widest) + 2 * kMargin);
        const int count = static_cast<int>(actors_.size());
        const int half = pixels(kMostHead + 2) / 2;
        for (int i = 0; i < count; ++i) x_.push_back(kMargin + half + i * gap_);
        width_ = std::max(kLeastWidth, (count == 0 ? 0 : x_.back()) + half + kMargin);
        y_ = kMargin;
    }

    /// Text from `x` on, or ending before it, or about it; `y` is its base line.
    void text(int x, int y, std::string_view style, const std::string& words,
              std::string_view anchor = "start") {
        body_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", style, x,
                             y, anchor, escape(words));
    }

    void running_text(const std::string& words, std::string_view style) {
        for (const std::string& line :
             wrap({words}, static_cast<std::size_t>((width_ - 2 * kMargin) / kColumn))) {
            y_ += kLine;
            text(kMargin, y_, style, line);
        }
    }

    void heads() {
        std::vector<std::vector<std::string>> labels;
        std::size_t lines = 1;
        for (const std::string& actor : actors_) {
            labels.push_back(wrap_evenly(actor, kMostHead));
            lines = std::max(lines, labels.back().size());
        }
        const int height = static_cast<int>(lines) * kLine + kLine;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            std::size_t widest = 4;
            for (const std::string& line : labels[i]) widest = std::max(widest, columns(line));
            const int box = pixels(widest + 2);
            body_ +=
                fmt::format("<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"/>\n",
                            x_[i] - box / 2, y_, box, height);
            const int spare = static_cast<int>(lines - labels[i].size()) * kLine / 2;
            for (std::size_t line = 0; line < labels[i].size(); ++line)
                text(x_[i], y_ + spare + kLine / 4 + static_cast<int>(line + 1) * kLine, "strong",
                     labels[i][line], "middle");
        }
        if (!actors_.empty()) y_ += height;
    }

    void cross(int x, int y) {
        body_ += fmt::format("<path class=\"arrow bad\" d=\"M{} {}L{} {}M{} {}L{} {}\"/>\n", x - kMark,
                             y - kMark, x + kMark, y + kMark, x - kMark, y + kMark, x + kMark, y - kMark);
    }

    void arrow(const Row& row) {
        const std::string_view style = colour(row);
        const bool right = row.to > row.from;
        const int from = x_[row.from];
        const int to = x_[row.to];
        const int way = right ? 1 : -1;
        for (const std::string& line : wrap(row.pieces, kMostLabel)) {
            y_ += kLine;
            text(from + way * gap_ / 2, y_, style, line, "middle");
        }
        y_ += kLine / 2;
        body_ += fmt::format("<line class=\"arrow {}{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", style,
                             row.kind == Step::Kind::mikey ? "" : " answer", from, y_, to - way * kMark, y_);
        body_ += fmt::format("<polygon class=\"head {}\" points=\"{},{} {},{} {},{}\"/>\n", style, to, y_,
                             to - way * 2 * kMark, y_ - kMark, to - way * 2 * kMark, y_ + kMark);
        for (std::size_t i = std::min(row.from, row.to) + 1; i < std::max(row.from, row.to); ++i)
            body_ += fmt::format("<circle class=\"arrow pass {}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", style,
                                 x_[i], y_, kMark - 1);
        if (row.start == Row::Start::created)
            body_ += fmt::format("<circle class=\"mark {}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", style, from,
                                 y_, kMark);
        if (row.start == Row::Start::rewritten)
            body_ += fmt::format("<polygon class=\"mark {}\" points=\"{},{} {},{} {},{} {},{}\"/>\n", style,
                                 from - kMark - 1, y_, from, y_ - kMark - 1, from + kMark + 1, y_, from,
                                 y_ + kMark + 1);
        if (row.refused) cross(to, y_);
        y_ += kLine / 2;
    }

    void mark(const Row& row) {
        const bool right = actors_.size() - 1 - row.from >= row.from;
        const int x = x_[row.from];
        const int room = right ? width_ - kMargin - x - 2 * kMark : x - 2 * kMark - kMargin;
        const std::string_view style = colour(row);
        const int first = y_ + kLine;
        for (const std::string& line : wrap({row.label()}, static_cast<std::size_t>(room / kColumn))) {
            y_ += kLine;
            text(x + (right ? 2 : -2) * kMark, y_, style, line, right ? "start" : "end");
        }
        if (row.kind == Step::Kind::failed)
            cross(x, first - kMark);
        else
            body_ += fmt::format("<circle class=\"arrow pass {}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", style, x,
                                 first - kMark, kMark - 1);
        y_ += kLine / 2;
    }

    void footer() {
        const Legend marks = legend(rows_);
        std::string words;
        const auto add = [&](bool there, const char* what) {
            if (there) words += (words.empty() ? "" : ", ") + std::string(what);
        };
        add(marks.passes, "circle: passes");
        add(marks.refused, "cross: refused");
        add(marks.created, "dot: KRR created");
        add(marks.rewritten, "diamond: KRR rewritten");
        if (!words.empty()) running_text(words, "plain");
        y_ += kLine / 2;
        const std::string_view style = result_.passed() ? "good" : "bad";
        running_text(outcome(scenario_, result_) + "; " + verdict(result_), style);
        for (const std::string& fault : result_.faults) running_text("- " + clean(fault), style);
        y_ += kMargin;
    }

    [[nodiscard]] std::string whole(const std::string& lifes) const {
        std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        out += fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
            "role=\"img\" aria-labelledby=\"title outcome\">\n",
            width_, y_);
        out += fmt::format("<title id=\"title\">{}</title>\n<desc id=\"outcome\">{}</desc>\n",
                           escape(headline(scenario_, result_)), escape(outcome(scenario_, result_)));
        out += fmt::format("<style>{}{}@media (prefers-color-scheme: dark) {{\n{}}}\n</style>\n", kShapes,
                           colours(false), colours(true));
        out += fmt::format("<rect class=\"ground\" width=\"{}\" height=\"{}\"/>\n", width_, y_);
        return out + lifes + body_ + "</svg>\n";
    }

    const Scenario& scenario_;
    const Result& result_;
    std::vector<Row> rows_;
    std::vector<std::string> actors_;
    std::vector<int> x_;
    std::string body_;
    int gap_ = 0;
    int width_ = 0;
    int y_ = 0;
};

}  // namespace

std::string draw_svg(const Scenario& scenario, const Result& result) {
    return Drawing(scenario, result).draw();
}

}  // namespace kmsgate::lab
