// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "tools/traffic/file.hpp"

namespace kmsgate::traffic {

namespace {

constexpr const char* kExamples = R"(Examples:
  kmsgate-traffic make --out calls.pcap --count 100000              a capture, both directions in one file
  kmsgate-traffic make --inside a.pcap --outside b.pcap --duration 10 --rate 50000 --profile fragments --seed 7
  kmsgate-traffic make --inside a.pcap --outside b.pcap --count 20000 --profile hostile \
                  --policy policy.yaml --edge mc1-edge --tags users.csv --expected messages.jsonl
  kmsgate-replay --policy policy.yaml --edge mc1-edge --tags users.csv --inside-in a.pcap --outside-in b.pcap
  kmsgate-traffic live --inside eth1 --outside eth2 --duration 60 --rate 5000 --policy policy.yaml --edge mc1-edge \
                  --expect --max-loss 0
  kmsgate-traffic report calls.pcap                                 what a capture holds
  kmsgate-traffic report --sent a.pcap --received b.pcap            what became of it
  kmsgate-traffic make --out t.pcap --count 1000 --mix call=1 --share tcp=100 --share ipv6=0
  kmsgate-traffic profiles; kmsgate-traffic shapes                  names for --profile, --mix, --share; hostile shapes

Exit codes: 0 done; 1 a threshold of --max-loss or --expect was not met; 2 usage, or a fault in a profile or policy;
3 a file or interface that cannot be read, written or opened)";

void add_load(CLI::App& app, Options& o) {
    app.add_option("--profile", o.profile, "what is sent: a name (see `profiles`) or a file")
        ->capture_default_str()
        ->type_name("NAME|P.yaml");
    app.add_option("--mix", o.mix, "weight of a kind, in place of the profile's; may be repeated")
        ->type_name("KIND=N");
    app.add_option("--share", o.share, "a share in per cent, in place of the profile's; may be repeated")
        ->type_name("SHARE=N");
    app.add_option("--users", o.users, "users, spread over the domains")
        ->check(CLI::Range(std::uint64_t{1}, kMostUsers))
        ->type_name("N");
    app.add_option("--mtu", o.mtu, "largest IP packet, in bytes; datagrams above it are fragmented")
        ->check(CLI::Range(kMtuBounds.least, kMtuBounds.most))
        ->type_name("BYTES");
    app.add_option("--seed", o.seed, "same seed and arguments, same frames")
        ->capture_default_str()
        ->type_name("N");
    app.add_option("--rate", o.rate, "frames a second, on average")
        ->check(CLI::Range(0.1, 1e8))
        ->capture_default_str()
        ->type_name("PPS");
    app.add_option("--count", o.count, "so many frames, and what ends the conversations that have begun")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    app.add_option("--duration", o.duration, "conversations begin for so many seconds")
        ->check(CLI::Range(0.001, 1e6))
        ->type_name("S");
    app.add_option("--policy", o.policy, "take domains and KMSs from it, and tell what its edge will do")
        ->type_name("P.yaml");
    app.add_option("--edge", o.edge, "edge of the policy")->type_name("NAME")->needs("--policy");
    app.add_option("--tags", o.tags,
                   "write the users that have tags, as kmsgate-replay and kmsgatectl read them")
        ->type_name("users.csv")
        ->needs("--policy");
}

void add_commands(CLI::App& app, Options& o) {
    const auto is = [&o](Options::Command command) { return [&o, command] { o.command = command; }; };
    CLI::App* make = app.add_subcommand("make", "write captures");
    make->callback(is(Options::Command::make));
    make->add_option("--out", o.out, "both directions in one capture")->type_name("FILE.pcap");
    make->add_option("--inside", o.inside, "what arrives by the edge's inside port")->type_name("FILE.pcap");
    make->add_option("--outside", o.outside, "what arrives by its outside port")->type_name("FILE.pcap");
    add_load(*make, o);
    make->add_option("--expected", o.expected, "write what is expected of each message, as JSON lines")
        ->type_name("FILE")
        ->needs("--policy");
    make->add_option("--start", o.start, "time of the first frame, seconds since 1970; default: a fixed day")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{4'000'000'000}))
        ->type_name("SECONDS");

    CLI::App* live =
        app.add_subcommand("live", "send and receive at a rate through a box between two interfaces");
    live->callback(is(Options::Command::live));
    live->add_option("--inside", o.inside_interface,
                     "interface at the box's inside port; NAME@NAMESPACE for one elsewhere")
        ->required()
        ->type_name("IFACE");
    live->add_option("--outside", o.outside_interface, "interface at its outside port")
        ->required()
        ->type_name("IFACE");
    add_load(*live, o);
    live->add_option("--burst", o.burst, "frames that may leave at once to make good for a delay")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str()
        ->type_name("N");
    live->add_option("--timeout", o.timeout, "seconds after which what has not arrived is lost")
        ->check(CLI::Range(0.01, 60.0))
        ->capture_default_str()
        ->type_name("S");
    live->add_option("--max-loss", o.max_loss, "exit with 1 when more of what should arrive is lost")
        ->check(CLI::Range(0.0, 100.0))
        ->type_name("PERCENT");
    live->add_flag("--expect", o.expect, "exit with 1 when a verdict is not what the policy says")
        ->needs("--policy");
    live->add_flag("--quiet", o.quiet, "no progress on standard error");

    CLI::App* report =
        app.add_subcommand("report", "tell what captures hold, or what became of what was sent");
    report->callback(is(Options::Command::report));
    report->add_option("FILE", o.files, "captures")->type_name("FILE.pcap");
    report->add_option("--sent", o.sent, "captures of what went in")->type_name("A.pcap");
    report->add_option("--received", o.received, "captures of what came out")->type_name("B.pcap");
    report->add_option("--max-loss", o.max_loss, "exit with 1 when more datagrams are missing")
        ->check(CLI::Range(0.0, 100.0))
        ->type_name("PERCENT");

    for (CLI::App* one : {make, live, report})
        one->add_flag("--json", o.json, "one JSON object in place of a table");
    app.add_subcommand("profiles", "list profiles, kinds and shares")
        ->callback(is(Options::Command::profiles));
    app.add_subcommand("shapes", "list hostile shapes")->callback(is(Options::Command::shapes));
}

/// Faults that CLI11 cannot see; empty when there is none.
std::string fault_of(const Options& o) {
    if (!o.policy.empty() && o.edge.empty()) return "--policy needs --edge: which of its edges";
    if (o.command == Options::Command::make) {
        if (o.out.empty() && o.inside.empty() && o.outside.empty())
            return "nothing to write: give --out, or --inside and --outside";
        if (!o.out.empty() && (!o.inside.empty() || !o.outside.empty()))
            return "--out takes both directions; leave out --inside and --outside";
        std::vector<std::string> named;
        for (const std::string& file : {o.out, o.inside, o.outside, o.tags, o.expected, o.policy}) {
            if (file.empty()) continue;
            if (std::ranges::find(named, file) != named.end())
                return file + ": is named twice; name two files";
            named.push_back(file);
        }
    }
    const bool load = o.command == Options::Command::make || o.command == Options::Command::live;
    if (load && !o.count && !o.duration) return "no end: give --count or --duration";
    if (o.command == Options::Command::report) {
        if (o.sent.empty() != o.received.empty()) return "--sent and --received go together";
        if (o.files.empty() == o.sent.empty()) return "give captures, or --sent and --received";
        if (o.max_loss && o.sent.empty()) return "--max-loss compares: give --sent and --received";
    }
    return {};
}

/// "call=10" by way of `set`; what is wrong, else empty.
std::string apply(Profile& profile, const std::string& text, std::string_view option,
                  std::string (*set)(Profile&, std::string_view, std::uint64_t)) {
    const std::size_t equals = text.find('=');
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    if (equals == std::string::npos)
        return fmt::format("{} {}: write a name, `=` and a number", option, text);
    const auto read = std::from_chars(text.data() + equals + 1, end, value);
    if (read.ec != std::errc() || read.ptr != end)
        return fmt::format("{} {}: write a name, `=` and a number", option, text);
    const std::string fault = set(profile, std::string_view(text).substr(0, equals), value);
    return fault.empty() ? fault : fmt::format("{} {}: {}", option, text, fault);
}

}  // namespace

std::optional<int> read_options(int argc, char** argv, Options& o) {
    CLI::App app("Makes and sends mission-critical signalling: captures, live load, and what became of it.",
                 "kmsgate-traffic");
    app.footer(kExamples);
    app.require_subcommand(1);
    add_commands(app, o);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    const std::string fault = fault_of(o);
    if (fault.empty()) return std::nullopt;
    fmt::print(stderr, "kmsgate-traffic: {}\nRun with --help for more information.\n", fault);
    return 2;
}

std::expected<Profile, std::vector<std::string>> profile_of(const Options& o) {
    const auto known = built_in_profiles();
    const auto named = std::ranges::find(known, o.profile, &BuiltIn::name);
    std::string yaml;
    std::string file = o.profile;
    if (named != known.end()) {
        yaml = named->yaml;
        file = "profile " + o.profile;
    } else if (auto text = read_file(o.profile)) {
        yaml = *std::move(text);
    } else {
        std::vector<std::string_view> names;
        for (const BuiltIn& b : known) names.push_back(b.name);
        return std::unexpected(
            std::vector{fmt::format("{}: is no file that can be read, and no profile; known: {}", o.profile,
                                    fmt::join(names, ", "))});
    }
    auto profile = read_profile(yaml, file);
    if (!profile) return profile;
    profile->name = o.profile;
    std::vector<std::string> faults;
    const auto note = [&](std::string fault) {
        if (!fault.empty()) faults.push_back(std::move(fault));
    };
    for (const std::string& text : o.mix) note(apply(*profile, text, "--mix", set_mix));
    for (const std::string& text : o.share) note(apply(*profile, text, "--share", set_share));
    if (profile->weight() == 0) note("--mix: nothing is left of the mix");
    if (o.users) profile->users = *o.users;
    if (o.mtu) profile->mtu = *o.mtu;
    if (!faults.empty()) return std::unexpected(std::move(faults));
    return profile;
}

}  // namespace kmsgate::traffic
