// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: the headers that every message must have (RFC 3261 8.1.1).
#pragma once

#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {

/// Fills Via, From, To, Call-ID, CSeq and the method of a response from message.headers, and their faults.
void read_fields(Message& message) noexcept;

}  // namespace kmsgate::sip
