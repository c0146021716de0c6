// SPDX-License-Identifier: BSD-3-Clause
// What the gate knows of one TCP connection: both directions, in 256 bytes.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/core/frame.hpp"
#include "dataplane/stream/framing.hpp"
#include "dataplane/stream/kept.hpp"
#include "dataplane/stream/sequence.hpp"

namespace kmsgate::stream {

using core::Arrival;
using core::opposite;
using core::Time;

/// Acknowledgements of the same byte that say that it was lost (RFC 5681 3.2).
inline constexpr std::uint8_t kLost = 3;
/// As wide as any window can be (RFC 7323 2.3).
inline constexpr std::uint32_t kWidest = std::uint32_t{1} << 30;

/// One direction: what the side at port `Arrival` sends. "Peer" is the other side, who gets it.
struct Half {
    Sequence start = 0;        ///< first byte of the stream
    Sequence next = 0;         ///< first byte that has not come in order
    Sequence released = 0;     ///< first byte that was not let go to the peer
    Sequence acked = 0;        ///< the peer has everything before it
    Sequence promised = 0;     ///< the sender was told so of everything before it; ours to deliver
    Sequence claimed = 0;      ///< the peer said so, also of what was not let go to it yet
    Sequence edge = 0;         ///< the peer takes nothing from here on
    Sequence offer = 0;        ///< the sender was told by us that there is room up to here
    Sequence recover = 0;      ///< once `duplicates` says that a byte was lost: all before it may be, too
    Sequence message = 0;      ///< start of the message that is being read, or of what stands before one
    Sequence read = 0;         ///< head_end == 0: first byte that the scan for its end has not seen
    std::uint32_t head = 0;    ///< bytes of its head; 0: not whole yet
    std::uint32_t body = 0;    ///< bytes of its body, once `head` is known
    Sequence fin = 0;          ///< where the stream ends, once have_fin
    std::uint32_t recent = 0;  ///< PAWS: newest timestamp in order (RFC 7323 4.3)
    std::uint32_t newest = 0;  ///< newest timestamp of all
    std::uint32_t shown =
        0;  ///< newest timestamp that the peer goes by: nothing with an older one may follow
    std::uint32_t deadline = 0;       ///< of its timer, in milliseconds of the gate's clock; 0: none runs
    std::uint16_t mss = kDefaultMss;  ///< what this side takes in one segment
    std::uint16_t window = 0;         ///< that this side offered last, as it stands in the header
    std::uint8_t tries : 4 = 0;       ///< retransmissions of the same byte
    std::uint8_t duplicates : 4 = 0;  ///< acknowledgements of the same byte by the peer
    std::uint8_t scale = 0;           ///< of the windows that this side offers
    HeadScan scan;
    bool open : 1 = false;  ///< its SYN has come
    bool have_fin : 1 = false;
    bool between : 1 = true;   ///< no byte of a message has come, nor of the header of a record
    bool told : 1 = false;     ///< joining: `acked` is what the peer said
    bool tls : 1 = false;      ///< TLS: records instead of messages; `body`: bytes of one that have not come
    bool hello : 1 = false;    ///< and its ClientHello is not whole yet
    bool stamped : 1 = false;  ///< `recent`, `newest` and `shown` say something
    bool settled : 1 = false;  ///< it has acknowledged its peer's SYN: who only claims to be it could not
    Kept kept;

    /// Behind what its receiver takes, or we do.
    [[nodiscard]] Sequence window_end() const noexcept { return later(edge, offer); }
    /// Its first waiting segment was judged, and waits for room at its receiver, or for what was lost.
    [[nodiscard]] bool blocked() const noexcept {
        return kept.waiting() != nullptr && !after(Kept::end(kept.waiting()), message);
    }
    /// Bytes of ours to deliver were lost, and not all that left before it was seen is acknowledged.
    [[nodiscard]] bool recovering() const noexcept { return duplicates >= kLost && after(promised, acked); }
    /// Behind what we have room for: a message, and what its receiver is slow to take counts as well.
    [[nodiscard]] Sequence room_end() const noexcept {
        return later(later(offer, next), (blocked() ? released : message) + kMaxMessage);
    }
    /// Where its stream begins, as far as the gate is concerned.
    void start_at(Sequence at) noexcept {
        start = next = released = acked = promised = claimed = offer = message = read = at;
        open = true;
    }
    /// Its peer has everything before `at`. What stands far behind it comes along: places are compared over
    /// half of all numbers, and a connection may last for more than those.
    void acknowledged(Sequence at) noexcept {
        constexpr std::uint32_t kFar = std::uint32_t{1} << 30;
        acked = at;
        if (distance(start, acked) <= kFar) return;
        start = acked - kFar / 2;
        promised = later(promised, start);
        claimed = later(claimed, start);
        recover = later(recover, start);
        offer = later(offer, start);
    }
    /// Nothing waits for a verdict, no message has begun.
    [[nodiscard]] bool at_boundary() const noexcept { return between && released == next; }
};

struct Flow {
    enum class State : std::uint8_t {
        free,
        joining,  ///< no SYN seen: waits until it is certain where a message begins
        opening,  ///< SYN seen
        open,     ///< SYN answered
        closed,   ///< both FINs acknowledged, or RST: what comes now is late, and believed by nobody
        reset,    ///< by one end: so is the other, should it go on
        refused,  ///< reset by the gate: whoever still sends hears so again
        passing,  ///< cannot be read, while the edge only watches
    };
    std::array<Half, 2> half;                          ///< by Arrival
    Time last = 0;                                     ///< a segment came
    std::uint32_t newer = 0, older = 0;                ///< neighbours in the list of ages
    std::uint32_t timer_next = 0, timer_previous = 0;  ///< neighbours among those whose timer runs
    State state = State::free;
    bool scaled : 1 = false;            ///< both sides offered window scaling
    bool stamps : 1 = false;            ///< both sides offered timestamps
    bool candidate : 1 = false;         ///< on another port: has not shown yet whether it speaks SIP
    bool off_port : 1 = false;          ///< it does
    bool joined : 1 = false;            ///< picked up in its middle: nobody knows how its windows are scaled
    bool disputed : 1 = false;          ///< two versions of the same bytes came
    bool renewing : 1 = false;          ///< a SYN came while it was open
    bool sack : 1 = false;              ///< both sides take selective acknowledgements
    Arrival client = Arrival::inside;   ///< who sent the SYN
    Arrival renewer = Arrival::inside;  ///< who sent the one that came while it was open
    Sequence renewal = 0;               ///< what stands behind that one

    [[nodiscard]] Half& from(Arrival a) noexcept { return half[static_cast<std::size_t>(a)]; }
    [[nodiscard]] Half& to(Arrival a) noexcept { return half[1 - static_cast<std::size_t>(a)]; }
};
static_assert(sizeof(Flow) <= 256);

}  // namespace kmsgate::stream
