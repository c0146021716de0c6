// SPDX-License-Identifier: BSD-3-Clause
// What is surely no signalling, told from its frame with as few instructions as it takes: most traffic.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

struct rte_mbuf;

namespace kmsgate::classify {

/// TCP connections on other ports that have not shown yet whether they speak SIP: a counting filter. It may
/// take one connection for another, but never overlooks one that was added. 32 kB for a worker, of which a
/// TCP segment on other ports reads one cache line; in a byte instead of two, 255 connections that somebody
/// sends to one place would keep everybody there watched for ever.
class Watched {
  public:
    /// Both directions of a connection have the same place: XOR of both addresses, word by word, and of both
    /// ports, in any one byte order, the ports' in either half.
    [[nodiscard]] static std::uint32_t place(std::uint32_t addresses, std::uint32_t ports) noexcept {
        return (addresses ^ ports * 0x9E3779B1U) * 0x85EBCA6BU >> (32 - kBits);
    }
    void add(std::uint32_t place) noexcept {
        if (counts_[place] != kStuck) ++counts_[place];
    }
    void remove(std::uint32_t place) noexcept {
        if (counts_[place] != kStuck) --counts_[place];
    }
    [[nodiscard]] bool has(std::uint32_t place) const noexcept { return counts_[place] != 0; }

  private:
    static constexpr unsigned kBits = 14;
    static constexpr std::uint16_t kStuck = 65'535;  ///< too many to count: it stays
    std::array<std::uint16_t, std::size_t{1} << kBits> counts_{};
};

/// The signalling ports of an edge, as they stand in a header (network byte order).
class Ports {
  public:
    static constexpr std::size_t kMost = 6;

    void clear() noexcept {
        pairs_ = kEmpty;
        count_ = 0;
        many_ = false;
    }
    void add(std::uint16_t port) noexcept {
        if (count_ == kMost) {
            many_ = true;
            return;
        }
        pairs_[count_++] = std::byteswap(port) * 0x10001U;
    }
    /// May one of both be a signalling port? Always when there are too many to say.
    [[nodiscard]] bool may_have(std::uint16_t source, std::uint16_t destination) const noexcept {
        for (std::size_t i = 0; i < count_; ++i) {
            const auto port = static_cast<std::uint16_t>(pairs_[i]);
            if (port == source || port == destination) return true;
        }
        return many_;
    }

    /// Are they few enough for may_have() to be sure?
    [[nodiscard]] bool exact() const noexcept { return !many_; }

    /// What is not media by the first four bytes of its UDP or TCP header: a source in the lower half, a
    /// destination in the upper one. The signalling ports in both, then those that tunnels are sent to;
    /// zeros fill up.
    using Pairs = std::array<std::uint32_t, 8>;
    [[nodiscard]] const Pairs& pairs() const noexcept { return pairs_; }

  private:
    static_assert(std::endian::native == std::endian::little);
    static constexpr std::uint32_t kGtpU = std::byteswap(std::uint32_t{2152}),
                                   kVxlan = std::byteswap(std::uint32_t{4789});

    static constexpr Pairs kEmpty = {0, 0, 0, 0, 0, 0, kGtpU, kVxlan};

    alignas(32) Pairs pairs_ = kEmpty;
    std::size_t count_ = 0;
    bool many_ = false;
};

/// Which frames are media, a bit each, the first one's lowest; at most kMostAtOnce frames. Media is an
/// untagged IPv4 or IPv6 packet in one piece, without options, UDP or TCP, in order as far as read() looks,
/// that no rule of the gate concerns: no signalling port, no SYN, no watched connection, no tunnel, and no
/// ".0" in the first line, which one that starts or ends with SIP/2.0 has. Of any other frame: ask read(). A
/// test holds it to read() and sip::looks_like_sip(). Fetches the frame kAhead behind each one that it looks
/// at.
using MediaOf = std::uint64_t (*)(std::span<rte_mbuf* const> frames, const Ports& udp, const Ports& tcp,
                                  const Watched& watched) noexcept;
inline constexpr std::size_t kMostAtOnce = 64, kAhead = 3;
extern const MediaOf media_of;  ///< one of those below, the best that the CPU runs
namespace portable {
[[nodiscard]] std::uint64_t media_of(std::span<rte_mbuf* const> frames, const Ports& udp, const Ports& tcp,
                                     const Watched& watched) noexcept;
}
namespace avx2 {
[[nodiscard]] std::uint64_t media_of(std::span<rte_mbuf* const> frames, const Ports& udp, const Ports& tcp,
                                     const Watched& watched) noexcept;
}

}  // namespace kmsgate::classify
