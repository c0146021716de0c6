// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/options.hpp"

#include <CLI/CLI.hpp>

#include "dataplane/main/exit.hpp"

namespace kmsgate::box {
namespace {

constexpr const char* kExamples = R"(Examples:
  kmsgate-dataplane --config /etc/kmsgate/kmsgate.yaml
  kmsgate-dataplane --config kmsgate.yaml --check
  kmsgate-dataplane --config kmsgate.yaml --table policy.table --check
  kmsgate-dataplane --config kmsgate.yaml --table policy.table

Prints `ready` when its ports are up and it judges. Stops on SIGINT and SIGTERM.

Exit codes: 0 done; 1 refused (a table, a state folder in use, privileges that cannot be dropped);
2 usage or kmsgate.yaml; 3 a file, a port or DPDK not reached)";

}  // namespace

std::optional<int> read_command_line(int argc, char** argv, CommandLine& line) {
    CLI::App app(
        "Stands between the ports of kmsgate.yaml: forwards everything, judges signalling by the policy "
        "table.",
        "kmsgate-dataplane");
    app.footer(kExamples);
    app.add_option("--config", line.config, "start-up file")->required()->type_name("kmsgate.yaml");
    app.add_option("--table", line.table,
                   "sealed policy table to start with; else the last one in the state folder")
        ->type_name("FILE");
    app.add_flag("--check", line.check, "say what it would do, verify the table, and touch no port");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? kDone : kUsage;
    }
    return std::nullopt;
}

}  // namespace kmsgate::box
