// SPDX-License-Identifier: BSD-3-Clause
// Hosts that speak TCP on virtual wires: a handshake, segments of an MSS in order, acknowledgements, FIN and
// RST. Wires lose nothing, so nothing is sent twice; what a pipeline sends must fit to the byte. Nothing here
// is shared with the packet path.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/lab/wire.hpp"

namespace kmsgate::lab {

/// One TCP segment; flags as they stand in the header.
struct TcpSegment {
    static constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPush = 8, kAck = 16;
    std::uint16_t source = 0, destination = 0;  ///< ports
    std::uint32_t sequence = 0, acknowledgement = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 0xFFFF;
    std::uint16_t mss = 0;  ///< as the option says; 0: it is not there
    std::string payload;
    [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};

[[nodiscard]] Frame send_segment(const Station& from, const Station& to, const TcpSegment& segment,
                                 std::uint16_t id);
/// Checks IP and TCP headers, lengths and checksums; the error says what is wrong.
[[nodiscard]] std::expected<TcpSegment, std::string> read_segment(std::span<const std::uint8_t> frame);
/// Is there TCP in this frame?
[[nodiscard]] bool is_tcp(std::span<const std::uint8_t> frame) noexcept;

/// SIP messages in a stream of bytes (RFC 3261 18.3).
class SipStream {
  public:
    void add(std::string_view bytes) { text_ += bytes; }
    /// The next whole message; nothing yet; or why there will never be one.
    [[nodiscard]] std::expected<std::optional<std::string>, std::string> next();
    /// Bytes of a message that is not whole.
    [[nodiscard]] bool within() const noexcept { return !text_.empty(); }

  private:
    std::string text_;
};

/// One direction of a connection as a wire sees it.
class TcpEar {
  public:
    /// Whole messages that this segment completes.
    [[nodiscard]] std::expected<std::vector<std::string>, std::string> take(const TcpSegment& segment);
    [[nodiscard]] bool within() const noexcept { return stream_.within(); }

  private:
    std::optional<std::uint32_t> next_;
    SipStream stream_;
};

/// A host with a listening SIP port. Messages go over a connection that stands, else over a new one.
class TcpHost {
  public:
    TcpHost(const Station& self, const Station& peer) : self_(self), peer_(peer) {}

    void send(std::string_view message);
    /// A frame that arrives; the error says what is wrong with it.
    [[nodiscard]] std::expected<void, std::string> take(std::span<const std::uint8_t> frame);
    /// Ends connections that stand.
    void close();
    [[nodiscard]] bool idle() const noexcept { return connections_.empty(); }

    [[nodiscard]] std::vector<Frame> take_frames() { return std::exchange(frames_, {}); }
    [[nodiscard]] std::vector<std::string> take_messages() { return std::exchange(messages_, {}); }
    /// Was a connection reset since this was asked last?
    [[nodiscard]] bool take_reset() noexcept { return std::exchange(reset_, false); }

  private:
    struct Connection {
        enum class State : std::uint8_t { called, answered, open, ending };
        State state = State::called;
        std::uint32_t next = 0;     ///< of ours, not sent yet
        std::uint32_t acked = 0;    ///< the peer has everything before it
        std::uint32_t expects = 0;  ///< of the peer's
        std::size_t mss = 536;
        std::uint16_t window = 0;
        std::string unsent;
        bool peer_ended = false;
        SipStream in;
    };
    using Ports = std::pair<std::uint16_t, std::uint16_t>;  ///< ours, the peer's
    using At = std::map<Ports, Connection>::iterator;

    void emit(const Ports& ports, const Connection& c, std::uint8_t flags, std::string_view payload = {});
    void stranger(const TcpSegment& s);
    void flush(const Ports& ports, Connection& c);
    void end(const Ports& ports, Connection& c);
    [[nodiscard]] std::expected<void, std::string> data(At at, const TcpSegment& s);

    Station self_, peer_;
    std::map<Ports, Connection> connections_;
    std::uint16_t last_port_ = 40'000;
    std::uint16_t id_ = 0;
    std::vector<Frame> frames_;
    std::vector<std::string> messages_;
    bool reset_ = false;
};

}  // namespace kmsgate::lab
