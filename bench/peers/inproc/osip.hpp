// SPDX-License-Identifier: BSD-3-Clause
// osip2 (LGPL, from the distribution) as an application would use it to reach a=key-mgmt.
#pragma once

#include <string_view>

#include "bench/peers/inproc/names.hpp"

namespace kmsgate::peers {

/// Parses message, multipart and every SDP in it; `taker` gets the text of each key-mgmt:mikey, valid
/// during the call. False: the message could not be parsed.
bool osip_keys(std::string_view message, const KeyTaker& taker);

}  // namespace kmsgate::peers
