// SPDX-License-Identifier: BSD-3-Clause
// Segments of our own, in the name of one end of a connection: acknowledgements, resets, answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/stream/segment.hpp"

namespace kmsgate::stream {

/// Bytes that have come behind a gap (RFC 2018 3).
struct Range {
    Sequence from = 0, to = 0;
};

/// What a segment of ours says.
struct Made {
    Sequence seq = 0;
    Sequence ack = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 0;
    std::optional<Timestamps> timestamps;
    std::optional<Range> sack;
    std::string_view payload;
};

/// Builds it from a frame of the same connection: its Ethernet header with VLAN tags, addresses and ports, in
/// its direction or (`back`) the other way. Null when buffers are short or `like` is no TCP segment.
[[nodiscard]] core::Mbuf make(std::span<const std::uint8_t> like, bool back, const Made& what,
                              rte_mempool* pool) noexcept;

/// Lets routers cut the frame (IPv4): its sender hears nothing of a path that is too narrow for it.
void let_split(rte_mbuf& frame) noexcept;

/// Puts other bytes into a TCP header, and the checksum for them.
void change(std::span<std::uint8_t> tcp, std::size_t at, std::span<const std::uint8_t> bytes) noexcept;
void change32(std::span<std::uint8_t> tcp, std::size_t at, std::uint32_t value) noexcept;
void change16(std::span<std::uint8_t> tcp, std::size_t at, std::uint16_t value) noexcept;

}  // namespace kmsgate::stream
