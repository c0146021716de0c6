// SPDX-License-Identifier: BSD-3-Clause
// What went in against what came out: forwarded as it was, answered, rewritten, or gone.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tools/traffic/histogram.hpp"
#include "tools/traffic/note.hpp"
#include "tools/traffic/sip_read.hpp"
#include "tools/traffic/tally.hpp"
#include "tools/traffic/wire_read.hpp"

namespace kmsgate::traffic {

/// What was seen to become of a datagram or frame.
enum class Fate : std::uint8_t {
    gone,        ///< neither it nor an answer to it was seen
    forwarded,   ///< all its frames came out by the other side, byte for byte
    partly,      ///< some of its frames did
    redirected,  ///< a 488 with a KRR came back
    rejected,    ///< another final response that its callee did not send
    absorbed,    ///< a 200 to a CANCEL that its callee did not send
    rewritten,   ///< a response that came out with another body
    leaked,      ///< answered, and frames of it came out all the same
    reset,       ///< a TCP segment that did not come out, of a connection that the box took down
    count_
};
[[nodiscard]] std::string_view to_string(Fate fate) noexcept;

struct Outcome {
    std::uint64_t sent = 0;  ///< datagrams, and frames that are in none
    std::uint64_t frames_sent = 0, frames_received = 0;
    std::uint64_t unexpected = 0;  ///< frames that nobody sent and that answer nothing
    std::uint64_t duplicates = 0;  ///< frames that came out once more than they went in
    std::uint64_t reordered = 0;   ///< datagrams that a later one of the same two addresses overtook
    std::uint64_t lost = 0;        ///< datagrams that should have come out or been answered and were not
    std::uint64_t mismatches = 0;  ///< datagrams of another fate than the policy says, lost ones apart
    std::array<std::uint64_t, static_cast<std::size_t>(Fate::count_)> fates{};
    Made made;                          ///< over TCP by the box itself; of an answer its first segment
    Counts verdicts;                    ///< of SIP messages: "INVITE redirected"
    Counts krr_lists;                   ///< lists of the KRRs seen: "initiator [..] receiver [..]"
    std::vector<std::string> examples;  ///< of losses and mismatches, the first few
    Histogram forward, answer;          ///< nanoseconds from the last frame in to the last frame out
};

class Matcher {
  public:
    /// A foreign SIP message that answers one of ours, and the frame that completed it.
    using OnAnswer =
        std::function<void(const Head& head, const Packet& packet, std::span<const std::uint8_t> frame)>;

    /// `timeout` (nanoseconds): how long after it was sent a datagram is judged. `sided`: what comes out by
    /// which side is known and counts; else anything may come out anywhere.
    Matcher(Time timeout, bool sided) : timeout_(timeout), sided_(sided) {}
    void on_answer(OnAnswer f) { on_answer_ = std::move(f); }

    /// A frame that goes in by one side. `note` (may be null) says what is expected of it.
    void sent(Time time, bool outside, std::span<const std::uint8_t> frame, NoteRef note);
    /// A frame that comes out by one side.
    void received(Time time, bool outside, std::span<const std::uint8_t> frame);
    /// Judges what was sent longer than the time-out ago.
    void expire(Time now);
    const Outcome& finish();
    /// Nothing that should still come out or be answered is under way.
    [[nodiscard]] bool settled() const noexcept;
    [[nodiscard]] const Outcome& outcome() const noexcept { return out_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return datagrams_.size(); }

  private:
    struct Datagram {
        Time sent = 0;      ///< its last frame so far
        Time received = 0;  ///< the same
        std::uint64_t order = 0;
        std::uint64_t pair = 0;  ///< of its addresses
        std::uint64_t sip = 0;   ///< key of its message; 0: none
        std::uint64_t group = 0;
        std::uint64_t flow = 0;  ///< key of its TCP connection; 0: none
        std::vector<std::uint64_t> frames;
        std::uint32_t arrived = 0;
        bool outside = false;
        Fate answer = Fate::gone;
        NoteRef note;
        std::string label;  ///< method or status of its message
    };
    using Index = std::uint64_t;  ///< counts on; datagrams_[index - first_]

    [[nodiscard]] Datagram* at(Index index) noexcept;
    Index group_of(const std::optional<Packet>& packet, Time time, bool outside);
    void learn(Datagram& d, Index index, const Head& head);
    bool forwarded(Time time, bool outside, std::uint64_t hash);
    void answered(Time time, bool outside, const Packet& packet, std::span<const std::uint8_t> frame);
    void note_answer(Datagram& d, Fate fate, Time time, const Head& head);
    void note_lists(const Head& head, const std::optional<Expected>& expected, std::string_view whose);
    void expect_answers(const NoteRef& segment);
    void made_here(const Packet& packet, const Transport& tcp);
    void judge(Datagram& d, Index index);
    [[nodiscard]] Fate fate_of(const Datagram& d) const noexcept;
    [[nodiscard]] static std::string name_of(const Datagram& d);
    void blame(const Datagram& d, std::string_view what, Fate fate);

    /// Does what came out by one side belong to what went in by the same (an answer) or the other?
    [[nodiscard]] bool fits(const Datagram& d, bool outside, bool same_side) const noexcept {
        return !sided_ || (d.outside == outside) == same_side;
    }

    Time timeout_;
    bool sided_;
    OnAnswer on_answer_;
    std::deque<Datagram> datagrams_;
    Index first_ = 0;
    std::unordered_multimap<std::uint64_t, Index> by_frame_;  ///< frames that have not arrived yet
    std::unordered_map<std::uint64_t, Index> seen_;           ///< frames that have
    std::unordered_multimap<std::uint64_t, Index> by_sip_;
    std::unordered_map<std::uint64_t, Index> groups_;          ///< fragments of one datagram
    std::unordered_map<std::uint64_t, std::uint64_t> newest_;  ///< last arrival by pair of addresses
    std::array<Assembler, 2> going_, coming_;                  ///< by side
    std::unordered_set<std::uint64_t> resets_, answering_;     ///< TCP connections
    std::unordered_map<std::uint64_t, NoteRef> answers_;       ///< over TCP, that should still come
    Outcome out_;
};

}  // namespace kmsgate::traffic
