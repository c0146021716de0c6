// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/wire_read.hpp"

#include <algorithm>

namespace kmsgate::traffic {

namespace {

using Bytes = std::span<const std::uint8_t>;

std::uint16_t get16(Bytes b, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(b[at] << 8 | b[at + 1]);
}
std::uint32_t get32(Bytes b, std::size_t at) noexcept {
    return static_cast<std::uint32_t>(get16(b, at)) << 16 | get16(b, at + 2);
}

bool read_ip4(Bytes ip, Packet& p) noexcept {
    if (ip.size() < 20 || ip[0] >> 4 != 4) return false;
    const std::size_t header = static_cast<std::size_t>(ip[0] & 15) * 4, total = get16(ip, 2);
    if (header < 20 || total < header || total > ip.size()) return false;
    p.id = get16(ip, 4);
    p.offset = static_cast<std::size_t>(get16(ip, 6) & 0x1FFF) * 8;
    p.more = (get16(ip, 6) & 0x2000) != 0;
    p.protocol = ip[9];
    p.source[10] = p.source[11] = p.destination[10] = p.destination[11] = 0xFF;
    std::copy_n(ip.begin() + 12, 4, p.source.begin() + 12);
    std::copy_n(ip.begin() + 16, 4, p.destination.begin() + 12);
    p.payload = ip.subspan(header, total - header);
    return true;
}

bool read_ip6(Bytes ip, Packet& p) noexcept {
    constexpr std::uint8_t kFragmentHeader = 44;
    if (ip.size() < 40 || ip[0] >> 4 != 6) return false;
    const std::size_t length = get16(ip, 4);
    if (40 + length > ip.size()) return false;
    p.v6 = true;
    p.protocol = ip[6];
    std::copy_n(ip.begin() + 8, 16, p.source.begin());
    std::copy_n(ip.begin() + 24, 16, p.destination.begin());
    p.payload = ip.subspan(40, length);
    if (p.protocol != kFragmentHeader) return true;
    if (length < 8) return false;
    p.protocol = p.payload[0];
    p.offset = get16(p.payload, 2) & 0xFFF8U;
    p.more = (p.payload[3] & 1) != 0;
    p.id = get32(p.payload, 4);
    p.payload = p.payload.subspan(8);
    return true;
}

}  // namespace

std::optional<Packet> read_packet(Bytes frame) noexcept {
    Packet p;
    std::size_t at = 12;
    while (at + 6 <= frame.size() && (get16(frame, at) == 0x8100 || get16(frame, at) == 0x88A8)) {
        at += 4;
        ++p.vlans;
    }
    if (at + 2 > frame.size()) return std::nullopt;
    p.ip_at = at + 2;
    const std::uint16_t type = get16(frame, at);
    const Bytes ip = frame.subspan(p.ip_at);
    if (type == 0x0800 ? read_ip4(ip, p) : type == 0x86DD && read_ip6(ip, p)) return p;
    return std::nullopt;
}

std::optional<Transport> read_transport(std::uint8_t protocol, Bytes payload) noexcept {
    constexpr std::uint8_t kTcp = 6, kUdp = 17;
    std::size_t header = 8;
    if (payload.size() < 8 || (protocol != kTcp && protocol != kUdp)) return std::nullopt;
    std::size_t end = payload.size();
    if (protocol == kTcp) {
        if (payload.size() < 20) return std::nullopt;
        header = static_cast<std::size_t>(payload[12] >> 4) * 4;
    } else {
        end = get16(payload, 4);
    }
    if (header > end || end > payload.size()) return std::nullopt;
    return Transport{get16(payload, 0),
                     get16(payload, 2),
                     {reinterpret_cast<const char*>(payload.data()) + header, end - header},
                     protocol == kTcp ? payload[13] : std::uint8_t{0}};
}

std::optional<Bytes> Assembler::add(const Packet& p) {
    if (!p.fragment()) return p.payload;
    const Key key{p.source, p.destination, p.id, p.protocol};
    const auto [at, fresh] = parts_.try_emplace(key);
    if (fresh) {
        order_.push_back(key);
        while (order_.size() > kMost) {
            if (order_.front() != key) parts_.erase(order_.front());
            order_.pop_front();
        }
    }
    Parts& parts = at->second;
    parts.pieces.try_emplace(p.offset, reinterpret_cast<const char*>(p.payload.data()), p.payload.size());
    if (!p.more) parts.size = p.offset + p.payload.size();
    if (parts.size == 0) return std::nullopt;
    std::string whole;
    for (const auto& [offset, piece] : parts.pieces) {
        if (offset != whole.size()) return std::nullopt;
        whole += piece;
    }
    if (whole.size() != parts.size) return std::nullopt;
    whole_ = std::move(whole);
    parts_.erase(at);
    return Bytes(reinterpret_cast<const std::uint8_t*>(whole_.data()), whole_.size());
}

}  // namespace kmsgate::traffic
