// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream/make.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/classify/packet.hpp"
#include "dataplane/emit/checksum.hpp"

namespace kmsgate::stream {

namespace {

constexpr std::size_t kMac = 6;
constexpr std::size_t kMaxLink = 64;  // 14 bytes and up to 8 VLAN tags
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kHops = 64;
constexpr std::size_t kTimestamps = 12;  // two NOPs in front keep it aligned (RFC 7323 A)
constexpr std::size_t kSack = 12;        // likewise, with one range

struct Ends {
    std::span<const std::uint8_t> source, destination;
};

/// The class of service of an IP packet (RFC 2474), without what its path says of congestion.
std::uint8_t class_of(const std::uint8_t* ip, bool v6) noexcept {
    const unsigned field = v6 ? (ip[0] << 4U | ip[1] >> 4U) & 0xFFU : ip[1];
    return static_cast<std::uint8_t>(field & 0xFCU);
}

std::size_t put_ip(std::uint8_t* at, bool v6, std::uint8_t service, const Ends& ends,
                   std::size_t behind) noexcept {
    if (v6) {
        std::memset(at, 0, 8);
        at[0] = static_cast<std::uint8_t>(0x60 | service >> 4);
        at[1] = static_cast<std::uint8_t>(service << 4);
        emit::put16(at + 4, behind);
        at[6] = kTcp;
        at[7] = kHops;
        std::copy_n(ends.source.begin(), 16, at + 8);
        std::copy_n(ends.destination.begin(), 16, at + 24);
        return 40;
    }
    std::memset(at, 0, 20);
    at[0] = 0x45;
    at[1] = service;
    emit::put16(at + 2, 20 + behind);
    at[6] = 0x40;  // DF: a segment never exceeds what its receiver takes
    at[8] = kHops;
    at[9] = kTcp;
    std::copy_n(ends.source.begin() + 12, 4, at + 12);
    std::copy_n(ends.destination.begin() + 12, 4, at + 16);
    emit::put16(at + 10, emit::checksum_fold(emit::checksum_add(0, {at, 20})));
    return 20;
}

}  // namespace

void let_split(rte_mbuf& frame) noexcept {
    constexpr std::size_t kFlags = 6, kSum = 10;
    const std::span<std::uint8_t> bytes(rte_pktmbuf_mtod(&frame, std::uint8_t*), frame.data_len);
    const classify::Packet packet = classify::read(bytes);
    if (packet.kind != classify::Kind::tcp || packet.v6 || packet.l3 + 20U > bytes.size()) return;
    std::uint8_t* const ip = bytes.data() + packet.l3;
    if ((ip[kFlags] & 0x40) == 0) return;
    ip[kFlags] &= 0xBF;
    const std::uint32_t sum =
        static_cast<std::uint16_t>(~(ip[kSum] << 8U | ip[kSum + 1])) + 0xBFFFU;  // RFC 1624 3
    emit::put16(ip + kSum, emit::checksum_fold(sum));
}

void change(std::span<std::uint8_t> tcp, std::size_t at, std::span<const std::uint8_t> bytes) noexcept {
    constexpr std::size_t kSum = 16;
    // whole words around it, changed (RFC 1624 3)
    const std::size_t from = at & ~std::size_t{1};
    const std::size_t size = ((at + bytes.size() + 1) & ~std::size_t{1}) - from;
    if (from + size > tcp.size() || tcp.size() < kHeader) return;
    const std::span<const std::uint8_t> words = tcp.subspan(from, size);
    std::uint32_t sum = static_cast<std::uint16_t>(~(tcp[kSum] << 8U | tcp[kSum + 1]));
    for (std::size_t i = 0; i < size; i += 2)
        sum += static_cast<std::uint16_t>(~(words[i] << 8U | words[i + 1]));
    std::ranges::copy(bytes, tcp.begin() + static_cast<std::ptrdiff_t>(at));
    emit::put16(tcp.data() + kSum, emit::checksum_fold(emit::checksum_add(sum, words)));
}

void change32(std::span<std::uint8_t> tcp, std::size_t at, std::uint32_t value) noexcept {
    std::array<std::uint8_t, 4> bytes{};
    emit::put32(bytes.data(), value);
    change(tcp, at, bytes);
}

void change16(std::span<std::uint8_t> tcp, std::size_t at, std::uint16_t value) noexcept {
    std::array<std::uint8_t, 2> bytes{};
    emit::put16(bytes.data(), value);
    change(tcp, at, bytes);
}

core::Mbuf make(std::span<const std::uint8_t> like, bool back, const Made& what, rte_mempool* pool) noexcept {
    const classify::Packet packet = classify::read(like);
    if (packet.kind != classify::Kind::tcp || packet.l3 > kMaxLink || packet.l3 < 2 * kMac) return nullptr;
    const auto& source = back ? packet.destination : packet.source;
    const auto& destination = back ? packet.source : packet.destination;
    std::array<std::uint8_t, kMaxLink + 40 + kHeader + kTimestamps + kSack> head{};
    std::uint8_t* const link = head.data();
    std::copy_n(like.begin(), packet.l3, link);
    if (back) std::swap_ranges(link, link + kMac, link + kMac);
    const std::size_t tcp_size = kHeader + (what.timestamps ? kTimestamps : 0) + (what.sack ? kSack : 0);
    const std::size_t at =
        packet.l3 + put_ip(link + packet.l3, packet.v6, class_of(like.data() + packet.l3, packet.v6),
                           {source, destination}, tcp_size + what.payload.size());
    std::uint8_t* const tcp = link + at;
    emit::put16(tcp, back ? packet.destination_port : packet.source_port);
    emit::put16(tcp + 2, back ? packet.source_port : packet.destination_port);
    emit::put32(tcp + 4, what.seq);
    emit::put32(tcp + 8, what.ack);
    tcp[12] = static_cast<std::uint8_t>(tcp_size / 4 << 4);
    tcp[13] = what.flags;
    emit::put16(tcp + 14, what.window);
    if (what.timestamps) {
        constexpr std::array<std::uint8_t, 4> kOption = {1, 1, 8, 10};
        std::copy_n(kOption.begin(), kOption.size(), tcp + kHeader);
        emit::put32(tcp + kHeader + 4, what.timestamps->value);
        emit::put32(tcp + kHeader + 8, what.timestamps->echo);
    }
    if (what.sack) {
        constexpr std::array<std::uint8_t, 4> kOption = {1, 1, 5, 10};
        std::uint8_t* const option = tcp + tcp_size - kSack;
        std::copy_n(kOption.begin(), kOption.size(), option);
        emit::put32(option + 4, what.sack->from);
        emit::put32(option + 8, what.sack->to);
    }
    const std::span<const std::uint8_t> payload{reinterpret_cast<const std::uint8_t*>(what.payload.data()),
                                                what.payload.size()};
    // pseudo header, header and payload: all but the last of even size
    const std::size_t skip = packet.v6 ? 0 : 12;
    std::uint32_t sum = emit::checksum_add(0, std::span(source).subspan(skip));
    sum = emit::checksum_add(sum, std::span(destination).subspan(skip));
    sum += kTcp;
    sum += static_cast<std::uint32_t>(tcp_size + payload.size());
    sum = emit::checksum_add(sum, {tcp, tcp_size});
    emit::put16(tcp + 16, emit::checksum_fold(emit::checksum_add(sum, payload)));
    core::Mbuf frame = core::make_frame(pool, {link, at + tcp_size});
    if (!frame || !core::append(pool, frame.get(), payload)) return nullptr;
    return frame;
}

}  // namespace kmsgate::stream
