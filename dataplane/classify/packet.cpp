// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/classify/packet.hpp"

#include <algorithm>
#include <array>

namespace kmsgate::classify {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86DD, kMpls = 0x8847, kMplsMulticast = 0x8848,
                        kPppoe = 0x8864;
constexpr std::uint16_t kMaxLength = 1500;  // IEEE 802.3: no type but a length
constexpr std::uint8_t kHopByHop = 0, kIpInIp = 4, kTcp = 6, kUdp = 17, kIpv6InIp = 41, kRouting = 43,
                       kFragment = 44, kGre = 47, kEsp = 50, kAh = 51, kDestination = 60, kMobility = 135,
                       kHip = 139, kShim6 = 140;
constexpr unsigned kMaxVlans = 8, kMaxExtensions = 16, kMaxTunnels = 4;
constexpr unsigned kMaxLabels = 16;
constexpr std::uint16_t kEthernet = 0x6558;
constexpr std::uint16_t kGtpU = 2152, kVxlan = 4789;

std::uint16_t be16(Bytes b, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(b[at] << 8 | b[at + 1]);
}
std::uint32_t be32(Bytes b, std::size_t at) noexcept {
    return static_cast<std::uint32_t>(be16(b, at)) << 16 | be16(b, at + 2);
}

bool is_vlan(std::uint16_t type) noexcept {
    return type == 0x8100 || type == 0x88A8 || type == 0x9100 || type == 0x9200 || type == 0x9300;
}

/// An LLC/SNAP header that carries an EtherType (RFC 1042) in a frame of which the type field is a length.
bool is_snap(Bytes llc) noexcept {
    constexpr std::array<std::uint8_t, 6> kSnap = {0xAA, 0xAA, 0x03, 0, 0, 0};
    return llc.size() >= 8 && std::equal(kSnap.begin(), kSnap.end(), llc.begin());
}

/// RFC 1071 over the IPv4 header: 0xFFFF when the checksum is right.
bool header_checksum_ok(Bytes header) noexcept {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < header.size(); i += 2) sum += be16(header, i);
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return sum == 0xFFFF;
}

Kind read_ip(Bytes frame, std::size_t at, unsigned tunnels, Packet& p) noexcept;
Kind read_link(Bytes frame, std::size_t type_at, unsigned tunnels, Packet& p) noexcept;

/// IP inside something else: judged when it can be read, never answered; what is no IP is a tunnel like any
/// other.
Kind read_inner(Bytes frame, std::size_t at, unsigned tunnels, Packet& p) noexcept {
    if (tunnels >= kMaxTunnels) {
        p.too_deep = true;  // nobody nests so deep but to hide
        return Kind::malformed;
    }
    p.tunnelled = true;
    const Kind kind = read_ip(frame, at, tunnels + 1, p);
    return kind == Kind::malformed && !p.too_deep ? Kind::tunnel : kind;
}

Kind read_udp_tcp(Bytes l4, Packet& p) noexcept {
    if (p.protocol == kUdp) {
        // A UDP length that is not what IP carries would hide bytes from one of two readers.
        if (l4.size() < 8 || be16(l4, 4) != l4.size()) return Kind::malformed;
        p.payload = p.l4 + 8;
    } else {
        if (l4.size() < 20) return Kind::malformed;
        const std::size_t size = static_cast<std::size_t>(l4[12] >> 4) * 4;
        if (size < 20 || size > l4.size()) return Kind::malformed;
        p.payload = p.l4 + static_cast<std::uint32_t>(size);
        p.tcp_syn = (l4[13] & 0x02) != 0;
    }
    p.payload_size = p.l4 + static_cast<std::uint32_t>(l4.size()) - p.payload;
    p.source_port = be16(l4, 0);
    p.destination_port = be16(l4, 2);
    return p.protocol == kUdp ? Kind::udp : Kind::tcp;
}

Kind read_gre(Bytes frame, std::size_t at, std::size_t end, unsigned tunnels, Packet& p) noexcept {
    if (end - at < 4) return Kind::malformed;
    const std::uint16_t flags = be16(frame, at);
    // Version 0 with checksum, key, sequence number (RFC 2784, 2890); routing (RFC 1701) is not read.
    if ((flags & 0x4007) != 0) return Kind::tunnel;
    std::size_t size = 4;
    if ((flags & 0x8000) != 0) size += 4;
    if ((flags & 0x2000) != 0) size += 4;
    if ((flags & 0x1000) != 0) size += 4;
    const std::uint16_t type = be16(frame, at + 2);
    if (end - at < size) return Kind::malformed;
    if (type == kIpv4 || type == kIpv6) return read_inner(frame.first(end), at + size, tunnels, p);
    if (type == kEthernet && end - at >= size + 14)
        return read_link(frame.first(end), at + size + 12, tunnels, p);
    return Kind::tunnel;
}

