// SPDX-License-Identifier: BSD-3-Clause
// SIP without MIKEY, the most of what signalling is: BYE and OPTIONS in turns.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/stages/messages.hpp"

namespace kmsgate::bench {

/// Bytes of such a request.
inline constexpr std::size_t kMinPlain = 600, kMaxPlain = 700;

/// One request for each of the INVITEs, between the same users and by the same way. Throws std::logic_error
/// when one's size is out of its bounds.
[[nodiscard]] std::vector<std::string> make_plain(const std::vector<Invite>& invites);

}  // namespace kmsgate::bench
