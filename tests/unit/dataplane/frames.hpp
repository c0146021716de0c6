// SPDX-License-Identifier: BSD-3-Clause
// Frames written by hand from RFC 768, 791, 8200 and 2784, and read back without the code under test.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::test {

using Bytes = std::vector<std::uint8_t>;
using Octets4 = std::array<std::uint8_t, 4>;
using Octets16 = std::array<std::uint8_t, 16>;

inline Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
inline Bytes u8(std::size_t v) {
    return {static_cast<std::uint8_t>(v)};
}
inline Bytes u16(std::size_t v) {
    return {static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)};
}
inline Bytes u32(std::uint32_t v) {
    return u16(v >> 16) + u16(v & 0xFFFF);
}
inline Bytes bytes(std::string_view s) {
    return {s.begin(), s.end()};
}
inline std::string text(const Bytes& b) {
    return {b.begin(), b.end()};
}
inline Bytes part(const Bytes& b, std::size_t from, std::size_t size) {
    const auto at = b.begin() + static_cast<std::ptrdiff_t>(from);
    return {at, at + static_cast<std::ptrdiff_t>(size)};
}
template <std::size_t N>
Bytes bytes(const std::array<std::uint8_t, N>& a) {
    return {a.begin(), a.end()};
}
inline std::size_t get16(const Bytes& b, std::size_t at) {
    return static_cast<std::size_t>(b.at(at)) << 8 | b.at(at + 1);
}

/// One's complement sum of RFC 1071, word by word: 0xFFFF over bytes that hold their own right checksum.
inline std::uint16_t ones_sum(const Bytes& b) {
    unsigned long long sum = 0;
    for (std::size_t i = 0; i < b.size(); ++i) sum += i % 2 == 0 ? b[i] * 256ULL : b[i];
    while (sum > 0xFFFF) sum = sum % 65536 + sum / 65536;
    return static_cast<std::uint16_t>(sum);
}

