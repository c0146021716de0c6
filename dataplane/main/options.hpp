// SPDX-License-Identifier: BSD-3-Clause
// The command line of kmsgate-dataplane.
#pragma once

#include <optional>
#include <string>

namespace kmsgate::box {

struct CommandLine {
    std::string config;
    std::string table;
    bool check = false;
};

/// Fills `line`; an exit code when the program is to end at once (--help, or a fault, which was told).
[[nodiscard]] std::optional<int> read_command_line(int argc, char** argv, CommandLine& line);

}  // namespace kmsgate::box
