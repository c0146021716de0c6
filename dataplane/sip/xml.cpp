// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/xml.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/content_type.hpp"

namespace kmsgate::sip {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

constexpr bool name_start(char c) noexcept {
    return is_alpha(c) || c == '_' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool name_end(char c) noexcept {
    return is_lws(c) || c == '>' || c == '/' || c == '=';
}

/// Value of the reference between '&' and ';', or -1 when it is none of those that XML knows without a DTD.
int reference(std::string_view name) noexcept {
    if (name == "amp") return '&';
    if (name == "lt") return '<';
    if (name == "gt") return '>';
    if (name == "quot") return '"';
    if (name == "apos") return '\'';
    if (name.size() < 2 || name[0] != '#') return -1;
    const bool hex = lower(name[1]) == 'x';
    unsigned value = 0;
    bool any = false;
    for (const char c : name.substr(hex ? 2 : 1)) {
        const int digit = hex_value(c);
        if (digit < 0 || (!hex && digit > 9)) return -1;
        value = std::min(value * (hex ? 16U : 10U) + static_cast<unsigned>(digit), 0x110000U);
        any = true;
    }
    if (!any) return -1;
    return value > 0x7F ? '?' : static_cast<int>(value);
}

}  // namespace

std::string_view xml_local(std::string_view qualified) noexcept {
    const std::size_t colon = qualified.rfind(':');
    return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

std::size_t XmlScanner::tag_end(std::size_t from) noexcept {
    for (std::size_t i = from; i < doc_.size(); ++i) {
        const char c = doc_[i];
        if (c == '>') return i;
        if (c != '"' && c != '\'') continue;
        bool& gone = no_quote_[c == '"' ? 0 : 1];
        if (gone) continue;
        const std::size_t close = doc_.find(c, i + 1);
        gone = close == std::string_view::npos;
        if (!gone) i = close;
    }
    return doc_.size();
}

bool XmlScanner::skip(std::string_view open, std::string_view close, bool& gone) noexcept {
    if (gone || !doc_.substr(at_).starts_with(open)) return false;
    const std::size_t end = doc_.find(close, at_ + open.size());
    gone = end == std::string_view::npos;
    if (!gone) at_ = end + close.size();
    return !gone;
}

std::optional<XmlPiece> XmlScanner::markup() noexcept {
    const std::string_view rest = doc_.substr(at_);
    if (rest.size() < 2) return std::nullopt;
    const std::size_t start = at_;
    if (!no_cdata_end_ && rest.starts_with("<![CDATA[")) {
        if (skip("<![CDATA[", "]]>", no_cdata_end_))
            return XmlPiece{XmlPiece::Kind::cdata, {}, doc_.substr(start + 9, at_ - start - 12)};
    }
    const bool doctype = istarts_with(rest, "<!doctype");
    const bool end = rest[1] == '/';
    if (!doctype && !(end ? rest.size() > 2 && name_start(rest[2]) : name_start(rest[1])))
        return std::nullopt;
    const std::size_t name = start + (end || doctype ? 2 : 1);
    const std::size_t close = tag_end(name);
    at_ = std::min(close + 1, doc_.size());
    const std::string_view inside = doc_.substr(name, close - name);
    std::size_t size = 0;
    while (size < inside.size() && !name_end(inside[size])) ++size;
    XmlPiece piece{XmlPiece::Kind::start, inside.substr(0, size), inside.substr(size)};
    if (doctype)
        piece.kind = XmlPiece::Kind::doctype;
    else if (end)
        piece.kind = XmlPiece::Kind::end;
    else if (!inside.empty() && inside.back() == '/')
        piece.kind = XmlPiece::Kind::empty;
    return piece;
}

std::optional<XmlPiece> XmlScanner::next() noexcept {
    while (at_ < doc_.size()) {
        if (doc_[at_] == '<') {
            if (skip("<!--", "-->", no_comment_end_) || skip("<?", "?>", no_instruction_end_)) continue;
            if (std::optional<XmlPiece> piece = markup()) return piece;
        }
        const std::size_t start = at_;  // also a '<' that opens nothing
        at_ = std::min(doc_.find('<', at_ + 1), doc_.size());
        return XmlPiece{XmlPiece::Kind::text, {}, doc_.substr(start, at_ - start)};
    }
    return std::nullopt;
}

std::optional<XmlAttributes::Attribute> XmlAttributes::next() noexcept {
    while (!rest_.empty() && (is_lws(rest_.front()) || rest_.front() == '/')) rest_.remove_prefix(1);
    if (rest_.empty()) return std::nullopt;
    Attribute attribute;
    std::size_t at = 0;
    while (at < rest_.size() && !name_end(rest_[at])) ++at;
    attribute.name = rest_.substr(0, at);
    while (at < rest_.size() && is_lws(rest_[at])) ++at;
    if (at < rest_.size() && rest_[at] == '=') {
        ++at;
        while (at < rest_.size() && is_lws(rest_[at])) ++at;
        const bool quoted = at < rest_.size() && (rest_[at] == '"' || rest_[at] == '\'');
        const std::size_t from = quoted ? at + 1 : at;
        const std::size_t end = quoted ? rest_.find(rest_[at], from) : rest_.find_first_of(" \t\r\n", from);
        attribute.value = rest_.substr(from, std::min(end, rest_.size()) - from);
        at = std::min(end, rest_.size());
        if (quoted && at < rest_.size()) ++at;
    } else if (at == 0) {
        at = 1;  // a stray character
    }
    rest_.remove_prefix(at);
    return attribute;
}

std::optional<std::string_view> xml_decode(std::string_view text, Arena& arena) noexcept {
    if (text.find('&') == std::string_view::npos) return text;
    const std::span<char> out = arena.take<char>(text.size());
    if (out.empty()) return std::nullopt;
    const std::size_t n = xml_decode_into(text, out);
    arena.shrink_last(out, n);
    return std::string_view(out.data(), n);
}

std::size_t xml_decode_into(std::string_view text, std::span<char> out) noexcept {
    std::size_t n = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out[n] = text[i];
        if (text[i] == '&') {
            std::size_t semicolon = i + 1;  // of a reference of any length: leading zeros change nothing
            while (semicolon < text.size() &&
                   (is_alpha(text[semicolon]) || is_digit(text[semicolon]) || text[semicolon] == '#'))
                ++semicolon;
            const bool closed = semicolon < text.size() && text[semicolon] == ';';
            const int value = closed ? reference(text.substr(i + 1, semicolon - i - 1)) : -1;
            if (value >= 0) {
                out[n] = static_cast<char>(value);
                i = semicolon;
            }
        }
        ++n;
    }
    return n;
}

bool looks_like_xml(std::string_view bytes) noexcept {
    if (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE") ||
        bytes.starts_with(std::string_view("\0<", 2)) || bytes.starts_with(std::string_view("<\0", 2)) ||
        bytes.starts_with(std::string_view("\0\0", 2))) {
        // UTF-16 or UTF-32: is the first character behind the mark '<'?
        std::size_t at = 0;
        while (at < std::min<std::size_t>(bytes.size(), 8) &&
               (bytes[at] == '\0' || static_cast<unsigned char>(bytes[at]) >= 0xFE))
            ++at;
        return at < bytes.size() && bytes[at] == '<' && bytes.size() >= 8;
    }
    if (bytes.starts_with(kMark)) bytes.remove_prefix(kMark.size());
    bytes = trim(bytes);
    return bytes.size() >= 2 && bytes[0] == '<' &&
           (name_start(bytes[1]) || bytes[1] == '?' || bytes[1] == '!');
}

bool foreign_encoding(std::string_view bytes, bool declared) noexcept {
    for (const std::string_view start :
         {std::string_view("\xFE\xFF"), std::string_view("\xFF\xFE"), std::string_view("\0<", 2),
          std::string_view("<\0", 2), std::string_view("\0\0", 2), std::string_view("\x4C\x6F\xA7\x94"),
          std::string_view("+/v")})
        if (bytes.starts_with(start)) return true;
    if (declared && bytes.find('\0') != std::string_view::npos) return true;
    if (bytes.starts_with(kMark)) bytes.remove_prefix(kMark.size());
    bytes = trim(bytes);
    if (!istarts_with(bytes, "<?xml")) return false;
    XmlAttributes attributes(bytes.substr(5, std::min(bytes.find("?>"), bytes.size()) - 5));
    while (const auto attribute = attributes.next())
        if (iequal(attribute->name, "encoding") && !ascii_superset(attribute->value)) return true;
    return false;
}

}  // namespace kmsgate::sip
