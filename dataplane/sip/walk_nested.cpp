// SPDX-License-Identifier: BSD-3-Clause
// Bodies that hold bodies: multiparts, messages, URIs. Each goes one level deeper; enter() bounds the depth.
#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/uri_body.hpp"
#include "dataplane/sip/walker.hpp"

namespace kmsgate::sip {
namespace {

/// Nothing but line ends, blanks and NULs: what senders pad datagrams with.
bool is_padding(std::string_view bytes) noexcept {
    return std::all_of(bytes.begin(), bytes.end(), [](char c) { return is_lws(c) || c == '\0'; });
}

}  // namespace

void Walker::walk_message(const Message& message, const Context& context) noexcept {
    if (!message.raw.empty() && static_cast<unsigned char>(message.raw.front()) >= 0xF8)
        flag(Uninspectable::sigcomp);
    Entity entity;
    walk_uris(message.request_uri,
              context);  // no headers belong there (RFC 3261 19.1.1), so who writes one means it
    for (const Header& header : message.headers) {
        add_header(header.id, header.value, arena_, entity);
        if (header.id == HeaderId::refer_to || header.id == HeaderId::contact ||
            header.id == HeaderId::referred_by)
            walk_uris(header.value, context);
    }
    const std::string_view body = message.body;
    const std::string_view trailing = message.trailing;
    walk_entity(body, entity, context);
    if (is_padding(trailing)) return;
    Context beyond = context;
    beyond.own = false;
    // A reader that does not count takes both for the body; one that does may take the rest for another
    // message.
    if (body.empty())
        walk_entity(trailing, entity, beyond);
    else if (body.data() + body.size() == trailing.data())
        walk_entity({body.data(), body.size() + trailing.size()}, entity, beyond);
    walk_entity(trailing, {}, beyond);
}

void Walker::walk_multipart(std::string_view data, const MediaTypes& types, const Context& context) noexcept {
    if (!enter(context)) return;
    const bool digest = types.kinds.has(Media::digest);
    bool any = false;
    for (const std::string_view boundary : types.boundaries())
        any = walk_boundary(data, boundary, digest, context) || any;
    if (any) return;
    const std::string_view guess = guess_boundary(data, false);
    if (!guess.empty()) static_cast<void>(walk_boundary(data, guess, digest, context));
    sniff(data, context);
}

bool Walker::walk_boundary(std::string_view data, std::string_view boundary, bool digest,
                           const Context& context) noexcept {
    if (!spend(data.size())) return false;
    const Multipart multipart(data, boundary, std::size_t{limits_.parts} + 2, arena_);
    if (multipart.memory()) flag(Uninspectable::memory);
    if (multipart.too_many()) flag(Uninspectable::parts);
    Context inner = context.inside();
    inner.part = true;
    for (unsigned reading = 0; reading < Multipart::kReadings; ++reading) {
        if (!multipart.worth_reading(reading)) continue;
        Multipart::Parts parts = multipart.parts(reading);
        while (const std::optional<std::string_view> part = parts.next()) {
            if (!spend(64)) return true;
            walk_part(*part, digest, inner);
        }
    }
    // What MIME readers pass over, naive ones may not.
    for (std::size_t place = 0; place < multipart.places_outside(); ++place)
        sniff_krr(multipart.outside(place), inner);
    return multipart.found();
}

void Walker::walk_part(std::string_view part, bool digest, const Context& context) noexcept {
    bool lone = false;
    for (const Ends ends : {Ends::any, Ends::crlf}) {
        if (ends == Ends::crlf && !lone) break;
        const HeaderBlock block = read_header_block(part, ends, false, arena_);
        if (!spend(block.body)) return;
        lone = block.lone_line_end;
        walk_block(part, block, digest, context);
        if (block.first_odd != std::string_view::npos)
            walk_block(part, read_header_block(part, ends, true, arena_), digest, context);
    }
}

void Walker::walk_block(std::string_view part, const HeaderBlock& block, bool digest,
                        const Context& outer) noexcept {
    const std::string_view body = part.substr(block.body);
    const Around around{outer.around, body, &block};
    Context context = outer;
    context.around = &around;
    if (!digest || !block.entity.types.kinds.empty()) {
        walk_entity(body, block.entity, context);
        return;
    }
    Entity entity = block.entity;
    entity.types.kinds = Media::entity;
    walk_entity(body, entity, context);
}

void Walker::walk_inner_entity(std::string_view data, const Context& context) noexcept {
    if (!enter(context)) return;
    Context inner = context.inside();
    inner.nested = true;
    walk_part(data, false, inner);
}

void Walker::walk_cpim(std::string_view data, const Context& context) noexcept {
    if (!enter(context)) return;
    const HeaderBlock block = read_header_block(data, Ends::any, false, arena_);
    Context inner = context.inside();
    inner.nested = true;
    walk_part(data.substr(block.body), false, inner);
}

void Walker::walk_inner_message(std::string_view data, bool declared, const Context& context) noexcept {
    if (!enter(context) || !spend(data.size())) return;
    Context inner = context.inside();
    inner.nested = true;
    const Message message = parse(data, arena_);
    if (declared) contents_.nested_faults.merge(message.faults);
    walk_message(message, inner);
    if (message.mixed_line_ends) walk_message(parse(data, arena_, LineEnds::strict), inner);
    // RFC 3420 2.1: a fragment may begin with any header
    if (message.kind != Kind::unknown) return;
    walk_part(data, false, inner);
    walk_uris(data, inner);
}

void Walker::walk_uris(std::string_view text, const Context& context) noexcept {
    UriHeaders headers(text);
    while (const std::optional<UriHeader> header = headers.next()) {
        if (!uri_header_is(header->name, "body")) continue;
        if (!enter(context) || !spend(2 * text.size())) return;
        walk_uri_body(text, header->value, header->uri, context);
        const std::string_view bare = bare_value(header->value);
        if (bare.size() != header->value.size()) walk_uri_body(text, bare, header->uri, context);
    }
}

void Walker::walk_uri_body(std::string_view text, std::string_view value, std::size_t uri,
                           const Context& context) noexcept {
    Entity entity;
    const auto add = [&](const UriHeader& header, HeaderId id, std::string_view name,
                         std::string_view compact) {
        if (!uri_header_is(header.name, name) && !uri_header_is(header.name, compact)) return;
        const std::optional<std::string_view> decoded = percent_decode(header.value, arena_);
        if (decoded) add_header(id, *decoded, arena_, entity);
    };
    UriHeaders headers(text);
    while (const std::optional<UriHeader> header = headers.next()) {
        if (header->uri != uri) continue;
        add(*header, HeaderId::content_type, "content-type", "c");
        add(*header, HeaderId::content_encoding, "content-encoding", "e");
        add(*header, HeaderId::content_transfer_encoding, "content-transfer-encoding",
            "content-transfer-encoding");
    }
    const std::optional<std::string_view> body = percent_decode(value, arena_);
    if (!body) {
        flag(Uninspectable::memory);
        return;
    }
    Context inner = context.inside();
    inner.in_uri = true;
    inner.nested = true;
    inner.decoded = true;
    inner.origin = place_of(value, context).outer;
    claim(*body);
    walk_entity(*body, entity, inner);
}

}  // namespace kmsgate::sip
