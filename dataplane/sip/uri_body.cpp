// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/uri_body.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::sip {
namespace {

/// Byte that the escape at `at` stands for, or -1.
int escaped_byte(std::string_view text, std::size_t at) noexcept {
    if (text[at] != '%' || text.size() - at < 3) return -1;
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::optional<std::string_view> percent_decode(std::string_view text, Arena& arena) noexcept {
    if (text.find('%') == std::string_view::npos) return text;
    const std::span<char> out = arena.take<char>(text.size());
    if (out.empty()) return std::nullopt;
    std::size_t n = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int byte = escaped_byte(text, i);
        out[n++] = byte < 0 ? text[i] : static_cast<char>(byte);
        if (byte >= 0) i += 2;
    }
    arena.shrink_last(out, n);
    return std::string_view(out.data(), n);
}

std::string_view bare_value(std::string_view value) noexcept {
    return value.substr(0, std::min(value.find_first_of(",;\"< \t\r\n"), value.size()));
}

std::optional<UriHeader> UriHeaders::next() noexcept {
    while (at_ < text_.size()) {
        const std::size_t mark = text_.find_first_of("?&>", at_);
        if (mark == std::string_view::npos) break;
        at_ = mark + 1;
        if (text_[mark] == '>') {
            ++uri_;
            continue;
        }
        const std::size_t equals = text_.find_first_of("=&?<>", at_);
        if (equals == std::string_view::npos) break;
        if (text_[equals] != '=') continue;
        if (end_ <= equals) end_ = std::min(text_.find_first_of("&>", equals), text_.size());
        UriHeader header;
        header.name = text_.substr(at_, equals - at_);
        header.value = text_.substr(equals + 1, end_ - equals - 1);
        header.uri = uri_;
        at_ = equals + 1;
        return header;
    }
    at_ = text_.size();
    return std::nullopt;
}

bool uri_header_is(std::string_view escaped, std::string_view name) noexcept {
    escaped = trim(escaped);
    std::size_t n = 0;
    for (std::size_t i = 0; i < escaped.size(); ++i, ++n) {
        const int byte = escaped_byte(escaped, i);
        if (n == name.size() || lower(byte < 0 ? escaped[i] : static_cast<char>(byte)) != lower(name[n]))
            return false;
        if (byte >= 0) i += 2;
    }
    return n == name.size();
}

}  // namespace kmsgate::sip
