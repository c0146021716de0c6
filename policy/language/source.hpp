// SPDX-License-Identifier: BSD-3-Clause
// What can be said of the file's bytes before any YAML is read.
#pragma once

#include <cstddef>
#include <string_view>

#include "policy/language/problem.hpp"

namespace kmsgate::policy::language {

/// Largest policy file, in bytes.
inline constexpr std::size_t kMaxSource = std::size_t{16} << 20;
/// `[`, `{` and `,` in one line: the YAML scanner keeps all tokens of a line that stand inside brackets.
inline constexpr std::size_t kMaxBracketsInLine = 1'000'000;

/// Cuts a byte order mark. Reports bytes that are not UTF-8 and characters that are no text (once for each
/// kind, at the first), lines of too many brackets, and too long a file. False: do not read on.
[[nodiscard]] bool check_source(std::string_view& text, Report& report);

}  // namespace kmsgate::policy::language
