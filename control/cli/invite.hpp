// SPDX-License-Identifier: BSD-3-Clause
// A SIP request that carries a MIKEY-SAKKE I_MESSAGE, for `explain` without a file. Its key material is
// nobody's: it says who talks to whom under which KMSs, and no more.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::control::cli {

struct Invite {
    std::string method = "INVITE";
    std::string from, to;    ///< URIs of initiator and receiver
    std::string kmsi, kmsr;  ///< empty: the I_MESSAGE names no such KMS
    std::string source = "192.0.2.1:5060";
};

/// The I_MESSAGE (RFC 6509 4, RFC 6043 6.6): clear IDRi and IDRr, IDRkmsi, IDRkmsr, lengths of the real
/// parts.
[[nodiscard]] std::vector<std::uint8_t> i_message(const Invite& invite);

/// The whole request: the I_MESSAGE in SDP (RFC 4567) for INVITE and UPDATE, else as application/mikey. The
/// error says which part cannot stand in a SIP message.
[[nodiscard]] std::expected<std::string, std::string> sip_request(const Invite& invite);

/// Base64 in one line, and back; an error for what is none.
[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::expected<std::string, std::string> from_base64(std::string_view text);

}  // namespace kmsgate::control::cli
