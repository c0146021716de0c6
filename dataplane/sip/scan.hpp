// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: how far quoted strings, comments and <URIs> reach in a header value.
#pragma once

#include <cstddef>
#include <string_view>

namespace kmsgate::sip {

inline constexpr std::size_t kOpen = std::string_view::npos;

/// Position behind the quoted string that starts at `at`, or kOpen when it is never closed (RFC 3261 25.1).
[[nodiscard]] constexpr std::size_t skip_quoted(std::string_view s, std::size_t at) noexcept {
    for (std::size_t i = at + 1; i < s.size(); ++i) {
        if (s[i] == '\\')
            ++i;
        else if (s[i] == '"')
            return i + 1;
    }
    return kOpen;
}

/// Position behind the comment that starts at `at`, or kOpen. Comments nest; a backslash quotes.
[[nodiscard]] constexpr std::size_t skip_comment(std::string_view s, std::size_t at) noexcept {
    std::size_t depth = 0;
    for (std::size_t i = at; i < s.size(); ++i) {
        if (s[i] == '\\')
            ++i;
        else if (s[i] == '(')
            ++depth;
        else if (s[i] == ')' && --depth == 0)
            return i + 1;
    }
    return kOpen;
}

/// Position behind the '>' that closes the '<' at `at`, or kOpen.
[[nodiscard]] constexpr std::size_t skip_angle(std::string_view s, std::size_t at) noexcept {
    const std::size_t close = s.find('>', at + 1);
    return close == std::string_view::npos ? kOpen : close + 1;
}

}  // namespace kmsgate::sip
