// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/ladder.hpp"

#include <algorithm>

#include "tools/lab/words.hpp"

namespace kmsgate::lab {
namespace {

/// Columns from one lifeline to the next.
constexpr std::size_t kLeastGap = 14;
constexpr std::size_t kWantedGap = 24;
constexpr std::size_t kMostGap = 48;
/// Columns that a box takes beside its text.
constexpr std::size_t kFrame = 4;
constexpr std::size_t kMostInnerEnd = 16;
/// A mark's text is set beside its lifeline in at most so many lines, if there is room.
constexpr std::size_t kMostNoteLines = 2;

std::string repeat(std::string_view glyph, std::size_t count) {
    std::string out;
    while (count-- > 0) out += glyph;
    return out;
}

class Ladder {
  public:
    Ladder(Canvas& canvas, const std::vector<Row>& rows, const std::vector<std::string>& actors)
        : canvas_(canvas), rows_(rows), actors_(actors) {}

    /// Finds the columns of the lifelines; false: there is no room.
    bool lay_out() {
        const std::size_t count = actors_.size();
        if (count < 2 || canvas_.width() / count < kLeastGap) return false;
        // What fits when every actor has the same share also fits the ends.
        const std::size_t share = canvas_.width() / count;
        const std::size_t end = std::min(kMostInnerEnd, share - 1 - kFrame);
        heads_.resize(count);
        heads_.front() = wrap_evenly(actors_.front(), end);
        heads_.back() = wrap_evenly(actors_.back(), end);
        const std::size_t left = box_width(heads_.front()) / 2;
        const std::size_t right = box_width(heads_.back()) - box_width(heads_.back()) / 2;
        const std::size_t room = (canvas_.width() - left - right) / (count - 1);
        std::size_t wanted = kWantedGap;
        for (const Row& row : rows_) wanted = std::max(wanted, std::min(columns(row.label()) + 4, kMostGap));
        gap_ = std::min(room, wanted);
        for (std::size_t i = 1; i + 1 < count; ++i) heads_[i] = wrap_evenly(actors_[i], gap_ - 1 - kFrame);
        for (std::size_t i = 0; i < count; ++i) x_.push_back(left + i * gap_);
        return true;
    }

    void draw() {
        draw_heads();
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const Row& row = rows_[i];
            // A blank line keeps the attempts apart.
            if (begins_round(rows_, i)) lifelines(1);
            if (row.arrow())
                draw_arrow(row);
            else
                draw_mark(row);
        }
        lifelines(1);
    }

  private:
    static std::size_t box_width(const std::vector<std::string>& lines) {
        std::size_t widest = 1;
        for (const std::string& line : lines) widest = std::max(widest, columns(line));
        return widest + kFrame;
    }

    void draw_heads() {
        std::size_t lines = 0;
        for (const auto& head : heads_) lines = std::max(lines, head.size());
        const std::size_t top = canvas_.grow(lines + 2);
        for (std::size_t i = 0; i < heads_.size(); ++i) {
            const std::size_t width = box_width(heads_[i]);
            const std::size_t left = x_[i] - width / 2;
            canvas_.put(top, left, "┌" + repeat("─", width - 2) + "┐");
            for (std::size_t line = 0; line < lines; ++line) {
                canvas_.put(top + 1 + line, left, "│");
                canvas_.put(top + 1 + line, left + width - 1, "│");
                if (line >= heads_[i].size()) continue;
                const std::string& text = heads_[i][line];
                canvas_.put(top + 1 + line, left + (width - columns(text)) / 2, text, Style::strong);
            }
            canvas_.put(top + lines + 1, left, "└" + repeat("─", width - 2) + "┘");
            canvas_.put(top + lines + 1, x_[i], "┬");
        }
    }

    std::size_t lifelines(std::size_t count) {
        const std::size_t first = canvas_.grow(count);
        for (std::size_t row = first; row < first + count; ++row)
            for (const std::size_t x : x_) canvas_.put(row, x, "│", Style::faint);
        return first;
    }

    void draw_arrow(const Row& row) {
        const Style style = row_style(row);
        const bool right = row.to > row.from;
        // The label stands beside the sender, over the first hop.
        const std::size_t lane = right ? x_[row.from] : x_[row.from - 1];
        const std::vector<std::string> label = wrap(row.pieces, gap_ - 2);
        const std::size_t top = lifelines(label.size() + 1);
        for (std::size_t i = 0; i < label.size(); ++i)
            canvas_.put(top + i, lane + 1 + (gap_ - 1 - columns(label[i])) / 2, label[i], style);
        const std::size_t y = top + label.size();
        const std::size_t low = std::min(x_[row.from], x_[row.to]);
        const std::size_t high = std::max(x_[row.from], x_[row.to]);
        const bool answer = row.kind != Step::Kind::mikey;
        canvas_.put(y, low + 1, repeat(answer ? "╌" : "─", high - low - 1), style);
        for (std::size_t i = std::min(row.from, row.to) + 1; i < std::max(row.from, row.to); ++i)
            canvas_.put(y, x_[i], "┼", style);
        canvas_.put(y, right ? high - 1 : low + 1, right ? "▶" : "◀", style);
        const char* start = row.start == Row::Start::created     ? "●"
                            : row.start == Row::Start::rewritten ? "◆"
                            : right                              ? "├"
                                                                 : "┤";
        canvas_.put(y, x_[row.from], start, style);
        if (row.refused) canvas_.put(y, x_[row.to], "✗", Style::bad);
    }

    /// Text beside a lifeline: over as few lanes as hold it in two lines, toward the side with more room.
    void draw_mark(const Row& row) {
        const std::size_t after = actors_.size() - 1 - row.from;
        const bool right = after >= row.from;
        const std::size_t lanes = right ? after : row.from;
        std::vector<std::string> lines;
        std::size_t room = 0;
        for (std::size_t used = 1; used <= lanes; ++used) {
            room = used * gap_ - 3;
            lines = wrap({row.label()}, room);
            if (lines.size() <= kMostNoteLines) break;
        }
        const Style style = row_style(row);
        const std::size_t top = lifelines(lines.size());
        for (std::size_t i = 0; i < lines.size(); ++i)
            canvas_.put(top + i, right ? x_[row.from] + 2 : x_[row.from] - 1 - columns(lines[i]), lines[i],
                        style);
        const char* mark = row.kind == Step::Kind::accepted ? "✓"
                           : row.kind == Step::Kind::failed ? "✗"
                                                            : "•";
        canvas_.put(top, x_[row.from], mark, style);
    }

    Canvas& canvas_;
    const std::vector<Row>& rows_;
    const std::vector<std::string>& actors_;
    std::vector<std::vector<std::string>> heads_;
    std::vector<std::size_t> x_;
    std::size_t gap_ = 0;
};

}  // namespace

bool put_ladder(Canvas& canvas, const std::vector<Row>& rows, const std::vector<std::string>& actors) {
    Ladder ladder(canvas, rows, actors);
    if (!ladder.lay_out()) return false;
    ladder.draw();
    return true;
}

Style row_style(const Row& row) noexcept {
    switch (row.kind) {
        case Step::Kind::mikey:
            return Style::message;
        case Step::Kind::krr:
            return row.start == Row::Start::rewritten ? Style::rewritten : Style::created;
        case Step::Kind::accepted:
            return Style::good;
        case Step::Kind::failed:
            return Style::bad;
        case Step::Kind::answer:
        case Step::Kind::reset:
        case Step::Kind::note:
            break;
    }
    return Style::plain;
}

}  // namespace kmsgate::lab
