// SPDX-License-Identifier: BSD-3-Clause
// What an edge will make of one TCP connection: how each segment ends, which lines it gives, what the edge
// says itself. Worked out from what the maker of the connection knows, never from bytes.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/traffic/note.hpp"
#include "tools/traffic/stream.hpp"

namespace kmsgate::traffic {

/// One SIP message in the bytes of its direction.
struct Streamed {
    std::size_t begin = 0, end = 0;
    std::size_t head = 0;  ///< where its head ends
    bool framed = true;    ///< false: its head does not say where it ends
    NoteRef note;
};

class StreamFate {
  public:
    /// What a policy makes of connections in general.
    struct Rules {
        bool watching = false;         ///< the edge lets everything pass
        bool reset_midstream = true;   ///< what has no beginning is reset, else dropped
        std::size_t patience = 4'380;  ///< so many bytes may wait before their sender hears that they came
    };

    /// `messages`: by direction, the caller's first; in order, without a gap.
    StreamFate(const Rules& rules, std::array<std::vector<Streamed>, 2> messages)
        : rules_(rules), messages_(std::move(messages)) {}

    /// The next segment on the wire, and its note; the outcome of segments that are held is written when they
    /// end, so notes live as long as this.
    void segment(const Stream::Sent& sent, const NoteRef& note);
    /// The capture ends, or nothing comes any more.
    void finish();

  private:
    struct Kept {
        std::size_t begin = 0, end = 0;
        NoteRef note;
        bool ended = false;
    };
    struct Side {
        std::vector<Kept> kept;  ///< in the order of the stream
        std::size_t next = 0;    ///< first byte that has not come
        std::size_t released = 0, acked = 0, promised = 0, claimed = 0;
        std::size_t message = 0;  ///< which one is being read ...
        std::size_t judged = 0;   ///< ... and the end of the one before
        bool fin = false;
        std::size_t fin_at = 0;
    };
    enum class State : std::uint8_t { none, open, refused, passing };

    void acknowledge(Side& side, std::size_t to);
    void data(std::size_t me, const Stream::Sent& sent, const NoteRef& note);
    [[nodiscard]] bool put(Side& side, Kept kept);
    void read(std::size_t me, const NoteRef& note);
    [[nodiscard]] static bool waits(const Side& side);
    static void promise(Side& side, const NoteRef& note);
    [[nodiscard]] bool judge(std::size_t me, const NoteRef& note);
    void release(Side& side, std::size_t upto);
    void refuse(std::size_t me, const NoteRef& note, std::string_view outcome, std::size_t upto);
    void end_waiting(Side& side, std::string_view outcome, bool tell, std::size_t upto);
    [[nodiscard]] std::size_t start_of_message(std::size_t me) const;
    void line(const NoteRef& note, std::string_view reason);

    Rules rules_;
    std::array<std::vector<Streamed>, 2> messages_;
    std::array<Side, 2> sides_;
    State state_ = State::none;
};

}  // namespace kmsgate::traffic
