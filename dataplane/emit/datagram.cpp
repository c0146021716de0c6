// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/emit/datagram.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "dataplane/emit/checksum.hpp"

namespace kmsgate::emit {

namespace {

constexpr std::size_t kMaxLink = 64;
constexpr std::size_t kUdpHeader = 8, kIpv4Header = 20, kIpv6Header = 40, kFragmentHeader = 8;

struct Piece {
    std::size_t offset = 0;  ///< in UDP header and payload
    std::size_t size = 0;
    bool more = false;
    bool fragmented = false;
};

std::size_t write_ipv4(const Envelope& e, const Piece& p, std::uint8_t* ip) noexcept {
    ip[0] = 0x45;
    ip[1] = e.traffic_class;
    put16(ip + 2, kIpv4Header + p.size);
    put16(ip + 4, p.fragmented ? e.packet_id & 0xFFFF : 0);
    put16(ip + 6, p.fragmented ? (p.more ? 0x2000U : 0U) | p.offset / 8 : 0x4000U);
    ip[8] = e.hop_limit;
    ip[9] = 17;
    put16(ip + 10, 0);
    std::copy_n(e.source.address.begin() + 12, 4, ip + 12);
    std::copy_n(e.destination.address.begin() + 12, 4, ip + 16);
    put16(ip + 10, ipv4_checksum(ip));
    return kIpv4Header;
}

std::size_t write_ipv6(const Envelope& e, const Piece& p, std::uint8_t* ip) noexcept {
    const std::size_t extra = p.fragmented ? kFragmentHeader : 0;
    put32(ip, 0x60000000U | static_cast<std::uint32_t>(e.traffic_class) << 20);
    put16(ip + 4, extra + p.size);
    ip[6] = p.fragmented ? 44 : 17;
    ip[7] = e.hop_limit;
    std::copy_n(e.source.address.begin(), 16, ip + 8);
    std::copy_n(e.destination.address.begin(), 16, ip + 24);
    if (p.fragmented) {
        ip[40] = 17;
        ip[41] = 0;
        put16(ip + 42, p.offset | (p.more ? 1U : 0U));
        put32(ip + 44, e.packet_id);
    }
    return kIpv6Header + extra;
}

}  // namespace

bool write_datagram(const Envelope& e, std::string_view payload, std::size_t mtu, rte_mempool* pool,
                    core::FrameList& out) noexcept {
    const std::size_t header = e.source.v6 ? kIpv6Header : kIpv4Header;
    const std::size_t total = kUdpHeader + payload.size();
    const std::size_t largest = e.source.v6 ? 65535 : 65535 - kIpv4Header;
    if (e.link.size() < 14 || e.link.size() > kMaxLink || total > largest) return false;

    std::array<std::uint8_t, kUdpHeader> udp{};
    put16(udp.data(), e.source.port);
    put16(udp.data() + 2, e.destination.port);
    put16(udp.data() + 4, total);
    put16(udp.data() + 6, udp_checksum(e.source.address, e.destination.address, e.source.v6, udp, payload));

    const bool fragmented = header + total > mtu;
    std::size_t step = total;
    if (fragmented) {
        const std::size_t headers = header + (e.source.v6 ? kFragmentHeader : 0);
        if (mtu < headers + 8) return false;
        step = (mtu - headers) / 8 * 8;
    }
    core::FrameList made;
    for (std::size_t at = 0; at < total; at += step) {
        const Piece piece{at, std::min(step, total - at), at + step < total, fragmented};
        std::array<std::uint8_t, kMaxLink + kIpv6Header + kFragmentHeader> head{};
        std::copy(e.link.begin(), e.link.end(), head.begin());
        if (e.swap_link) std::swap_ranges(head.begin(), head.begin() + 6, head.begin() + 6);
        std::uint8_t* ip = head.data() + e.link.size();
        const std::size_t ip_size = e.source.v6 ? write_ipv6(e, piece, ip) : write_ipv4(e, piece, ip);
        core::Mbuf frame = core::make_frame(pool, {head.data(), e.link.size() + ip_size});
        bool ok = frame != nullptr;
        std::size_t from = at;
        std::size_t left = piece.size;
        if (from < kUdpHeader) {
            const std::size_t n = std::min(kUdpHeader - from, left);
            ok = ok && core::append(pool, frame.get(), {udp.data() + from, n});
            from += n;
            left -= n;
        }
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(payload.data());
        ok = ok && core::append(pool, frame.get(), {bytes + (from - kUdpHeader), left});
        if (!ok) return false;
        made.push(std::move(frame));
    }
    while (!made.empty()) out.push(made.pop());
    return true;
}

Blank blank_frame(const Envelope& e, std::size_t most, std::size_t mtu, rte_mempool* pool) noexcept {
    const std::size_t headers = (e.source.v6 ? kIpv6Header : kIpv4Header) + kUdpHeader;
    if (e.link.size() < 14 || e.link.size() > kMaxLink || headers + most > std::min<std::size_t>(mtu, 65535))
        return {};
    core::Mbuf frame(rte_pktmbuf_alloc(pool));
    if (!frame || rte_pktmbuf_tailroom(frame.get()) < e.link.size() + headers + most + kChecksumPadding)
        return {};
    core::meta(frame.get()) = core::FrameMeta{};
    char* const payload = rte_pktmbuf_mtod_offset(frame.get(), char*, e.link.size() + headers);
    return {std::move(frame), payload};
}

void finish_frame(const Envelope& e, const Blank& blank, std::size_t size) noexcept {
    rte_mbuf* const m = blank.frame.get();
    auto* const start = rte_pktmbuf_mtod(m, std::uint8_t*);
    const std::uint8_t* const link = e.link.data();
    std::memcpy(start, link + (e.swap_link ? 6 : 0), 6);
    std::memcpy(start + 6, link + (e.swap_link ? 0 : 6), 6);
    std::memcpy(start + 12, link + 12, 2);
    if (e.link.size() > 14) std::memcpy(start + 14, link + 14, e.link.size() - 14);
    std::uint8_t* const ip = start + e.link.size();
    const Piece piece{0, kUdpHeader + size, false, false};
    std::uint8_t* const udp = ip + (e.source.v6 ? write_ipv6(e, piece, ip) : write_ipv4(e, piece, ip));
    put16(udp, e.source.port);
    put16(udp + 2, e.destination.port);
    put16(udp + 4, kUdpHeader + size);
    put16(udp + 6, 0);
    put16(udp + 6, udp_checksum_in_place(e.source.address, e.destination.address, e.source.v6, udp,
                                         kUdpHeader + size));
    m->pkt_len = m->data_len =
        static_cast<std::uint16_t>(e.link.size() + static_cast<std::size_t>(udp - ip) + kUdpHeader + size);
}

}  // namespace kmsgate::emit
