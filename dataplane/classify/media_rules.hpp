// SPDX-License-Identifier: BSD-3-Clause
// media_of() for one level: included by the file of each, with KMSGATE_LEVEL defined and two functions:
//   pairs_of(ports): their pairs, as has_port() wants them
//   has_port(pairs, both): is one of both ports, as a header begins with them, among the pairs?
//   no_version(at, end): surely no ".0" in the line that begins at `at`, behind headers
namespace kmsgate::classify::KMSGATE_LEVEL {

namespace {

constexpr std::size_t kIp = 14;
// all as they are loaded
constexpr std::uint32_t kIpv4 = 0x45'0008, kIpv4Mask = 0xFF'FFFF;  // with the first byte behind the type
constexpr std::uint16_t kIpv6 = 0xDD86, kFragment = 0xFF3F;
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
    std::uint64_t third = load<std::uint32_t>(ip + 16);
    std::uint64_t sum = load<std::uint64_t>(ip) + second;
    third += sum < second ? 1 : 0;  // 2^64 is 1 here, too
    sum += third;
    sum += sum < third ? 1 : 0;
    return sum * kInverse <= kMost;
}

[[nodiscard]] inline bool is_syn(const std::uint8_t* l4) noexcept {
    return (l4[13] & 0x02) != 0;
}

/// Surely no first line that starts or ends with SIP/2.0.
[[gnu::always_inline]] inline bool no_sip(const std::uint8_t* at, const std::uint8_t* end) noexcept {
    // readers may skip blanks and line ends in front of it
    for (; at != end; ++at)
        if (*at > 0x20) return no_version(at, end);
    return true;
}

/// What a burst is held against.
struct Rules {
    Pairs udp, tcp;
    const Watched& watched;
    /// Protocols of which media is told: none where the ports are too many to say.
    unsigned udp_protocol, tcp_protocol;
    static constexpr unsigned kNone = 256;
};

/// From the transport header on, of which 8 bytes can be read, to the end of the packet, which may lie before
/// that. `size`: their distance modulo 2^16. `addresses`: all their words by XOR, asked for when they matter.
template <class Addresses>
[[gnu::always_inline]] inline bool is_media_l4(const std::uint8_t* l4, const std::uint8_t* end,
                                               std::uint16_t size, unsigned protocol, const Rules& rules,
                                               Addresses&& addresses) noexcept {
    if (protocol == rules.udp_protocol) {
        if (load<std::uint16_t>(l4 + 4) != __builtin_bswap16(size)) [[unlikely]]
            return false;
        if (has_port(rules.udp, load<std::uint32_t>(l4))) [[unlikely]]
            return false;
        if (l4 + 8 >= end) [[unlikely]]
            return l4 + 8 == end;
        return no_sip(l4 + 8, end);
    }
    if (protocol != rules.tcp_protocol || end < l4 + 20) [[unlikely]]
        return false;
    const std::size_t header = std::size_t{l4[12]} >> 2 & 0x3C;
    if (header < 20) [[unlikely]]
        return false;
    const std::uint8_t* const payload = l4 + header;
    if (payload > end) [[unlikely]]
        return false;
    const auto ports = load<std::uint32_t>(l4);
    if (has_port(rules.tcp, ports)) [[unlikely]]
        return false;
    if (is_syn(l4)) [[unlikely]]
        return false;
    if (rules.watched.has(Watched::place(addresses(), ports ^ std::rotl(ports, 16)))) [[unlikely]]
        return false;
    return payload == end || no_sip(payload, end);
}

[[gnu::always_inline]] inline bool is_media(const std::uint8_t* frame, std::size_t size,
                                            const Rules& rules) noexcept {
    if (size < kIp + 20 + 8) [[unlikely]]
        return false;
    const std::uint8_t* const ip = frame + kIp;
    if ((load<std::uint32_t>(frame + 12) & kIpv4Mask) != kIpv4) {
        if (load<std::uint16_t>(frame + 12) != kIpv6 || size < kIp + 40 + 8 || ip[0] >> 4 != 6) return false;
        const std::size_t l4_size = be16(ip + 4);
        if (l4_size > size - kIp - 40) return false;
        return is_media_l4(ip + 40, ip + 40 + l4_size, static_cast<std::uint16_t>(l4_size), ip[6], rules,
                           [ip] {
                               std::uint32_t all = 0;
                               for (int at = 8; at < 40; at += 4) all ^= load<std::uint32_t>(ip + at);
                               return all;
                           });
    }
    const std::size_t total = be16(ip + 2);
    if (kIp + total > size) [[unlikely]]
        return false;
    if ((load<std::uint16_t>(ip + 6) & kFragment) != 0) [[unlikely]]
        return false;
    if (!checksum_ok(ip)) [[unlikely]]
        return false;
    return is_media_l4(ip + 20, frame + (kIp + total), static_cast<std::uint16_t>(total - 20), ip[9], rules,
                       [ip] { return load<std::uint32_t>(ip + 12) ^ load<std::uint32_t>(ip + 16); });
}

inline std::uint64_t media_among(std::span<rte_mbuf* const> frames, const Ports& udp, const Ports& tcp,
                                 const Watched& watched) noexcept {
    const Rules rules{pairs_of(udp), pairs_of(tcp), watched, udp.exact() ? kUdp : Rules::kNone,
                      tcp.exact() ? kTcp : Rules::kNone};
    rte_mbuf* const* const first = frames.data();
    const std::size_t size = frames.size();
    std::uint64_t media = 0;
    for (std::size_t i = 0; i < size; ++i) {
        if (i + kAhead < size) rte_prefetch0(rte_pktmbuf_mtod(first[i + kAhead], const void*));
        const rte_mbuf* const m = first[i];
        if (m->nb_segs == 1 && is_media(rte_pktmbuf_mtod(m, const std::uint8_t*), m->data_len, rules))
            media |= std::uint64_t{1} << i;
    }
    return media;
}

}  // namespace

}  // namespace kmsgate::classify::KMSGATE_LEVEL
