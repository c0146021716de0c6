// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: the request line and the status line.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {

/// What a start line says. With `clean` it is exactly as RFC 3261 7.1 and 7.2 want it; without, the other
/// fields hold what a lenient reader would still take from it.
struct StartLine {
    Kind kind = Kind::unknown;
    bool clean = false;
    std::string_view method;
    std::string_view request_uri;
    std::uint16_t status = 0;
};

/// Reads one line without its line end.
[[nodiscard]] StartLine read_start_line(std::string_view line) noexcept;

}  // namespace kmsgate::sip
