// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's numbers as JSON objects: what stats, rules and status answer, and telemetry shows.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/link/box.hpp"
#include "dataplane/link/watching.hpp"

namespace kmsgate::link {

/// Program version, as status tells it.
[[nodiscard]] std::string_view version() noexcept;

/// An edge's counters, all workers together.
struct EdgeSums {
    std::array<std::uint64_t, core::kCounters> counters{};
    std::array<std::uint64_t, core::kOutcomes> outcomes{};
    std::array<std::uint64_t, static_cast<std::size_t>(policy::decide::Verdict::count_)> verdicts{};
    std::array<std::uint64_t, policy::kCauses> causes{};
    std::uint64_t held = 0;
};
void add_edge(const Box& box, std::size_t slot, EdgeSums& sums);

/// DPDK's memory, where packets and tables live, in bytes.
struct Memory {
    std::uint64_t bytes = 0, used = 0;
};
[[nodiscard]] Memory memory_of();

/// TCP connections and kept segments, all workers together.
[[nodiscard]] worker::Worker::Streams streams_of(const Box& box);

/// Which workers still make their rounds: their heartbeats, looked at from time to time.
class Pulse {
  public:
    explicit Pulse(std::size_t workers) : last_(workers), alive_(workers) {}
    void look(const Box& box);
    [[nodiscard]] bool alive(std::size_t worker) const noexcept { return alive_[worker] != 0; }

  private:
    std::vector<std::uint64_t> last_;
    std::vector<char> alive_;
};

/// Where large answers begin and how large they get: an answer that has more says where to go on.
struct Page {
    std::size_t after = 0;       ///< edge slot or rule to begin with
    std::size_t most = 900'000;  ///< bytes of JSON, about
};
[[nodiscard]] std::string stats_json(const Box& box, const Page& page = {});
[[nodiscard]] std::string rules_json(const Box& box, const Page& page = {});
[[nodiscard]] std::string status_json(const Box& box, const Pulse& pulse, const Watching& watching,
                                      std::chrono::steady_clock::time_point started);

}  // namespace kmsgate::link
