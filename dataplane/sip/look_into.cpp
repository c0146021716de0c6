// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/walker.hpp"

namespace kmsgate::sip {

std::string_view to_string(Uninspectable reason) noexcept {
    switch (reason) {
        case Uninspectable::none:
            return "none";
        case Uninspectable::content_encoding:
            return "content-encoding";
        case Uninspectable::transfer_encoding:
            return "transfer-encoding";
        case Uninspectable::undecodable:
            return "undecodable";
        case Uninspectable::encrypted:
            return "encrypted";
        case Uninspectable::external_body:
            return "external-body";
        case Uninspectable::partial:
            return "partial";
        case Uninspectable::charset:
            return "charset";
        case Uninspectable::sigcomp:
            return "sigcomp";
        case Uninspectable::depth:
            return "depth";
        case Uninspectable::parts:
            return "parts";
        case Uninspectable::memory:
            return "memory";
    }
    return "unknown";
}

std::string_view to_string(Where where) noexcept {
    switch (where) {
        case Where::sdp_session:
            return "sdp-session";
        case Where::sdp_media:
            return "sdp-media";
        case Where::sdp_capability:
            return "sdp-capability";
        case Where::application_mikey:
            return "application-mikey";
        case Where::xml:
            return "xml";
        case Where::uri_body:
            return "uri-body";
    }
    return "unknown";
}

Contents look_into(const Message& message, Arena& arena, const BodyLimits& limits) noexcept {
    Walker walker(message.raw, arena, limits);
    Context context;
    context.own = true;
    walker.claim(message.raw);
    walker.walk_message(message, context);
    if (message.mixed_line_ends) walker.walk_message(parse(message.raw, arena, LineEnds::strict), context);
    return walker.finish();
}

}  // namespace kmsgate::sip
