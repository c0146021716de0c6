// SPDX-License-Identifier: BSD-3-Clause
// What is surely no signalling, told from one frame with as few instructions as it takes: most traffic.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace kmsgate::classify {

/// TCP connections on other ports that have not shown yet whether they speak SIP: a counting filter, small
/// enough for the first cache. It may take one connection for another, but never overlooks one that was
/// added.
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
    static constexpr std::uint8_t kStuck = 255;  ///< too many to count: it stays
    std::array<std::uint8_t, std::size_t{1} << kBits> counts_{};
};

/// The signalling ports of an edge, as they stand in a header (network byte order).
class Ports {
  public:
    static constexpr std::size_t kMost = 8;

    void clear() noexcept {
        pairs_.fill(0);
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
        pairs_[count_++] = static_cast<std::uint16_t>(port >> 8 | port << 8) * 0x10001U;
    }
    /// May one of both be a signalling port? Always when there are too many to say.
    [[nodiscard]] bool may_have(std::uint16_t source, std::uint16_t destination) const noexcept {
        for (const std::uint32_t pair : std::span(pairs_).first(count_)) {
            const auto port = static_cast<std::uint16_t>(pair);
            if (port == source || port == destination) return true;
        }
        return many_;
    }

    /// Are they few enough for may_have() to be sure?
    [[nodiscard]] bool exact() const noexcept { return !many_; }
    /// Each port twice, as the source and the destination of a header; zeros behind the last.
    [[nodiscard]] const std::array<std::uint32_t, kMost>& pairs() const noexcept { return pairs_; }

  private:
    alignas(32) std::array<std::uint32_t, kMost> pairs_{};
    std::size_t count_ = 0;
    bool many_ = false;
};

/// True: an untagged IPv4 or IPv6 packet without options, UDP or TCP, in order as far as read() looks, that
/// no rule of the gate concerns: no signalling port, no SYN, no watched connection, no tunnel, and no ".0" in
/// the first line, which one that starts or ends with SIP/2.0 has. False: ask read(). A test holds it to
/// read() and sip::looks_like_sip().
using IsMedia = bool (*)(std::span<const std::uint8_t> frame, const Ports& udp, const Ports& tcp) noexcept;
extern const IsMedia is_media;  ///< one of those below, the best that the CPU runs
namespace portable {
[[nodiscard]] bool is_media(std::span<const std::uint8_t> frame, const Ports& udp, const Ports& tcp) noexcept;
}
namespace avx2 {
[[nodiscard]] bool is_media(std::span<const std::uint8_t> frame, const Ports& udp, const Ports& tcp) noexcept;
}

}  // namespace kmsgate::classify
