// SPDX-License-Identifier: BSD-3-Clause
// The command line of kmsgate-replay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kmsgate::replay {

struct Options {
    std::string policy, edge;
    std::string inside_in, outside_in, inside_out, outside_out;
    std::string events, tags, mode;
    std::string signing_key, signing_certificate;
    std::size_t mtu = 1500;
    std::string simd;  ///< simd::Level to use; empty: the best of this CPU
    bool pretty = false;
    std::optional<std::uint64_t> explain;
};

/// Reads the command line. An exit code when the program is to end here (help, usage error), having printed
/// why.
[[nodiscard]] std::optional<int> read_options(int argc, char** argv, Options& options);

}  // namespace kmsgate::replay
