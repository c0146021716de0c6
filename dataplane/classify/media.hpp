// SPDX-License-Identifier: BSD-3-Clause
// What is surely no signalling, told from one frame with as few instructions as it takes: most traffic.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace kmsgate::classify {

/// TCP connections on other ports that have not shown yet whether they speak SIP: a counting filter. It may
/// take one connection for another, but never overlooks one that was added. 32 kB for a worker, of which a
/// TCP segment on other ports reads one cache line; in a byte instead of two, 255 connections that somebody
/// sends to one place would keep everybody there watched for ever.
class Watched {
  public:
    /// Both directions of a connection have the same place: XOR of both addresses, word by word, and of both
    /// ports, in any one byte order.
    [[nodiscard]] static std::uint32_t place(std::uint32_t addresses, std::uint16_t ports) noexcept {
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
    static constexpr std::size_t kMost = 8;

    void clear() noexcept {
        count_ = 0;
        many_ = false;
        watched = nullptr;
    }
    const Watched* watched = nullptr;  ///< TCP; null: none
    void add(std::uint16_t port) noexcept {
        if (count_ == kMost) {
            many_ = true;
            return;
        }
        ports_[count_++] = static_cast<std::uint16_t>(port >> 8 | port << 8);
    }
    /// May one of both be a signalling port? Always when there are too many to say.
    [[nodiscard]] bool may_have(std::uint16_t source, std::uint16_t destination) const noexcept {
        for (std::size_t i = 0; i < count_; ++i)
            if (ports_[i] == source || ports_[i] == destination) return true;
        return many_;
    }

    /// Are they few enough for may_have() to be sure?
    [[nodiscard]] bool exact() const noexcept { return !many_; }

  private:
    std::array<std::uint16_t, kMost> ports_{};
    std::size_t count_ = 0;
    bool many_ = false;
};

/// True: an untagged IPv4 or IPv6 packet without options, UDP or TCP, in order as far as read() looks, that
/// no rule of the gate concerns: no signalling port, no SYN, no watched connection, no tunnel, no first line
/// that starts or ends with SIP/2.0. False: ask read(). A test holds it to read() and sip::looks_like_sip().
using IsMedia = bool (*)(std::span<const std::uint8_t> frame, const Ports& udp, const Ports& tcp) noexcept;
extern const IsMedia is_media;  ///< one of those below, the best that the CPU runs
namespace portable {
[[nodiscard]] bool is_media(std::span<const std::uint8_t> frame, const Ports& udp, const Ports& tcp) noexcept;
}
namespace avx2 {
[[nodiscard]] bool is_media(std::span<const std::uint8_t> frame, const Ports& udp, const Ports& tcp) noexcept;
}

}  // namespace kmsgate::classify
