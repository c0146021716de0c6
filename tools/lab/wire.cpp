// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/wire.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kmsgate::lab {

namespace {

constexpr std::size_t kEthernet = 14, kIp = 20, kUdp = 8;
constexpr std::uint16_t kMoreFragments = 0x2000, kOffset = 0x1FFF;

using View = std::span<const std::uint8_t>;

std::uint16_t get16(View bytes, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void put16(Frame& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

/// RFC 1071: the one's complement of the one's complement sum; 0 over bytes that hold their own checksum.
std::uint16_t internet_checksum(View bytes) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += static_cast<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

/// Pseudo header (RFC 768) and the UDP datagram.
std::uint16_t udp_checksum(View source, View destination, View udp) {
    Frame all(source.begin(), source.end());
    all.insert(all.end(), destination.begin(), destination.end());
    put16(all, 17);
    put16(all, udp.size());
    all.insert(all.end(), udp.begin(), udp.end());
    return internet_checksum(all);
}

std::unexpected<std::string> wrong(std::string what) {
    return std::unexpected(std::move(what));
}

std::expected<std::optional<Datagram>, std::string> read_udp(View source, View destination,
                                                             std::string_view data) {
    const View udp{reinterpret_cast<const std::uint8_t*>(data.data()), data.size()};
    if (udp.size() < kUdp) return wrong("UDP header cut short");
    if (get16(udp, 4) != udp.size())
        return wrong(fmt::format("UDP length says {}, the datagram has {} bytes", get16(udp, 4), udp.size()));
    if (get16(udp, 6) == 0) return wrong("no UDP checksum");
    if (udp_checksum(source, destination, udp) != 0) return wrong("wrong UDP checksum");
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
    std::uint16_t sum = udp_checksum(from.ip, to.ip, udp);
    if (sum == 0) sum = 0xFFFF;
    udp[6] = static_cast<std::uint8_t>(sum >> 8);
    udp[7] = static_cast<std::uint8_t>(sum);

    std::vector<Frame> out;
    const std::size_t step = udp.size() + kIp <= mtu ? udp.size() : (mtu - kIp) / 8 * 8;
    for (std::size_t at = 0; at < udp.size(); at += step) {
        const std::size_t size = std::min(step, udp.size() - at);
        Frame frame(to.mac.begin(), to.mac.end());
        frame.insert(frame.end(), from.mac.begin(), from.mac.end());
        put16(frame, 0x0800);
        frame.push_back(0x45);
        frame.push_back(0);
        put16(frame, kIp + size);
        put16(frame, id);
        put16(frame, at / 8 | (at + size < udp.size() ? kMoreFragments : 0U));
        frame.push_back(64);
        frame.push_back(17);
        put16(frame, 0);
        frame.insert(frame.end(), from.ip.begin(), from.ip.end());
        frame.insert(frame.end(), to.ip.begin(), to.ip.end());
        const std::uint16_t header = internet_checksum(View(frame).subspan(kEthernet, kIp));
        frame[kEthernet + 10] = static_cast<std::uint8_t>(header >> 8);
        frame[kEthernet + 11] = static_cast<std::uint8_t>(header);
        const auto piece = View(udp).subspan(at, size);
        frame.insert(frame.end(), piece.begin(), piece.end());
        out.push_back(std::move(frame));
    }
    return out;
}

std::expected<std::optional<Datagram>, std::string> Reassembler::take(View frame) {
    if (frame.size() < kEthernet + kIp) return wrong("frame cut short");
    if (get16(frame, 12) != 0x0800) return wrong("no IPv4");
    const View ip = frame.subspan(kEthernet);
    const std::size_t header = static_cast<std::size_t>(ip[0] & 0x0F) * 4;
    if (ip[0] >> 4 != 4 || header < kIp || header > ip.size()) return wrong("no IPv4 header");
    if (internet_checksum(ip.first(header)) != 0) return wrong("wrong IP header checksum");
    const std::size_t total = get16(ip, 2);
    if (total < header || total > ip.size())
        return wrong(fmt::format("IP length {} in a frame of {}", total, ip.size()));
    if (ip[9] != 17) return wrong("no UDP");
    const View source = ip.subspan(12, 4), destination = ip.subspan(16, 4);
    const View data = ip.subspan(header, total - header);
    const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
    const std::uint16_t field = get16(ip, 6);
    const bool more = (field & kMoreFragments) != 0;
    const std::size_t offset = static_cast<std::size_t>(field & kOffset) * 8;
    if (!more && offset == 0) return read_udp(source, destination, text);

    const std::string key =
        std::string(reinterpret_cast<const char*>(source.data()), 8) + std::to_string(get16(ip, 4));
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
