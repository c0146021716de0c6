// SPDX-License-Identifier: BSD-3-Clause
// DPDK for a tool: memory and packet buffers without hugepages, ports or privileges.
#pragma once

#include <rte_mempool.h>

#include <expected>
#include <memory>
#include <string>

namespace kmsgate::replay {

struct FreePool {
    void operator()(rte_mempool* p) const noexcept { rte_mempool_free(p); }
};
using Pool = std::unique_ptr<rte_mempool, FreePool>;

/// Megabytes for packet buffers and small tables.
inline constexpr std::size_t kEalMegabytes = 128;

/// Starts the EAL once in this process (later calls do nothing). The error says what DPDK said.
[[nodiscard]] std::expected<void, std::string> start_eal(std::size_t megabytes = kEalMegabytes);

/// Packet buffers with the private area that a pipeline needs.
[[nodiscard]] std::expected<Pool, std::string> make_pool(const char* name, unsigned buffers);

}  // namespace kmsgate::replay
