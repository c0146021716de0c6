// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {
namespace {

struct Name {
    std::string_view text;
    HeaderId id;
};

// The compact forms are those of RFC 3261 7.3.3, RFC 3515 2.1 (r) and RFC 3892 3 (b).
constexpr std::array kNames = {
    Name{"Via", HeaderId::via},
    Name{"v", HeaderId::via},
    Name{"From", HeaderId::from},
    Name{"f", HeaderId::from},
    Name{"To", HeaderId::to},
    Name{"t", HeaderId::to},
    Name{"Call-ID", HeaderId::call_id},
    Name{"i", HeaderId::call_id},
    Name{"CSeq", HeaderId::cseq},
    Name{"Contact", HeaderId::contact},
    Name{"m", HeaderId::contact},
    Name{"Content-Length", HeaderId::content_length},
    Name{"l", HeaderId::content_length},
    Name{"Content-Type", HeaderId::content_type},
    Name{"c", HeaderId::content_type},
    Name{"Content-Encoding", HeaderId::content_encoding},
    Name{"e", HeaderId::content_encoding},
    Name{"Content-Transfer-Encoding", HeaderId::content_transfer_encoding},
    Name{"Content-Disposition", HeaderId::content_disposition},
    Name{"Refer-To", HeaderId::refer_to},
    Name{"r", HeaderId::refer_to},
    Name{"Referred-By", HeaderId::referred_by},
    Name{"b", HeaderId::referred_by},
    Name{"P-Asserted-Identity", HeaderId::p_asserted_identity},
    Name{"P-Preferred-Identity", HeaderId::p_preferred_identity},
    Name{"P-Visited-Network-ID", HeaderId::p_visited_network_id},
    Name{"P-Access-Network-Info", HeaderId::p_access_network_info},
};

}  // namespace

HeaderId header_id(std::string_view name) noexcept {
    for (const Name& known : kNames)
        if (iequal(known.text, name)) return known.id;
    return HeaderId::other;
}

}  // namespace kmsgate::sip
