// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: where lines end, where headers start and end. One forward pass, no meaning yet.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "dataplane/sip/arena.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {

/// One line of text: [start, end) without its line end; the next line starts at `next`.
struct Line {
    std::size_t end = 0;
    std::size_t next = 0;
    bool terminated = false;  ///< a line end stands there, not just the end of the text
    bool lone = false;        ///< a lone CR or LF was met in the line or as its end
};

/// The line that starts at `at` (at most text.size()).
[[nodiscard]] Line read_line(std::string_view text, std::size_t at, LineEnds ends) noexcept;

/// Start line and headers of a message, split but not yet understood.
struct Head {
    std::string_view start_line;
    std::span<const Header> headers;
    std::size_t size = 0;          ///< bytes up to and with the empty line; all of them when it is missing
    bool mixed_line_ends = false;  ///< see Message
    FaultSet faults;               ///< no_header_end, header_line, too_many_headers
};

/// Splits `raw` (leading CRLFs already cut) into its head. Headers beyond kMaxHeaders or the arena are passed
/// over, so that the body still starts where it starts, and too_many_headers is set.
[[nodiscard]] Head read_head(std::string_view raw, Arena& arena, LineEnds ends) noexcept;

}  // namespace kmsgate::sip
