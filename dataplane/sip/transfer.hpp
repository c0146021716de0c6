// SPDX-License-Identifier: BSD-3-Clause
// MIME transfer encodings (RFC 2045): which one a header names, and the two that change bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dataplane/sip/arena.hpp"

namespace kmsgate::sip {

/// Every transfer encoding that the Content-Transfer-Encoding values of one body name.
struct Transfers {
    bool identity = false;  ///< 7bit, 8bit, binary, or an empty value
    bool base64 = false;
    bool quoted_printable = false;
    bool unknown = false;
    [[nodiscard]] bool any() const noexcept { return identity || base64 || quoted_printable || unknown; }
};

/// Adds one Content-Transfer-Encoding value: any letter case, comments, folds and quotes dropped, parameters
/// ignored, each of several words counts.
void add_transfer_encoding(std::string_view value, Arena& arena, Transfers& into) noexcept;

/// Does a Content-Encoding value name anything but identity?
[[nodiscard]] bool encodes_content(std::string_view value, Arena& arena) noexcept;

/// What came out of a decoder.
struct Decoded {
    std::string_view data;  ///< in the arena; what a reader gets that skips what it cannot read
    bool sound = true;      ///< every reader gets these bytes; false: the text is no such encoding
};

/// Base64 with MIME line breaks. Sound: only alphabet and white space, padding only at the end (it may be
/// missing). nullopt: the arena is used up.
[[nodiscard]] std::optional<Decoded> decode_base64(std::string_view text, Arena& arena) noexcept;

/// Quoted-printable: =XX in any case, soft line breaks ("=", blanks, then CRLF, LF or CR), blanks dropped at
/// line ends. Sound: no other '='. nullopt: the arena is used up.
[[nodiscard]] std::optional<Decoded> decode_quoted_printable(std::string_view text, Arena& arena) noexcept;

/// Value of a base64 character of the standard alphabet, or -1.
[[nodiscard]] constexpr int base64_value(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

}  // namespace kmsgate::sip
