// SPDX-License-Identifier: BSD-3-Clause
// The two questions about characters that a KRR raises: is this UTF-8 (RFC 3629), may XML 1.0 hold it.
#pragma once

#include <cstddef>
#include <string_view>

namespace kmsgate::krr {

/// Bytes (1-4) of the UTF-8 character that `s` starts with; 0: none (cut, overlong, surrogate, above
/// U+10FFFF, empty).
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view s) noexcept {
    if (s.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (s.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    // the second byte rules out overlong forms, surrogates and what lies above U+10FFFF
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return length;
}

/// The whole of `s` is UTF-8 without a NUL. (UTF-16 and UTF-32, with or without mark, never pass.)
[[nodiscard]] constexpr bool is_utf8_text(std::string_view s) noexcept {
    while (!s.empty()) {
        const std::size_t length = s[0] == '\0' ? 0 : utf8_length(s);
        if (length == 0) return false;
        s.remove_prefix(length);
    }
    return true;
}

/// Bytes of the character at the front that we may write into XML as it stands; 0: it may not stand there (a
/// control character, U+FFFE, U+FFFF, or no UTF-8).
[[nodiscard]] constexpr std::size_t printable_length(std::string_view s) noexcept {
    const std::size_t length = utf8_length(s);
    if (length == 1) return static_cast<unsigned char>(s[0]) < 0x20 || s[0] == 0x7F ? 0 : 1;
    if (length == 3 && (s.starts_with("\xEF\xBF\xBE") || s.starts_with("\xEF\xBF\xBF"))) return 0;
    return length;
}

}  // namespace kmsgate::krr
