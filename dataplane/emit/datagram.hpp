// SPDX-License-Identifier: BSD-3-Clause
// Frames of our own: a UDP datagram as the other side of a conversation would have sent it, fragmented where
// it must be.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/core/record.hpp"

namespace kmsgate::emit {

/// Where a datagram goes and what it borrows from the frame that caused it.
struct Envelope {
    std::span<const std::uint8_t>
        link;                ///< Ethernet header with VLAN tags and EtherType, up to the IP header
    bool swap_link = false;  ///< exchange source and destination MAC (an answer); else keep (a rewrite)
    core::Endpoint source;
    core::Endpoint destination;
    std::uint8_t traffic_class = 0;  ///< TOS octet or IPv6 traffic class
    std::uint8_t hop_limit = 64;
    std::uint32_t packet_id = 0;  ///< fresh IP ID, used when it must be fragmented
};

/// Builds the datagram's frames: one, or fragments of at most `mtu` bytes of IP. Appends them to `out`; false
/// (and nothing appended) when buffers are short or the payload exceeds what UDP carries.
[[nodiscard]] bool write_datagram(const Envelope& envelope, std::string_view payload, std::size_t mtu,
                                  rte_mempool* pool, core::FrameList& out) noexcept;

/// A frame whose payload is written in place: `payload` points to room for as many bytes as were asked for.
struct Blank {
    core::Mbuf frame;
    char* payload = nullptr;
};
/// For a payload of at most `most` bytes. Null when that may take more than one frame of the MTU, or more
/// than one buffer, or when there is none.
[[nodiscard]] Blank blank_frame(const Envelope& envelope, std::size_t most, std::size_t mtu,
                                rte_mempool* pool) noexcept;
/// Writes what stands in front of a payload of `size` bytes: the frame is then as write_datagram() makes it.
void finish_frame(const Envelope& envelope, const Blank& blank, std::size_t size) noexcept;

}  // namespace kmsgate::emit