inline constexpr Octets4 kA4 = {10, 0, 0, 1}, kB4 = {10, 0, 0, 2};
inline constexpr Octets16 kA6 = {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
inline constexpr Octets16 kB6 = {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};

struct V4 {
    Octets4 source = kA4;
    Octets4 destination = kB4;
    std::size_t protocol = 17;
    std::size_t id = 0x1234;
    std::size_t field = 0;  ///< flags and fragment offset in units of 8
    Bytes options{};
    std::optional<std::size_t> total{};
    std::optional<std::size_t> ihl{};
    bool bad_sum = false;
};
inline Bytes ipv4(const V4& h, const Bytes& payload) {
    const std::size_t size = 20 + h.options.size();
    Bytes head = u8(0x40 | h.ihl.value_or(size / 4)) + u8(0) + u16(h.total.value_or(size + payload.size())) +
                 u16(h.id) + u16(h.field) + u8(64) + u8(h.protocol) + u16(0) + bytes(h.source) +
                 bytes(h.destination) + h.options;
    const std::size_t sum = static_cast<std::uint16_t>(~ones_sum(head)) ^ (h.bad_sum ? 1U : 0U);
    head[10] = static_cast<std::uint8_t>(sum >> 8);
    head[11] = static_cast<std::uint8_t>(sum);
    return head + payload;
}

struct V6 {
    Octets16 source = kA6;
    Octets16 destination = kB6;
    std::size_t next = 17;
    std::optional<std::size_t> length{};
};
inline Bytes ipv6(const V6& h, const Bytes& payload) {
    return u32(0x60000000) + u16(h.length.value_or(payload.size())) + u8(h.next) + u8(64) + bytes(h.source) +
           bytes(h.destination) + payload;
}
/// An IPv6 extension header of (units + 1) * 8 bytes.
inline Bytes extension(std::size_t next, std::size_t units = 0) {
    return u8(next) + u8(units) + Bytes((units + 1) * 8 - 2, 0);
}
/// An IPv6 Fragment header; `offset` in bytes.
inline Bytes fragment_header(std::size_t next, std::size_t offset, bool more, std::uint32_t id = 7) {
    return u8(next) + u8(0) + u16(offset | (more ? 1U : 0U)) + u32(id);
}

/// Without checksum (0: none was computed).
inline Bytes udp(std::size_t from, std::size_t to, const Bytes& payload,
                 std::optional<std::size_t> length = {}) {
    return u16(from) + u16(to) + u16(length.value_or(8 + payload.size())) + u16(0) + payload;
}
inline Bytes tcp(std::size_t from, std::size_t to, const Bytes& payload, std::size_t words = 5,
                 std::size_t flags = 0x18) {
    return u16(from) + u16(to) + u32(1) + u32(2) + u8(words << 4) + u8(flags) + u16(1000) + u32(0) +
           Bytes(words > 5 ? (words - 5) * 4 : 0, 1) + payload;
}

inline const Bytes kMacs = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
inline Bytes ether(std::size_t type, const Bytes& payload) {
    return kMacs + u16(type) + payload;
}
inline Bytes tagged(std::initializer_list<std::pair<std::size_t, std::size_t>> tags, std::size_t type,
                    const Bytes& payload) {
    Bytes out = kMacs;
    for (const auto& [tpid, id] : tags) out = out + u16(tpid) + u16(id);
    return out + u16(type) + payload;
}
inline Bytes frame4(const Bytes& payload, std::size_t from = 5060, std::size_t to = 5060) {
    return ether(0x0800, ipv4({}, udp(from, to, payload)));
}
/// One TCP segment in one IPv4 frame, its checksum right.
inline Bytes tcp_frame4(const Bytes& payload, std::size_t from, std::size_t to, std::size_t flags = 0x18) {
    const V4 h{.protocol = 6};
    Bytes segment = tcp(from, to, payload, 5, flags);
    const std::uint16_t sum =
        ones_sum(bytes(h.source) + bytes(h.destination) + u16(6) + u16(segment.size()) + segment);
    segment[16] = static_cast<std::uint8_t>((0xFFFF - sum) >> 8);
    segment[17] = static_cast<std::uint8_t>(0xFFFF - sum);
    return ether(0x0800, ipv4(h, segment));
}
inline Bytes frame6(const Bytes& payload, std::size_t from = 5060, std::size_t to = 5060) {
    return ether(0x86DD, ipv6({}, udp(from, to, payload)));
}

/// The frames of one UDP datagram over IPv4, cut so that each but the last carries `step` bytes (a multiple
/// of 8).
inline std::vector<Bytes> fragments4(const Bytes& datagram, std::size_t step, V4 h = {}) {
    std::vector<Bytes> out;
    for (std::size_t at = 0; at < datagram.size(); at += step) {
        const std::size_t n = std::min(step, datagram.size() - at);
        h.field = at / 8 | (at + n < datagram.size() ? 0x2000U : 0U);
        out.push_back(ether(0x0800, ipv4(h, part(datagram, at, n))));
    }
    return out;
}
inline std::vector<Bytes> fragments6(const Bytes& datagram, std::size_t step, std::size_t next = 17,
                                     std::uint32_t id = 7) {
    std::vector<Bytes> out;
    for (std::size_t at = 0; at < datagram.size(); at += step) {
        const std::size_t n = std::min(step, datagram.size() - at);
        const Bytes data = fragment_header(next, at, at + n < datagram.size(), id) + part(datagram, at, n);
        out.push_back(ether(0x86DD, ipv6({.next = 44}, data)));
    }
    return out;
}

/// The UDP payload of frames that together are one datagram, every length and checksum on the way checked.
/// `link`: bytes in front of IP.
struct Received {
    Bytes source, destination;
    std::size_t source_port = 0, destination_port = 0;
    std::string payload;
    std::size_t frames = 0, largest = 0;  ///< bytes of IP
    std::size_t ttl = 0, traffic_class = 0, id = 0;
};
inline Received receive(const std::vector<Bytes>& frames, std::size_t link = 14,
                        bool udp_checksum_needed = true) {
    Received r;
    std::map<std::size_t, Bytes> pieces;
    std::size_t end = 0;
    for (const Bytes& f : frames) {
        const Bytes ip(f.begin() + static_cast<std::ptrdiff_t>(link), f.end());
        r.largest = std::max(r.largest, ip.size());
        ++r.frames;
        std::size_t offset = 0, header = 0;
        bool more = false;
        if (ip.at(0) >> 4 == 4) {
            header = std::size_t{ip[0] & 15U} * 4;
            EXPECT_EQ(get16(ip, 2), ip.size());
            EXPECT_EQ(ones_sum(part(ip, 0, header)), 0xFFFF) << "IPv4 header checksum";
            EXPECT_EQ(ip.at(9), 17);
            offset = (get16(ip, 6) & 0x1FFF) * 8;
            more = (get16(ip, 6) & 0x2000) != 0;
            EXPECT_TRUE(frames.size() == 1 || (get16(ip, 6) & 0x4000) == 0) << "a fragment with DF";
            r.source = part(ip, 12, 4);
            r.destination = part(ip, 16, 4);
            r.ttl = ip[8];
            r.traffic_class = ip[1];
            EXPECT_TRUE(r.frames == 1 || r.id == get16(ip, 4));
            r.id = get16(ip, 4);
        } else {
            header = 40;
            EXPECT_EQ(get16(ip, 4) + 40, ip.size());
            r.source = part(ip, 8, 16);
            r.destination = part(ip, 24, 16);
            r.ttl = ip[7];
            r.traffic_class = (ip[0] & 15U) << 4 | ip[1] >> 4;
            if (ip.at(6) == 44) {
                header = 48;
                EXPECT_EQ(ip.at(40), 17);
                offset = get16(ip, 42) & 0xFFF8;
                more = (ip[43] & 1) != 0;
                r.id = get16(ip, 46);
            } else {
                EXPECT_EQ(ip.at(6), 17);
            }
        }
        const Bytes data(ip.begin() + static_cast<std::ptrdiff_t>(header), ip.end());
        EXPECT_TRUE(!more || data.size() % 8 == 0);
        EXPECT_TRUE(pieces.emplace(offset, data).second) << "two fragments at " << offset;
        if (!more) end = offset + data.size();
    }
    Bytes datagram;
    for (const auto& [offset, data] : pieces) {
        EXPECT_EQ(offset, datagram.size());
        datagram = std::move(datagram) + data;
    }
    EXPECT_EQ(datagram.size(), end);
    if (datagram.size() < 8) {
        ADD_FAILURE() << "no UDP header";
        return r;
    }
    EXPECT_EQ(get16(datagram, 4), datagram.size());
    if (udp_checksum_needed || get16(datagram, 6) != 0) {
        EXPECT_NE(get16(datagram, 6), 0U);
        const Bytes pseudo =
            r.source + r.destination + u32(static_cast<std::uint32_t>(datagram.size())) + u32(17);
        EXPECT_EQ(ones_sum(pseudo + datagram), 0xFFFF) << "UDP checksum";
    }
    r.source_port = get16(datagram, 0);
    r.destination_port = get16(datagram, 2);
    r.payload = text(part(datagram, 8, datagram.size() - 8));
    return r;
}

}  // namespace kmsgate::test
