// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/plain/usual_texts.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace kmsgate::sip::plain {
namespace {

struct Entry {
    std::string_view text;
    Says says = Says::start;
};

// The parts of a call's information that stand in a first INVITE (TS 24.379 F.1, TS 24.281 F.1, TS 24.282
// D.1), resource lists but for their entries, which differ (RFC 4826), and the headers of such parts. A tag
// that often follows another stands behind it.
constexpr Entry kEntries[] = {
    {"Content-Type: application/sdp", Says::sdp},
    {"Content-Type: application/vnd.3gpp.mcptt-info+xml", Says::xml},
    {"Content-Type: application/vnd.3gpp.mcptt-location-info+xml", Says::xml},
    {"Content-Type: application/vnd.3gpp.mcvideo-info+xml", Says::xml},
    {"Content-Type: application/vnd.3gpp.mcdata-info+xml", Says::xml},
    {"Content-Type: application/resource-lists+xml", Says::xml},
    {"Content-Disposition: recipient-list", Says::line},
    {"<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\">"},
    {"<mcptt-Params>"},
    {"<session-type>"},
    {"</session-type>", Says::end},
    {"<mcptt-calling-user-id type=\"Normal\">", Says::initiator},
    {"<mcpttURI>"},
    {"</mcpttURI>", Says::end},
    {"</mcptt-calling-user-id>", Says::end},
    {"<mcptt-client-id type=\"Normal\">"},
    {"<mcpttString>"},
    {"</mcpttString>", Says::end},
    {"</mcptt-client-id>", Says::end},
    {"</mcptt-Params>", Says::end},
    {"</mcpttinfo>", Says::end},
    {"<mcptt-request-uri type=\"Normal\">", Says::receiver},
    {"</mcptt-request-uri>", Says::end},
    {"<mcptt-calling-group-id type=\"Normal\">"},
    {"</mcptt-calling-group-id>", Says::end},
    {"<mcpttBoolean>"},
    {"</mcpttBoolean>", Says::end},
    {"<mcvideoinfo xmlns=\"urn:3gpp:ns:mcvideoInfo:1.0\">"},
    {"</mcvideoinfo>", Says::end},
    {"<mcvideo-Params>"},
    {"</mcvideo-Params>", Says::end},
    {"<mcvideo-request-uri type=\"Normal\">", Says::receiver},
    {"</mcvideo-request-uri>", Says::end},
    {"<mcvideo-calling-user-id type=\"Normal\">", Says::initiator},
    {"</mcvideo-calling-user-id>", Says::end},
    {"<mcvideo-calling-group-id type=\"Normal\">"},
    {"</mcvideo-calling-group-id>", Says::end},
    {"<mcvideo-client-id type=\"Normal\">"},
    {"</mcvideo-client-id>", Says::end},
    {"<mcvideoURI>"},
    {"</mcvideoURI>", Says::end},
    {"<mcvideoString>"},
    {"</mcvideoString>", Says::end},
    {"<mcvideoBoolean>"},
    {"</mcvideoBoolean>", Says::end},
    {"<mcdatainfo xmlns=\"urn:3gpp:ns:mcdataInfo:1.0\">"},
    {"</mcdatainfo>", Says::end},
    {"<mcdata-Params>"},
    {"</mcdata-Params>", Says::end},
    {"<mcdata-request-uri type=\"Normal\">", Says::receiver},
    {"</mcdata-request-uri>", Says::end},
    {"<mcdata-calling-user-id type=\"Normal\">", Says::initiator},
    {"</mcdata-calling-user-id>", Says::end},
    {"<mcdata-calling-group-id type=\"Normal\">"},
    {"</mcdata-calling-group-id>", Says::end},
    {"<mcdata-client-id type=\"Normal\">"},
    {"</mcdata-client-id>", Says::end},
    {"<mcdataURI>"},
    {"</mcdataURI>", Says::end},
    {"<mcdataString>"},
    {"</mcdataString>", Says::end},
    {"<mcdataBoolean>"},
    {"</mcdataBoolean>", Says::end},
    {"<request-type>"},
    {"</request-type>", Says::end},
    {"<emergency-ind type=\"Normal\">"},
    {"</emergency-ind>", Says::end},
    {"<alert-ind type=\"Normal\">"},
    {"</alert-ind>", Says::end},
    {"<imminentperil-ind type=\"Normal\">"},
    {"</imminentperil-ind>", Says::end},
    {"<broadcast-ind type=\"Normal\">"},
    {"</broadcast-ind>", Says::end},
    {"<anyExt>"},
    {"</anyExt>", Says::end},
    {"<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">", Says::lists},
    {"<list>"},
    {"</list>", Says::end},
    {"</resource-lists>", Says::end},
    {"</entry>", Says::end},
};
static_assert(std::size(kEntries) + 1 < UsualTexts::kMost);  // one is none, one stands behind the last

/// A tag ends with its only '>' and an element begins with its tag; a line ends within 62 bytes.
constexpr bool is_sound(const Entry& e) {
    if (e.text.size() < 5 || e.text.size() > 64) return false;
    if (e.says >= Says::sdp) return e.text.size() <= 62 && e.text[0] != '<';
    return e.text[0] == '<' && e.text.find('>') == e.text.size() - 1 && e.text[e.text.size() - 2] != '/' &&
           (e.text[1] == '/') == (e.says == Says::end);
}
static_assert(std::ranges::all_of(kEntries, is_sound));

constexpr std::uint32_t four(std::string_view text, std::size_t from) {
    std::uint32_t w = 0;
    for (std::size_t i = 0; i < 4; ++i)
        w |= std::uint32_t{static_cast<unsigned char>(text[from + i])} << (8 * i);
    return w;
}

constexpr std::size_t slot_of(std::string_view text) {
    return usual_hash(four(text, 1), four(text, text.size() - 4), static_cast<std::uint32_t>(text.size()));
}

constexpr UsualTexts make() {
    UsualTexts table;
    for (UsualText& none : table.texts) none.mask = {1, 1};  // no text starts with a zero
    std::uint8_t next = 1;
    for (const Entry& e : kEntries) {
        UsualText& usual = table.texts[next];
        std::ranges::copy(e.text, usual.text.begin());
        usual.size = static_cast<std::uint8_t>(e.text.size());
        usual.mask = {};
        for (std::size_t i = 0; i < e.text.size(); ++i) usual.mask[i / 32] |= 1U << (i % 32);
        usual.says = e.says;
        std::uint8_t& slot = table.slot[slot_of(e.text)];
        if (slot != 0) std::unreachable();  // so that two texts with the same slot do not compile
        slot = next++;
    }
    return table;
}

}  // namespace

constinit const UsualTexts kUsualTexts = make();

}  // namespace kmsgate::sip::plain
