// SPDX-License-Identifier: BSD-3-Clause
// One TCP connection as it looks on the wire between two hosts that lose nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/traffic/conversation.hpp"
#include "tools/traffic/ids.hpp"

namespace kmsgate::traffic {

class Stream {
  public:
    /// What only one end of a connection would believe.
    enum class Altered : std::uint8_t {
        none,
        checksum,    ///< other bytes under a bad checksum
        urgent,      ///< urgent data
        old,         ///< other bytes with a timestamp of the past
        outside,     ///< other bytes beyond every window
        other_bytes  ///< other bytes where some have come already
    };
    /// A segment and when it leaves.
    struct Sent {
        Time at = 0;
        bool from_caller = true;
        bool data = false;
        std::size_t begin = 0, end = 0;  ///< its place in the bytes that this direction has sent
        std::size_t acked = 0;           ///< bytes of the other direction that it acknowledges
        Segment header;                  ///< as it was written; its payload stands at the end of the frame
        Altered altered = Altered::none;
        Frame frame;
    };

    Stream(const Conversation& c, std::size_t mtu, Ids& ids, Random& random);

    /// SYN, SYN ACK, ACK.
    void open(Time at, std::vector<Sent>& out);
    /// Bytes of one side, in segments that end at `cuts` (offsets in `bytes`, ascending) and never exceed the
    /// MSS; every second segment, and the last, is acknowledged.
    void send(Time at, bool from_caller, std::string_view bytes, const std::vector<std::size_t>& cuts,
              std::vector<Sent>& out);
    /// FIN, ACK, FIN, ACK; the caller begins.
    void close(Time at, std::vector<Sent>& out);
    /// A SYN of the caller with the first bytes of its stream, which are sent again behind the handshake.
    [[nodiscard]] Sent syn_with_data(Time at, std::string_view bytes);
    /// A segment that was sent, once more in another form.
    [[nodiscard]] Sent altered(Time at, const Sent& like, Altered how);
    /// Bytes that a side has sent.
    [[nodiscard]] std::size_t sent(bool from_caller) const noexcept { return sent_[from_caller ? 0 : 1]; }

  private:
    void segment(Time at, bool from_caller, std::uint8_t flags, std::string_view payload,
                 std::vector<Sent>& out);
    [[nodiscard]] Link link(bool from_caller);

    const Conversation& c_;
    std::size_t mtu_;
    Ids& ids_;
    std::array<std::uint32_t, 2> next_;   ///< sequence number, by side
    std::array<std::uint32_t, 2> stamp_;  ///< last timestamp, by side
    std::array<std::uint32_t, 2> clock_;  ///< what the timestamps start at
    std::array<std::size_t, 2> sent_{};
    Time start_ = 0;
};

}  // namespace kmsgate::traffic
