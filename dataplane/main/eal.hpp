// SPDX-License-Identifier: BSD-3-Clause
// How DPDK is started for a kmsgate.yaml: worked out first, so that --check can tell it.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "dataplane/startup/startup.hpp"

namespace kmsgate::box {

/// Packet buffers, and the memory that DPDK needs for all.
struct Sizes {
    unsigned buffers = 0;
    std::size_t descriptors = 1024;  ///< per queue and direction
    std::size_t fragments = 0;       ///< frames held for reassembly by one worker for one edge
    std::size_t megabytes = 0;       ///< of DPDK's memory, about
};
[[nodiscard]] Sizes sizes_for(const startup::Startup& startup);

struct EalPlan {
    std::vector<std::string> arguments;  ///< of rte_eal_init(), the program's name first
    bool hugepages = false;
    std::vector<int> cpus;             ///< by lcore: main, then the workers
    std::string prefix;                ///< DPDK's file prefix (its telemetry)
    std::string runtime;               ///< its run-time folder stands here; empty: where DPDK puts it itself
    std::vector<std::string> remarks;  ///< one sentence each
};
/// Environment variable: `no` goes without hugepages, `yes` tries with them whatever /sys says.
inline constexpr const char* kHugepages = "KMSGATE_HUGEPAGES";

/// Looks at the CPUs this process may use and at the free hugepages of /sys.
[[nodiscard]] EalPlan plan_eal(const startup::Startup& startup);
/// The same with what was found given: CPUs in rising order (at least one), megabytes of free hugepages.
[[nodiscard]] EalPlan plan_eal(const startup::Startup& startup, const std::vector<int>& cpus,
                               std::size_t free_megabytes);

/// Where DPDK's run-time folder is to stand when its own rule has no good answer: for an ordinary account
/// without RUNTIME_DIRECTORY and XDG_RUNTIME_DIR (null, or empty, which DPDK takes for the root folder) it is
/// /tmp, whose dpdk folder may be another account's. There it is the state folder, unless a socket's path
/// would be too long.
[[nodiscard]] std::string runtime_folder(const std::string& state, bool root, const char* runtime_directory,
                                         const char* xdg_runtime_dir);

/// Starts DPDK, its own log lines at warning and above as ours. Once in a process.
[[nodiscard]] std::expected<void, std::string> start_eal(const EalPlan& plan);

/// Ends DPDK, and removes its run-time folder where this account may.
void end_eal();

}  // namespace kmsgate::box
