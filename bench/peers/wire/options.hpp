// SPDX-License-Identifier: BSD-3-Clause
// Command line of peers_wire.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace kmsgate::peers {

/// What has to come back for a message to count.
enum class Expect : std::uint8_t {
    far,       ///< the message at the far side
    refused,   ///< a 488 at the near side
    answered,  ///< the far side's 200 at the near side
};

enum class Job : std::uint8_t {
    once,    ///< each message once, one after the other, as a new transaction: where did it come out
    as_is,   ///< the same with the messages as they are
    rate,    ///< one trial at a rate
    search,  ///< the highest rate that loses at most 0.1 %
};

struct Options {
    Job job = Job::once;
    std::string near_space;  ///< path of a network namespace; empty: this one
    std::string far_space;
    sockaddr_in
        near{};  ///< own address of the caller, in the first trial; the next ones count on from it, so that
    unsigned spread = 1;   ///< .. halves of what was lost meet no datagram of theirs; so many addresses
    sockaddr_in target{};  ///< where it sends to
    sockaddr_in far{};     ///< own address of the receiver
    std::string messages;  ///< file
    Expect expect = Expect::far;
    double rate = 1000;     ///< messages a second: of the trial, or where a search begins
    double most = 1e6;      ///< a search ends there
    double seconds = 0.5;   ///< of one trial
    std::vector<int> pids;  ///< whose CPU time is taken
};

/// Parsed, or what is wrong.
[[nodiscard]] std::expected<Options, std::string> read_options(int argc, char** argv);
[[nodiscard]] const char* usage() noexcept;

}  // namespace kmsgate::peers
