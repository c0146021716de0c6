// SPDX-License-Identifier: BSD-3-Clause
// The command line of kmsgate-client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kmsgate::client::program {

enum class Command : std::uint8_t { initiator, receiver, both, krrs, keys };

struct Options {
    Command command = Command::initiator;
    std::string profile;
    std::string call;
    std::string to;
    std::string from;  ///< where the initiator's socket stands
    std::string listen;
    std::string name;       ///< host that Via and Contact say when `listen` is a wildcard
    std::string transport;  ///< empty: tcp for who calls, both for who listens
    double timeout = 120;
    double talk = 1;
    unsigned calls = 0;
    bool gmk = false;
    bool json = false;

    std::string folder;
    std::string secrets;
    std::vector<std::string> kms;
    std::vector<std::string> users;
    unsigned periods = 2;
    std::optional<std::uint64_t> key_period;
    std::optional<std::uint64_t> key_offset;
    bool force = false;
};

/// Reads the command line. An exit code when the program is to end here (help, usage error), having printed
/// why.
[[nodiscard]] std::optional<int> read_options(int argc, char** argv, Options& options);

}  // namespace kmsgate::client::program
