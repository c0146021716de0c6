// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream/segment.hpp"

#include <algorithm>
#include <array>

#include "dataplane/emit/checksum.hpp"
#include "dataplane/stream/make.hpp"

namespace kmsgate::stream {

namespace {

constexpr std::uint8_t kTcp = 6;

std::uint16_t get16(const std::uint8_t* p) noexcept {
    return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}
std::uint32_t get32(const std::uint8_t* p) noexcept {
    return std::uint32_t{get16(p)} << 16 | get16(p + 2);
}

/// Options that change how a stream is read; all others are passed over by their size.
enum Option : std::uint8_t {
    end = 0,
    none = 1,
    mss = 2,
    scale = 3,
    sack_permitted = 4,
    sack = 5,
    timestamps = 8,
    multipath = 30
};

bool read_options(std::span<const std::uint8_t> options, Segment& out) noexcept {
    const std::uint8_t* const start = options.data();
    std::uint32_t seen = 0;
    while (!options.empty()) {
        const std::uint8_t kind = options[0];
        if (kind == Option::end) return true;
        if (kind == Option::none) {
            options = options.subspan(1);
            continue;
        }
        if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) return false;
        const std::size_t size = options[1];
        const std::uint8_t* const value = options.data() + 2;
        const auto once = [&](std::size_t wanted) {
            const std::uint32_t bit = 1U << kind;
            const bool fits = size == wanted && (seen & bit) == 0;
            seen |= bit;
            return fits;
        };
        switch (kind) {
            case Option::mss:
                if (!once(4)) return false;
                out.mss = get16(value);
                break;
            case Option::scale:
                if (!once(3)) return false;
                out.scale = std::min(*value, kMaxScale);
                break;
            case Option::sack_permitted:
                if (!once(2)) return false;
                out.sack_permitted = true;
                break;
            case Option::timestamps:
                if (!once(10)) return false;
                out.timestamps = {get32(value), get32(value + 4)};
                out.stamp_at = static_cast<std::uint16_t>(kHeader + static_cast<std::size_t>(value - start));
                break;
            case Option::sack:
                out.sack = true;
                break;
            case Option::multipath:
                out.multipath = true;
                break;
            default:
                break;
        }
        options = options.subspan(size);
    }
    return true;
}

}  // namespace

std::uint16_t checksum(const policy::table::Address& source, const policy::table::Address& destination,
                       bool v6, std::span<const std::uint8_t> segment) noexcept {
    std::array<std::uint8_t, 40> pseudo{};
    const std::size_t width = v6 ? 16 : 4;
    std::copy_n(source.end() - static_cast<std::ptrdiff_t>(width), width, pseudo.begin());
    std::copy_n(destination.end() - static_cast<std::ptrdiff_t>(width), width,
                pseudo.begin() + static_cast<std::ptrdiff_t>(width));
    const std::size_t at = 2 * width;
    emit::put32(pseudo.data() + at, static_cast<std::uint32_t>(segment.size()));
    emit::put32(pseudo.data() + at + 4, kTcp);
    return emit::checksum_fold(
        emit::checksum_add(emit::checksum_add(0, std::span(pseudo).first(at + 8)), segment));
}

Unsound read_segment(std::span<const std::uint8_t> frame, const classify::Packet& packet,
                     Segment& out) noexcept {
    const auto l4 = frame.subspan(packet.l4, packet.l4_size);
    const std::uint8_t* const h = l4.data();
    out = {};
    out.seq = get32(h + 4);
    out.ack = get32(h + 8);
    out.flags = h[13] & 0x3F;
    out.window = get16(h + 14);
    out.ttl = packet.v6 ? frame[packet.l3 + 7U] : frame[packet.l3 + 8U];
    out.payload = packet.payload;
    out.size = packet.payload_size;
    if (checksum(packet.source, packet.destination, packet.v6, l4) != 0) return Unsound::checksum;
    if (!read_options(l4.subspan(kHeader, packet.payload - packet.l4 - kHeader), out))
        return Unsound::options;
    return Unsound::none;
}

void clear_multipath(std::span<std::uint8_t> tcp) noexcept {
    constexpr std::array<std::uint8_t, kMaxHeader> kNothing = [] {
        std::array<std::uint8_t, kMaxHeader> all{};
        all.fill(Option::none);
        return all;
    }();
    for (std::size_t at = kHeader; at < tcp.size() && tcp[at] != Option::end;) {
        const std::size_t size = tcp[at] == Option::none ? 1U : at + 1 < tcp.size() ? tcp[at + 1] : 0U;
        if (size == 0 || size > tcp.size() - at) return;
        if (tcp[at] == Option::multipath) change(tcp, at, std::span(kNothing).first(size));
        at += size;
    }
}

}  // namespace kmsgate::stream
