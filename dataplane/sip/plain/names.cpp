// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/plain/names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace kmsgate::sip::plain {
namespace {

struct Entry {
    std::string_view text;
    HeaderId id = HeaderId::other;
    bool uris = false;
};

// Names with a meaning: all of header_id.cpp, which the differential tests hold this to.
constexpr Entry kEntries[] = {
    {"Via", HeaderId::via},
    {"v", HeaderId::via},
    {"From", HeaderId::from},
    {"f", HeaderId::from},
    {"To", HeaderId::to},
    {"t", HeaderId::to},
    {"Call-ID", HeaderId::call_id},
    {"i", HeaderId::call_id},
    {"CSeq", HeaderId::cseq},
    {"Contact", HeaderId::contact, true},
    {"m", HeaderId::contact, true},
    {"Content-Length", HeaderId::content_length},
    {"l", HeaderId::content_length},
    {"Content-Type", HeaderId::content_type},
    {"c", HeaderId::content_type},
    {"Content-Encoding", HeaderId::content_encoding},
    {"e", HeaderId::content_encoding},
    {"Content-Transfer-Encoding", HeaderId::content_transfer_encoding},
    {"Content-Disposition", HeaderId::content_disposition},
    {"Refer-To", HeaderId::refer_to, true},
    {"r", HeaderId::refer_to, true},
    {"Referred-By", HeaderId::referred_by, true},
    {"b", HeaderId::referred_by, true},
    {"P-Asserted-Identity", HeaderId::p_asserted_identity},
    {"P-Preferred-Identity", HeaderId::p_preferred_identity},
    {"P-Visited-Network-ID", HeaderId::p_visited_network_id},
    {"P-Access-Network-Info", HeaderId::p_access_network_info},
    // Usual ones without a meaning, so that their bytes need not be looked at one by one.
    {"Accept"},
    {"Accept-Contact"},
    {"Accept-Encoding"},
    {"Accept-Language"},
    {"Alert-Info"},
    {"Allow"},
    {"Allow-Events"},
    {"Answer-Mode"},
    {"Authorization"},
    {"Content-ID"},
    {"Content-Language"},
    {"Date"},
    {"Event"},
    {"Expires"},
    {"Feature-Caps"},
    {"History-Info"},
    {"Max-Forwards"},
    {"Min-Expires"},
    {"Min-SE"},
    {"P-Asserted-Service"},
    {"P-Associated-URI"},
    {"P-Called-Party-ID"},
    {"P-Charging-Vector"},
    {"P-Early-Media"},
    {"P-Preferred-Service"},
    {"Path"},
    {"Priority"},
    {"Priv-Answer-Mode"},
    {"Privacy"},

    {"Proxy-Require"},
    {"RAck"},
    {"Reason"},
    {"Record-Route"},

    {"Replaces"},

    {"Require"},
    {"Resource-Priority"},
    {"Retry-After"},
    {"Route"},
    {"Security-Client"},
    {"Security-Server"},
    {"Security-Verify"},
    {"Server"},
    {"Service-Route"},
    {"Session-Expires"},
    {"Subject"},
    {"Subscription-State"},
    {"Supported"},
    {"Target-Dialog"},
    {"Timestamp"},
    {"Unsupported"},
    {"User-Agent"},
    {"Warning"},
    {"WWW-Authenticate"},
};
static_assert(std::size(kEntries) + 3 <=
              NameTable::kMost);  // one is none, before two stands what follows none
static_assert(std::ranges::all_of(kEntries, [](const Entry& e) { return e.text.size() <= 30; }));

/// The four bytes that end with the colon; a header line stands behind a line end.
constexpr std::uint32_t tail_of(std::string_view name) {
    constexpr std::string_view before = "\r\n";
    std::uint32_t w = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t from_end = 3 - i;  // 0: the colon
        const std::size_t size = name.size() + 1;
        char c = ':';
        if (from_end >= size)
            c = before[before.size() - 1 - (from_end - size)];
        else if (from_end > 0)
            c = name[size - 1 - from_end];
        w |= std::uint32_t{static_cast<unsigned char>(c)} << (8 * i);
    }
    return w | static_cast<std::uint32_t>(kLower);
}

constexpr std::size_t slot_of(std::string_view name) {
    return name_hash(tail_of(name), static_cast<std::uint32_t>(name.size()));
}

constexpr NameTable make() {
    NameTable table;
    table.names[0].mask = 1;  // neither a text nor the size of a name
    table.names[0].size = 0xFF;
    std::uint8_t next = 1;
    for (const Entry& e : kEntries) {
        Name& n = table.names[next];
        std::ranges::copy(e.text, n.text.begin());
        n.text[e.text.size()] = ':';
        n.text[e.text.size() + 1] = ' ';
        n.size = static_cast<std::uint8_t>(e.text.size());
        n.mask = static_cast<std::uint32_t>((std::uint64_t{1} << (e.text.size() + 2)) - 1);
        n.set.add(e.id);
        n.once = times_of(e.id);
        n.place = next;
        n.id = e.id;
        n.uris = e.uris;
        std::uint8_t& slot = table.slot[slot_of(e.text)];
        if (slot != 0) std::unreachable();  // so that two names with the same slot do not compile
        slot = next++;
    }
    return table;
}

}  // namespace

constinit const NameTable kNameTable = make();

constinit const simd::CharSet kTokens = simd::alnum_and("-.!%*_+`'~");
constinit const simd::CharSet kHosts = simd::alnum_and("-._");
constinit const simd::CharSet kViaBytes = simd::printable_but("\"(<, ");
constinit const simd::FewChars kViaMarks = simd::few_chars("\"(< ;:\x7f");
constinit const simd::CharSet kUriBytes = simd::printable_but("<>\" ");
constinit const simd::CharSet kTagBytes = simd::printable_but(";\" ");
constinit const simd::FewChars kPartyMarks = simd::few_chars("<>\"; \x7f");
constinit const simd::CharSet kBoundaries = simd::alnum_and("-._+");
constinit const simd::CharSet kSubtypes = simd::alnum_and("-.+_");
constinit const simd::CharSet kXmlNames = simd::alnum_and("_-.:");
constinit const simd::CharSet kXmlPlainNames = simd::alnum_and("_-.");
constinit const simd::CharSet kXmlWord = simd::printable_but("<>\"'&?= ");
constinit const simd::CharSet kXmlText = simd::printable_but("<>\"'&?=");

}  // namespace kmsgate::sip::plain
