// SPDX-License-Identifier: BSD-3-Clause
// What is known of each frame on its way: whose it is, and what should become of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/traffic/conversation.hpp"
#include "tools/traffic/guide.hpp"

namespace kmsgate::traffic {

/// Segments that the edge makes itself; of an answer its whole, however many segments it takes.
struct Made {
    unsigned answers = 0, resets = 0, acknowledgements = 0;
};

/// Of one message, or of one frame that is none.
struct Note {
    std::string_view kind;  ///< of the mix, or the name of a hostile shape
    std::string label;      ///< "INVITE", "200", "RTP", "segment"
    std::string call_id;
    std::string method;   ///< of a request, and of the request that a response answers
    unsigned status = 0;  ///< of a response
    std::uint32_t cseq = 0;
    bool message = false;  ///< the edge tells of it in a line `message`
    bool retransmitted = false;
    std::optional<Expected> expected;          ///< of a message, where there is a policy
    std::string_view outcome = "passed";       ///< how its frames should end; of a message its verdict
    std::size_t size = 0;                      ///< bytes of the message or frame
    std::vector<std::string> carried;          ///< messages whose last byte a TCP segment carries
    std::vector<std::shared_ptr<Note>> parts;  ///< of a TCP segment: messages, and lines of lost segments,
                                               ///< that the edge tells it has a part in
    Made made;                                 ///< by the edge, because of this TCP segment
    unsigned left = 0;                         ///< frames that are still to leave
    std::vector<std::uint64_t> frames;         ///< numbers in the capture of their port, copies apart
};
using NoteRef = std::shared_ptr<Note>;

/// A frame, when and by which port it comes.
struct Emitted {
    Time time = 0;
    bool outside = false;  ///< arrives at the edge's outside port
    Frame bytes;
    NoteRef note;
    bool copy = false;  ///< of a fragment that came before
};

/// Takes what flows make.
class Queue {
  public:
    Queue() = default;
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;
    void push(Emitted frame);
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] Time next_time() const noexcept { return heap_.front().emitted.time; }
    [[nodiscard]] Emitted pop();
    /// Frames ever taken.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  private:
    struct Entry {
        Emitted emitted;
        std::uint64_t order;
    };
    static bool later(const Entry& a, const Entry& b) noexcept {
        return a.emitted.time != b.emitted.time ? a.emitted.time > b.emitted.time : a.order > b.order;
    }
    std::vector<Entry> heap_;
    std::uint64_t count_ = 0;
};

}  // namespace kmsgate::traffic
