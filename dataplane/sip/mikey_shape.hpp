// SPDX-License-Identifier: BSD-3-Clause
// Does a body whose type says nothing look like an I_MESSAGE? Only the shape of the start: the room mikey
// judges.
#pragma once

#include <cstddef>
#include <string_view>

namespace kmsgate::sip {

/// No I_MESSAGE is shorter: HDR 10, T 6, RAND 18, SAKKE 5 and SIGN 2 bytes (RFC 3830 6, RFC 6509 4), 41 in
/// all, and so many base64 characters. What is shorter only happens to start alike ("Around").
inline constexpr std::size_t kLeastMikey = 41;
inline constexpr std::size_t kLeastMikeyText = 56;

/// Version 1, data type 26.
[[nodiscard]] constexpr bool starts_like_mikey(std::string_view bytes) noexcept {
    return bytes.size() >= 2 && bytes[0] == '\x01' && bytes[1] == '\x1A';
}

/// The first ten bytes could be the header of an I_MESSAGE that a reader gets past: version 1, data type 26,
/// a payload type that exists, a CS ID map of known length.
[[nodiscard]] bool shaped_like_mikey(std::string_view bytes) noexcept;

/// The whole text, white space and a few foreign characters aside (lenient decoders skip them), is the base64
/// of something shaped_like_mikey(), at least kLeastMikeyText characters of it.
[[nodiscard]] bool reads_as_mikey_text(std::string_view text) noexcept;

}  // namespace kmsgate::sip
