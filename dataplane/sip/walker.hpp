// SPDX-License-Identifier: BSD-3-Clause
// The walk over the bodies of one message: state, bounds and findings. Inside the room; look_into() is the
// way in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/sip/arena.hpp"
#include "dataplane/sip/arena_list.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/content_type.hpp"
#include "dataplane/sip/entity.hpp"
#include "dataplane/sip/message.hpp"
#include "dataplane/sip/multipart.hpp"
#include "dataplane/sip/transfer.hpp"

namespace kmsgate::sip {

/// One part of a multipart, while the walk is inside it.
struct Around {
    const Around* outer = nullptr;
    std::string_view body;
    const HeaderBlock* block = nullptr;
};

/// Where in the nest of bodies a piece of data stands.
struct Context {
    unsigned depth = 0;      ///< containers around it: multiparts, nested messages, URIs
    bool in_uri = false;     ///< below a URI body: every carriage has Where::uri_body
    bool own = false;        ///< the message's own body, whole
    bool decoded = false;    ///< a transfer or percent encoding was undone: no view of the message
    bool part = false;       ///< a part of a multipart: without a type it is text/plain (RFC 2046 5.1)
    bool nested = false;     ///< not the message's own structure: a message inside it, a URI
    std::size_t origin = 0;  ///< where decoded data stood in the message
    const Around* around = nullptr;  ///< the innermost part
    std::string_view written;        ///< of decoded data: its encoded form in the message
    std::string_view plain;          ///< what `written` says
    Encoding encoding = Encoding::none;

    /// One container further in.
    [[nodiscard]] Context inside() const noexcept {
        Context c = *this;
        ++c.depth;
        c.own = false;
        c.part = false;
        return c;
    }
};

/// One walk. Every reading of every body is visited once; the bytes scanned in all stay below a multiple of
/// the message's size, whatever nests in whatever. A bound that is met becomes an Uninspectable reason; a
/// reason never ends the walk, so that what can be found is found.
class Walker {
  public:
    Walker(std::string_view raw, Arena& arena, const BodyLimits& limits) noexcept;

    /// Bodies and URI bodies of a message, as parsed.
    void walk_message(const Message& message, const Context& context) noexcept;
    /// Bytes that stand for no body of their own: the raw message. Only the MIKEY claim is looked for.
    void claim(std::string_view bytes) noexcept;
    /// Sorts what was found into message order and hands it out.
    [[nodiscard]] Contents finish() noexcept;

  private:
    /// Order of findings: offset in the message, then address within a decoded copy.
    struct Place {
        std::size_t outer = 0;
        std::uintptr_t inner = 0;
    };
    struct Found {
        Carriage carriage;
        Place place;
    };
    struct FoundKrr {
        KrrPart part;
        Place place;
    };
    /// A reading of some data that was walked already.
    struct Visit {
        const char* data = nullptr;
        std::size_t size = 0;
        const char* boundary = nullptr;
        std::size_t boundaries = 0;
        MediaSet kinds;
        std::uint8_t flags = 0;
        friend bool operator==(const Visit&, const Visit&) noexcept = default;
    };

    // walker.cpp: what a body is
    void walk_entity(std::string_view data, const Entity& entity, const Context& context) noexcept;
    void walk_decoded(std::optional<Decoded> decoded, Encoding encoding, const Entity& entity,
                      const Context& outer, std::string_view encoded) noexcept;
    void walk_typed(std::string_view data, const MediaTypes& types, const Context& context) noexcept;
    void sniff(std::string_view data, const Context& context) noexcept;
    void sniff_mikey(std::string_view data, const Context& context) noexcept;
    void note_empty(const MediaTypes& types, const Context& context) noexcept;
    void walk_sdp(std::string_view data, const Context& context) noexcept;
    void walk_mikey(std::string_view data, const Context& context) noexcept;

    // walk_nested.cpp: bodies that hold bodies
    void walk_multipart(std::string_view data, const MediaTypes& types, const Context& context) noexcept;
    [[nodiscard]] bool walk_boundary(std::string_view data, std::string_view boundary, bool digest,
                                     const Context& context) noexcept;
    void walk_part(std::string_view part, bool digest, const Context& context) noexcept;
    void walk_block(std::string_view part, const HeaderBlock& block, bool digest,
                    const Context& outer) noexcept;
    void walk_inner_entity(std::string_view data, const Context& context) noexcept;
    void walk_cpim(std::string_view data, const Context& context) noexcept;
    void walk_inner_message(std::string_view data, bool declared, const Context& context) noexcept;
    void walk_uris(std::string_view text, const Context& context) noexcept;
    void walk_uri_body(std::string_view text, std::string_view value, std::size_t uri,
                       const Context& context) noexcept;

    // walk_xml.cpp
    struct XmlWalk;
    void walk_xml(std::string_view data, bool krr_type, bool declared, bool foreign,
                  const Context& context) noexcept;
    /// A document whose root element is a KRR's, under a type that is not the KRR's.
    void sniff_krr(std::string_view data, const Context& context) noexcept;
    void xml_tag(std::string_view name, std::string_view body, bool opens, XmlWalk& walk) noexcept;
    void xml_run(std::size_t from, std::size_t to, bool element_ends, XmlWalk& walk) noexcept;
    void xml_mikey(std::string_view text, std::string_view at, const XmlWalk& walk) noexcept;

    // findings and bounds
    void flag(Uninspectable reason) noexcept;
    [[nodiscard]] bool spend(std::size_t bytes) noexcept;
    [[nodiscard]] bool enter(const Context& context) noexcept;
    [[nodiscard]] bool first_visit(const Visit& visit) noexcept;
    [[nodiscard]] Place place_of(std::string_view at, const Context& context) const noexcept;
    [[nodiscard]] bool in_message(std::string_view at) const noexcept;
    void locate(KrrPart& part, const Context& context) noexcept;
    void add_carriage(Where where, Form form, std::string_view data, std::string_view at,
                      const Context& context) noexcept;
    void add_krr(std::string_view data, bool typed, const Context& context) noexcept;
    void add_identity(bool receiver, std::string_view uri) noexcept;
    void pushed(Push result) noexcept;

    std::string_view raw_;
    Arena& arena_;
    BodyLimits limits_;
    ArenaList<Found> carriages_;
    ArenaList<FoundKrr> krrs_;
    ArenaList<XmlIdentity> identities_;
    ArenaList<Visit> visits_;
    Contents contents_;
    std::size_t budget_;
    unsigned leaves_ = 0;
};

}  // namespace kmsgate::sip
