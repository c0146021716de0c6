// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/dialog.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kmsgate::client::agent {
namespace {

/// The peer's Contact, or where it was reached before when it names none that can be used.
std::string target_of(Incoming& message, std::string_view otherwise) {
    const std::vector<std::string> contacts = message.values("Contact");
    const std::vector<std::string> compact = message.values("m");
    const std::string* first = !contacts.empty() ? contacts.data() : compact.data();
    const std::string_view uri = first == nullptr ? std::string_view{} : sip::addr_spec(*first);
    return std::string(uri.empty() ? otherwise : uri);
}

Request request_in(const Dialog& dialog, std::string method, std::uint32_t cseq, std::string branch) {
    return {std::move(method), dialog.target, std::move(branch), dialog.local, dialog.remote,
            dialog.call_id,    cseq,          dialog.routes,     {},           {}};
}

}  // namespace

Dialog dialog_of_answer(Incoming& response, const Request& invite, std::string_view local_tag) {
    Dialog out;
    const sip::Message& message = response.message();
    out.call_id = invite.call_id;
    out.local = invite.from;
    out.local_tag = local_tag;
    out.remote = response.unfolded(message.to);
    out.remote_tag = message.to_tag;
    out.target = target_of(response, invite.uri);
    out.routes = response.values("Record-Route");
    std::ranges::reverse(out.routes);
    out.local_cseq = invite.cseq;
    return out;
}

Dialog dialog_of_request(Incoming& invite, std::string_view local_tag) {
    Dialog out;
    const sip::Message& message = invite.message();
    out.call_id = message.call_id;
    out.local = invite.unfolded(message.to);
    if (message.to_tag.empty()) out.local += fmt::format(";tag={}", local_tag);
    out.local_tag = local_tag;
    out.remote = invite.unfolded(message.from);
    out.remote_tag = message.from_tag;
    out.target = target_of(invite, message.from_uri);
    out.routes = invite.values("Record-Route");
    out.remote_cseq = message.cseq;
    return out;
}

bool belongs(const Dialog& dialog, const sip::Message& request) noexcept {
    return request.call_id == dialog.call_id && request.to_tag == dialog.local_tag &&
           request.from_tag == dialog.remote_tag;
}

Request ack_in(const Dialog& dialog, std::uint32_t cseq, std::string branch) {
    return request_in(dialog, "ACK", cseq, std::move(branch));
}

Request bye_in(Dialog& dialog, std::string branch) {
    return request_in(dialog, "BYE", ++dialog.local_cseq, std::move(branch));
}

}  // namespace kmsgate::client::agent
