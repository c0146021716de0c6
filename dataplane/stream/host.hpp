// SPDX-License-Identifier: BSD-3-Clause
// What the streams need of the pipeline that they stand in.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/classify/packet.hpp"
#include "dataplane/core/counters.hpp"
#include "dataplane/core/frame.hpp"
#include "dataplane/core/outcome.hpp"
#include "dataplane/sip/arena.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::stream {

using core::Arrival;
using core::Counter;
using core::Mbuf;
using core::Outcome;
using core::Time;
using policy::Action;
using policy::Cause;

/// One whole message of a stream.
struct StreamMessage {
    std::string_view text;                     ///< start line to the end of its Content-Length
    std::span<const std::uint64_t> frames;     ///< that gave it bytes, ascending
    const classify::Packet* packet = nullptr;  ///< ends of the connection, as the last of its segments says
    Arrival arrival = Arrival::inside;
    std::uint16_t pair = 0;
    bool off_port = false;  ///< neither end is a signalling port
    Time now = 0;
};

class Host {
  public:
    Host() = default;
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    virtual ~Host() = default;

    struct Judged {
        bool forward = true;
        std::string_view answer;  ///< goes back to the sender where it can; valid until conclude()
    };
    [[nodiscard]] virtual Judged judge(const StreamMessage& message) = 0;
    /// Tells of the message that was judged last; `answered`: its answer has left. How its segments end.
    virtual Outcome conclude(bool answered) = 0;

    /// A segment ends; one that goes out leaves by the other port, as it came.
    virtual void leave(Mbuf frame, Outcome outcome) = 0;
    /// A segment of ours leaves by `port`, because of one that came by `arrival`.
    virtual void made(Mbuf frame, Arrival port, Arrival arrival, Time now, std::uint16_t pair) = 0;
    /// Frames that ended without a message: one line.
    virtual void line(Time now, Arrival arrival, std::span<const std::uint64_t> frames, Outcome why) = 0;
    /// Counts the cause; what policy says of it.
    virtual Action cause(Cause cause) = 0;
    virtual void count(Counter counter) = 0;

    [[nodiscard]] virtual bool watching() const = 0;  ///< shadow or bypass: everything leaves as it came
    [[nodiscard]] virtual rte_mempool* pool() const = 0;
    [[nodiscard]] virtual sip::Arena& arena() = 0;
};

}  // namespace kmsgate::stream
