// SPDX-License-Identifier: BSD-3-Clause
// The wires between a scenario's actors in simulated time, and a tap on each of them that writes the ladder.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "tools/lab/edge.hpp"
#include "tools/lab/result.hpp"
#include "tools/lab/tap.hpp"
#include "tools/lab/wire.hpp"
#include "tools/replay/capture.hpp"

namespace kmsgate::lab {

/// A frame under way: it reaches `actor` at `at`, from its neighbour on the side `from`.
struct Arrival {
    core::Time at = 0;
    std::uint64_t order = 0;
    std::size_t actor = 0;
    Toward from = Toward::initiator;
    Frame frame;
};

/// Actors stand in a row: 0 the initiator, 1..n the edges, n + 1 the receiver.
class Path {
  public:
    /// One millisecond a wire.
    static constexpr core::Time kDelay = core::kMillisecond;

    Path(std::vector<std::unique_ptr<Edge>> edges, core::Time start, Result& result);
    /// Writes one capture a wire: FOLDER/STEM-wire-N.pcap, N from 1 at the initiator.
    [[nodiscard]] std::expected<void, std::string> capture(const std::string& folder,
                                                           const std::string& stem);

    /// Puts a frame on the wire from `actor` to its neighbour.
    void send(std::size_t actor, Toward toward, Frame frame, core::Time now);
    [[nodiscard]] std::optional<core::Time> next() const noexcept;
    /// Takes the frame that arrives first. Edges handle theirs at once; nullopt then. Else it is a client's.
    [[nodiscard]] std::optional<Arrival> step();

    void note(Step step, core::Time now);
    void fault(std::string text) { result_.faults.push_back(std::move(text)); }
    /// Looks at everything after the last frame; `untouched`: no edge may have changed or answered anything.
    void finish(core::Time now, bool untouched);

  private:
    struct Wire {
        std::array<Reassembler, 2> reassembly;  ///< by where the frames go
        std::optional<replay::Writer> capture;
    };
    /// What reached an edge, by transaction, so that what leaves it can be held against it.
    struct Known {
        std::map<std::string, std::string> requests;
        std::map<std::string, std::string> responses;
    };
    struct Later {
        bool operator()(const Arrival& a, const Arrival& b) const noexcept {
            return a.at != b.at ? a.at > b.at : a.order > b.order;
        }
    };
    void tap(std::size_t actor, Toward toward, const Frame& frame, core::Time now);
    void record(std::size_t from, std::size_t to, const Seen& seen, const std::string& payload,
                core::Time now);
    [[nodiscard]] bool is_edge(std::size_t actor) const noexcept {
        return actor != 0 && actor <= edges_.size();
    }

    std::vector<std::unique_ptr<Edge>> edges_;
    std::vector<Wire> wires_;  ///< wire i joins actors i and i + 1
    std::vector<Known> known_;
    std::priority_queue<Arrival, std::vector<Arrival>, Later> queue_;
    std::uint64_t order_ = 0;
    core::Time start_;
    Result& result_;
};

}  // namespace kmsgate::lab
