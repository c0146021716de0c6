// SPDX-License-Identifier: BSD-3-Clause
// The frames that nearly all traffic consists of, read with few instructions. What read() says of them is the
// truth (a property test holds the two together).
#include <bit>
#include <cstring>

#include "dataplane/classify/packet.hpp"

namespace kmsgate::classify {

namespace {

constexpr std::size_t kIp = 14;
constexpr std::uint8_t kTcp = 6, kUdp = 17;
constexpr std::uint16_t kGtpU = 2152, kVxlan = 4789;

template <class T>
[[gnu::always_inline]] inline T load(const std::uint8_t* at) noexcept {
    T value{};
    std::memcpy(&value, at, sizeof value);
    return value;
}
[[gnu::always_inline]] inline std::uint16_t be16(const std::uint8_t* at) noexcept {
    static_assert(std::endian::native == std::endian::little);
    return __builtin_bswap16(load<std::uint16_t>(at));
}

/// RFC 1071 over a header of 20 bytes, in the machine's byte order: a right one gives all ones in any.
bool checksum_ok(const std::uint8_t* ip) noexcept {
    const auto a = load<std::uint64_t>(ip), b = load<std::uint64_t>(ip + 8);
    std::uint64_t sum =
        (a & 0xFFFFFFFF) + (a >> 32) + (b & 0xFFFFFFFF) + (b >> 32) + load<std::uint32_t>(ip + 16);
    sum = (sum & 0xFFFF) + (sum >> 16 & 0xFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16);
    return sum == 0xFFFF;
}

/// The transport header at `l4`, `size` bytes of it and what it carries.
bool read_l4(const std::uint8_t* l4, std::size_t size, std::uint8_t protocol, Packet& p) noexcept {
    std::size_t header = 8;
    if (protocol == kUdp) {
        if (size < 8 || be16(l4 + 4) != size) return false;
        p.destination_port = be16(l4 + 2);
        if (p.destination_port == kGtpU || p.destination_port == kVxlan) return false;
        p.kind = Kind::udp;
    } else {
        if (protocol != kTcp || size < 20) return false;
        header = static_cast<std::size_t>(l4[12] >> 4) * 4;
        if (header < 20 || header > size) return false;
        p.destination_port = be16(l4 + 2);
        p.tcp_syn = (l4[13] & 0x02) != 0;
        p.kind = Kind::tcp;
    }
    p.source_port = be16(l4);
    p.protocol = protocol;
    p.l4_size = static_cast<std::uint32_t>(size);
    p.payload = p.l4 + static_cast<std::uint32_t>(header);
    p.payload_size = static_cast<std::uint32_t>(size - header);
    return true;
}

bool read_ipv4(const std::uint8_t* ip, std::size_t size, Packet& p) noexcept {
    const std::size_t total = be16(ip + 2);
    if (ip[0] != 0x45 || total < 20 || total > size || !checksum_ok(ip)) return false;
    constexpr std::uint64_t kMapped = std::endian::native == std::endian::little ? 0xFFFF0000 : 0xFFFF;
    const std::array<std::uint64_t, 2> source = {0,
                                                 kMapped | std::uint64_t{load<std::uint32_t>(ip + 12)} << 32};
    const std::array<std::uint64_t, 2> destination = {
        0, kMapped | std::uint64_t{load<std::uint32_t>(ip + 16)} << 32};
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(p.source.data(), source.data(), 16);
    std::memcpy(p.destination.data(), destination.data(), 16);
    p.l3 = kIp;
    p.l4 = kIp + 20;
    const unsigned field = be16(ip + 6);
    if ((field & 0x3FFFU) == 0) return read_l4(ip + 20, total - 20, ip[9], p);
    p.kind = Kind::fragment;
    p.fragment_offset = (field & 0x1FFFU) * 8U;
    p.more_fragments = (field & 0x2000U) != 0;
    p.fragment_id = be16(ip + 4);
    p.protocol = ip[9];
    p.l4_size = static_cast<std::uint32_t>(total - 20);
    return true;
}

bool read_ipv6(const std::uint8_t* ip, std::size_t size, Packet& p) noexcept {
    if (size < 40 || ip[0] >> 4 != 6) return false;
    const std::size_t payload = be16(ip + 4);
    if (40 + payload > size) return false;
    std::memcpy(p.source.data(), ip + 8, 16);
    std::memcpy(p.destination.data(), ip + 24, 16);
    p.v6 = true;
    p.l3 = kIp;
    p.l4 = kIp + 40;
    return read_l4(ip + 40, payload, ip[6], p);
}

}  // namespace

bool read_plain(std::span<const std::uint8_t> frame, Packet& packet) noexcept {
    if (frame.size() < kIp + 20) return false;
    packet = Packet{};
    const std::uint8_t* const at = frame.data();
    const unsigned type = be16(at + 12);
    if (type == 0x0800) return read_ipv4(at + kIp, frame.size() - kIp, packet);
    return type == 0x86DD && read_ipv6(at + kIp, frame.size() - kIp, packet);
}

void read(std::span<const std::uint8_t> frame, Packet& packet) noexcept {
    if (!read_plain(frame, packet)) packet = read(frame);
}

}  // namespace kmsgate::classify
