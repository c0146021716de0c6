// SPDX-License-Identifier: BSD-3-Clause
// What people see: tables that fit the terminal, colours only where they are wanted, no stranger's control
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::control::cli {

/// Where output goes and what it can show.
struct Terminal {
    std::ostream& out;
    std::ostream& err;
    bool out_colours = false;   ///< standard output is a terminal and NO_COLOR is not set
    bool err_terminal = false;  ///< standard error is a terminal: progress may overwrite its line
    std::size_t width = 0;      ///< columns of standard output; 0: no terminal, lines of any length
};

/// One line of text without control characters and with valid UTF-8 only; what is replaced reads `?`.
[[nodiscard]] std::string safe(std::string_view text);
/// The same for several lines.
[[nodiscard]] std::string safe_lines(std::string_view text);

enum class Paint : std::uint8_t { none, bold, dim, red, green, yellow };
[[nodiscard]] std::string painted(std::string_view text, Paint paint, bool colours);
/// Of verdicts, modes and states: refusals red, forward green, ..
[[nodiscard]] Paint paint_of(std::string_view word);

/// Code points, which is columns for what kmsgate prints.
[[nodiscard]] std::size_t columns(std::string_view text);
/// At most so many columns; what is cut ends in an ellipsis.
[[nodiscard]] std::string cut(std::string_view text, std::size_t most);

/// "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// "2026-11-22T03:30:49Z" (ISO 8601, UTC); empty for what is no date.
[[nodiscard]] std::string date(double seconds);
/// "2026-11-22T03:30:49.250Z"
[[nodiscard]] std::string moment(double seconds);
/// "2026-11-22T03:30:49Z (3 min 2 s ago)", "(in 12 s)"; the date alone where `now` is none.
[[nodiscard]] std::string aged(double seconds, double now);
/// "3 d 4 h", "5 min 10 s", "12 s".
[[nodiscard]] std::string duration(double seconds);
/// "512 bytes", "61.2 MiB".
[[nodiscard]] std::string size(double bytes);

class Table {
  public:
    struct Cell {
        std::string text;
        Paint paint = Paint::none;
    };
    /// A heading that begins with '>' is of a column of numbers: aligned to the right.
    explicit Table(std::vector<std::string> headings);
    void add(std::vector<Cell> row);
    void add(const std::vector<std::string>& row);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    /// Nothing when there is no row.
    void print(Terminal& terminal, std::string_view indent = "") const;

  private:
    [[nodiscard]] std::vector<std::size_t> widths(std::size_t most) const;
    std::vector<std::string> headings_;
    std::vector<bool> right_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace kmsgate::control::cli
