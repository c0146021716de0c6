// SPDX-License-Identifier: BSD-3-Clause
// is_media() for one level: included by the file of each, with KMSGATE_LEVEL defined, line_end() and
// text_end() declared.
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

/// RFC 1071 over 20 bytes: all ones when it is right.
[[gnu::always_inline]] inline bool checksum_ok(const std::uint8_t* ip) noexcept {
    unsigned long long sum = 0;
    const unsigned long long a = load<std::uint64_t>(ip), b = load<std::uint64_t>(ip + 8);
    const unsigned long long carry = __builtin_add_overflow(a, b, &sum) ? 1 : 0;
    sum = (sum & 0xFFFFFFFF) + (sum >> 32) + load<std::uint32_t>(ip + 16) + carry;
    sum = (sum & 0xFFFF) + (sum >> 16);  // the carry out of 32 bits stands at bit 16 now
    sum = (sum & 0xFFFF) + (sum >> 16);
    return sum == 0xFFFF;
}

[[nodiscard]] inline bool is_syn(const std::uint8_t* l4) noexcept {
    return (l4[13] & 0x02) != 0;
}

/// Of an IPv4 or IPv6 header without options and the TCP header behind it.
[[nodiscard]] inline std::uint32_t place_of(const std::uint8_t* ip, const std::uint8_t* l4) noexcept {
    const auto ports = static_cast<std::uint16_t>(load<std::uint16_t>(l4) ^ load<std::uint16_t>(l4 + 2));
    if (l4 - ip == 20)
        return Watched::place(load<std::uint32_t>(ip + 12) ^ load<std::uint32_t>(ip + 16), ports);
    std::uint32_t all = 0;
    for (int at = 8; at < 40; at += 4) all ^= load<std::uint32_t>(ip + at);
    return Watched::place(all, ports);
}

/// Surely no first line that starts or ends with SIP/2.0.
[[gnu::always_inline]] inline bool no_sip(const std::uint8_t* at, const std::uint8_t* end) noexcept {
    while (at != end && *at <= 0x20) ++at;
    if (at == end) return true;
    if ((*at | 0x20) == 's') return false;
    const std::uint8_t* last = line_end(at, end);
    if (last[-1] <= 0x20) last = text_end(last);  // at the latest at `at`
    return last[-1] != '0';
}

}  // namespace

bool is_media(std::span<const std::uint8_t> frame, const Ports& udp, const Ports& tcp) noexcept {
    if (frame.size() < kIp + 20 + 8) return false;
    const std::uint8_t* const ip = frame.data() + kIp;
    const std::uint8_t* l4 = ip + 20;
    std::size_t size = 0;  // from l4 on
    std::uint8_t protocol = ip[9];
    if (const auto type = load<std::uint16_t>(ip - 2); type == kIpv4) {
        const std::size_t total = be16(ip + 2);
        const bool fragment = (load<std::uint16_t>(ip + 6) & 0xFF3F) != 0;
        if (ip[0] != 0x45 || total > frame.size() - kIp || total < 28 || fragment || !checksum_ok(ip))
            return false;
        size = total - 20;
    } else {
        if (type != kIpv6 || frame.size() < kIp + 40 + 8 || ip[0] >> 4 != 6) return false;
        size = be16(ip + 4);
        if (size > frame.size() - kIp - 40 || size < 8) return false;
        protocol = ip[6];
        l4 = ip + 40;
    }
    const auto source = load<std::uint16_t>(l4), destination = load<std::uint16_t>(l4 + 2);
    if (protocol == kUdp) {
        if (be16(l4 + 4) != size || destination == kGtpU || destination == kVxlan ||
            udp.may_have(source, destination))
            return false;
        return no_sip(l4 + 8, l4 + size);
    }
    if (protocol != kTcp || size < 20) return false;
    const std::size_t header = static_cast<std::size_t>(l4[12] >> 4) * 4;
    if (header < 20 || header > size) return false;
    if (tcp.may_have(source, destination)) return false;
    if (tcp.watched != nullptr && (is_syn(l4) || tcp.watched->has(place_of(ip, l4)))) return false;
    return header == size || no_sip(l4 + header, l4 + size);
}

}  // namespace kmsgate::classify::KMSGATE_LEVEL
