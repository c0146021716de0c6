// SPDX-License-Identifier: BSD-3-Clause
// ASCII only, length-based, NUL-safe: the character work that SIP, SDP and MIME share. No locale.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kmsgate::sip {

[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
    return lower(c) >= 'a' && lower(c) <= 'z';
}
/// SP or HT (RFC 3261 25.1 WSP).
[[nodiscard]] constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}
/// Linear white space once lines are unfolded or not: SP, HT, CR, LF.
[[nodiscard]] constexpr bool is_lws(char c) noexcept {
    return is_blank(c) || c == '\r' || c == '\n';
}
/// Value of a hexadecimal digit, or -1.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}
namespace detail {
inline constexpr std::array<bool, 256> kToken = [] {
    std::array<bool, 256> table{};
    for (const char c :
         std::string_view("-.!%*_+`'~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();
}  // namespace detail
/// RFC 3261 25.1 token character.
[[nodiscard]] constexpr bool is_token(char c) noexcept {
    return detail::kToken[static_cast<unsigned char>(c)];
}

[[nodiscard]] constexpr bool iequal(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}
[[nodiscard]] constexpr bool istarts_with(std::string_view s, std::string_view prefix) noexcept {
    return s.size() >= prefix.size() && iequal(s.substr(0, prefix.size()), prefix);
}
[[nodiscard]] constexpr bool iends_with(std::string_view s, std::string_view suffix) noexcept {
    return s.size() >= suffix.size() && iequal(s.substr(s.size() - suffix.size()), suffix);
}
/// Position of `what` in `s` in any letter case, or npos.
[[nodiscard]] constexpr std::size_t ifind(std::string_view s, std::string_view what,
                                          std::size_t from = 0) noexcept {
    if (what.empty()) return from <= s.size() ? from : std::string_view::npos;
    for (std::size_t i = from; i + what.size() <= s.size(); ++i)
        if (lower(s[i]) == lower(what[0]) && iequal(s.substr(i, what.size()), what)) return i;
    return std::string_view::npos;
}
/// Cuts SP, HT, CR and LF at both ends.
[[nodiscard]] constexpr std::string_view trim(std::string_view s) noexcept {
    while (!s.empty() && is_lws(s.front())) s.remove_prefix(1);
    while (!s.empty() && is_lws(s.back())) s.remove_suffix(1);
    return s;
}

}  // namespace kmsgate::sip
