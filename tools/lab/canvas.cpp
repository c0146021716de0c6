// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/canvas.hpp"

#include "tools/lab/words.hpp"

namespace kmsgate::lab {
namespace {

/// SGR codes that terminals of both light and dark background show well.
std::string_view code(Style style) {
    switch (style) {
        case Style::plain:
            break;
        case Style::faint:
            return "\x1b[2m";
        case Style::strong:
            return "\x1b[1m";
        case Style::message:
            return "\x1b[36m";
        case Style::created:
            return "\x1b[33m";
        case Style::rewritten:
            return "\x1b[35m";
        case Style::good:
            return "\x1b[32m";
        case Style::bad:
            return "\x1b[31m";
    }
    return "";
}

}  // namespace

std::size_t Canvas::grow(std::size_t count) {
    const std::size_t first = rows_.size();
    rows_.resize(first + count, std::vector<Cell>(width_));
    return first;
}

void Canvas::put(std::size_t row, std::size_t column, std::string_view text, Style style) {
    std::vector<Cell>& cells = rows_[row];
    while (!text.empty()) {
        const Glyph glyph = first_glyph(text);
        text.remove_prefix(glyph.bytes.size());
        if (glyph.columns == 0) continue;
        if (column + glyph.columns > width_) return;
        // Half of a wide character is no character.
        if (cells[column].glyph.empty()) cells[column - 1].glyph = " ";
        const std::size_t behind = column + glyph.columns;
        if (behind < width_ && cells[behind].glyph.empty()) cells[behind].glyph = " ";
        cells[column] = {std::string(glyph.bytes), style};
        if (glyph.columns == 2) cells[column + 1] = {"", style};
        column = behind;
    }
}

std::string Canvas::text(bool colour) const {
    std::string out;
    for (const std::vector<Cell>& cells : rows_) {
        std::size_t end = cells.size();
        while (end > 0 && cells[end - 1].glyph == " ") --end;
        Style style = Style::plain;
        for (std::size_t i = 0; i < end; ++i) {
            if (colour && cells[i].style != style && cells[i].glyph != " ") {
                if (style != Style::plain) out += "\x1b[0m";
                style = cells[i].style;
                out += code(style);
            }
            out += cells[i].glyph;
        }
        if (style != Style::plain) out += "\x1b[0m";
        out += '\n';
    }
    return out;
}

}  // namespace kmsgate::lab
