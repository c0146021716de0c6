// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/octets.hpp"

#include <fmt/format.h>

namespace kmsgate::lab {

namespace {
constexpr std::size_t kEthernet = 14, kIp = 20;
}

std::uint16_t internet_checksum(View bytes) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += static_cast<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::uint16_t transport_checksum(View source, View destination, std::uint8_t protocol, View bytes) {
    Frame all(source.begin(), source.end());
    all.insert(all.end(), destination.begin(), destination.end());
    put16(all, protocol);
    put16(all, bytes.size());
    all.insert(all.end(), bytes.begin(), bytes.end());
    return internet_checksum(all);
}

Frame ip_frame(const Station& from, const Station& to, std::uint8_t protocol, std::uint16_t id,
               std::uint16_t fragment, View payload) {
    Frame frame(to.mac.begin(), to.mac.end());
    frame.insert(frame.end(), from.mac.begin(), from.mac.end());
    put16(frame, 0x0800);
    frame.push_back(0x45);
    frame.push_back(0);
    put16(frame, kIp + payload.size());
    put16(frame, id);
    put16(frame, fragment);
    frame.push_back(64);
    frame.push_back(protocol);
    put16(frame, 0);
    frame.insert(frame.end(), from.ip.begin(), from.ip.end());
    frame.insert(frame.end(), to.ip.begin(), to.ip.end());
    const std::uint16_t header = internet_checksum(View(frame).subspan(kEthernet, kIp));
    frame[kEthernet + 10] = static_cast<std::uint8_t>(header >> 8);
    frame[kEthernet + 11] = static_cast<std::uint8_t>(header);
    frame.insert(frame.end(), payload.begin(), payload.end());
    return frame;
}

std::expected<Ip, std::string> read_ip(View frame) {
    if (frame.size() < kEthernet + kIp) return wrong("frame cut short");
    if (get16(frame, 12) != 0x0800) return wrong("no IPv4");
    const View ip = frame.subspan(kEthernet);
    const std::size_t header = static_cast<std::size_t>(ip[0] & 0x0F) * 4;
    if (ip[0] >> 4 != 4 || header < kIp || header > ip.size()) return wrong("no IPv4 header");
    if (internet_checksum(ip.first(header)) != 0) return wrong("wrong IP header checksum");
    const std::size_t total = get16(ip, 2);
    if (total < header || total > ip.size())
        return wrong(fmt::format("IP length {} in a frame of {}", total, ip.size()));
    return Ip{ip.subspan(12, 4), ip.subspan(16, 4), ip[9],
              get16(ip, 4),      get16(ip, 6),      ip.subspan(header, total - header)};
}

}  // namespace kmsgate::lab
