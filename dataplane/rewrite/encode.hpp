// SPDX-License-Identifier: BSD-3-Clause
// MIME transfer encodings (RFC 2045 6.7, 6.8), for bodies that stood in one and go on in it.
#pragma once

#include <string_view>

#include "dataplane/sip/arena.hpp"
#include "dataplane/sip/body.hpp"

namespace kmsgate::rewrite {

/// `body` in the encoding, in the arena (itself when there is none); empty when the arena is used up. Lines
/// of at most 76 characters end with CRLF; the last one has no line end. Quoted-printable says every byte
/// that is no printable ASCII, line ends too, as =XX: what is decoded is `body`, byte for byte.
[[nodiscard]] std::string_view encode(std::string_view body, sip::Encoding encoding, sip::Arena& arena);

}  // namespace kmsgate::rewrite
