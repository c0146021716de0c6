// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/octets.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kmsgate::lab {

namespace {

constexpr std::size_t kIp = 20, kUdp = 8;
constexpr std::uint16_t kMoreFragments = 0x2000, kOffset = 0x1FFF;

std::expected<std::optional<Datagram>, std::string> read_udp(View source, View destination,
                                                             std::string_view data) {
    const View udp{reinterpret_cast<const std::uint8_t*>(data.data()), data.size()};
    if (udp.size() < kUdp) return wrong("UDP header cut short");
    if (get16(udp, 4) != udp.size())
        return wrong(fmt::format("UDP length says {}, the datagram has {} bytes", get16(udp, 4), udp.size()));
    if (get16(udp, 6) == 0) return wrong("no UDP checksum");
    if (transport_checksum(source, destination, kProtocolUdp, udp) != 0) return wrong("wrong UDP checksum");
    Datagram out;
    std::copy_n(source.begin(), 4, out.source.begin());
    std::copy_n(destination.begin(), 4, out.destination.begin());
    out.source_port = get16(udp, 0);
    out.destination_port = get16(udp, 2);
    out.payload = data.substr(kUdp);
    return out;
}

}  // namespace

std::string Station::host() const {
    return fmt::format("{}.{}.{}.{}", ip[0], ip[1], ip[2], ip[3]);
}

std::vector<Frame> send_datagram(const Station& from, const Station& to, std::string_view payload,
                                 std::uint16_t id, std::size_t mtu) {
    Frame udp;
    put16(udp, from.port);
    put16(udp, to.port);
    put16(udp, kUdp + payload.size());
    put16(udp, 0);
    udp.insert(udp.end(), payload.begin(), payload.end());
    std::uint16_t sum = transport_checksum(from.ip, to.ip, kProtocolUdp, udp);
    if (sum == 0) sum = 0xFFFF;
    udp[6] = static_cast<std::uint8_t>(sum >> 8);
    udp[7] = static_cast<std::uint8_t>(sum);

    std::vector<Frame> out;
    const std::size_t step = udp.size() + kIp <= mtu ? udp.size() : (mtu - kIp) / 8 * 8;
    for (std::size_t at = 0; at < udp.size(); at += step) {
        const std::size_t size = std::min(step, udp.size() - at);
        const auto fragment =
            static_cast<std::uint16_t>(at / 8 | (at + size < udp.size() ? kMoreFragments : 0U));
        out.push_back(ip_frame(from, to, kProtocolUdp, id, fragment, View(udp).subspan(at, size)));
    }
    return out;
}

std::expected<std::optional<Datagram>, std::string> Reassembler::take(View frame) {
    const auto ip = read_ip(frame);
    if (!ip) return std::unexpected(ip.error());
    if (ip->protocol != kProtocolUdp) return wrong("no UDP");
    const auto& [source, destination, protocol, id, field, data] = *ip;
    const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
    const bool more = (field & kMoreFragments) != 0;
    const std::size_t offset = static_cast<std::size_t>(field & kOffset) * 8;
    if (!more && offset == 0) return read_udp(source, destination, text);

    const std::string key = std::string(reinterpret_cast<const char*>(source.data()), 8) + std::to_string(id);
    Parts& parts = parts_[key];
    if (more && data.size() % 8 != 0) return wrong("a fragment that is no multiple of 8");
    if (!parts.pieces.emplace(offset, text).second) return wrong("two fragments at one offset");
    if (!more) parts.size = offset + data.size();
    std::string whole;
    for (const auto& [at, piece] : parts.pieces) {
        if (at < whole.size()) return wrong("fragments overlap");
        if (at > whole.size()) return std::optional<Datagram>{};
        whole += piece;
    }
    if (!parts.size || whole.size() < *parts.size) return std::optional<Datagram>{};
    parts_.erase(key);
    return read_udp(source, destination, whole);
}

}  // namespace kmsgate::lab
