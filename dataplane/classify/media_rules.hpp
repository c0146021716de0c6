// SPDX-License-Identifier: BSD-3-Clause
// is_media() for one level: included by the file of each, with KMSGATE_LEVEL defined and two functions:
//   has_port(ports, both): may one of both ports, as they stand in the header, be among them?
//   no_version(at, end): surely no ".0" in the line that begins at `at`, behind headers
namespace kmsgate::classify::KMSGATE_LEVEL {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kIp = 14;
constexpr std::uint16_t kIpv4 = 0x0008, kIpv6 = 0xDD86;  // all as they are loaded
constexpr std::uint16_t kGtpU = 0x6808, kVxlan = 0xB512;
constexpr std::uint8_t kTcp = 6, kUdp = 17;

template <class T>
[[gnu::always_inline]] inline T load(const std::uint8_t* at) noexcept {
    T value{};
    std::memcpy(&value, at, sizeof value);
    return value;
}
[[gnu::always_inline]] inline std::size_t be16(const std::uint8_t* at) noexcept {
    return __builtin_bswap16(load<std::uint16_t>(at));
}

/// RFC 1071 over 20 bytes that are not all zero: their sum is then a multiple of 65,535. It is one exactly
/// when its product with the inverse of that modulo 2^64 is no more than 2^64 / 65,535.
[[gnu::always_inline]] inline bool checksum_ok(const std::uint8_t* ip) noexcept {
    constexpr std::uint64_t kInverse = 0xFFFE'FFFE'FFFE'FFFF, kMost = 0x0001'0001'0001'0001;
    static_assert(kInverse * 0xFFFF == 1 && kMost == ~std::uint64_t{0} / 0xFFFF);
    const auto second = load<std::uint64_t>(ip + 8);
    const std::uint64_t third = load<std::uint32_t>(ip + 16);
    std::uint64_t sum = load<std::uint64_t>(ip) + second;
    sum += sum < second ? 1 : 0;  // 2^64 is 1 here, too
    sum += third;
    sum += sum < third ? 1 : 0;
    return sum * kInverse <= kMost;
}

[[nodiscard]] inline bool is_syn(const std::uint8_t* l4) noexcept {
    return (l4[13] & 0x02) != 0;
}

[[nodiscard]] inline std::uint32_t place(std::uint32_t addresses, std::uint32_t ports) noexcept {
    return Watched::place(addresses, static_cast<std::uint16_t>(ports ^ ports >> 16));
}

/// Surely no first line that starts or ends with SIP/2.0.
[[gnu::always_inline]] inline bool no_sip(const std::uint8_t* at, const std::uint8_t* end) noexcept {
    // readers may skip blanks and line ends in front of it
    for (; at != end; ++at)
        if (*at > 0x20) return no_version(at, end);
    return true;
}

/// From the transport header on. `addresses`: all their words by XOR, asked for when they matter.
template <class Addresses>
[[gnu::always_inline]] inline bool is_media_l4(const std::uint8_t* l4, std::size_t size,
                                               std::uint8_t protocol, const Ports& udp, const Ports& tcp,
                                               Addresses&& addresses) noexcept {
    const auto ports = load<std::uint32_t>(l4);
    if (protocol == kUdp) {
        const std::uint32_t destination = ports >> 16;
        if (be16(l4 + 4) != size || destination == kGtpU || destination == kVxlan || has_port(udp, ports))
            return false;
        return no_sip(l4 + 8, l4 + size);
    }
    if (protocol != kTcp || size < 20) return false;
    const std::size_t header = static_cast<std::size_t>(l4[12] & 0xF0U) >> 2;
    if (header < 20 || header > size || has_port(tcp, ports)) return false;
    if (tcp.watched != nullptr && (is_syn(l4) || tcp.watched->has(place(addresses(), ports)))) return false;
    return no_sip(l4 + header, l4 + size);
}

}  // namespace

bool is_media(std::span<const std::uint8_t> frame, const Ports& udp, const Ports& tcp) noexcept {
    const std::uint8_t* const ip = frame.data() + kIp;
    const std::size_t room = frame.size() - kIp;
    if (frame.size() < kIp + 20 + 8) return false;
    const auto type = load<std::uint16_t>(ip - 2);
    if (type == kIpv4) {
        const std::size_t total = be16(ip + 2);
        const bool fragment = (load<std::uint16_t>(ip + 6) & 0xFF3F) != 0;
        if (ip[0] != 0x45 || total > room || total < 28 || fragment || !checksum_ok(ip)) return false;
        return is_media_l4(ip + 20, total - 20, ip[9], udp, tcp,
                           [ip] { return load<std::uint32_t>(ip + 12) ^ load<std::uint32_t>(ip + 16); });
    }
    if (type != kIpv6 || room < 40 + 8 || ip[0] >> 4 != 6) return false;
    const std::size_t size = be16(ip + 4);
    if (size > room - 40 || size < 8) return false;
    return is_media_l4(ip + 40, size, ip[6], udp, tcp, [ip] {
        std::uint32_t all = 0;
        for (int at = 8; at < 40; at += 4) all ^= load<std::uint32_t>(ip + at);
        return all;
    });
}

}  // namespace kmsgate::classify::KMSGATE_LEVEL
