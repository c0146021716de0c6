// SPDX-License-Identifier: BSD-3-Clause
// Runs a scenario over virtual wires: real pipelines, one for each edge, between real clients, in simulated
// time.
#pragma once

#include <expected>
#include <string>

#include "tools/lab/keys.hpp"
#include "tools/lab/result.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::lab {

/// What runs share: KMSs with their keys, packet buffers.
struct Laboratory {
    KeyCache keys;
    replay::Pool pool;
    /// Starts DPDK; the error says what it said.
    [[nodiscard]] static std::expected<Laboratory, std::string> open();
};

struct RunOptions {
    std::string captures;  ///< folder for one pcap a wire; empty: none
};

/// The error is a fault of the scenario's files (policy, tags) or of the machine; what a run shows stands in
/// the result.
[[nodiscard]] std::expected<Result, std::string> run(const Scenario& scenario, const Variant& variant,
                                                     Laboratory& lab, const RunOptions& options = {});

/// Reads and compiles what the path needs, runs nothing.
[[nodiscard]] std::expected<void, std::string> check_edges(const Scenario& scenario, Laboratory& lab);

}  // namespace kmsgate::lab
