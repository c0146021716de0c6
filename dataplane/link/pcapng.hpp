// SPDX-License-Identifier: BSD-3-Clause
// pcapng blocks (draft-ietf-opsawg-pcapng) of a capture: little-endian, times in nanoseconds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kmsgate::link {

/// A section with the interfaces 0 "inside" and 1 "outside" of `edge` (empty: of all edges).
[[nodiscard]] std::string pcapng_head(std::string_view program, std::string_view edge,
                                      std::uint32_t snap_length);

/// A frame as it stands in a capture.
struct Captured {
    std::uint32_t interface = 0;  ///< 0 inside, 1 outside
    std::uint64_t time = 0;       ///< nanoseconds since 1970
    std::uint32_t length = 0;     ///< bytes on the wire
    bool sent = false;            ///< made here; else received
    std::span<const std::uint8_t> bytes;
    std::string_view comment;
};
/// Appends an enhanced packet block.
void append_pcapng(std::string& out, const Captured& frame);

}  // namespace kmsgate::link
