// SPDX-License-Identifier: BSD-3-Clause
#include "control/program/options.hpp"

#include <CLI/CLI.hpp>

namespace kmsgate::control {
namespace {

constexpr const char* kText = R"(Examples:
  kmsgate-control --config /etc/kmsgate/kmsgate.yaml --check
  kmsgate-control --config /etc/kmsgate/kmsgate.yaml --policy /etc/kmsgate/policy.yaml

Prints `ready` when its control socket listens. SIGHUP: opens its files anew and commits the policy file.
A policy file is committed at start only when it changed since it was last taken, so that a restart undoes no
commit. It needs no privileges but to write its state folder and to reach the dataplane's table socket.

Exit codes: 0 done; 1 refused; 2 usage or configuration; 3 input not readable)";

}  // namespace

std::optional<int> read_options(int argc, char** argv, Options& o) {
    CLI::App app(
        "The control plane of kmsgate: compiles policy, gives it to the dataplane, keeps history, answers "
        "kmsgatectl.",
        "kmsgate-control");
    app.footer(kText);
    app.add_option("--config", o.config, "start-up file (YAML)")->required()->type_name("kmsgate.yaml");
    app.add_option("--policy", o.policy, "policy to commit at start and at SIGHUP")->type_name("policy.yaml");
    app.add_flag("--check", o.check, "say what it would do, and open nothing");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    return std::nullopt;
}

}  // namespace kmsgate::control
