// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/tap.hpp"

#include <fmt/format.h>

#include <vector>

#include "dataplane/krr/parse.hpp"
#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/message.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::lab {

namespace {

using client::select::List;

Seen broken(Seen seen, std::string why) {
    seen.kind = Seen::Kind::broken;
    seen.title = std::move(why);
    return seen;
}

List list_of(const krr::KmsList& list) {
    if (list.any) return std::nullopt;
    return list.uris;
}

Seen look_at_mikey(Seen seen, const sip::Carriage& carriage) {
    std::vector<std::uint8_t> scratch(mikey::base64_bytes(carriage.data.size()));
    const std::span<const std::uint8_t> binary{reinterpret_cast<const std::uint8_t*>(carriage.data.data()),
                                               carriage.data.size()};
    const mikey::Message m =
        carriage.form == sip::Form::base64 ? mikey::read_base64(carriage.data, scratch) : mikey::read(binary);
    if (m.fault) return broken(std::move(seen), fmt::format("MIKEY: {}", mikey::to_string(*m.fault)));
    seen.kind = Seen::Kind::mikey;
    seen.pair = {std::string(m.text(mikey::Role::idrkmsi)), std::string(m.text(mikey::Role::idrkmsr))};
    return seen;
}

}  // namespace

Seen look(std::string_view payload) {
    Seen seen;
    std::vector<std::byte> memory(1 << 20);
    sip::Arena arena(memory);
    const sip::Message m = sip::parse(payload, arena);
    if (m.faults.any())
        return broken(std::move(seen), fmt::format("SIP: {}", sip::to_string(m.faults.first())));
    seen.transaction = fmt::format("{} {}", m.call_id, m.cseq.value_or(0));
    const sip::Contents contents = sip::look_into(m, arena);
    if (m.kind == sip::Kind::request) {
        seen.title = m.method;
        if (contents.carriages.empty()) return seen;
        return look_at_mikey(std::move(seen), contents.carriages[0]);
    }
    const std::size_t blank = m.start_line.find(' ');
    seen.title = m.start_line.substr(blank == std::string_view::npos ? 0 : blank + 1);
    if (contents.krrs.empty()) {
        const bool offer = m.cseq_method == "INVITE" || m.cseq_method == "MESSAGE";
        if (m.status >= 200 && offer) seen.kind = Seen::Kind::final;
        return seen;
    }
    seen.document = contents.krrs[0].data;
    const auto document = krr::parse(seen.document);
    if (!document) return broken(std::move(seen), fmt::format("KRR: {}", krr::to_string(document.error())));
    seen.kind = Seen::Kind::krr;
    seen.lists = {list_of(document->initiator_list), list_of(document->receiver_list)};
    return seen;
}

}  // namespace kmsgate::lab
