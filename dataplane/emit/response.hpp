// SPDX-License-Identifier: BSD-3-Clause
// A final response to a request that does not go further (RFC 3261 8.2.6.2, 18.2.2; RFC 3581 4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/core/record.hpp"
#include "dataplane/memory/bulk_hash.hpp"
#include "dataplane/memory/siphash.hpp"
#include "dataplane/memory/tag_hash.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::emit {

/// What a transaction is known by: top Via branch and sent-by, Call-ID, CSeq number without the method, From
/// tag. Without branch (RFC 2543) the Request-URI takes its place (17.2.3). This one leaves the box, as To
/// tag.
[[nodiscard]] memory::Hash128 transaction_key(const sip::Message& message,
                                              const memory::TagHash& hash) noexcept;

/// Our To tag for a transaction: "kg" and 16 hexadecimal digits.
using ToTag = std::array<char, 18>;
[[nodiscard]] ToTag to_tag(const memory::Hash128& transaction) noexcept;

/// Where the answer to a request over UDP goes: maddr only when it is the source; else the source with
/// rport's port, or that of sent-by, or 5060. nullopt: no answer may be sent (maddr elsewhere).
[[nodiscard]] std::optional<core::Endpoint> answer_destination(const sip::Message& request,
                                                               const core::Endpoint& source) noexcept;

struct ResponseParts {
    unsigned status = 488;
    std::string_view reason;        ///< reason phrase
    std::string_view tag;           ///< our To tag, used when the request has none
    std::string_view warning;       ///< text of a Warning 399, empty: no Warning
    std::string_view content_type;  ///< empty: no body
    std::string_view body;
};

/// Writes the response; empty when `out` is too small. The request must be answerable().
[[nodiscard]] std::string_view write_response(const sip::Message& request, const core::Endpoint& source,
                                              const ResponseParts& parts, std::span<char> out) noexcept;

}  // namespace kmsgate::emit
