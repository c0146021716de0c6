// SPDX-License-Identifier: BSD-3-Clause
// Ethernet frames around UDP datagrams, TCP segments and whatever else IP carries: VLAN tags, IPv4 and IPv6,
// fragments, every checksum. Shares nothing with the packet path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::traffic {

using Frame = std::vector<std::uint8_t>;

/// One end of a conversation.
struct Host {
    std::array<std::uint8_t, 6> mac{};
    std::array<std::uint8_t, 16> address{};  ///< IPv4 as ::ffff:a.b.c.d
    bool v6 = false;
    std::uint16_t port = 5060;
    std::string text;  ///< "10.0.0.1", "[2001:db8::1]": as a URI names it
};
/// Sets `text` from the address.
void name(Host& host);

/// From whom to whom, under which tags.
struct Link {
    const Host* from = nullptr;
    const Host* to = nullptr;
    std::span<const std::uint16_t>
        vlans;               ///< outermost first; the outer one of two is a service tag (802.1ad)
    std::uint32_t id = 0;    ///< IP identification; of IPv6 the flow label and the fragments' id
    std::size_t mtu = 1500;  ///< largest IP packet, at least 576
};

/// IP protocol numbers.
enum class Protocol : std::uint8_t { icmp = 1, tcp = 6, udp = 17, icmp6 = 58 };

/// The frames of one datagram: one, or fragments. At most 65,000 bytes of payload.
void write_udp(const Link& link, std::string_view payload, std::vector<Frame>& out);
/// A whole IP payload, cut at the MTU, or (`step`, a multiple of 8, not 0) into pieces of that many bytes.
void write_ip(const Link& link, Protocol protocol, std::span<const std::uint8_t> payload, std::size_t step,
              std::vector<Frame>& out);
/// UDP header and payload, checksum included.
[[nodiscard]] Frame udp_datagram(const Link& link, std::string_view payload);

/// Flags of a TCP header.
inline constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32;
struct Segment {
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    std::uint8_t flags = kAck;
    std::uint32_t stamp = 0;  ///< timestamps option (RFC 7323), in milliseconds, and the peer's last one
    std::uint32_t echo = 0;
    std::uint16_t mss = 0;  ///< of a SYN: MSS, SACK permitted and window scale are said, too
    std::string_view payload;
};
/// Bytes of a TCP header, of the options that every segment has, and most payload of one.
inline constexpr std::size_t kTcpHeader = 20, kTcpOptions = 12;
[[nodiscard]] std::size_t largest_segment(const Link& link) noexcept;
[[nodiscard]] Frame write_tcp(const Link& link, const Segment& segment);

/// An Ethernet frame of any type, padded to 60 bytes.
[[nodiscard]] Frame write_ethernet(const std::array<std::uint8_t, 6>& to,
                                   const std::array<std::uint8_t, 6>& from, std::uint16_t type,
                                   std::span<const std::uint8_t> payload);
/// ICMP and ICMPv6 echo.
[[nodiscard]] Frame write_echo(const Link& link, bool reply, std::uint16_t number, std::string_view payload);

/// Where the IP header of a frame made here starts.
[[nodiscard]] inline std::size_t ip_offset(const Link& link) noexcept {
    return 14 + 4 * link.vlans.size();
}
/// RFC 1071 over some bytes, on top of a sum.
[[nodiscard]] std::uint64_t ones_sum(std::uint64_t sum, std::span<const std::uint8_t> bytes) noexcept;
[[nodiscard]] std::uint16_t fold(std::uint64_t sum) noexcept;

}  // namespace kmsgate::traffic
