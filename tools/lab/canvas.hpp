// SPDX-License-Identifier: BSD-3-Clause
// A sheet of terminal cells: whatever is put on it, no line is ever longer than the sheet is wide.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::lab {

enum class Style : std::uint8_t { plain, faint, strong, message, created, rewritten, good, bad };

class Canvas {
  public:
    explicit Canvas(std::size_t width) : width_(width) {}

    [[nodiscard]] std::size_t width() const noexcept { return width_; }
    [[nodiscard]] std::size_t height() const noexcept { return rows_.size(); }
    /// Adds `count` empty rows; returns the first one's number.
    std::size_t grow(std::size_t count = 1);
    /// Clean text from a cell on, over what stood there; what does not fit in the row is cut.
    void put(std::size_t row, std::size_t column, std::string_view text, Style style = Style::plain);
    /// Rows without the blanks at their ends, each with a line end. `colour`: with ANSI escapes.
    [[nodiscard]] std::string text(bool colour) const;

  private:
    struct Cell {
        std::string glyph = " ";  ///< empty: the right half of a wide character
        Style style = Style::plain;
    };
    std::size_t width_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace kmsgate::lab
