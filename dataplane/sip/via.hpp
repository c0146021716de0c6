// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: the top Via.
#pragma once

#include <string_view>

#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {

/// Reads the first value of a Via header (RFC 3261 20.42, RFC 3581 3). Protocol name and version are not
/// judged; what cannot be read leaves `readable` false.
[[nodiscard]] Via read_via(std::string_view header_value) noexcept;

}  // namespace kmsgate::sip
