// SPDX-License-Identifier: BSD-3-Clause
// One edge of a live path: a kmsgate-dataplane of its own, with its table, and its table socket for tags and
// events.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "tools/lab/live_process.hpp"
#include "tools/lab/live_wires.hpp"
#include "tools/lab/session.hpp"

namespace kmsgate::lab {

/// Where a live run finds and puts things.
struct LivePlaces {
    std::string dataplane;  ///< the program
    std::string folder;     ///< files of the run; deleted with it
    std::string space;      ///< namespace of the ports
};

class LiveEdge {
  public:
    /// Starts the program of edge `number` (1..n); it is not ready yet.
    [[nodiscard]] static std::expected<std::unique_ptr<LiveEdge>, std::string> start(
        const Planned& planned, std::size_t number, const LivePlaces& places);
    ~LiveEdge();
    LiveEdge(const LiveEdge&) = delete;
    LiveEdge& operator=(const LiveEdge&) = delete;

    /// Waits until its ports are up, then gives it users and tags and asks for all events.
    [[nodiscard]] std::expected<void, std::string> prepare(const std::vector<TagLine>& tags,
                                                           const std::vector<std::string>& roster);
    /// Readable when pump() has something to do.
    [[nodiscard]] int descriptor() const noexcept;
    /// Takes the events that have come.
    void pump();

    /// What it said of each message that it answered or rewrote, in order, repeats left out: "redirect:
    /// no-rule (rule a)".
    [[nodiscard]] const std::vector<std::string>& words() const noexcept;
    /// Frames that it dropped, broken events, a connection that ended; empty when all is well.
    [[nodiscard]] const std::vector<std::string>& faults() const noexcept;

  private:
    struct Inside;
    explicit LiveEdge(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace kmsgate::lab
