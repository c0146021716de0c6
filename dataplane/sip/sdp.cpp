// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/sdp.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/mikey_shape.hpp"
#include "dataplane/sip/multipart.hpp"
#include "dataplane/sip/transfer.hpp"

namespace kmsgate::sip {
namespace {

constexpr std::string_view kAttribute = "key-mgmt";
constexpr std::string_view kId = "mikey";
constexpr std::string_view kMark = "\xEF\xBB\xBF";  // byte order mark of UTF-8

constexpr bool is_break(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t';
}

/// Readers that ask isspace() or that skip NULs see blanks here.
constexpr bool odd_blank(char c) noexcept {
    return is_blank(c) || c == '\v' || c == '\f' || c == '\0';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && odd_blank(text[at])) ++at;
    return at;
}

std::string_view cut_blanks(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// What may stand between the start of a line and the attribute name.
constexpr bool in_prefix(char c) noexcept {
    return is_blank(c) || is_alpha(c) || is_digit(c) || c == '=' || c == ':' || c == '*' || c == ',';
}

enum class Prefix : std::uint8_t { none, attribute, capability };

/// `a=`, or `a=acap:1 `, with any blanks; `none` when the line is another one.
Prefix read_prefix(std::string_view prefix) noexcept {
    std::size_t at = skip_blanks(prefix, 0);
    if (at == prefix.size() || lower(prefix[at]) != 'a') return Prefix::none;
    at = skip_blanks(prefix, at + 1);
    if (at == prefix.size() || prefix[at] != '=') return Prefix::none;
    at = skip_blanks(prefix, at + 1);
    const std::string_view rest = prefix.substr(at);
    if (rest.empty()) return Prefix::attribute;
    if (is_alpha(rest.back())) return Prefix::none;
    for (const std::string_view name : {"acap", "mscap", "cpar", "cparmin", "cparmax"})
        if (istarts_with(rest, name) && !is_alpha(rest[name.size()])) return Prefix::capability;
    return Prefix::none;
}

}  // namespace

std::size_t KeyMgmtLines::media_start() noexcept {
    if (media_) return *media_;
    media_ = std::string_view::npos;
    for (std::size_t at = 0; at < sdp_.size(); ++at) {
        const std::size_t m = skip_blanks(sdp_, at);
        if (m < sdp_.size() && lower(sdp_[m]) == 'm') {
            const std::size_t equals = skip_blanks(sdp_, m + 1);
            if (equals < sdp_.size() && sdp_[equals] == '=') {
                media_ = at;
                break;
            }
        }
        at = m;
        while (at < sdp_.size() && !is_break(sdp_[at])) ++at;
    }
    return *media_;
}

std::size_t KeyMgmtLines::odd_start(std::size_t name, std::size_t start) const noexcept {
    std::size_t further = start;
    while (further > 0 && name - further < 64 &&
           (in_prefix(sdp_[further - 1]) || odd_blank(sdp_[further - 1])))
        --further;
    const bool at_line = further == 0 || is_break(sdp_[further - 1]);
    return at_line && read_prefix(sdp_.substr(further, name - further)) != Prefix::none ? further : start;
}

std::optional<KeyMgmt> KeyMgmtLines::read(std::size_t name) noexcept {
    // The walk back ends at the first character that no prefix holds, at the latest behind the name found
    // before.
    std::size_t start = name;
    while (start > 0 && in_prefix(sdp_[start - 1])) --start;
    if (start > 0 && odd_blank(sdp_[start - 1])) start = odd_start(name, start);
    const bool at_line =
        start == 0 || is_break(sdp_[start - 1]) || (start == kMark.size() && sdp_.starts_with(kMark));
    if (!at_line) return std::nullopt;
    const Prefix prefix = read_prefix(sdp_.substr(start, name - start));
    if (prefix == Prefix::none) return std::nullopt;

    const std::size_t colon = skip_blanks(sdp_, name + kAttribute.size());
    if (colon == sdp_.size() || sdp_[colon] != ':') return std::nullopt;
    const std::size_t end = find_line_end(sdp_, colon, Ends::any);
    const std::size_t id = std::min(skip_blanks(sdp_, colon + 1), end);
    const std::string_view value = sdp_.substr(id, end - id);
    if (!istarts_with(value, kId)) return std::nullopt;
    std::string_view data = value.substr(kId.size());
    if (!data.empty() && !is_blank(data.front()) && !is_break(data.front())) {
        // not the id alone; a reader that compares only its length still reads on when a MIKEY follows at
        // once
        if (base64_value(data.front()) < 0) data.remove_prefix(1);
        data = cut_blanks(data);
        if (!reads_as_mikey_text(data)) return std::nullopt;
    } else {
        const bool plain_prefix = prefix == Prefix::capability || name - start == 2;
        const bool plain = plain_prefix && colon == name + kAttribute.size() && id <= colon + 2 &&
                           (id == colon + 1 || sdp_[colon + 1] == ' ') && data.size() > 1 && data[0] == ' ' &&
                           !is_blank(data[1]);
        data = plain ? data.substr(1) : cut_blanks(data);
    }
    if (prefix == Prefix::capability) return KeyMgmt{Where::sdp_capability, data};
    return KeyMgmt{start < media_start() ? Where::sdp_session : Where::sdp_media, data};
}

std::optional<KeyMgmt> KeyMgmtLines::next() noexcept {
    while (true) {
        const std::size_t dash = sdp_.find('-', at_);
        if (dash == std::string_view::npos) return std::nullopt;
        at_ = dash + 1;
        if (dash < 3) continue;
        const std::size_t name = dash - 3;
        if (!iequal(sdp_.substr(name, kAttribute.size()), kAttribute)) continue;
        const std::optional<KeyMgmt> line = read(name);
        if (line) return line;
    }
}

bool begins_like_sdp(std::string_view text) noexcept {
    if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
    text = trim(text);
    if (text.empty() || lower(text[0]) != 'v') return false;
    std::size_t at = skip_blanks(text, 1);
    if (at == text.size() || text[at] != '=') return false;
    at = skip_blanks(text, at + 1);
    return at < text.size() && text[at] == '0';
}

}  // namespace kmsgate::sip
