// SPDX-License-Identifier: BSD-3-Clause
// What headers on the virtual wires are written and checked with.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "tools/lab/wire.hpp"

namespace kmsgate::lab {

using View = std::span<const std::uint8_t>;

inline constexpr std::uint8_t kProtocolTcp = 6, kProtocolUdp = 17;

[[nodiscard]] inline std::uint16_t get16(View bytes, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
[[nodiscard]] inline std::uint32_t get32(View bytes, std::size_t at) noexcept {
    return std::uint32_t{get16(bytes, at)} << 16 | get16(bytes, at + 2);
}
inline void put16(Frame& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}
inline void put32(Frame& out, std::uint32_t value) {
    put16(out, value >> 16);
    put16(out, value & 0xFFFF);
}

[[nodiscard]] inline std::unexpected<std::string> wrong(std::string what) {
    return std::unexpected(std::move(what));
}

/// RFC 1071: the one's complement of the one's complement sum; 0 over bytes that hold their own checksum.
[[nodiscard]] std::uint16_t internet_checksum(View bytes) noexcept;
/// The same over pseudo header (RFC 768, RFC 9293 3.1) and datagram or segment.
[[nodiscard]] std::uint16_t transport_checksum(View source, View destination, std::uint8_t protocol,
                                               View bytes);

/// An Ethernet frame with an IPv4 packet; `fragment`: flags and offset as they stand in the header.
[[nodiscard]] Frame ip_frame(const Station& from, const Station& to, std::uint8_t protocol, std::uint16_t id,
                             std::uint16_t fragment, View payload);

/// The IPv4 packet in a frame, its header checked.
struct Ip {
    View source, destination;
    std::uint8_t protocol = 0;
    std::uint16_t id = 0, fragment = 0;
    View data;
};
[[nodiscard]] std::expected<Ip, std::string> read_ip(View frame);

}  // namespace kmsgate::lab
