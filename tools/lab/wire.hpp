// SPDX-License-Identifier: BSD-3-Clause
// Hosts on virtual wires: UDP datagrams to Ethernet frames and back, as a strict IP stack does it. Nothing
// here is shared with the packet path: what a pipeline sends must convince a host that checks every length
// and checksum.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::lab {

using Frame = std::vector<std::uint8_t>;

/// One end of a wire.
struct Station {
    std::array<std::uint8_t, 6> mac{};
    std::array<std::uint8_t, 4> ip{};
    std::uint16_t port = 5060;
    [[nodiscard]] std::string host() const;  ///< "10.0.0.1"
};

/// The frames of one datagram from `from` to `to`: one, or IP fragments of at most `mtu` bytes. `id`: IP
/// identification. The payload has at most 65,507 bytes.
[[nodiscard]] std::vector<Frame> send_datagram(const Station& from, const Station& to,
                                               std::string_view payload, std::uint16_t id,
                                               std::size_t mtu = 1500);

/// A datagram put together again.
struct Datagram {
    std::array<std::uint8_t, 4> source{}, destination{};
    std::uint16_t source_port = 0, destination_port = 0;
    std::string payload;
};

/// Takes frames in any order, checks them (Ethernet type, IPv4 header and its checksum, lengths, fragments
/// without overlap or gap, UDP length and checksum).
class Reassembler {
  public:
    /// A whole datagram, nothing yet, or what is wrong with the frame.
    [[nodiscard]] std::expected<std::optional<Datagram>, std::string> take(
        std::span<const std::uint8_t> frame);
    /// Datagrams of which fragments are missing.
    [[nodiscard]] std::size_t waiting() const noexcept { return parts_.size(); }

  private:
    struct Parts {
        std::map<std::size_t, std::string> pieces;  ///< by offset
        std::optional<std::size_t> size;
    };
    std::map<std::string, Parts> parts_;  ///< by addresses, protocol and identification
};

}  // namespace kmsgate::lab
