// SPDX-License-Identifier: BSD-3-Clause
// What the scanner of YAML says and what it lets pass, in words for people.
#pragma once

#include <string>
#include <string_view>

namespace kmsgate::policy::language {

/// Its words without the bytes that it quotes as it finds them, the end of the file as 0x04.
[[nodiscard]] std::string printable(std::string_view message);

/// What would be right, for the faults that people make; the scanner's own words say what is wrong. `line`
/// counts from 1.
[[nodiscard]] std::string syntax_remedy(std::string_view text, int line, std::string_view message);

/// It lets the file end inside a quoted text that spans lines. Does `rest`, which begins with the last text
/// of the file, end so?
[[nodiscard]] bool ends_in_quote(std::string_view rest);

}  // namespace kmsgate::policy::language
