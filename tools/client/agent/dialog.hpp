// SPDX-License-Identifier: BSD-3-Clause
// A dialog (RFC 3261 12): what its requests are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/agent/incoming.hpp"
#include "tools/client/agent/request.hpp"

namespace kmsgate::client::agent {

struct Dialog {
    std::string call_id;
    std::string local;  ///< value of From in our requests, with tag
    std::string local_tag;
    std::string remote;  ///< value of To in our requests, with tag
    std::string remote_tag;
    std::string target;               ///< Request-URI of our requests: the peer's Contact
    std::vector<std::string> routes;  ///< taken as loose routes
    std::uint32_t local_cseq = 0;     ///< of our last request
    std::optional<std::uint32_t> remote_cseq;
};

/// The dialog of a 2xx to our INVITE (12.1.2).
[[nodiscard]] Dialog dialog_of_answer(Incoming& response, const Request& invite, std::string_view local_tag);
/// The dialog of an INVITE that we answer with 2xx under `local_tag` (12.1.1).
[[nodiscard]] Dialog dialog_of_request(Incoming& invite, std::string_view local_tag);

/// Does this request of the peer belong to the dialog (12.2.2)?
[[nodiscard]] bool belongs(const Dialog& dialog, const sip::Message& request) noexcept;

/// A request of ours in the dialog; an ACK takes the CSeq number of its INVITE (13.2.2.4), others the next
/// one.
[[nodiscard]] Request ack_in(const Dialog& dialog, std::uint32_t cseq, std::string branch);
[[nodiscard]] Request bye_in(Dialog& dialog, std::string branch);

}  // namespace kmsgate::client::agent
