// SPDX-License-Identifier: BSD-3-Clause
// The virtual wires between a scenario's actors in simulated time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "tools/lab/edge.hpp"
#include "tools/lab/witness.hpp"

namespace kmsgate::lab {

/// A frame under way: it reaches `actor` at `at`, from its neighbour on the side `from`.
struct Arrival {
    core::Time at = 0;
    std::uint64_t order = 0;
    std::size_t actor = 0;
    Toward from = Toward::initiator;
    Frame frame;
};

/// Actors as for Witness.
class Path {
  public:
    /// One millisecond a wire.
    static constexpr core::Time kDelay = core::kMillisecond;

    /// `witness` sees every frame and outlives the path.
    Path(std::vector<std::unique_ptr<Edge>> edges, Witness& witness);
    Path(const Path&) = delete;
    Path& operator=(const Path&) = delete;

    /// Puts a frame on the wire from `actor` to its neighbour.
    void send(std::size_t actor, Toward toward, Frame frame, core::Time now);
    [[nodiscard]] std::optional<core::Time> next() const noexcept;
    /// Takes the frame that arrives first. Edges handle theirs at once; nullopt then. Else it is a client's.
    [[nodiscard]] std::optional<Arrival> step();
    /// Tells the witness what the edges found wrong; `labels`: of the actors; `untouched`: no edge may have
    /// changed or answered anything.
    void finish(core::Time now, bool untouched, const std::vector<std::string>& labels);

  private:
    struct Later {
        bool operator()(const Arrival& a, const Arrival& b) const noexcept {
            return a.at != b.at ? a.at > b.at : a.order > b.order;
        }
    };

    std::vector<std::unique_ptr<Edge>> edges_;
    std::priority_queue<Arrival, std::vector<Arrival>, Later> queue_;
    std::uint64_t order_ = 0;
    Witness& witness_;
};

}  // namespace kmsgate::lab
