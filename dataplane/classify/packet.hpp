// SPDX-License-Identifier: BSD-3-Clause
// Ethernet to transport: where the headers of a frame lie and what it could be. Software is the truth; RSS
// and rte_flow only make it cheaper.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "policy/table/table.hpp"

namespace kmsgate::classify {

enum class Kind : std::uint8_t {
    other,      ///< nothing that could carry SIP over UDP or TCP here
    malformed,  ///< IP, UDP or TCP lengths contradict each other or exceed the frame; bad IPv4 header
                ///< checksum
    udp,
    tcp,
    fragment,   ///< one fragment of an IP datagram
    tunnel,     ///< GRE, IP in IP, MPLS, PPPoE whose inside is no IP that can be read
    encrypted,  ///< ESP
};

/// Offsets from the frame's start, lengths in bytes.
struct Packet {
    Kind kind = Kind::other;
    bool v6 = false;
    bool tunnelled =
        false;  ///< found inside a readable tunnel (IP in IP, GRE, AH, LLC/SNAP): cannot be answered
    bool too_deep = false;      ///< more tunnels in each other than are read: malformed
    std::uint16_t l3 = 0;       ///< start of the IP header that was judged
    std::uint32_t l4 = 0;       ///< start of the transport header, or of a fragment's data
    std::uint32_t l4_size = 0;  ///< bytes from l4 to the end of the IP packet
    std::uint32_t payload = 0;  ///< start of the UDP or TCP payload
    std::uint32_t payload_size = 0;
    policy::table::Address source{};
    policy::table::Address destination{};
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint8_t protocol =
        0;  ///< transport, also of fragments (IPv6: as the first header behind Fragment says)
    bool tcp_syn = false;
    // fragments
    std::uint32_t fragment_id = 0;
    std::uint32_t fragment_offset = 0;  ///< bytes
    bool more_fragments = false;
    std::uint64_t vlan = 0;  ///< the VLAN tags' ids, 16 bits each, outermost highest; 0: untagged
};

/// Reads one frame. Never reads outside `frame`; at most 8 VLAN tags, 16 IPv6 extension headers, 4 tunnels.
[[nodiscard]] Packet read(std::span<const std::uint8_t> frame) noexcept;
/// The same into `packet`, at a fraction of the cost for a frame that read_plain() reads.
void read(std::span<const std::uint8_t> frame, Packet& packet) noexcept;
/// Reads an untagged frame of IPv4 without options, or IPv6 without extension headers, with UDP or TCP in it,
/// or an IPv4 fragment. False: it is something else, or something is wrong with it; ask read(). `packet` then
/// says nothing.
[[nodiscard]] bool read_plain(std::span<const std::uint8_t> frame, Packet& packet) noexcept;

/// Reads the UDP or TCP header of a reassembled datagram (packet.protocol; l4 offsets then refer to
/// `datagram`). A fragment directly inside it is malformed.
[[nodiscard]] Kind read_transport(std::span<const std::uint8_t> datagram, Packet& packet) noexcept;

}  // namespace kmsgate::classify
