// SPDX-License-Identifier: BSD-3-Clause
// The ACK of a final response that refuses an INVITE (RFC 3261 17.1.1.3), from that response alone.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "tools/traffic/encode/wire.hpp"
#include "tools/traffic/sip_read.hpp"
#include "tools/traffic/wire_read.hpp"

namespace kmsgate::traffic {

/// Frames of the ACK to the response in `head`, which came in `packet` of `frame` (its last one). The
/// Request-URI is that of To: calls made here have the same in both. Nothing when the response cannot be read
/// that far.
[[nodiscard]] std::optional<std::vector<Frame>> acknowledge(const Head& head, const Packet& packet,
                                                            std::span<const std::uint8_t> frame);

}  // namespace kmsgate::traffic
