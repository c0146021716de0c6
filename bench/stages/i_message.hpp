// SPDX-License-Identifier: BSD-3-Clause
// The I_MESSAGEs of kmsgate-traffic, under this room's name: what is measured is what the tool sends.
#pragma once

#include "bench/stages/random.hpp"
#include "tools/traffic/encode/i_message.hpp"

namespace kmsgate::bench {
using traffic::base64;
using traffic::encode;
using traffic::IMessage;
using traffic::MapType;
}  // namespace kmsgate::bench
