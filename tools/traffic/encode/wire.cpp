// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/encode/wire.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace kmsgate::traffic {

namespace {

constexpr std::size_t kIp4 = 20, kIp6 = 40, kUdp = 8, kTcp = kTcpHeader, kFragment = 8;
constexpr std::size_t kLeastFrame = 60;
constexpr std::uint16_t kTypeIp4 = 0x0800, kTypeIp6 = 0x86DD, kTypeTag = 0x8100, kTypeServiceTag = 0x88A8;

void put8(Frame& out, std::uint64_t value) {
    out.push_back(static_cast<std::uint8_t>(value));
}
void put16(Frame& out, std::uint64_t value) {
    put8(out, value >> 8);
    put8(out, value);
}
void put32(Frame& out, std::uint64_t value) {
    put16(out, value >> 16);
    put16(out, value);
}
void store16(Frame& out, std::size_t at, std::uint16_t value) {
    out[at] = static_cast<std::uint8_t>(value >> 8);
    out[at + 1] = static_cast<std::uint8_t>(value);
}

std::span<const std::uint8_t> address_of(const Host& host) noexcept {
    const std::span all(host.address);
    return host.v6 ? all : all.last(4);
}

template <class Bytes>
void append(Frame& out, const Bytes& bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Pseudo header of UDP, TCP and ICMPv6 (RFC 768, 9293 3.1, 8200 8.1).
std::uint64_t pseudo_sum(const Link& link, Protocol protocol, std::size_t size) noexcept {
    std::uint64_t sum = ones_sum(0, address_of(*link.from));
    sum = ones_sum(sum, address_of(*link.to));
    return sum + std::to_underlying(protocol) + (size >> 16) + (size & 0xFFFF);
}

void put_link(const Link& link, Frame& out) {
    append(out, link.to->mac);
    append(out, link.from->mac);
    for (std::size_t i = 0; i < link.vlans.size(); ++i) {
        put16(out, i + 1 < link.vlans.size() ? kTypeServiceTag : kTypeTag);
        put16(out, link.vlans[i]);
    }
    put16(out, link.from->v6 ? kTypeIp6 : kTypeIp4);
}

struct Piece {
    std::size_t offset = 0;
    std::span<const std::uint8_t> bytes;
    bool more = false;
    [[nodiscard]] bool fragment() const noexcept { return more || offset != 0; }
};

void put_ip4(const Link& link, Protocol protocol, const Piece& piece, Frame& out) {
    const std::size_t at = out.size();
    put16(out, 0x4500);
    put16(out, kIp4 + piece.bytes.size());
    put16(out, link.id);
    put16(out, piece.offset / 8 | (piece.more ? 0x2000U : 0U));
    put8(out, 64);
    put8(out, std::to_underlying(protocol));
    put16(out, 0);
    append(out, address_of(*link.from));
    append(out, address_of(*link.to));
    store16(out, at + 10, fold(ones_sum(0, std::span(out).subspan(at, kIp4))));
}

void put_ip6(const Link& link, Protocol protocol, const Piece& piece, Frame& out) {
    constexpr std::uint8_t kFragmentHeader = 44;
    put32(out, 0x60000000U | (link.id & 0xFFFFF));
    put16(out, piece.bytes.size() + (piece.fragment() ? kFragment : 0));
    put8(out, piece.fragment() ? kFragmentHeader : std::to_underlying(protocol));
    put8(out, 64);
    append(out, link.from->address);
    append(out, link.to->address);
    if (!piece.fragment()) return;
    put8(out, std::to_underlying(protocol));
    put8(out, 0);
    put16(out, piece.offset | (piece.more ? 1U : 0U));
    put32(out, link.id);
}

Frame frame_of(const Link& link, Protocol protocol, const Piece& piece) {
    Frame out;
    out.reserve(ip_offset(link) + kIp6 + kFragment + std::max(piece.bytes.size(), kLeastFrame));
    put_link(link, out);
    if (link.from->v6)
        put_ip6(link, protocol, piece, out);
    else
        put_ip4(link, protocol, piece, out);
    append(out, piece.bytes);
    if (out.size() < kLeastFrame) out.resize(kLeastFrame);
    return out;
}

}  // namespace

std::uint64_t ones_sum(std::uint64_t sum, std::span<const std::uint8_t> bytes) noexcept {
    // Eight bytes at once, in the machine's order: the sum is the same but for the order of its bytes (RFC
    // 1071 2).
    std::uint64_t swapped = 0;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, 8);
        swapped += word;
        swapped += swapped < word ? 1U : 0U;
    }
    for (; at < bytes.size(); at += 2) {
        std::uint16_t word = bytes[at];
        if (at + 1 < bytes.size()) word = static_cast<std::uint16_t>(word | bytes[at + 1] << 8);
        swapped += word;
        swapped += swapped < word ? 1U : 0U;
    }
    const std::uint16_t little = static_cast<std::uint16_t>(~fold(swapped));
    return sum + static_cast<std::uint16_t>(little >> 8 | little << 8);
}

