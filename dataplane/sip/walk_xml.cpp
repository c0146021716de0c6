// SPDX-License-Identifier: BSD-3-Clause
// What an XML part can carry: an I_MESSAGE as the text of an element, a KRR, identities, URIs with bodies.
#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/mikey_shape.hpp"
#include "dataplane/sip/sdp.hpp"
#include "dataplane/sip/walker.hpp"
#include "dataplane/sip/xml.hpp"

namespace kmsgate::sip {
namespace {

// TS 33.180 D.4.3; the room krr has these names too, but the rooms do not include each other.
constexpr std::string_view kKrrRoot = "KmsRedirectResponse";
constexpr std::string_view kKrrNamespace = "urn:3gpp:ns:mcsecKMSKRR:1.0";

enum class Role : std::uint8_t { none, initiator, receiver };

/// mcptt-info and its MCVideo and MCData siblings (TS 24.379 F.1, 24.281, 24.282).
Role role_of(std::string_view local) noexcept {
    for (const std::string_view service : {"mcptt", "mcvideo", "mcdata"}) {
        if (!local.starts_with(service)) continue;
        if (local.substr(service.size()) == "-request-uri") return Role::receiver;
        if (local.substr(service.size()) == "-calling-user-id") return Role::initiator;
    }
    return Role::none;
}

bool is_uri(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    return colon != std::string_view::npos && colon > 0 && is_alpha(text[0]) &&
           text.find_first_of(" \t\r\n<>\"") == std::string_view::npos;
}

/// Could this text be the first piece of a base64 "ARo.."?
bool may_begin_mikey(std::string_view text) noexcept {
    constexpr std::string_view begin = "ARo";
    std::size_t seen = 0;
    for (const char c : text) {
        const bool counts = is_alpha(c) || is_digit(c) || c == '+' || c == '/';
        if (!counts) continue;
        if (c != begin[seen]) return false;
        if (++seen == begin.size()) return true;
    }
    return seen > 0;
}

/// The decoded character data in a stretch of a document; `direct`: without that of elements inside. nullopt:
/// memory.
std::optional<std::string_view> text_of(std::string_view stretch, bool direct, Arena& arena) noexcept {
    XmlScanner first(stretch);
    const std::optional<XmlPiece> only = first.next();
    if (!only) return std::string_view();
    if (first.position() == stretch.size()) {  // the plain case: one text and nothing else
        if (only->kind == XmlPiece::Kind::text) return xml_decode(only->body, arena);
        if (only->kind == XmlPiece::Kind::cdata) return only->body;
    }
    const std::span<char> out = arena.take<char>(stretch.size());
    if (out.empty()) return std::nullopt;
    std::size_t n = 0;
    std::size_t depth = 0;
    XmlScanner scanner(stretch);
    while (const std::optional<XmlPiece> piece = scanner.next()) {
        if (piece->kind == XmlPiece::Kind::start) ++depth;
        if (piece->kind == XmlPiece::Kind::end && depth > 0) --depth;
        const bool cdata = piece->kind == XmlPiece::Kind::cdata;
        if ((!cdata && piece->kind != XmlPiece::Kind::text) || (direct && depth > 0)) continue;
        n += cdata ? piece->body.copy(out.data() + n, piece->body.size())
                   : xml_decode_into(piece->body, out.subspan(n));
    }
    arena.shrink_last(out, n);
    return std::string_view(out.data(), n);
}

/// What joining the texts of an element costs, in bytes of plain scanning: three times through the tags
/// (measured by bench/hostile, attack xml-nested).
constexpr std::size_t kJoinCost = 26;

/// How much of the document's rest belongs to the element that is open at its start: up to that one's end
/// tag.
std::size_t element_end(std::string_view rest) noexcept {
    XmlScanner scanner(rest);
    std::size_t depth = 0;
    std::size_t at = 0;
    while (const std::optional<XmlPiece> piece = scanner.next()) {
        if (piece->kind == XmlPiece::Kind::start) ++depth;
        if (piece->kind == XmlPiece::Kind::end && depth-- == 0) return at;
        at = scanner.position();
    }
    return rest.size();
}

}  // namespace

struct Walker::XmlWalk {
    std::string_view document;
    Context context;
    std::size_t depth = 0;   ///< elements open
    bool first = true;       ///< no tag was met yet
    bool krr = false;        ///< somewhere
    bool krr_root = false;   ///< as the root element
    bool lists = false;      ///< resource-lists was met
    Role role = Role::none;  ///< of the identity element that is open
    std::size_t role_depth = 0;
};

void Walker::walk_xml(std::string_view data, bool krr_type, bool declared, bool foreign,
                      const Context& context) noexcept {
    if (!spend(data.size())) return;
    foreign = foreign || foreign_encoding(data, declared);
    XmlWalk walk;
    walk.document = data;
    walk.context = context;
    XmlScanner scanner(data);
    std::size_t run = 0;  // where the text since the last tag begins
    std::size_t end = 0;
    bool text = false;
    while (const std::optional<XmlPiece> piece = scanner.next()) {
        if (piece->kind == XmlPiece::Kind::text || piece->kind == XmlPiece::Kind::cdata) {
            text = true;
            end = scanner.position();
            continue;
        }
        if (text) xml_run(run, end, piece->kind == XmlPiece::Kind::end, walk);
        text = false;
        run = scanner.position();
        if (piece->kind ==
            XmlPiece::Kind::doctype)  // without an internal subset no entity is declared in the document
            foreign = foreign || piece->body.find('[') != std::string_view::npos;
        else if (piece->kind != XmlPiece::Kind::end)
            xml_tag(piece->name, piece->body, piece->kind == XmlPiece::Kind::start, walk);
        else if (walk.depth > 0)
            --walk.depth;
        if (walk.depth < walk.role_depth) walk.role = Role::none;
    }
    if (text) xml_run(run, end, true, walk);
    if (krr_type || walk.krr) add_krr(data, krr_type, context);
    // the reader of KRRs has its own word for a document it cannot read
    if (foreign && !krr_type && !walk.krr_root) flag(Uninspectable::charset);
}

void Walker::sniff_krr(std::string_view data, const Context& context) noexcept {
    if (!looks_like_xml(data) || !spend(data.size())) return;
    std::string_view text = data;
    if (data.substr(0, 8).find('\0') != std::string_view::npos) {  // UTF-16, UTF-32: names are ASCII
        const std::span<char> out = arena_.take<char>(data.size());
        if (out.empty()) {
            flag(Uninspectable::memory);
            return;
        }
        const auto end =
            std::copy_if(data.begin(), data.end(), out.begin(), [](char c) { return c != '\0'; });
        const auto size = static_cast<std::size_t>(end - out.begin());
        arena_.shrink_last(out, size);
        text = {out.data(), size};
    }
    XmlWalk walk;
    walk.document = text;
    walk.context = context;
    XmlScanner scanner(text);
    while (const std::optional<XmlPiece> piece = scanner.next()) {
        if (piece->kind != XmlPiece::Kind::start && piece->kind != XmlPiece::Kind::empty) continue;
        xml_tag(piece->name, piece->body, false, walk);
        break;
    }
    if (walk.krr_root) add_krr(data, false, context);
}

void Walker::xml_tag(std::string_view name, std::string_view body, bool opens, XmlWalk& walk) noexcept {
    const std::string_view local = xml_local(name);
    bool krr = iequal(local, kKrrRoot);
    bool encrypted = false;
    walk.lists = walk.lists || local == "resource-lists";
    XmlAttributes attributes(body);
    while (const std::optional<XmlAttributes::Attribute> attribute = attributes.next()) {
        const bool entry = walk.lists && local == "entry" && attribute->name == "uri";
        if (!entry && !istarts_with(attribute->name, "xmlns") && attribute->name != "type") continue;
        const std::optional<std::string_view> value = xml_decode(attribute->value, arena_);
        if (!value) {
            flag(Uninspectable::memory);
            return;
        }
        if (attribute->name == "type") encrypted = encrypted || iequal(trim(*value), "encrypted");
        if (istarts_with(attribute->name, "xmlns")) krr = krr || iequal(trim(*value), kKrrNamespace);
        if (!entry) continue;
        const std::string_view uri = trim(*value);
        walk_uris(uri, walk.context);
        if (is_uri(uri)) add_identity(true, uri.substr(0, std::min(uri.find('?'), uri.size())));
    }
    walk.krr = walk.krr || krr;
    walk.krr_root = walk.krr_root || (krr && walk.first);
    walk.first = false;
    if (!opens) return;
    ++walk.depth;
    const Role role = role_of(local);
    if (role != Role::none && !encrypted) {
        walk.role = role;
        walk.role_depth = walk.depth;
    }
}

void Walker::xml_run(std::size_t from, std::size_t to, bool element_ends, XmlWalk& walk) noexcept {
    if (!spend(to - from)) return;
    const std::string_view stretch = walk.document.substr(from, to - from);
    const std::optional<std::string_view> text = text_of(stretch, false, arena_);
    if (!text) {
        flag(Uninspectable::memory);
        return;
    }
    const std::string_view trimmed = trim(*text);
    if (trimmed.empty()) return;
    // direct text, or that of a child such as mcpttURI
    if (walk.role != Role::none && walk.depth <= walk.role_depth + 1 && is_uri(trimmed))
        add_identity(walk.role == Role::receiver, trimmed);
    if (begins_like_sdp(trimmed)) walk_sdp(trimmed, walk.context);  // RFC 4235 and the like
    if (ifind(trimmed, "body") != std::string_view::npos) walk_uris(trimmed, walk.context);
    xml_mikey(trimmed, stretch, walk);
    Context inner = walk.context;  // escaped or in CDATA: another document in this one's text
    inner.own = false;
    inner.nested = true;
    inner.decoded = inner.decoded || !in_message(trimmed);
    sniff_krr(trimmed, inner);
    if (element_ends || !may_begin_mikey(trimmed)) return;

    // an element inside the text: some readers join what stands around it, some also what stands in it
    const std::size_t most = budget_ / 4;
    const std::string_view rest = walk.document.substr(from);
    const std::size_t size = element_end(rest.substr(0, most));
    if (size == most && size < rest.size()) budget_ = 0;
    if (!spend(kJoinCost * size)) return;
    for (const bool direct : {true, false}) {
        const std::optional<std::string_view> joined = text_of(rest.substr(0, size), direct, arena_);
        if (!joined) flag(Uninspectable::memory);
        if (joined) xml_mikey(trim(*joined), stretch, walk);
    }
}

void Walker::xml_mikey(std::string_view text, std::string_view at, const XmlWalk& walk) noexcept {
    if (!reads_as_mikey_text(text)) return;
    if (text.find_first_of(" \t\r\n") != std::string_view::npos) {
        const std::span<char> out = arena_.take<char>(text.size());
        if (out.empty()) {
            flag(Uninspectable::memory);
            return;
        }
        std::size_t n = 0;
        for (const char c : text)
            if (!is_lws(c)) out[n++] = c;
        arena_.shrink_last(out, n);
        text = {out.data(), n};
    }
    add_carriage(Where::xml, Form::base64, text, at, walk.context);
}

}  // namespace kmsgate::sip
