// SPDX-License-Identifier: BSD-3-Clause
// From a message to everything in it in which a MIKEY or a KRR could stand.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/sip/arena.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {

/// Bounds of the walk over bodies; past one of them the body is uninspectable, never half read.
struct BodyLimits {
    unsigned depth = 8;       ///< multipart, message/sip and URI-body nesting
    unsigned parts = 256;     ///< leaf parts of one message
    unsigned carriages = 64;  ///< I_MESSAGEs of one message
};

/// Why a body could not be looked into (cause uninspectable-body).
enum class Uninspectable : std::uint8_t {
    none,
    content_encoding,   ///< Content-Encoding other than identity
    transfer_encoding,  ///< unknown Content-Transfer-Encoding
    undecodable,        ///< base64 or quoted-printable that is none
    encrypted,          ///< S/MIME enveloped, multipart/encrypted, PGP
    external_body,      ///< message/external-body
    partial,            ///< message/partial
    charset,            ///< XML in UTF-16, UTF-32 or another encoding that is no superset of ASCII; DOCTYPE
    sigcomp,            ///< first byte 0xF8-0xFF (RFC 3320)
    depth,
    parts,
    memory,
};
/// Event text ("content-encoding").
[[nodiscard]] std::string_view to_string(Uninspectable reason) noexcept;

/// Where an I_MESSAGE stood (event field `where`).
enum class Where : std::uint8_t { sdp_session, sdp_media, sdp_capability, application_mikey, xml, uri_body };
[[nodiscard]] std::string_view to_string(Where where) noexcept;

/// How the bytes of an I_MESSAGE are written.
enum class Form : std::uint8_t {
    base64,  ///< strict: groups of four, nothing else (RFC 8866 key-mgmt)
    binary,
};

/// One place that names itself a MIKEY message. `data` is what follows: never empty-checked, never trusted.
struct Carriage {
    Where where = Where::sdp_session;
    Form form = Form::base64;
    std::string_view data;
};

/// A part of a multipart around something that was found.
struct Enclosing {
    std::string_view body;  ///< behind the part's headers, view of the message
    /// Values of the part's own Content-Length headers; none is left out.
    std::span<const std::string_view> lengths;
};

/// The transfer encoding that something stood under.
enum class Encoding : std::uint8_t { none, base64, quoted_printable };

/// A KRR candidate: a part whose type or root element says KmsRedirectResponse.
struct KrrPart {
    bool typed = false;      ///< under application/vnd.3gpp.kmsredirectresponse+xml
    bool sole_body = false;  ///< the message's own body, not a part of a multipart
    bool decoded = false;    ///< stood under a transfer encoding: `data` is no view of the message
    std::string_view data;
    /// The bytes of the message that say `data`, all of it and nothing else: `data` itself, or its encoded
    /// form. Empty when there are none such: in a message inside the message, a URI, an encoded multipart, or
    /// when two readings of the message find it under different headers.
    std::string_view written;
    Encoding encoding = Encoding::none;  ///< of `written`
    std::span<const Enclosing> around;   ///< parts that it stands in, outermost first
};

/// What identity the XML parts offer in clear (mcptt-info, resource-lists).
struct XmlIdentity {
    bool receiver =
        false;  ///< names the receiver (mcptt-request-uri, resource-lists entry), else the initiator
    std::string_view uri;
};

/// Everything found in one message. Spans live in the arena; views in the message or the arena.
struct Contents {
    std::span<const Carriage> carriages;  ///< in message order, without exact repeats of (where, data)
    std::span<const KrrPart> krrs;
    std::span<const XmlIdentity> identities;
    Uninspectable uninspectable = Uninspectable::none;  ///< the first reason met
    bool empty_krr = false;    ///< the message's body or a part of it is typed as a KRR and holds nothing
    bool mikey_claim = false;  ///< the bytes or any decoded part claim a MIKEY (design.md 3)
    FaultSet nested_faults;    ///< faults of messages inside the message
};

/// Looks into every body of `message`: its own, what follows its Content-Length, multiparts of every subtype,
/// nested messages, transfer encodings, URI bodies. Where two readers could disagree, both readings are
/// walked.
[[nodiscard]] Contents look_into(const Message& message, Arena& arena,
                                 const BodyLimits& limits = {}) noexcept;

/// The MIKEY claim of design.md 3 over plain bytes: `key-mgmt`, `application/mikey` (any case), or a base64
/// run that starts `ARo` and is long enough to hold an I_MESSAGE.
[[nodiscard]] bool claims_mikey(std::string_view bytes) noexcept;

}  // namespace kmsgate::sip
