// SPDX-License-Identifier: BSD-3-Clause
// Long lists of plain entries, one a line, are most of a large policy: they are read here, without the YAML
// scanner, which sees the first and the last of their lines only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::policy::language {

/// Lines one behind the other that are entries of one list, wherever the first of them is one.
struct Run {
    int line = 0;    ///< of its first line, counted from 0, in the short text
    int column = 0;  ///< of the texts, in bytes from 0
    /// Texts of the lines that were left out: those between the first line and the last.
    std::vector<std::string_view> texts;
};

/// A text without the inner lines of its runs.
///
/// Why the YAML of both texts means the same, if the scanner finds the text of a run's first line to be a
/// scalar that begins at that column of that line: then the line was scanned outside of flow collections,
/// quotes and block scalars, and opened or continued a block sequence at the column of its `-`. Such a line
/// is complete in itself (a quoted text ends in its line; a plain one could only go on in a line that is
/// indented deeper than the `-`, and the next one is not). So each line of the run is scanned from the state
/// that it leaves behind, and the last one, which stays, meets what follows the list in that same state.
class ShortText {
  public:
    /// `text`, which check_source() has passed, must outlive it.
    explicit ShortText(std::string_view text);

    /// Is it shorter than the whole one? Without runs it has no text.
    [[nodiscard]] bool any() const noexcept { return !runs_.empty(); }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// The run that begins in that line with a text at that column, or null. Lines are asked for in order.
    [[nodiscard]] const Run* run_at(int line, int column) noexcept;
    /// Runs that were asked for and found.
    [[nodiscard]] bool all_found() const noexcept { return found_ == runs_.size(); }
    /// The line of the whole text that stands in line `line` of the short one (both from 0).
    [[nodiscard]] int whole_line(int line) const noexcept;

  private:
    std::string text_;
    std::vector<Run> runs_;
    std::vector<int> left_out_;  ///< by run: lines left out up to its end
    std::size_t found_ = 0;
};

}  // namespace kmsgate::policy::language
