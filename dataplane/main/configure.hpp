// SPDX-License-Identifier: BSD-3-Clause
// From kmsgate.yaml to a Startup that this dataplane can run, before anything is touched; and --check.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/main/exit.hpp"
#include "dataplane/main/privileges.hpp"
#include "dataplane/startup/startup.hpp"

namespace kmsgate::box {

struct Configuration {
    startup::Startup startup;
    std::optional<Account> account;  ///< to become; nullopt: stay who we are
};

/// Reads the file. On failure `faults` holds every fault of it, one a line for the operator.
struct ConfigurationFaults {
    int code = kUsage;
    std::vector<std::string> faults;
};
[[nodiscard]] std::expected<Configuration, ConfigurationFaults> configure(const std::string& file);

/// What it would do, for people; `table` as on the command line. Nothing is opened but files to read.
[[nodiscard]] std::expected<std::string, Failure> check(const Configuration& configuration,
                                                        const std::string& table);

}  // namespace kmsgate::box
