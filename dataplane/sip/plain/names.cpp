// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/plain/names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace kmsgate::sip::plain {
namespace {

struct Entry {
    std::string_view text;
    HeaderId id = HeaderId::other;
    Work work = Work::none;
};

// Names with a meaning: all of header_id.cpp, which the differential tests hold this to.
constexpr Entry kEntries[] = {
    {"via", HeaderId::via, Work::via},
    {"v", HeaderId::via, Work::via},
    {"from", HeaderId::from, Work::from},
    {"f", HeaderId::from, Work::from},
    {"to", HeaderId::to, Work::to},
    {"t", HeaderId::to, Work::to},
    {"call-id", HeaderId::call_id, Work::call_id},
    {"i", HeaderId::call_id, Work::call_id},
    {"cseq", HeaderId::cseq, Work::cseq},
    {"contact", HeaderId::contact, Work::uris},
    {"m", HeaderId::contact, Work::uris},
    {"content-length", HeaderId::content_length, Work::length},
    {"l", HeaderId::content_length, Work::length},
    {"content-type", HeaderId::content_type, Work::type},
    {"c", HeaderId::content_type, Work::type},
    {"content-encoding", HeaderId::content_encoding, Work::refuse},
    {"e", HeaderId::content_encoding, Work::refuse},
    {"content-transfer-encoding", HeaderId::content_transfer_encoding, Work::refuse},
    {"content-disposition", HeaderId::content_disposition},
    {"refer-to", HeaderId::refer_to, Work::uris},
    {"r", HeaderId::refer_to, Work::uris},
    {"referred-by", HeaderId::referred_by, Work::uris},
    {"b", HeaderId::referred_by, Work::uris},
    {"p-asserted-identity", HeaderId::p_asserted_identity},
    {"p-preferred-identity", HeaderId::p_preferred_identity},
    {"p-visited-network-id", HeaderId::p_visited_network_id},
    {"p-access-network-info", HeaderId::p_access_network_info},
    // Usual ones without a meaning, so that their bytes need not be looked at one by one.
    {"accept"},
    {"accept-contact"},
    {"accept-encoding"},
    {"accept-language"},
    {"alert-info"},
    {"allow"},
    {"allow-events"},
    {"answer-mode"},
    {"authorization"},
    {"content-id"},
    {"content-language"},
    {"date"},
    {"event"},
    {"expires"},
    {"feature-caps"},
    {"history-info"},
    {"max-forwards"},
    {"min-expires"},
    {"min-se"},
    {"p-asserted-service"},
    {"p-associated-uri"},
    {"p-called-party-id"},
    {"p-charging-vector"},
    {"p-early-media"},
    {"p-preferred-service"},
    {"path"},
    {"priority"},
    {"priv-answer-mode"},
    {"privacy"},

    {"proxy-require"},
    {"rack"},
    {"reason"},
    {"record-route"},

    {"replaces"},

    {"require"},
    {"resource-priority"},
    {"retry-after"},
    {"route"},
    {"security-client"},
    {"security-server"},
    {"security-verify"},
    {"server"},
    {"service-route"},
    {"session-expires"},
    {"subject"},
    {"subscription-state"},
    {"supported"},
    {"target-dialog"},
    {"timestamp"},
    {"unsupported"},
    {"user-agent"},
    {"warning"},
    {"www-authenticate"},
};
static_assert(std::size(kEntries) < NameTable::kMost);
static_assert(std::ranges::all_of(kEntries, [](const Entry& e) { return e.text.size() <= 32; }));

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

/// No two names have the same slot.
constexpr bool fits() {
    std::array<bool, NameTable::kSlots> taken{};
    for (const Entry& e : kEntries) {
        bool& slot = taken[slot_of(e.text)];
        if (slot) return false;
        slot = true;
    }
    return true;
}
static_assert(fits());

constexpr NameTable make() {
    NameTable table;
    table.names[0].size = 0xFF;  // the size of no name
    std::uint8_t next = 1;
    for (const Entry& e : kEntries) {
        Name& n = table.names[next];
        std::ranges::copy(e.text, n.text.begin());
        n.size = static_cast<std::uint8_t>(e.text.size());
        n.mask = static_cast<std::uint32_t>((std::uint64_t{1} << e.text.size()) - 1);
        n.id = e.id;
        n.work = e.work;
        table.slot[slot_of(e.text)] = next++;
    }
    return table;
}

}  // namespace

constinit const NameTable kNameTable = make();

constinit const simd::CharSet kTokens = simd::alnum_and("-.!%*_+`'~");
constinit const simd::CharSet kHosts = simd::alnum_and("-._");
constinit const simd::CharSet kViaBytes = simd::printable_but("\"(<, ");
constinit const simd::CharSet kUriBytes = simd::printable_but("<>\" ");
constinit const simd::CharSet kUriHeaders = simd::printable_but("?&");
constinit const simd::CharSet kTagBytes = simd::printable_but(";\" ");
constinit const simd::CharSet kBoundaries = simd::alnum_and("-._+");
constinit const simd::CharSet kSubtypes = simd::alnum_and("-.+_");
constinit const simd::CharSet kXmlNames = simd::alnum_and("_-.:");
constinit const simd::CharSet kXmlPlainNames = simd::alnum_and("_-.");
constinit const simd::CharSet kXmlText = simd::printable_but("<>\"'&?=");

}  // namespace kmsgate::sip::plain
