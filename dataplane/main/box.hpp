// SPDX-License-Identifier: BSD-3-Clause
// The whole box of a kmsgate.yaml: buffers, memory, publication, ports, workers, table socket. The program is
// this and a main loop; tests and benches build the same on ports of their own.
#pragma once

#include <rte_mempool.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/main/exit.hpp"
#include "dataplane/memory/live_roster.hpp"
#include "dataplane/memory/shared.hpp"
#include "dataplane/memory/user_tags.hpp"
#include "dataplane/nic/link_watch.hpp"
#include "dataplane/nic/port.hpp"
#include "dataplane/nic/status_board.hpp"
#include "dataplane/publish/current.hpp"
#include "dataplane/publish/publisher.hpp"
#include "dataplane/startup/startup.hpp"
#include "dataplane/watch/worker_watch.hpp"
#include "dataplane/worker/clock.hpp"
#include "dataplane/worker/worker.hpp"

namespace kmsgate::box {

struct Options {
    startup::Startup startup;
    memory::Key tag_key{};
    worker::Clock* clock = nullptr;  ///< outlives the box; null: the system's
    std::size_t burst = 32;
    std::uint64_t budget_nanoseconds = 200'000;  ///< worker::Settings
    unsigned idle_polls = 1'000;
    std::uint64_t sleep_nanoseconds = 50'000;
    std::uint64_t link_settle = nic::LinkWatch::kSettle;  ///< nanoseconds
    bool keep_table = true;                               ///< in state/last.table
};

class Box {
  public:
    /// Memory and publication; no port yet. The EAL runs. The failure says what is short.
    [[nodiscard]] static std::expected<std::unique_ptr<Box>, Failure> make(const Options& options);
    ~Box();
    Box(const Box&) = delete;
    Box& operator=(const Box&) = delete;

    /// Opens the devices of kmsgate.yaml, or takes `given` (as many, in the same order), and makes the
    /// workers.
    [[nodiscard]] std::expected<void, Failure> open_ports(std::vector<std::unique_ptr<nic::Port>> given = {});
    /// Workers begin: on the EAL's lcores (worker n on lcore n + 1), or each on a thread of its own. Not at
    /// all when somebody calls their poll_once().
    [[nodiscard]] std::expected<void, Failure> launch_on_lcores();
    void launch_on_threads();
    /// The table socket opens.
    [[nodiscard]] std::expected<void, Failure> serve();
    /// Workers end what they hold and stop; the table socket closes. What they held until then, frames.
    std::size_t stop();
    /// Takes the links down where the devices can; after stop().
    void links_down();

    /// Main thread, often: link-loss propagation. What changed. `now`: nanoseconds, monotonic.
    [[nodiscard]] std::vector<nic::LinkWatch::Change> watch_links(std::uint64_t now) {
        return links_->poll(now);
    }
    [[nodiscard]] std::uint64_t next_look() const noexcept { return links_->next(); }
    /// Main thread: puts the ports' state on the board.
    void refresh_board() { board_.put(nic::look_at(opened_, *links_)); }

    [[nodiscard]] const startup::Startup& startup() const noexcept { return options_.startup; }
    [[nodiscard]] const std::vector<std::string>& edges() const noexcept { return plan_.edges; }
    [[nodiscard]] rte_mempool* pool() const noexcept { return pool_.get(); }
    [[nodiscard]] publish::Publisher& publisher() noexcept { return *publisher_; }
    [[nodiscard]] publish::Current& current() noexcept { return *current_; }
    [[nodiscard]] memory::UserTags& tags() noexcept { return *tags_; }
    [[nodiscard]] memory::LiveRoster& roster() noexcept { return *roster_; }
    [[nodiscard]] memory::Shared& shared() noexcept { return *shared_; }
    [[nodiscard]] const nic::StatusBoard& board() const noexcept { return board_; }
    [[nodiscard]] std::span<worker::Worker* const> workers() const noexcept { return worker_list_; }
    [[nodiscard]] std::span<watch::WorkerWatch* const> watches() const noexcept { return watch_list_; }
    [[nodiscard]] std::span<nic::Port* const> ports() const noexcept { return plan_.ports; }
    [[nodiscard]] worker::Clock& clock() noexcept { return *clock_; }
    /// The system's clock, to adjust; null when another was given.
    [[nodiscard]] worker::SystemClock* system_clock() noexcept { return system_clock_.get(); }
    /// What was wished of ports and is not to be had, one sentence each.
    [[nodiscard]] const std::vector<std::string>& remarks() const noexcept { return remarks_; }
    /// What does not add up, all workers; empty when all does. Between rounds only.
    [[nodiscard]] std::string unaccounted() const;

  private:
    struct FreePool {
        void operator()(rte_mempool* p) const noexcept { rte_mempool_free(p); }
    };
    explicit Box(const Options& options);
    [[nodiscard]] std::expected<void, Failure> take_memory();
    void plan_pairs();
    void make_workers();

    // what stands below uses what stands above
    Options options_;
    std::unique_ptr<rte_mempool, FreePool> pool_;
    std::unique_ptr<worker::SystemClock> system_clock_;
    worker::Clock* clock_;
    nic::StatusBoard board_;
    std::unique_ptr<publish::Current> current_;
    std::unique_ptr<memory::UserTags> tags_;
    std::unique_ptr<memory::LiveRoster> roster_;
    std::unique_ptr<memory::Shared> shared_;
    std::unique_ptr<publish::Publisher> publisher_;
    std::vector<std::unique_ptr<watch::WorkerWatch>> watches_;
    std::vector<watch::WorkerWatch*> watch_list_;
    std::vector<std::unique_ptr<nic::Port>> ports_;
    std::vector<nic::Opened> opened_;
    worker::Plan plan_;
    std::unique_ptr<nic::LinkWatch> links_;
    std::vector<std::unique_ptr<worker::Worker>> workers_;
    std::vector<worker::Worker*> worker_list_;
    std::vector<std::string> remarks_;
    std::vector<std::thread> threads_;
    bool on_lcores_ = false;
    std::shared_ptr<void> served_;  ///< the table socket, and what it sees
};

}  // namespace kmsgate::box