/// GTP-U (TS 29.281 5) and VXLAN (RFC 7348) payload: only what really holds IP counts, else it is UDP like
/// any other.
Kind read_udp_tunnel(Bytes frame, std::size_t end, unsigned tunnels, Packet& p) noexcept {
    const std::size_t at = p.payload;
    Packet inner = p;
    Kind kind = Kind::tunnel;
    if (p.destination_port == kGtpU && end - at >= 8 && (frame[at] & 0xF0U) == 0x30 &&
        frame[at + 1] == 0xFF) {
        const std::size_t size = (frame[at] & 0x07U) != 0 ? 12 : 8;
        if (end - at > size && (frame[at] & 0x04U) == 0)
            kind = read_inner(frame.first(end), at + size, tunnels, inner);
    } else if (p.destination_port == kVxlan && end - at >= 22 && frame[at] == 0x08) {
        kind = read_link(frame.first(end), at + 8 + 12, tunnels, inner);
    }
    if (kind == Kind::tunnel) return Kind::udp;
    p = inner;
    return kind;
}

/// From the transport header on; `end` is the end of the IP packet.
Kind read_protocol(Bytes frame, std::size_t at, std::size_t end, std::uint8_t protocol, unsigned tunnels,
                   Packet& p) noexcept {
    for (unsigned i = 0; i <= kMaxExtensions; ++i) {  // so many headers, and the transport behind them
        p.protocol = protocol;
        p.l4 = static_cast<std::uint32_t>(at);
        p.l4_size = static_cast<std::uint32_t>(end - at);
        switch (protocol) {
            case kUdp: {
                const Kind kind = read_udp_tcp(frame.subspan(at, end - at), p);
                const bool tunnel = p.destination_port == kGtpU || p.destination_port == kVxlan;
                return kind == Kind::udp && tunnel ? read_udp_tunnel(frame, end, tunnels, p) : kind;
            }
            case kTcp:
                return read_udp_tcp(frame.subspan(at, end - at), p);
            case kEsp:
                return Kind::encrypted;
            case kGre:
                return read_gre(frame, at, end, tunnels, p);
            case kIpInIp:
            case kIpv6InIp:
                return read_inner(frame.first(end), at, tunnels, p);
            case kAh: {  // RFC 4302: the payload is in clear, but an answer could not be authenticated
                if (end - at < 12) return Kind::malformed;
                const std::size_t size = (static_cast<std::size_t>(frame[at + 1]) + 2) * 4;
                if (size < 12 || size > end - at) return Kind::malformed;
                p.tunnelled = true;
                protocol = frame[at];
                at += size;
                break;
            }
            case kHopByHop:
            case kRouting:
            case kDestination:
            case kMobility:
            case kHip:
            case kShim6: {
                if (!p.v6) return Kind::other;
                if (end - at < 8) return Kind::malformed;
                const std::size_t size = (static_cast<std::size_t>(frame[at + 1]) + 1) * 8;
                if (size > end - at) return Kind::malformed;
                protocol = frame[at];
                at += size;
                break;
            }
            case kFragment: {
                if (!p.v6) return Kind::other;
                if (end - at < 8) return Kind::malformed;
                const std::uint16_t field = be16(frame, at + 2);
                p.fragment_offset = field & 0xFFF8U;
                p.more_fragments = (field & 1) != 0;
                p.fragment_id = be32(frame, at + 4);
                protocol = frame[at];
                at += 8;
                // RFC 6946: an atomic fragment is a whole datagram.
                if (p.fragment_offset == 0 && !p.more_fragments) break;
                p.protocol = protocol;
                p.l4 = static_cast<std::uint32_t>(at);
                p.l4_size = static_cast<std::uint32_t>(end - at);
                return Kind::fragment;
            }
            default:
                return Kind::other;
        }
    }
    return Kind::malformed;
}

Kind read_ipv4(Bytes frame, std::size_t at, unsigned tunnels, Packet& p) noexcept {
    const Bytes ip = frame.subspan(at);
    if (ip.size() < 20) return Kind::malformed;
    const std::size_t header = static_cast<std::size_t>(ip[0] & 0x0F) * 4;
    const std::size_t total = be16(ip, 2);
    if (header < 20 || header > total || total > ip.size()) return Kind::malformed;
    if (!header_checksum_ok(ip.first(header))) return Kind::malformed;
    p.v6 = false;
    p.l3 = static_cast<std::uint16_t>(at);
    p.source = p.destination = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    std::copy_n(ip.begin() + 12, 4, p.source.begin() + 12);
    std::copy_n(ip.begin() + 16, 4, p.destination.begin() + 12);
    const std::uint16_t field = be16(ip, 6);
    p.fragment_offset = (field & 0x1FFFU) * 8U;
    p.more_fragments = (field & 0x2000) != 0;
    if (p.fragment_offset != 0 || p.more_fragments) {
        p.fragment_id = be16(ip, 4);
        p.protocol = ip[9];
        p.l4 = static_cast<std::uint32_t>(at + header);
        p.l4_size = static_cast<std::uint32_t>(total - header);
        return Kind::fragment;
    }
    return read_protocol(frame, at + header, at + total, ip[9], tunnels, p);
}

