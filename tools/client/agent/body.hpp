// SPDX-License-Identifier: BSD-3-Clause
// The bodies of MC requests and of their answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/agent/initiator.hpp"
#include "tools/client/crypto/random.hpp"

namespace kmsgate::client::agent {

/// A message's body and its Content-Type; an empty type: no body.
struct Body {
    std::string type;
    std::string data;
};

/// One part of a multipart body.
struct Part {
    std::string type;
    std::vector<std::string> lines;  ///< further part headers, without CRLF
    std::string data;
};

/// RFC 4648 base64 without line breaks.
[[nodiscard]] std::string base64(View bytes);

/// An MCPTT private call's offer: a session-level a=key-mgmt with `mikey` (RFC 4567), speech and floor
/// control.
[[nodiscard]] std::string sdp_offer(const Local& local, std::uint32_t session, View mikey);
/// The answer to an offer (RFC 3264 6): its media lines with our ports, no key-mgmt; other media than audio
/// and application are declined. Without an offer: one of our own. nullopt: no media line that can be
/// answered.
[[nodiscard]] std::optional<std::string> sdp_answer(const Local& local, std::uint32_t session,
                                                    std::optional<std::string_view> offer);

/// mcptt-info (TS 24.379 F.1) with the calling user; `called` (mcptt-request-uri) may be empty.
[[nodiscard]] std::string mcptt_info(std::string_view calling, std::string_view called);
/// resource-lists (RFC 4826, RFC 5366) with the one user called.
[[nodiscard]] std::string resource_lists(std::string_view called);

/// multipart/mixed of these parts; the boundary stands in none of them.
[[nodiscard]] Body multipart(const std::vector<Part>& parts, crypto::Random& random);

}  // namespace kmsgate::client::agent
