// SPDX-License-Identifier: BSD-3-Clause
// Runs a scenario in network namespaces: the same clients on real sockets, a real kmsgate-dataplane for each
// edge, real time.
#pragma once

#include <expected>
#include <string>

#include "tools/lab/run.hpp"

namespace kmsgate::lab {

struct LiveOptions {
    std::string
        dataplane;         ///< the program kmsgate-dataplane; empty: looked for beside this one, then in PATH
    std::string captures;  ///< folder for one pcap a wire; empty: none
};

/// Why this machine or this user cannot run anything live; nullopt: it can.
[[nodiscard]] std::optional<std::string> cannot_run_live();

/// The error is a fault of the scenario's files or of the machine. Whatever comes of it, nothing is left
/// behind.
[[nodiscard]] std::expected<Result, std::string> run_live(const Scenario& scenario, const Variant& variant,
                                                          Laboratory& lab, const LiveOptions& options);

}  // namespace kmsgate::lab
