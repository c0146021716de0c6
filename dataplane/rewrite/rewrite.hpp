// SPDX-License-Identifier: BSD-3-Clause
// A 488 with a KRR that goes on with another KRR: the body and the lengths that it forces change, nothing
// else.
#pragma once

#include <span>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/inspect/inspect.hpp"
#include "dataplane/sip/arena.hpp"

namespace kmsgate::rewrite {

/// The datagram's payload with `body` in place of its KRR and Content-Length set right; empty when the arena
/// is used up.
[[nodiscard]] std::string_view replace_krr(std::string_view payload, const inspect::Inspection& inspection,
                                           std::string_view body, sip::Arena& arena);

/// The message without its body: Content-Length 0 and no Content-* header else; empty when the arena is used
/// up.
[[nodiscard]] std::string_view without_body(const sip::Message& message, sip::Arena& arena);

/// The frame `original` (IP header at l3, UDP header at l4) with another UDP payload: IP and UDP lengths and
/// checksums follow, every other byte of the headers stays. Null when buffers are short.
[[nodiscard]] core::Mbuf replace_payload(std::span<const std::uint8_t> original, std::size_t l3,
                                         std::size_t l4, std::string_view payload, rte_mempool* pool,
                                         sip::Arena& arena);

}  // namespace kmsgate::rewrite
