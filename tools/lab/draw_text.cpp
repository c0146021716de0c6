// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>

#include "tools/lab/canvas.hpp"
#include "tools/lab/draw.hpp"
#include "tools/lab/ladder.hpp"
#include "tools/lab/rows.hpp"
#include "tools/lab/words.hpp"

namespace kmsgate::lab {
namespace {

constexpr std::size_t kLeastWidth = 16;

/// Lines of running text; what follows the first one is set in.
void put_text(Canvas& canvas, const std::string& text, Style style, std::size_t indent = 0) {
    const std::size_t left = indent + 2;
    const std::vector<std::string> lines = wrap({text}, canvas.width() - left);
    for (std::size_t i = 0; i < lines.size(); ++i)
        canvas.put(canvas.grow(), i == 0 ? indent : left, lines[i], style);
}

/// For more actors than there is room for: a line a row.
void put_list(Canvas& canvas, const std::vector<Row>& rows, const std::vector<std::string>& actors) {
    for (const Row& row : rows) {
        const char* done = row.start == Row::Start::created     ? " (created)"
                           : row.start == Row::Start::rewritten ? " (rewritten)"
                           : row.refused                        ? " (refused)"
                                                                : "";
        const std::string where = row.arrow() ? actors[row.from] + " -> " + actors[row.to] : actors[row.from];
        put_text(canvas, fmt::format("{}: {}{}", where, row.label(), done), row_style(row));
    }
}

void put_legend(Canvas& canvas, const Legend& marks) {
    std::string text;
    const auto add = [&](bool there, const char* what) {
        if (!there) return;
        text += text.empty() ? "" : "   ";
        text += what;
    };
    add(marks.passes, "┼ passes");
    add(marks.refused, "✗ refused");
    add(marks.created, "● KRR created");
    add(marks.rewritten, "◆ KRR rewritten");
    if (text.empty()) return;
    canvas.grow();
    // The gaps between the marks would be lost in wrap().
    if (columns(text) <= canvas.width())
        canvas.put(canvas.grow(), 0, text, Style::faint);
    else
        put_text(canvas, text, Style::faint);
}

}  // namespace

std::string draw_text(const Scenario& scenario, const Result& result, std::size_t width, bool colour) {
    Canvas canvas(std::max(width, kLeastWidth));
    put_text(canvas, headline(scenario, result), Style::strong);
    for (const std::string& line : people(scenario)) put_text(canvas, line, Style::plain, 2);
    canvas.grow();
    const std::vector<Row> rows = make_rows(scenario, result);
    const std::vector<std::string> actors = actor_labels(result);
    if (put_ladder(canvas, rows, actors))
        put_legend(canvas, legend(rows));
    else
        put_list(canvas, rows, actors);
    canvas.grow();
    put_text(canvas, outcome(scenario, result) + "; " + verdict(result),
             result.passed() ? Style::good : Style::bad);
    for (const std::string& fault : result.faults) put_text(canvas, "- " + clean(fault), Style::bad);
    return canvas.text(colour);
}

}  // namespace kmsgate::lab
