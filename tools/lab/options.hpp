// SPDX-License-Identifier: BSD-3-Clause
// kmsgate-lab's command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace kmsgate::lab {

struct Options {
    enum class Command : std::uint8_t { run, list, check } command = Command::run;
    std::vector<std::string> scenarios;  ///< names, paths, or "all"
    std::string folder;                  ///< of the scenarios known by name
    std::string diagram = "text";        ///< text, mermaid, svg
    std::string output;                  ///< folder for diagrams; empty: standard output
    std::string captures;                ///< folder for one pcap a wire
    std::string krrs;                    ///< folder for every KRR seen, one file each
    std::string variant = "all";         ///< clear, hashed, ruleless, all
    std::string transport;               ///< udp, tcp, both; empty: both for `all`, else udp
    bool json = false;
    bool live = false;      ///< in network namespaces, with real dataplanes
    std::string dataplane;  ///< the program for `live`; empty: looked for
    bool quiet = false;     ///< one line a run, no ladders
};

/// Reads the command line; an exit code when that was all there is to do (help, a usage fault).
[[nodiscard]] std::optional<int> read_options(int argc, char** argv, Options& options);

}  // namespace kmsgate::lab
