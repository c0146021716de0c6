// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/options.hpp"

#include <CLI/CLI.hpp>

namespace kmsgate::lab {

namespace {

constexpr const char* kExamples = R"(Examples:
  kmsgate-lab run all                          every shipped scenario, a ladder each
  kmsgate-lab run x10                          one of them
  kmsgate-lab run x10 --transport tcp          the same over TCP
  kmsgate-lab run my-case.yaml --captures /tmp/pcaps
  kmsgate-lab run all --json                   a JSON object for each run
  kmsgate-lab run X.6 X.8 --live               real sockets, a kmsgate-dataplane an edge, network namespaces
  kmsgate-lab run x8 --diagram svg > x8.svg
  kmsgate-lab run all --diagram mermaid --output docs/
  kmsgate-lab list
  kmsgate-lab check my-case.yaml               read it and its policies, run nothing

A run is a scenario in one variant: users named in clear, users named by hashed UID only, and, where no edge
stands on the path, the same through two edges without rules, which must leave every frame as it came.
Over TCP an edge that refuses takes the connection down; a KRR that it would narrow ends there.

Exit codes: 0 every run came out as expected; 1 one did not; 2 usage, or a fault in a scenario or policy;
3 a scenario that cannot be read, or a file that cannot be written)";

}  // namespace

std::optional<int> read_options(int argc, char** argv, Options& o) {
    CLI::App app("Runs KMS Discovery use cases: real KM clients, real edges, virtual or real wires.",
                 "kmsgate-lab");
    app.footer(kExamples);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--scenarios", o.folder, "folder of the scenarios known by name")->type_name("DIR");
    CLI::App* run = app.add_subcommand("run", "run scenarios and compare what happens with what they expect");
    run->add_option("SCENARIO", o.scenarios, "`all`, names like x10, or files")->required();
    run->add_flag("--json", o.json, "one JSON object a run, then one with the totals");
    run->add_flag("--quiet", o.quiet, "one line a run, no ladders");
    run->add_option("--diagram", o.diagram, "how a run in clear is drawn")
        ->check(CLI::IsMember({"text", "mermaid", "svg"}))
        ->type_name("text|mermaid|svg");
    run->add_option("--output", o.output, "write the diagrams to files in DIR")->type_name("DIR");
    run->add_option("--captures", o.captures, "write one pcap a wire and run to DIR")->type_name("DIR");
    run->add_option("--krrs", o.krrs, "write every KRR to DIR, one XML file each")->type_name("DIR");
    run->add_flag("--live", o.live,
                  "in network namespaces, each edge a kmsgate-dataplane of its own (needs root)");
    run->add_option("--dataplane", o.dataplane,
                    "kmsgate-dataplane for --live; default: beside this one, then PATH")
        ->type_name("FILE")
        ->needs("--live");
    run->add_option("--variant", o.variant, "which variants to run")
        ->check(CLI::IsMember({"clear", "hashed", "ruleless", "all"}))
        ->type_name("clear|hashed|ruleless|all");
    run->add_option("--transport", o.transport, "SIP over which; default: udp, both for `all`")
        ->check(CLI::IsMember({"udp", "tcp", "both"}))
        ->type_name("udp|tcp|both");
    app.add_subcommand("list", "list the scenarios known by name")->callback([&o] {
        o.command = Options::Command::list;
        o.scenarios = {"all"};
    });
    CLI::App* check = app.add_subcommand("check", "read scenarios and their policies, run nothing");
    check->add_option("SCENARIO", o.scenarios, "`all`, names like x10, or files")->required();
    check->callback([&o] { o.command = Options::Command::check; });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    if (o.json && !o.output.empty()) {
        std::cerr << "kmsgate-lab: --json writes no diagrams; leave out --output\n";
        return 2;
    }
    if (o.live && !o.transport.empty() && o.transport != "udp") {
        std::cerr << "kmsgate-lab: --live speaks UDP; leave out --transport\n";
        return 2;
    }
    if (o.transport.empty())
        o.transport = o.scenarios == std::vector<std::string>{"all"} && !o.live ? "both" : "udp";
    const bool several = o.scenarios.size() != 1 || o.scenarios[0] == "all";
    if (o.diagram != "text" && o.output.empty() && several && !o.json) {
        std::cerr << "kmsgate-lab: several pictures on one output cannot be told apart; add --output DIR\n";
        return 2;
    }
    return std::nullopt;
}

}  // namespace kmsgate::lab
