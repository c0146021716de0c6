// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/transfer.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/content_type.hpp"

namespace kmsgate::sip {
namespace {

/// Cuts the next word off `rest`; words are parted by white space, commas and quotes.
std::string_view next_word(std::string_view& rest) noexcept {
    constexpr std::string_view between = " \t\r\n,\"";
    rest.remove_prefix(std::min(rest.find_first_not_of(between), rest.size()));
    const std::string_view word = rest.substr(0, std::min(rest.find_first_of(between), rest.size()));
    rest.remove_prefix(word.size());
    return word;
}

std::string_view words_of(std::string_view value, Arena& arena) noexcept {
    const std::string_view bare = flatten(value, true, arena);
    return bare.substr(0, std::min(bare.find(';'), bare.size()));
}

}  // namespace

void add_transfer_encoding(std::string_view value, Arena& arena, Transfers& into) noexcept {
    std::string_view rest = words_of(value, arena);
    bool any = false;
    for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
        any = true;
        if (iequal(word, "7bit") || iequal(word, "8bit") || iequal(word, "binary") ||
            iequal(word, "identity"))
            into.identity = true;
        else if (iequal(word, "base64"))
            into.base64 = true;
        else if (iequal(word, "quoted-printable"))
            into.quoted_printable = true;
        else
            into.unknown = true;
    }
    if (!any) into.identity = true;
}

bool encodes_content(std::string_view value, Arena& arena) noexcept {
    // Codings have no parameters (RFC 3261 20.12): what hides behind a ';' may be one more coding to some
    // reader.
    if (value.find(';') != std::string_view::npos) return true;
    std::string_view rest = words_of(value, arena);
    for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest))
        if (!iequal(word, "identity")) return true;
    return false;
}

std::optional<Decoded> decode_base64(std::string_view text, Arena& arena) noexcept {
    const std::span<char> out = arena.take<char>(text.size() / 4 * 3 + 3);
    if (out.empty()) return std::nullopt;
    Decoded result;
    std::size_t n = 0;
    std::uint32_t bits = 0;
    unsigned have = 0;  // characters of the group that is open
    unsigned padding = 0;
    const auto close_group = [&] {
        if (have >= 2) out[n++] = static_cast<char>(bits >> (have == 2 ? 4 : 10) & 0xFF);
        if (have == 3) out[n++] = static_cast<char>(bits >> 2 & 0xFF);
        // padding that is there must be right; some senders leave it out
        if (have == 1 || (padding > 0 && (have == 0 || have + padding != 4))) result.sound = false;
        have = 0;
        padding = 0;
    };
    for (const char c : text) {
        if (is_lws(c)) continue;
        const int value = base64_value(c);
        if (c == '=') ++padding;
        if (value < 0 && c != '=') result.sound = false;
        if (value < 0) continue;
        if (padding > 0) {  // two texts one after the other: some readers stop here, some go on
            close_group();
            result.sound = false;
        }
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if (++have == 4) {
            out[n++] = static_cast<char>(bits >> 16 & 0xFF);
            out[n++] = static_cast<char>(bits >> 8 & 0xFF);
            out[n++] = static_cast<char>(bits & 0xFF);
            have = 0;
        }
    }
    close_group();
    arena.shrink_last(out, n);
    result.data = {out.data(), n};
    return result;
}

std::optional<Decoded> decode_quoted_printable(std::string_view text, Arena& arena) noexcept {
    const std::span<char> out = arena.take<char>(text.size());
    if (out.empty()) return std::nullopt;
    Decoded result;
    std::size_t n = 0;
    std::size_t blanks = 0;  // written blanks that vanish when the line ends here
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\r' || c == '\n') n -= blanks;
        blanks = is_blank(c) ? blanks + 1 : 0;
        if (c != '=') {
            out[n++] = c;
            continue;
        }
        if (i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            out[n++] = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
            continue;
        }
        std::size_t end = i + 1;
        while (end < text.size() && is_blank(text[end])) ++end;
        if (end == text.size()) break;
        if (text[end] == '\r' || text[end] == '\n') {
            i = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n' ? end + 1 : end;
            continue;
        }
        result.sound = false;
        out[n++] = c;
    }
    n -= std::min(blanks, n);
    arena.shrink_last(out, n);
    result.data = {out.data(), n};
    return result;
}

}  // namespace kmsgate::sip
