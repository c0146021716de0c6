// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/content_type.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/boundary.hpp"
#include "dataplane/sip/scan.hpp"

namespace kmsgate::sip {
namespace {

struct Known {
    std::string_view type;
    MediaSet media;
};

// TS 33.180 D.4.1 names the KRR type; the room krr has it too, but the rooms do not include each other.
constexpr Known kKnown[] = {
    {"application/sdp", Media::sdp},
    {"application/mikey", Media::mikey},
    {"application/vnd.3gpp.kmsredirectresponse+xml", Media::krr | Media::xml},
    {"message/sip", Media::sip},
    {"message/sipfrag", Media::sipfrag},
    {"message/rfc822", Media::entity},
    {"message/global", Media::entity},
    {"message/cpim", Media::cpim},
    {"message/external-body", Media::external_body},
    {"message/partial", Media::partial},
    {"multipart/digest", Media::multipart | Media::digest},
    {"multipart/encrypted", Media::multipart | Media::encrypted},
    {"application/pkcs7-mime", Media::encrypted},
    {"application/x-pkcs7-mime", Media::encrypted},
    {"application/cms", Media::encrypted},
    {"application/pgp", Media::encrypted},
    {"application/x-pgp", Media::encrypted},
    {"application/pgp-encrypted", Media::encrypted},
    {"application/pkcs7-signature", Media::signature},
    {"application/x-pkcs7-signature", Media::signature},
    {"application/pgp-signature", Media::signature},
    {"application/pgp-keys", Media::signature},
};

std::string_view token_at(std::string_view text, std::size_t at) noexcept {
    std::size_t end = at;
    while (end < text.size() && is_token(text[end])) ++end;
    return text.substr(at, end - at);
}

std::size_t skip_lws(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_lws(text[at])) ++at;
    return at;
}

/// `type / subtype` at the start of an element; what follows does not matter.
MediaSet element_media(std::string_view element) noexcept {
    std::size_t at = skip_lws(element, 0);
    while (at < element.size() && element[at] == '"') ++at;
    at = skip_lws(element, at);
    const std::string_view type = token_at(element, at);
    at = skip_lws(element, at + type.size());
    if (type.empty() || at == element.size() || element[at] != '/') return {};
    const std::string_view subtype = token_at(element, skip_lws(element, at + 1));
    if (subtype.empty()) return {};
    // blanks around the slash are cut by comparing piecewise in one small buffer
    std::array<char, 96> joined{};
    const std::size_t size = type.size() + 1 + subtype.size();
    if (size > joined.size()) {
        if (iequal(type, "multipart")) return Media::multipart;
        if (iends_with(subtype, "+xml")) return Media::xml;
        return iequal(type, "text") ? Media::text : Media::other;
    }
    type.copy(joined.data(), type.size());
    joined[type.size()] = '/';
    subtype.copy(joined.data() + type.size() + 1, subtype.size());
    return media_of({joined.data(), size});
}

/// First comma at or after `from` that is not inside a quoted string which also ends; npos when there is
/// none. `open`: a quote without an end was met, so no later one is looked for (one pass over the text, not
/// one a quote).
std::size_t next_comma(std::string_view text, std::size_t from, bool& open) noexcept {
    for (std::size_t i = from; i < text.size(); ++i) {
        if (text[i] == ',') return i;
        if (text[i] == '"' && !open) {
            const std::size_t behind = skip_quoted(text, i);
            open = behind == kOpen;
            if (!open) i = behind - 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

std::string_view flatten(std::string_view value, bool comments, Arena& arena) noexcept {
    const auto odd = [&](char c) { return c == '\r' || c == '\n' || (comments && c == '('); };
    if (std::none_of(value.begin(), value.end(), odd)) return value;
    const std::span<char> out = arena.take<char>(value.size());
    if (out.empty()) return {};
    unsigned depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        char put = c == '\r' || c == '\n' ? ' ' : c;
        if (depth > 0) {
            if (c == '(') ++depth;
            if (c == ')') --depth;
            if (c == '\\' && i + 1 < value.size()) out[i++] = ' ';
            put = ' ';
        } else if (comments && c == '(' && !quoted) {
            depth = 1;
            put = ' ';
        } else if (c == '"') {
            quoted = !quoted;
        } else if (quoted && c == '\\' && i + 1 < value.size()) {
            out[i++] = c;
            put = value[i];
        }
        out[i] = put;
    }
    return {out.data(), out.size()};
}

MediaSet media_of(std::string_view type) noexcept {
    for (const Known& k : kKnown)
        if (iequal(type, k.type)) return k.media;
    if (istarts_with(type, "multipart/")) return Media::multipart;
    if (iends_with(type, "+xml") || istarts_with(type, "application/xml") || istarts_with(type, "text/xml"))
        return Media::xml;
    if (istarts_with(type, "text/")) return Media::text;
    return Media::other;
}

bool ascii_superset(std::string_view charset) noexcept {
    constexpr std::string_view names[] = {"utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4"};
    constexpr std::string_view families[] = {"iso-8859-", "iso8859", "iso_8859",  "windows-12",
                                             "cp12",      "latin",   "koi8",      "euc-",
                                             "gb",        "big5",    "shift_jis", "tis-620"};
    for (const std::string_view n : names)
        if (iequal(charset, n)) return true;
    for (const std::string_view f : families)
        if (istarts_with(charset, f)) return true;
    return false;
}

void add_content_type(std::string_view value, Arena& arena, MediaTypes& into) noexcept {
    const std::string_view plain = flatten(value, false, arena);
    const std::string_view bare = flatten(plain, true, arena);
    if ((plain.empty() || bare.empty()) && !value.empty()) into.memory = true;

    bool first = true;
    bool open = false;
    for (std::size_t at = 0; at <= bare.size();) {
        const std::size_t comma = std::min(next_comma(bare, at, open), bare.size());
        const MediaSet media = element_media(bare.substr(at, comma - at));
        if (!media.empty())
            into.kinds |= media;
        else if (first)
            into.kinds |= Media::other;
        first = false;
        at = comma + 1;
    }
    add_boundaries(plain, arena, into);
    if (bare.data() != plain.data()) add_boundaries(bare, arena, into);

    for (std::size_t at = ifind(bare, "charset"); at != std::string_view::npos;
         at = ifind(bare, "charset", at + 1)) {
        std::size_t from = skip_lws(bare, at + 7);
        if (from == bare.size() || bare[from] != '=') continue;
        from = skip_lws(bare, from + 1);
        while (from < bare.size() && (bare[from] == '"' || bare[from] == '\'')) ++from;
        std::string_view name = token_at(bare, from);
        while (!name.empty() && name.back() == '\'') name.remove_suffix(1);
        if (!name.empty() && !ascii_superset(name)) into.foreign_charset = true;
    }
}

}  // namespace kmsgate::sip
