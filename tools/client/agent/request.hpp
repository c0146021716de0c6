// SPDX-License-Identifier: BSD-3-Clause
// Requests as values, and as text.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/agent/body.hpp"
#include "tools/client/agent/initiator.hpp"

namespace kmsgate::client::agent {

/// What makes one request (RFC 3261 8.1.1). The text is a function of it and of where we stand.
struct Request {
    std::string method;
    std::string uri;
    std::string branch;
    std::string from;  ///< value of From, with tag
    std::string to;    ///< value of To
    std::string call_id;
    std::uint32_t cseq = 1;
    std::vector<std::string> routes;  ///< values of Route
    std::vector<std::string> lines;   ///< further header lines, without CRLF
    Body body;
};
/// The bytes, with Via, Max-Forwards and an exact Content-Length.
[[nodiscard]] std::string write(const Request& request, const Local& local);

/// The ACK of a final response other than 2xx (17.1.1.3), and the CANCEL (9.1): branch, From, Call-ID, CSeq
/// number and Route of the INVITE.
[[nodiscard]] Request ack_of(const Request& invite, std::string to);
[[nodiscard]] Request cancel_of(const Request& invite);

/// Value of our Contact, in <>.
[[nodiscard]] std::string contact(const Local& local, std::string_view user);
/// The methods that our client takes.
inline constexpr std::string_view kCallerAllows = "INVITE, ACK, BYE, CANCEL, OPTIONS";
inline constexpr std::string_view kReceiverAllows = "INVITE, ACK, BYE, CANCEL, MESSAGE, OPTIONS";
/// Accept: what our client reads in answers and requests, KRRs among it.
inline constexpr std::string_view kAccepts =
    "application/sdp, application/mikey, application/vnd.3gpp.mcptt-info+xml, "
    "application/resource-lists+xml, application/vnd.3gpp.kmsredirectresponse+xml, multipart/mixed";

/// What is wrong with a call's names and header lines (a line end in them, a header that we write
/// ourselves).
[[nodiscard]] std::expected<void, std::string> check(const Call& call);

/// Headers and body of the request that carries an I_MESSAGE: an INVITE with SDP for a PCK (or CSK), a
/// MESSAGE with application/mikey (binary, RFC 5621 3.2) for a GMK. `caller`: the MC user. Branch, From,
/// Call-ID and CSeq are left to the caller of this function.
[[nodiscard]] Request carry(const Call& call, std::string_view caller, View mikey, const Local& local,
                            crypto::Random& random);

}  // namespace kmsgate::client::agent
