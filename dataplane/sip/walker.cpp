// SPDX-License-Identifier: BSD-3-Clause
// What a body is: transfer encoding undone, types told apart, the leaves read.
#include "dataplane/sip/walker.hpp"

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/mikey_shape.hpp"
#include "dataplane/sip/sdp.hpp"
#include "dataplane/sip/xml.hpp"

namespace kmsgate::sip {
namespace {

constexpr MediaSet kContainers = Media::multipart | Media::sip | Media::sipfrag | Media::entity | Media::cpim;

}  // namespace

void Walker::walk_entity(std::string_view data, const Entity& entity, const Context& context) noexcept {
    const MediaTypes& types = entity.types;
    if (data.empty()) return note_empty(types, context);
    const Transfers& transfers = entity.transfers;
    if (types.memory) flag(Uninspectable::memory);
    if (types.too_many) flag(Uninspectable::parts);
    if (entity.content_encoded) flag(Uninspectable::content_encoding);
    if (transfers.unknown) flag(Uninspectable::transfer_encoding);
    if (!transfers.any() || transfers.identity || transfers.unknown) walk_typed(data, types, context);
    if ((transfers.base64 || transfers.quoted_printable) && !spend(data.size())) return;
    if (transfers.base64) walk_decoded(decode_base64(data, arena_), Encoding::base64, entity, context, data);
    if (transfers.quoted_printable)
        walk_decoded(decode_quoted_printable(data, arena_), Encoding::quoted_printable, entity, context,
                     data);
}

void Walker::walk_decoded(std::optional<Decoded> decoded, Encoding encoding, const Entity& entity,
                          const Context& outer, std::string_view encoded) noexcept {
    const MediaSet kinds = entity.types.kinds;
    if (!decoded) {
        flag(Uninspectable::memory);
        return;
    }
    // Text cannot hide anything in an encoding that is none; every other body may.
    const bool harmless =
        (kinds.empty() && outer.part) || (!kinds.empty() && kinds.within(Media::text | Media::signature));
    if (!decoded->sound && !harmless) flag(Uninspectable::undecodable);
    // RFC 2045 6.4 allows no encoding on composite types and a raw SDP is easily declared encoded, so some
    // readers pass the encoding over. Sound base64 shows them nothing; quoted-printable may.
    const bool passed_over = entity.transfers.quoted_printable && kinds.meets(kContainers | Media::sdp);
    if (!decoded->sound || (passed_over && decoded->data != encoded))
        walk_typed(encoded, entity.types, outer);

    Context inner = outer;
    inner.origin = place_of(encoded, outer).outer;
    inner.decoded = true;
    inner.written = outer.decoded ? std::string_view() : encoded;
    inner.plain = decoded->data;
    inner.encoding = encoding;
    claim(decoded->data);
    walk_typed(decoded->data, entity.types, inner);
}

void Walker::walk_typed(std::string_view data, const MediaTypes& types, const Context& context) noexcept {
    if (data.empty()) return note_empty(types, context);
    MediaSet kinds = types.kinds;
    const bool untyped = kinds.empty();
    if (untyped) kinds = context.part ? Media::text : Media::other;

    const auto flags = static_cast<std::uint8_t>((context.in_uri ? 1U : 0U) | (context.own ? 2U : 0U) |
                                                 (untyped ? 4U : 0U) | (context.decoded ? 8U : 0U));
    const std::string_view boundary = types.boundary_count > 0 ? types.boundary[0] : std::string_view();
    Visit visit;
    visit.data = data.begin();
    visit.size = data.size();
    visit.boundary = boundary.begin();
    visit.boundaries = types.boundary_count;
    visit.kinds = kinds;
    visit.flags = flags;
    if (!first_visit(visit)) return;
    if (!spend(data.size())) return;
    if (starts_like_mikey(data)) contents_.mikey_claim = true;

    if (kinds.has(Media::external_body)) flag(Uninspectable::external_body);
    if (kinds.has(Media::partial)) flag(Uninspectable::partial);
    if (kinds.has(Media::encrypted)) flag(Uninspectable::encrypted);
    if (kinds.has(Media::sdp) && types.foreign_charset) flag(Uninspectable::charset);

    if (!kinds.meets(kContainers) && ++leaves_ > limits_.parts) flag(Uninspectable::parts);
    if (kinds.has(Media::multipart)) walk_multipart(data, types, context);
    if (kinds.has(Media::entity)) walk_inner_entity(data, context);
    if (kinds.has(Media::cpim)) walk_cpim(data, context);
    if (kinds.has(Media::sip) || kinds.has(Media::sipfrag))
        walk_inner_message(data, kinds.has(Media::sip), context);
    if (kinds.has(Media::mikey)) walk_mikey(data, context);
    if (kinds.has(Media::xml)) walk_xml(data, kinds.has(Media::krr), true, types.foreign_charset, context);
    // A part that says it is text is text. A message's only body may be read as SDP whatever its type says.
    const bool sdp_in_text = kinds.has(Media::text) && (untyped || !context.part) && begins_like_sdp(data);
    if (kinds.has(Media::sdp) || sdp_in_text) walk_sdp(data, context);
    if (untyped && context.part) sniff_mikey(data, context);
    const bool opaque = kinds.has(Media::external_body) || kinds.has(Media::partial) ||
                        (kinds.has(Media::encrypted) && !kinds.has(Media::multipart));
    if (kinds.has(Media::other) || kinds.has(Media::entity) || kinds.has(Media::cpim) || opaque)
        sniff(data, context);
    else if (!kinds.has(Media::xml))
        sniff_krr(data, context);
}

void Walker::note_empty(const MediaTypes& types, const Context& context) noexcept {
    contents_.empty_krr = contents_.empty_krr || (types.kinds.has(Media::krr) && !context.nested);
}

void Walker::sniff(std::string_view data, const Context& context) noexcept {
    walk_sdp(data, context);
    sniff_mikey(data, context);
    if (looks_like_xml(data)) walk_xml(data, false, false, false, context);
    if (looks_like_sip(data, true) == LooksLike::yes) walk_inner_message(data, false, context);
    const std::string_view boundary = guess_boundary(data, true);
    if (!boundary.empty() && enter(context)) static_cast<void>(walk_boundary(data, boundary, false, context));
}

void Walker::sniff_mikey(std::string_view data, const Context& context) noexcept {
    if (shaped_like_mikey(data) || reads_as_mikey_text(data)) walk_mikey(data, context);
}

void Walker::walk_sdp(std::string_view data, const Context& context) noexcept {
    if (!spend(data.size())) return;
    KeyMgmtLines lines(data);
    while (const std::optional<KeyMgmt> line = lines.next())
        add_carriage(line->where, Form::base64, line->data, line->data, context);
}

void Walker::walk_mikey(std::string_view data, const Context& context) noexcept {
    // Some senders write base64 and say so nowhere; as body text it may end with a line end.
    const std::string_view text = trim(data);
    const bool base64 = !starts_like_mikey(data) && (text.starts_with("ARo") || reads_as_mikey_text(text));
    add_carriage(Where::application_mikey, base64 ? Form::base64 : Form::binary, base64 ? text : data, data,
                 context);
}

}  // namespace kmsgate::sip
