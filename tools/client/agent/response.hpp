// SPDX-License-Identifier: BSD-3-Clause
// Responses to requests (RFC 3261 8.2.6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/client/agent/body.hpp"
#include "tools/client/agent/incoming.hpp"

namespace kmsgate::client::agent {

/// What an answer says beyond what it copies from the request.
struct Answer {
    unsigned status = 200;
    std::vector<std::string> lines;  ///< further header lines, without CRLF
    Body body;
};

/// "Not Acceptable Here"; the class's name for a status that is not used here.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;
/// `Warning: 399 host "text"` (20.43); what a quoted string cannot hold becomes '?'.
[[nodiscard]] std::string warning(std::string_view host, std::string_view text);
/// The text of the first Warning of a response, without its quotes; empty when there is none.
[[nodiscard]] std::string warning_text(Incoming& response);

/// The bytes: Via, From, To (with `to_tag` when it has none), Call-ID and CSeq of the request, Record-Route
/// too for a 2xx (12.1.1). The request must be answerable().
[[nodiscard]] std::string write(Incoming& request, const Answer& answer, std::string_view to_tag);

/// The request with `received` and `rport` in its top Via, as the transport of a server adds them (18.2.1,
/// RFC 3581 4): for whoever owns the socket, before Receiver or Initiator gets it. `host`: IPv4 or IPv6
/// without brackets. Responses, and what cannot be read, come back as they are.
[[nodiscard]] std::string with_source(std::string_view request, std::string_view host, std::uint16_t port);

}  // namespace kmsgate::client::agent
