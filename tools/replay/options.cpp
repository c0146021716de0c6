// SPDX-License-Identifier: BSD-3-Clause
#include "tools/replay/options.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "dataplane/simd/level.hpp"

namespace kmsgate::replay {

namespace {

constexpr const char* kExamples = R"(Examples:
  kmsgate-replay --policy policy.yaml --edge mc1-edge --inside-in clients.pcap --pretty
  kmsgate-replay --policy policy.yaml --edge mc1-edge --inside-in clients.pcap --explain 3
  kmsgate-replay --policy policy.yaml --edge mc1-edge --inside-in a.pcap --outside-in b.pcap \
                 --inside-out c.pcap --outside-out d.pcap --events events.jsonl --tags users.csv

Exit codes: 0 done; 2 usage or policy error; 3 unreadable or cut capture, or output not written)";

bool same_file(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty()) return false;
    std::error_code ignored;
    return a == b || std::filesystem::equivalent(a, b, ignored);
}

/// Faults that CLI11 cannot see; empty when there is none.
std::string fault_of(const Options& o) {
    if (o.inside_in.empty() && o.outside_in.empty())
        return "nothing to replay: give --inside-in or --outside-in";
    if (!o.signing_key.empty() || !o.signing_certificate.empty())
        return std::string(o.signing_key.empty() ? "--signing-certificate" : "--signing-key") +
               ": signing KRRs is not available in this version; leave the option out";
    for (const std::string* out : {&o.inside_out, &o.outside_out, &o.events}) {
        for (const std::string* in : {&o.inside_in, &o.outside_in, &o.policy, &o.tags})
            if (same_file(*in, *out)) return *out + ": is an input too; name another file to write to";
        for (const std::string* other : {&o.inside_out, &o.outside_out, &o.events})
            if (other != out && same_file(*other, *out))
                return *out + ": is named for two outputs; name two files";
    }
    return {};
}

}  // namespace

std::optional<int> read_options(int argc, char** argv, Options& o) {
    CLI::App app(
        "Replays captures through a kmsgate edge: verdicts, answers and forwarded frames, deterministically.",
        "kmsgate-replay");
    app.footer(kExamples);
    app.add_option("--policy", o.policy, "policy file (YAML)")->required()->type_name("P.yaml");
    app.add_option("--edge", o.edge, "edge of the policy to be")->required()->type_name("NAME");
    app.add_option("--inside-in", o.inside_in, "capture of what arrives from the clients")
        ->type_name("A.pcap");
    app.add_option("--outside-in", o.outside_in, "capture of what arrives from the other side")
        ->type_name("B.pcap");
    app.add_option("--inside-out", o.inside_out, "write what leaves to the clients")->type_name("C.pcap");
    app.add_option("--outside-out", o.outside_out, "write what leaves to the other side")
        ->type_name("D.pcap");
    app.add_option("--events", o.events, "write events as JSON lines; - is standard output")
        ->type_name("FILE|-");
    app.add_option("--tags", o.tags, "user tags, CSV with header domain,user,tags")->type_name("users.csv");
    app.add_option("--mode", o.mode, "override the edge's mode")
        ->check(CLI::IsMember({"enforce", "shadow"}))
        ->type_name("enforce|shadow");
    app.add_option("--mtu", o.mtu, "largest IP packet made here, in bytes")
        ->check(CLI::Range(576, 65535))
        ->capture_default_str()
        ->type_name("BYTES");
    app.add_option("--signing-key", o.signing_key, "key to sign KRRs with (not in this version)")
        ->type_name("K");
    app.add_option("--signing-certificate", o.signing_certificate, "its certificate (not in this version)")
        ->type_name("C");
    // For tests: every level gives the same answers. No group, so that --help does not show it.
    app.add_option("--simd", o.simd, "vector instructions to use")->envname("KMSGATE_SIMD")->group("");
    app.add_flag("--pretty", o.pretty, "print a table for people");
    app.add_option("--explain", o.explain, "print how message line N (1-based) was decided")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    const std::string fault = fault_of(o);
    if (!fault.empty()) {
        std::cerr << "kmsgate-replay: " << fault << "\nRun with --help for more information.\n";
        return 2;
    }
    if (const auto level = simd::level_from_string(o.simd);
        !o.simd.empty() && (!level || !simd::force(*level))) {
        std::cerr << "kmsgate-replay: --simd: this CPU has no level " << o.simd << "\n";
        return 2;
    }
    // Without a word of what is wanted a person is looking.
    if (o.events.empty() && !o.explain) o.pretty = true;
    return std::nullopt;
}

}  // namespace kmsgate::replay
