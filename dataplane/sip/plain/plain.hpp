// SPDX-License-Identifier: BSD-3-Clause
// The fast reader of plain messages: what parse() and look_into() would say, or that it is not sure.
#pragma once

#include <string_view>

#include "dataplane/sip/arena.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {

/// Reads a message that is plain (README.md says what that is) in one pass. True: `message` and `contents`
/// hold what parse() and look_into() give for it, view by view, but for Contents::mikey_claim, which then
/// says whether there are carriages (nothing asks for more of a message without faults). False: it is not
/// plain, or only not known to be; both are then in no particular state, and parse() has the word. Vector
/// instructions as simd::level() says.
///
/// One condition is left to the caller, as the rooms of text do not know each other: where Contents::krrs is
/// not empty (one KRR, the sole body of a 488), the answer counts only if krr::recognise() takes that body;
/// else it is a false.
[[nodiscard]] bool read_plain(std::string_view datagram, Arena& arena, Message& message,
                              Contents& contents) noexcept;

}  // namespace kmsgate::sip
