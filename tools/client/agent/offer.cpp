// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/offer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/message.hpp"
#include "dataplane/sip/user.hpp"
#include "tools/client/imessage/imessage.hpp"

namespace kmsgate::client::agent {
namespace {

/// The bytes of one I_MESSAGE, or the rule that its base64 breaks.
std::expected<Bytes, std::string> decode(const sip::Carriage& carriage) {
    if (carriage.form == sip::Form::binary) {
        const View bytes = as_view(carriage.data);
        return Bytes(bytes.begin(), bytes.end());
    }
    Bytes out(mikey::base64_bytes(carriage.data.size()));
    mikey::Base64Decoder decoder(carriage.data, out);
    if (!decoder.finish() || !decoder.done()) return std::unexpected("malformed: base64");
    out.resize(decoder.decoded().size());
    return out;
}

void add_candidate(std::vector<std::string>& to, std::string_view uri) {
    const sip::UserUri user = sip::UserUri::normalise(uri);
    for (const std::string_view form : {user.text(), user.tel()})
        if (!form.empty() && std::ranges::find(to, form) == to.end()) to.emplace_back(form);
}

void add_candidates(Incoming& request, const select::Profile& profile, ReceivedOffer& offer) {
    for (const Bytes& message : offer.messages)
        add_candidate(offer.candidates, mikey::read(message).text(mikey::Role::idri));
    for (const sip::XmlIdentity& identity : request.contents().identities)
        if (!identity.receiver) add_candidate(offer.candidates, identity.uri);
    for (const std::string& asserted : request.values("P-Asserted-Identity"))
        add_candidate(offer.candidates, sip::addr_spec(asserted));
    add_candidate(offer.candidates, request.message().from_uri);
    // what the message says stands first; the contacts are only guesses
    if (!offer.candidates.empty()) offer.initiator = offer.candidates.front();
    for (const std::string& contact : profile.contacts) add_candidate(offer.candidates, contact);
}

/// The KMSs of all messages, or why they cannot be judged together.
std::string read_pair(ReceivedOffer& offer) {
    for (const Bytes& message : offer.messages) {
        const auto names = imessage::read_names(message);
        if (!names) {
            const std::string_view fault = to_string(names.error().fault);
            return names.error().detail.empty() ? std::string(fault)
                                                : fmt::format("{}: {}", fault, names.error().detail);
        }
        if (offer.pair.kmsi.empty()) offer.pair = {names->kmsi, names->kmsr};
        if (!select::same_kms(offer.pair.kmsi, names->kmsi) ||
            !select::same_kms(offer.pair.kmsr, names->kmsr))
            return "I_MESSAGEs that name different KMSs";
    }
    return {};
}

}  // namespace

ReceivedOffer read_offer(Incoming& request, const select::Profile& profile) {
    ReceivedOffer out;
    const sip::Contents& contents = request.contents();
    out.present = !contents.carriages.empty();
    for (const sip::Carriage& carriage :
         contents.carriages.first(std::min<std::size_t>(contents.carriages.size(), kMostMikeys))) {
        std::expected<Bytes, std::string> bytes = decode(carriage);
        if (bytes)
            out.messages.push_back(std::move(*bytes));
        else if (out.fault.empty())
            out.fault = bytes.error();
    }
    add_candidates(request, profile, out);
    const std::string unlike = read_pair(out);
    if (out.fault.empty()) out.fault = unlike;
    if (contents.uninspectable != sip::Uninspectable::none)
        out.fault = fmt::format("a body that cannot be read: {}", sip::to_string(contents.uninspectable));
    else if (contents.carriages.size() > kMostMikeys)
        out.fault = "too many I_MESSAGEs";
    else if (!out.present)
        out.fault = "no I_MESSAGE";
    return out;
}

}  // namespace kmsgate::client::agent
