// SPDX-License-Identifier: BSD-3-Clause
// A worker: polls its queue of every port, runs each frame to completion, sends what leaves.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/core/pipeline.hpp"
#include "dataplane/nic/port.hpp"
#include "dataplane/publish/current.hpp"

namespace kmsgate::worker {

enum class Counter : std::uint8_t {
#define X(name, text, meaning) name,
#include "dataplane/worker/counter.def"
#undef X
    count_
};
inline constexpr std::size_t kCounters = static_cast<std::size_t>(Counter::count_);
[[nodiscard]] std::string_view to_string(Counter counter) noexcept;

/// A pair of ports of kmsgate.yaml with names resolved: port numbers are places in Plan::ports.
struct Pair {
    std::size_t slot = 0;               ///< which edge
    std::array<std::size_t, 2> port{};  ///< by core::Arrival: inside, outside
    std::optional<std::uint16_t> vlan;
};
/// What a process's workers do, the same for all of them.
struct Plan {
    /// One with fewer queues than there are workers takes sends of several threads (nic::LockedPort).
    std::vector<nic::Port*> ports;
    std::vector<Pair> pairs;
    std::vector<std::string> edges;  ///< by slot
};

struct Settings {
    unsigned number = 0;  ///< also its queue of every port
    /// Pool, sizes, keys, shared memory; budget, salt, tap and workspace are the worker's matter.
    core::Config pipeline;
    std::size_t burst = 32;  ///< frames taken from a queue in one round
    /// Time that one round may judge messages for, all edges together; what exceeds it waits. 0: no end.
    std::uint64_t budget_nanoseconds = 200'000;
    unsigned idle_polls = 1'000;               ///< empty rounds before it sleeps
    std::uint64_t sleep_nanoseconds = 50'000;  ///< longest sleep
};

/// Where a worker takes the time of day from: nanoseconds since 1970, without a system call.
class Clock {
  public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;
    [[nodiscard]] virtual core::Time now() noexcept = 0;
};

class Worker {
  public:
    /// `sink` gets this worker's events; `tap` (may be null) sees how frames end. All outlive the worker.
    Worker(const Settings& settings, const Plan& plan, publish::Current& current, Clock& clock,
           core::EventSink& sink, core::FrameTap* tap);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Works until stop(), then ends what is still held (capture-end); registers with Current. Called on the
    /// worker's own thread or lcore.
    void run() noexcept;
    void stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
    /// One round over all ports (what run() does in a loop; tests call it). Frames received.
    std::size_t poll_once() noexcept;
    /// Ends what is still held, as run() does when it was stopped; not while run() works.
    void drain() noexcept;

    /// Pipeline counters of an edge slot; readable by any thread at any time.
    [[nodiscard]] const core::Counters& counters(std::size_t slot) const noexcept;
    [[nodiscard]] std::uint64_t get(Counter counter) const noexcept;
    /// Grows with every round: whoever watches sees a worker that hangs.
    [[nodiscard]] std::uint64_t heartbeat() const noexcept { return get(Counter::polls); }
    /// Frames that wait in it: fragments, and messages beyond the time budget of a round. Readable like
    /// counters.
    [[nodiscard]] std::size_t held(std::size_t slot) const noexcept;
    /// TCP connections that it follows, segments of them that it keeps: how many, and room for how many.
    struct Streams {
        std::size_t connections = 0, most_connections = 0;
        std::size_t segments = 0, most_segments = 0;
    };
    /// Of all its edges. Readable like counters.
    [[nodiscard]] Streams streams() const noexcept;
    [[nodiscard]] unsigned number() const noexcept;

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
    std::atomic<bool> stop_ = false;
};

}  // namespace kmsgate::worker
