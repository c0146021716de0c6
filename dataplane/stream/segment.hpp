// SPDX-License-Identifier: BSD-3-Clause
// One TCP segment as it came: its header, its options, where its payload lies (RFC 9293 3.1, RFC 7323).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/classify/packet.hpp"
#include "dataplane/stream/sequence.hpp"

namespace kmsgate::stream {

inline constexpr std::size_t kHeader = 20;         ///< bytes of a TCP header without options
inline constexpr std::size_t kMaxHeader = 60;      ///< with options
inline constexpr std::uint8_t kMaxScale = 14;      ///< RFC 7323 2.3
inline constexpr std::uint16_t kDefaultMss = 536;  ///< RFC 9293 3.7.1, where no option says more

/// Flags, as they stand in the header.
enum Flag : std::uint8_t { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32 };

struct Timestamps {
    std::uint32_t value = 0;
    std::uint32_t echo = 0;
};

/// What a segment says. Numbers in host byte order.
struct Segment {
    Sequence seq = 0;
    Sequence ack = 0;
    std::uint8_t flags = 0;
    std::uint8_t ttl = 0;       ///< or hop limit
    std::uint16_t window = 0;   ///< as it stands there, unscaled
    std::uint32_t payload = 0;  ///< where it starts in the frame
    std::uint32_t size = 0;     ///< bytes of payload
    // options
    std::optional<std::uint16_t> mss;
    std::optional<std::uint8_t> scale;
    bool sack_permitted = false;
    bool sack = false;  ///< says what came behind a gap
    std::optional<Timestamps> timestamps;
    std::uint16_t stamp_at = 0;  ///< where its own timestamp stands in the TCP header
    bool multipath = false;      ///< it speaks Multipath TCP (RFC 8684 3)

    [[nodiscard]] bool has(Flag f) const noexcept { return (flags & f) != 0; }
    /// Behind its payload; SYN and FIN count one each.
    [[nodiscard]] Sequence end() const noexcept {
        return seq + size + (has(syn) ? 1U : 0U) + (has(fin) ? 1U : 0U);
    }
};

/// Why a segment is no segment for anybody.
enum class Unsound : std::uint8_t { none, options, checksum };

/// Reads the TCP header of `frame`, which classify has found sound as to its lengths (kind tcp). Says
/// `checksum` when the checksum does not fit (nobody takes such a segment), `options` when an option exceeds
/// the header, has a size that it cannot have, or stands there twice: readers differ on what follows.
[[nodiscard]] Unsound read_segment(std::span<const std::uint8_t> frame, const classify::Packet& packet,
                                   Segment& out) noexcept;

/// Puts no-operations in the place of what offers Multipath TCP, and the checksum for them. `tcp`: a header
/// with options that read_segment() has found sound.
void clear_multipath(std::span<std::uint8_t> tcp) noexcept;

/// TCP checksum over pseudo header and segment (its checksum field as it is): 0 when it fits.
[[nodiscard]] std::uint16_t checksum(const policy::table::Address& source,
                                     const policy::table::Address& destination, bool v6,
                                     std::span<const std::uint8_t> segment) noexcept;

}  // namespace kmsgate::stream
