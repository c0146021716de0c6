// SPDX-License-Identifier: BSD-3-Clause
// Text for pictures: safe to print, measured in columns, cut into lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::lab {

/// `text` as one line that cannot act on a terminal: control characters, bytes that are not UTF-8, characters
/// that turn the writing direction and what XML cannot hold as \xNN.
[[nodiscard]] std::string clean(std::string_view text);

/// Columns that clean text takes on a terminal: wide characters (East Asian, emoji) 2, combining ones 0.
[[nodiscard]] std::size_t columns(std::string_view text) noexcept;

/// A character and the columns that it takes.
struct Glyph {
    std::string_view bytes;
    std::size_t columns = 1;
};
/// First character of `text`, which is not empty, with the combining ones behind it.
[[nodiscard]] Glyph first_glyph(std::string_view text) noexcept;

/// Lines of at most `width` columns (2 at least). All pieces in one line when they fit; else each begins a
/// line of its own, is cut at blanks, and inside of words only where one is longer than a line.
[[nodiscard]] std::vector<std::string> wrap(const std::vector<std::string>& pieces, std::size_t width);

/// A name in as few lines of at most `width` columns as hold it, and these of even length.
[[nodiscard]] std::vector<std::string> wrap_evenly(const std::string& name, std::size_t width);

/// "1 message", "2 messages".
[[nodiscard]] std::string counted(std::size_t number, std::string_view noun);

}  // namespace kmsgate::lab
