// SPDX-License-Identifier: BSD-3-Clause
// Frames as they arrive: headers found, datagrams put together again. Any bytes may be given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

namespace kmsgate::traffic {

/// The IP packet in a frame.
struct Packet {
    bool v6 = false;
    std::array<std::uint8_t, 16> source{}, destination{};  ///< IPv4 as ::ffff:a.b.c.d
    std::uint8_t protocol = 0;
    std::uint32_t id = 0;
    std::size_t offset = 0;  ///< of a fragment, in bytes
    bool more = false;
    std::span<const std::uint8_t> payload;  ///< what IP carries, padding cut
    unsigned vlans = 0;
    std::size_t ip_at = 0;  ///< where the IP header starts in the frame

    [[nodiscard]] bool fragment() const noexcept { return more || offset != 0; }
};
/// Nothing when there is no IP or its lengths are wrong.
[[nodiscard]] std::optional<Packet> read_packet(std::span<const std::uint8_t> frame) noexcept;

/// Ports and data of a UDP datagram, or of a TCP segment.
struct Transport {
    std::uint16_t source = 0, destination = 0;
    std::string_view data;
    std::uint8_t flags = 0;  ///< of TCP
};
[[nodiscard]] std::optional<Transport> read_transport(std::uint8_t protocol,
                                                      std::span<const std::uint8_t> payload) noexcept;

/// Puts fragments together. Keeps a bounded number of datagrams in the making; the oldest goes first.
class Assembler {
  public:
    /// IP payload of the datagram that this packet completes; of a packet that is no fragment its own.
    [[nodiscard]] std::optional<std::span<const std::uint8_t>> add(const Packet& packet);
    [[nodiscard]] std::size_t waiting() const noexcept { return parts_.size(); }

  private:
    using Key =
        std::tuple<std::array<std::uint8_t, 16>, std::array<std::uint8_t, 16>, std::uint32_t, std::uint8_t>;
    struct Parts {
        std::map<std::size_t, std::string> pieces;  ///< by offset
        std::size_t size = 0;                       ///< of the whole; 0: not known yet
    };
    static constexpr std::size_t kMost = 16'384;
    std::map<Key, Parts> parts_;
    std::deque<Key> order_;
    std::string whole_;
};

}  // namespace kmsgate::traffic
