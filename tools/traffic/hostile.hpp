// SPDX-License-Identifier: BSD-3-Clause
// Messages and frames that are disguised, malformed or cut: each with its name and what a reader must make of
// it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/traffic/conversation.hpp"

namespace kmsgate::traffic {

/// What is done to a message's frames.
enum class Cut : std::uint8_t {
    none,
    bad_ip_checksum,   ///< IPv4: header checksum
    short_ip,          ///< the IP length says more than the frame holds
    udp_length,        ///< the UDP length says more than IP holds
    bad_udp_checksum,  ///< judged as if good
    overlap,           ///< two fragments differ where they overlap
    missing,           ///< the last fragment never comes
    tiny,              ///< fragments of 64 bytes
};

/// What is done to the TCP connection that carries a message.
enum class Trick : std::uint8_t {
    none,           ///< there is none: it is a datagram
    checksum,       ///< a segment with other bytes and a bad checksum in front of the good one
    urgent,         ///< the same as urgent data
    old_timestamp,  ///< the same with a timestamp of the past (PAWS)
    outside,        ///< the same beyond the window
    other_bytes,    ///< other bytes where some have come
    out_of_order,   ///< the last segment comes first
    tiny,           ///< segments of a few bytes
    several,        ///< messages around it in the same segments
    text,           ///< the message itself does not say where it ends
    syn_data,       ///< its first bytes on the SYN
    mid_stream,     ///< the connection's beginning is not seen
    fin_inside,     ///< the stream ends in its middle
    other_port,     ///< a port that is none of SIP's
};

/// What one shape makes of a conversation.
struct Crafted {
    std::string text;
    Truth truth;
    Cut cut = Cut::none;
    std::string method = "INVITE";
    unsigned status = 0;  ///< of a response, which the callee sends
};

struct Shape {
    std::string_view name;
    std::string_view meaning;
    void (*make)(World&, const Conversation&, Crafted&);
    /// The rule of the closed list that it breaks, when it breaks one (count_: none): a peer for which the
    /// policy relaxes it sends no such message.
    mikey::Rule rule = mikey::Rule::count_;
    Trick trick = Trick::none;
};

[[nodiscard]] std::span<const Shape> hostile_shapes() noexcept;
/// Null when there is none of that name.
[[nodiscard]] const Shape* find_shape(std::string_view name) noexcept;

}  // namespace kmsgate::traffic
