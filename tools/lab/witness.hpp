// SPDX-License-Identifier: BSD-3-Clause
// Stands at every wire of a path, virtual or real: keeps captures, reads what passes, and writes the ladder's
// steps and what is wrong.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/lab/edge.hpp"
#include "tools/lab/result.hpp"
#include "tools/lab/tap.hpp"
#include "tools/lab/tcp.hpp"
#include "tools/lab/wire.hpp"
#include "tools/replay/capture.hpp"

namespace kmsgate::lab {

/// Actors stand in a row: 0 the initiator, 1..n the edges, n + 1 the receiver. Wire i joins actors i and i
/// + 1.
class Witness {
  public:
    /// What an edge says of the message it has just dealt with (1..n).
    using Words = std::function<std::string(std::size_t edge)>;

    /// `result` outlives it.
    Witness(std::size_t edges, Result& result);
    /// Steps count their time from here on.
    void begin(core::Time now) noexcept { start_ = now; }
    /// Writes one capture a wire: FOLDER/STEM-wire-N.pcap, N from 1 at the initiator.
    [[nodiscard]] std::expected<void, std::string> capture(const std::string& folder,
                                                           const std::string& stem);
    void ask(Words words) { words_ = std::move(words); }
    /// A message that passes a wire again as it was is no step: in real time clients may repeat what takes
    /// long.
    void allow_repeats() noexcept { repeats_ = true; }

    /// A frame that `actor` put on the wire to its neighbour. Frames that caused others must be shown first.
    void saw(std::size_t actor, Toward toward, const Frame& frame, core::Time now);
    void note(Step step, core::Time now);
    void fault(std::string text) { result_.faults.push_back(std::move(text)); }
    /// Looks for fragments that are missing; closes the captures.
    void finish();
    /// Did every wire carry the same frames in the same order, each way?
    [[nodiscard]] bool same_on_all_wires() const;

  private:
    using Ports = std::pair<std::uint16_t, std::uint16_t>;  ///< source, destination
    struct Wire {
        std::array<Reassembler, 2> reassembly;        ///< by where the frames go
        std::array<std::vector<Frame>, 2> frames;     ///< the same
        std::array<std::set<std::string>, 2> passed;  ///< messages, likewise; only where repeats are allowed
        std::array<std::map<Ports, TcpEar>, 2> ears;  ///< TCP connections, likewise
        std::optional<replay::Writer> capture;
    };
    /// What reached an actor, by transaction, so that what leaves it can be held against it.
    struct Known {
        std::map<std::string, std::string> requests;
        std::map<std::string, std::string> responses;
        std::set<Frame> resets;              ///< frames
        std::set<std::uint32_t> reset_here;  ///< connections that it took down, by both ports
        std::set<std::uint32_t> answered;    ///< connections in which it answered itself
    };
    void saw_segment(Wire& wire, std::size_t actor, Toward toward, const Frame& frame, core::Time now);
    void saw_reset(std::size_t from, std::size_t to, std::uint32_t connection, const Frame& frame,
                   core::Time now);
    /// True: an edge's own answer.
    bool record(std::size_t from, std::size_t to, const Seen& seen, const std::string& payload,
                core::Time now);
    [[nodiscard]] bool is_edge(std::size_t actor) const noexcept {
        return actor != 0 && actor < wires_.size();
    }

    std::vector<Wire> wires_;
    std::vector<Known> known_;
    core::Time start_ = 0;
    Result& result_;
    Words words_;
    bool repeats_ = false;
};

}  // namespace kmsgate::lab
