// SPDX-License-Identifier: BSD-3-Clause
// The command line of kmsgate-traffic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/traffic/profile.hpp"

namespace kmsgate::traffic {

struct Options {
    enum class Command : std::uint8_t { make, live, report, profiles, shapes };
    Command command = Command::make;
    bool json = false;

    // what is made
    std::string profile = "mc";           ///< a name, or a file
    std::vector<std::string> mix, share;  ///< "call=10"
    std::optional<std::uint64_t> users;
    std::optional<std::size_t> mtu;
    std::uint64_t seed = 1;
    double rate = 10'000;
    std::optional<std::uint64_t> count;
    std::optional<double> duration;
    std::string policy, edge;
    std::string tags;      ///< file to write: the users that have tags
    std::string expected;  ///< file to write: what is expected of each message
    std::optional<std::uint64_t> start;

    // where it goes
    std::string out, inside, outside;

    // live
    std::string inside_interface, outside_interface;
    double timeout = 2;  ///< seconds after which what has not arrived is lost
    std::uint64_t burst = 64;
    std::optional<double> max_loss;  ///< per cent
    bool expect = false;
    bool quiet = false;

    // report
    std::vector<std::string> files, sent, received;
};

/// Reads the command line. An exit code when the program is to end here (help, usage error), having printed
/// why.
[[nodiscard]] std::optional<int> read_options(int argc, char** argv, Options& options);

/// The profile that the options name, with what they change of it; else what is wrong.
[[nodiscard]] std::expected<Profile, std::vector<std::string>> profile_of(const Options& options);

}  // namespace kmsgate::traffic
