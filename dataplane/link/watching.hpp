// SPDX-License-Identifier: BSD-3-Clause
// What the workers tell, passed on to control: event lines, traces, captured frames.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/link/backlog.hpp"
#include "dataplane/link/peer.hpp"
#include "dataplane/publish/publisher.hpp"
#include "dataplane/watch/worker_watch.hpp"

namespace kmsgate::link {

/// A wish of control that is being met.
template <class Shared>
struct Active {
    std::unique_ptr<Shared> shared;
    std::chrono::steady_clock::time_point deadline;
    std::uint64_t told;  ///< records that came
};

/// Link thread only. `control`: the connection of the control plane, null while there is none.
class Watching {
  public:
    using Steady = std::chrono::steady_clock;

    Watching(std::span<watch::WorkerWatch* const> watches, publish::Publisher& publisher);
    /// No worker looks at a wish any more.
    ~Watching();
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

    void events(watch::Events mode, std::uint32_t per_second) noexcept;
    /// The wish's number. Whoever had one before is told that it was replaced.
    std::uint64_t trace(watch::TraceWish wish, std::chrono::seconds life, Peer& control);
    std::uint64_t capture(watch::CaptureWish wish, std::chrono::seconds life, Peer& control);
    /// False: there is none.
    bool stop_trace(Peer& control);
    bool stop_capture(Peer& control);
    /// Control is gone: so are its wishes.
    void abandon();
    /// Control has come: what was lost meanwhile is told first.
    void welcome(Peer& control, core::Time now);

    /// Empties the rings, a bounded part of each; true when there is more.
    bool drain(Peer* control);
    /// Ends wishes whose time is over; once a second tells what was suppressed and lost.
    void tick(Peer* control, core::Time now);

    /// Records that never reach control, all of them together.
    [[nodiscard]] std::uint64_t lost() const noexcept;
    [[nodiscard]] std::uint64_t suppressed() const noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept { return backlog_.size(); }

  private:
    using Trace = Active<watch::WorkerWatch::SharedTrace>;
    using Capture = Active<watch::WorkerWatch::SharedCapture>;

    void take(const watch::Told& told, Peer* control);
    void send_trace(const watch::Told& told, Peer& control);
    void send_capture(Peer& control);
    void send_events(Peer& control);
    void end_trace(Peer* control, std::string_view why);
    void end_capture(Peer* control, std::string_view why);
    void empty_rings(Peer* control);
    void announce(std::string_view event, std::uint64_t count, core::Time now);

    std::span<watch::WorkerWatch* const> watches_;
    publish::Publisher& publisher_;
    Backlog backlog_;
    std::optional<Trace> trace_;
    std::optional<Capture> capture_;
    std::string capture_bytes_;  ///< blocks not sent yet
    std::uint64_t next_ = 1;
    std::uint64_t lost_ = 0;  ///< here, control being too slow
    std::uint64_t told_lost_ = 0, told_suppressed_ = 0;
    Steady::time_point announced_{};
};

}  // namespace kmsgate::link
