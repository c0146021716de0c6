// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {

namespace {
/// Blanks, and controls that a lenient reader takes for blanks or skips.
constexpr bool is_padding(char c) noexcept {
    return static_cast<unsigned char>(c) <= 0x20;
}
}  // namespace

LooksLike looks_like_sip(std::string_view bytes, bool whole) noexcept {
    constexpr std::string_view version = "SIP/2.0";
    // An endpoint may skip blanks as well as line ends before the start line.
    while (!bytes.empty() && is_padding(bytes.front())) bytes.remove_prefix(1);
    if (istarts_with(bytes, version)) return LooksLike::yes;
    std::size_t end = 0;
    while (end < bytes.size() && bytes[end] != '\r' && bytes[end] != '\n') ++end;
    if (end == bytes.size() && !whole) return LooksLike::need_more;
    std::string_view line = bytes.substr(0, end);
    while (!line.empty() && is_padding(line.back())) line.remove_suffix(1);
    return iends_with(line, version) ? LooksLike::yes : LooksLike::no;
}

}  // namespace kmsgate::sip
