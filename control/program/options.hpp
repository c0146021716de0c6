// SPDX-License-Identifier: BSD-3-Clause
// The command line of kmsgate-control.
#pragma once

#include <optional>
#include <string>

namespace kmsgate::control {

struct Options {
    std::string config;
    std::string policy;  ///< empty: `control: policy:` of kmsgate.yaml, if it is there
    bool check = false;
};

/// Reads it; an exit code when there is nothing more to do (help, or a fault, which has been told).
[[nodiscard]] std::optional<int> read_options(int argc, char** argv, Options& options);

}  // namespace kmsgate::control