std::uint16_t fold(std::uint64_t sum) noexcept {
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void name(Host& host) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (host.v6)
        inet_ntop(AF_INET6, host.address.data(), text.data(), text.size());
    else
        inet_ntop(AF_INET, host.address.data() + 12, text.data(), text.size());
    host.text = host.v6 ? "[" + std::string(text.data()) + "]" : std::string(text.data());
}

Frame udp_datagram(const Link& link, std::string_view payload) {
    Frame out;
    out.reserve(kUdp + payload.size());
    put16(out, link.from->port);
    put16(out, link.to->port);
    put16(out, kUdp + payload.size());
    put16(out, 0);
    append(out, payload);
    const std::uint16_t sum = fold(ones_sum(pseudo_sum(link, Protocol::udp, out.size()), out));
    store16(out, 6, sum == 0 ? 0xFFFF : sum);
    return out;
}

void write_ip(const Link& link, Protocol protocol, std::span<const std::uint8_t> payload, std::size_t step,
              std::vector<Frame>& out) {
    const std::size_t header = link.from->v6 ? kIp6 : kIp4;
    if (step == 0) {
        step = payload.size();
        if (header + step > link.mtu) step = (link.mtu - header - (link.from->v6 ? kFragment : 0)) / 8 * 8;
    }
    for (std::size_t at = 0; at == 0 || at < payload.size(); at += step) {
        const std::size_t size = std::min(step, payload.size() - at);
        out.push_back(frame_of(link, protocol, {at, payload.subspan(at, size), at + size < payload.size()}));
        if (size == 0) break;
    }
}

void write_udp(const Link& link, std::string_view payload, std::vector<Frame>& out) {
    write_ip(link, Protocol::udp, udp_datagram(link, payload), 0, out);
}

std::size_t largest_segment(const Link& link) noexcept {
    return link.mtu - (link.from->v6 ? kIp6 : kIp4) - kTcp - kTcpOptions;
}

Frame write_tcp(const Link& link, const Segment& s) {
    const std::size_t options = s.mss != 0 ? 20 : kTcpOptions;
    Frame out;
    out.reserve(kTcp + options + s.payload.size());
    put16(out, link.from->port);
    put16(out, link.to->port);
    put32(out, s.sequence);
    put32(out, s.acknowledgement);
    put8(out, (kTcp + options) / 4 << 4);
    put8(out, s.flags);
    put16(out, 64240);
    put32(out, 0);  // checksum, no urgent data
    if (s.mss != 0) {
        put16(out, 0x0204);
        put16(out, s.mss);
        put16(out, 0x0402);  // SACK permitted
    } else {
        put16(out, 0x0101);
    }
    put16(out, 0x080A);  // timestamps
    put32(out, s.stamp);
    put32(out, s.echo);
    if (s.mss != 0) put32(out, 0x01030307);  // window scale 7
    append(out, s.payload);
    store16(out, 16, fold(ones_sum(pseudo_sum(link, Protocol::tcp, out.size()), out)));
    return frame_of(link, Protocol::tcp, {0, out, false});
}

Frame write_ethernet(const std::array<std::uint8_t, 6>& to, const std::array<std::uint8_t, 6>& from,
                     std::uint16_t type, std::span<const std::uint8_t> payload) {
    Frame out;
    append(out, to);
    append(out, from);
    put16(out, type);
    append(out, payload);
    if (out.size() < kLeastFrame) out.resize(kLeastFrame);
    return out;
}

Frame write_echo(const Link& link, bool reply, std::uint16_t number, std::string_view payload) {
    const bool v6 = link.from->v6;
    Frame out;
    put8(out, v6 ? (reply ? 129U : 128U) : (reply ? 0U : 8U));
    put8(out, 0);
    put16(out, 0);
    put16(out, 0x4B47);
    put16(out, number);
    append(out, payload);
    const Protocol protocol = v6 ? Protocol::icmp6 : Protocol::icmp;
    store16(out, 2, fold(ones_sum(v6 ? pseudo_sum(link, protocol, out.size()) : 0, out)));
    return frame_of(link, protocol, {0, out, false});
}

}  // namespace kmsgate::traffic