Kind read_ipv6(Bytes frame, std::size_t at, unsigned tunnels, Packet& p) noexcept {
    const Bytes ip = frame.subspan(at);
    if (ip.size() < 40) return Kind::malformed;
    const std::size_t total = 40U + be16(ip, 4);
    // Payload length 0 announces a jumbogram, which no link here carries; without payload there is nothing to
    // read.
    if (total > ip.size()) return Kind::malformed;
    p.v6 = true;
    p.l3 = static_cast<std::uint16_t>(at);
    std::copy_n(ip.begin() + 8, 16, p.source.begin());
    std::copy_n(ip.begin() + 24, 16, p.destination.begin());
    p.fragment_offset = 0;
    p.more_fragments = false;
    if (total == 40 && ip[6] == kHopByHop) return Kind::malformed;
    return read_protocol(frame, at + 40, at + total, ip[6], tunnels, p);
}

Kind read_ip(Bytes frame, std::size_t at, unsigned tunnels, Packet& p) noexcept {
    if (at >= frame.size()) return Kind::malformed;
    switch (frame[at] >> 4) {
        case 4:
            return read_ipv4(frame, at, tunnels, p);
        case 6:
            return read_ipv6(frame, at, tunnels, p);
        default:
            return Kind::malformed;
    }
}

/// What an EtherType at `type_at` announces, inside a tunnel: VLAN tags, MPLS labels or PPPoE in front of IP.
Kind read_link(Bytes frame, std::size_t type_at, unsigned tunnels, Packet& p) noexcept {
    std::size_t at = type_at + 2;
    if (frame.size() < at) return Kind::tunnel;
    std::uint16_t type = be16(frame, type_at);
    for (unsigned i = 0; i < kMaxVlans && is_vlan(type) && frame.size() >= at + 4; ++i, at += 4)
        type = be16(frame, at + 2);
    if (type == kMpls || type == kMplsMulticast) {
        bool bottom = false;
        for (unsigned i = 0; i < kMaxLabels && !bottom && frame.size() >= at + 4; ++i, at += 4)
            bottom = (frame[at + 2] & 1U) != 0;
        return bottom ? read_inner(frame, at, tunnels, p) : Kind::tunnel;
    }
    if (type == kPppoe) {  // RFC 2516 session header and the PPP protocol of IPv4 or IPv6
        if (frame.size() < at + 8) return Kind::tunnel;
        const std::uint16_t protocol = be16(frame, at + 6);
        return protocol == 0x0021 || protocol == 0x0057 ? read_inner(frame, at + 8, tunnels, p)
                                                        : Kind::tunnel;
    }
    return type == kIpv4 || type == kIpv6 ? read_inner(frame, at, tunnels, p) : Kind::tunnel;
}

}  // namespace

Packet read(Bytes frame) noexcept {
    Packet p;
    if (frame.size() < 14) return p;
    std::size_t at = 12;
    std::uint16_t type = be16(frame, at);
    at += 2;
    for (unsigned i = 0; is_vlan(type); ++i) {
        if (frame.size() < at + 4) return p;
        if (i == kMaxVlans) {
            p.kind = Kind::malformed;
            return p;
        }
        const std::uint64_t id = be16(frame, at) & 0x0FFFU;
        if (id != 0)
            p.vlan = p.vlan << 16 |
                     id;  // id 0 carries a priority only (IEEE 802.1Q): the same link as without tag
        type = be16(frame, at + 2);
        at += 4;
    }
    if (type <= kMaxLength &&
        is_snap(frame.subspan(at))) {  // some hosts read IP here; an answer cannot borrow this header
        type = be16(frame, at + 6);
        at += 8;
        p.tunnelled = true;
    }
    if (type == kIpv4 || type == kIpv6) {
        const bool version_fits = at < frame.size() && frame[at] >> 4 == (type == kIpv4 ? 4 : 6);
        p.kind = version_fits ? read_ip(frame, at, 0, p) : Kind::malformed;
    } else if (type == kMpls || type == kMplsMulticast || type == kPppoe) {
        p.kind = read_link(frame, at - 2, 0, p);
    }
    return p;
}

Kind read_transport(Bytes datagram, Packet& packet) noexcept {
    packet.l4 = 0;
    packet.l4_size = static_cast<std::uint32_t>(datagram.size());
    if (packet.protocol == kUdp || packet.protocol == kTcp) return read_udp_tcp(datagram, packet);
    // Extension headers, tunnels and the rest may stand behind the Fragment header too.
    const Kind kind = read_protocol(datagram, 0, datagram.size(), packet.protocol, 0, packet);
    // A fragment inside a fragmented datagram: RFC 8200 has none, a lenient host may put it together.
    return kind == Kind::fragment && !packet.tunnelled ? Kind::malformed : kind;
}

}  // namespace kmsgate::classify
