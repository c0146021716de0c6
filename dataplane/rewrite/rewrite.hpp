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

/// The datagram's payload with `body` in place of its KRR, in the transfer encoding that the old one stood
/// in; Content-Length follows where there is one, in the head and in every part around the KRR. Empty when
/// the arena is used up, or when a reader of the new message would not find exactly this KRR in it (a part's
/// delimiter inside the text, say).
[[nodiscard]] std::string_view replace_krr(std::string_view payload, const inspect::Inspection& inspection,
                                           std::string_view body, sip::Arena& arena);

/// The message without its body: no Content-* header but Content-Length, now 0, where there was one; empty
/// when the arena is used up.
[[nodiscard]] std::string_view without_body(const sip::Message& message, sip::Arena& arena);

/// The frame `original` (IP header at l3, UDP header at l4) with another UDP payload: IP and UDP lengths and
/// checksums follow, every other byte of the headers stays. Null when buffers are short.
[[nodiscard]] core::Mbuf replace_payload(std::span<const std::uint8_t> original, std::size_t l3,
                                         std::size_t l4, std::string_view payload, rte_mempool* pool,
                                         sip::Arena& arena);

}  // namespace kmsgate::rewrite
