// SPDX-License-Identifier: BSD-3-Clause
#include "tools/replay/eal.hpp"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <sched.h>

#include <algorithm>
#include <array>

#include "dataplane/core/frame.hpp"

namespace kmsgate::replay {

std::expected<void, std::string> start_eal(std::size_t megabytes) {
    static bool started = false;
    if (started) return {};
    // where the kernel has put this process: several at once do not meet on the first CPU
    const int cpu = std::max(sched_getcpu(), 0);
    std::array<std::string, 9> words = {"kmsgate",
                                        "--no-huge",
                                        "-m",
                                        std::to_string(megabytes),
                                        "--no-pci",
                                        "--no-shconf",
                                        "--no-telemetry",
                                        "--log-level=*:error",
                                        fmt::format("--lcores=0@{}", cpu)};
    std::array<char*, 9> argv{};
    for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
    if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0)
        return std::unexpected(fmt::format("DPDK does not start: {}", rte_strerror(rte_errno)));
    started = true;
    return {};
}

std::expected<Pool, std::string> make_pool(const char* name, unsigned buffers) {
    Pool pool(rte_pktmbuf_pool_create(name, buffers, 0, core::kPrivateSize, RTE_MBUF_DEFAULT_BUF_SIZE,
                                      SOCKET_ID_ANY));
    if (!pool)
        return std::unexpected(
            fmt::format("no memory for {} packet buffers: {}", buffers, rte_strerror(rte_errno)));
    return pool;
}

}  // namespace kmsgate::replay
