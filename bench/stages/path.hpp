// SPDX-License-Identifier: BSD-3-Clause
// The whole path: frames in, frames out, through a pipeline as a worker holds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bench/stages/stages.hpp"
#include "dataplane/core/pipeline.hpp"
#include "dataplane/watch/worker_watch.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::bench {

struct PathStage {
    std::string_view name;
    std::string_view what;
    core::Outcome outcome;  ///< how all its messages end
};
[[nodiscard]] std::span<const PathStage> path_stages() noexcept;

/// Messages of one edge, as a port delivers them in one burst.
struct PathBurst {
    std::size_t group = 0;
    std::vector<core::Mbuf> frames;
    std::size_t messages = 0;
};

/// How old the memory is that a pass meets.
enum class Memory : std::uint8_t {
    warm,  ///< entries of the pass before, whose time is over
    cold,  ///< entries that no pass has touched: none of the passes before is over yet
};

/// One stage, made ready.
class Path {
  public:
    /// Throws std::logic_error when no message ends as the stage says.
    Path(Workload& workload, const PathStage& stage, Memory memory);

    /// The bursts of the next pass, each of 32 frames at most, its transactions new ones.
    [[nodiscard]] std::vector<PathBurst> pass();
    /// What is measured.
    void run(PathBurst& burst) { pipeline_->process(burst.frames, judges_[burst.group], out_); }
    /// Frees what left, as a port does; throws when some message did not end as the stage says.
    void check(const PathBurst& burst);
    /// Messages of one pass.
    [[nodiscard]] std::size_t messages() const noexcept { return messages_; }
    /// Runs the floor over the messages of one burst.
    void floor(const PathBurst& burst) noexcept;

  private:
    struct Message {
        std::size_t invite = 0;
        std::vector<std::vector<std::uint8_t>> frames;
        std::vector<std::size_t> numbers;  ///< places in the first frame where the number of a pass stands
    };
    struct Group {
        policy::table::EdgeId edge = 0;
        core::Arrival arrival = core::Arrival::inside;
        std::vector<Message> messages;
    };
    void add(std::size_t invite, std::string_view payload, const core::Endpoint& source,
             const core::Endpoint& destination, core::Arrival arrival, bool signalling);
    [[nodiscard]] PathBurst burst_of(std::size_t group, std::size_t first, std::size_t count);
    void keep_those_that_end_so();

    Workload& workload_;
    const PathStage& stage_;
    Memory memory_;
    replay::Pool pool_;
    watch::WorkerWatch watch_;
    std::vector<Group> groups_;
    std::vector<core::RuleHits> hits_;
    std::vector<core::Judge> judges_;  ///< by group
    core::Output out_;
    std::unique_ptr<core::Pipeline> pipeline_;
    core::Time now_ = kNow;
    std::uint32_t number_ = 0;  ///< of the pass
    bool answers_ = false;      ///< to the requests of the last pass: the number stays
    std::uint16_t id_ = 0;      ///< IP id
    std::size_t messages_ = 0;
};

}  // namespace kmsgate::bench
