// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/options.hpp"

#include <CLI/CLI.hpp>
#include <array>

namespace kmsgate::client::program {
namespace {

constexpr const char* kExamples = R"(Examples:
  kmsgate-client keys --folder keys --kms kms.a.example --kms kms.b.example \
                      --user sip:alice@mc1.example=kms.a.example --user sip:bob@mc2.example=kms.b.example
  kmsgate-client receiver --profile bob.yaml --listen 127.0.0.1:5060
  kmsgate-client initiator --profile alice.yaml --call sip:bob@mc2.example --to 127.0.0.1:5060
  kmsgate-client initiator --profile gms.yaml --gmk --call sip:bob@mc2.example --to "[::1]:5060" --transport udp
  kmsgate-client krrs --profile alice.yaml --json

A profile: version, user, home and keys are needed, the rest may be left out.
  version: 1
  user: sip:alice@mc1.example
  home: kms.a.example
  secondary: [kms.c.example]     # Migration and roaming KMSs
  external: [kms.b.example]
  prefer: []                     # receiver: KMSs of home and secondary that it would rather use
  refuse: []                     # never used
  contacts: []                   # users that may stand behind a hashed initiator
  keys: keys                     # folder of certificates and key sets
  state: state                   # folder for KRRs
  hashed: false                  # name users by UID
  gms: false                     # sends GMKs
  attempts: 5

Exit codes: 0 done; 1 refused or failed; 2 usage or configuration; 3 peer not reached)";

void add_profile(CLI::App& app, Options& o) {
    app.add_option("--profile", o.profile, "who the client is")->required()->type_name("P.yaml");
    app.add_flag("--json", o.json, "one JSON object an event");
}

void add_call(CLI::App& app, Options& o) {
    app.add_option("--call", o.call, "MC user to call")->required()->type_name("URI");
    app.add_option("--to", o.to, "next hop; the port is 5060 when it is left out")
        ->required()
        ->type_name("HOST:PORT");
    app.add_flag("--gmk", o.gmk,
                 "send a GMK in a MESSAGE (the default with `gms: true`), not a PCK in an INVITE");
    app.add_option("--timeout", o.timeout, "give up after so many seconds")
        ->check(CLI::Range(0.1, 86400.0))
        ->capture_default_str()
        ->type_name("S");
    app.add_option("--talk", o.talk, "seconds that the call stands")
        ->check(CLI::Range(0.0, 86400.0))
        ->capture_default_str()
        ->type_name("S");
}

void add_listen(CLI::App& app, Options& o) {
    app.add_option("--listen", o.listen, "where to listen; port 0: any that is free")
        ->required()
        ->type_name("HOST:PORT");
    app.add_option("--name", o.name, "host for Via and Contact, needed when --listen is 0.0.0.0 or [::]")
        ->type_name("HOST");
    app.add_option("--calls", o.calls, "end after so many calls; 0: only on a signal")
        ->capture_default_str()
        ->type_name("N");
}

CLI::Option* add_transport(CLI::App& app, Options& o, const std::vector<std::string>& words,
                           const std::string& text) {
    return app.add_option("--transport", o.transport, text)->check(CLI::IsMember(words))->type_name("");
}

void add_keys(CLI::App& app, Options& o) {
    app.add_option("--folder", o.folder, "folder for certificates and key sets")
        ->required()
        ->type_name("DIR");
    app.add_option("--secrets", o.secrets, "folder for the KMSs' secrets (default: the same)")
        ->type_name("DIR");
    app.add_option("--kms", o.kms, "a test KMS; may be repeated")->type_name("URI");
    app.add_option("--user", o.users, "a user and the KMSs that give keys to it; may be repeated")
        ->type_name("URI=KMS[,KMS]");
    app.add_option("--periods", o.periods, "key periods from the current one on")
        ->check(CLI::Range(1, 24))
        ->capture_default_str()
        ->type_name("N");
    app.add_option("--key-period", o.key_period, "length of a key period of new KMSs (default: 30 days)")
        ->type_name("S");
    app.add_option("--key-offset", o.key_offset, "its offset (default: 0)")->type_name("S");
    app.add_flag("--force", o.force, "replace certificates and key sets that differ");
}

}  // namespace

std::optional<int> read_options(int argc, char** argv, Options& o) {
    CLI::App app("A KM client: calls with MIKEY-SAKKE keys, answers with KMS Redirect Responses.",
                 "kmsgate-client");
    app.footer(kExamples);
    app.require_subcommand(1);

    CLI::App* const initiator = app.add_subcommand("initiator", "make one call");
    add_profile(*initiator, o);
    add_call(*initiator, o);
    initiator->add_option("--listen", o.from, "where to send from and to be reached at")
        ->type_name("HOST:PORT");
    add_transport(*initiator, o, {"udp", "tcp"}, "udp or tcp (default: tcp)");

    CLI::App* const receiver = app.add_subcommand("receiver", "wait for calls");
    add_profile(*receiver, o);
    add_listen(*receiver, o);
    add_transport(*receiver, o, {"udp", "tcp", "both"}, "udp, tcp or both (default: both)");

    CLI::App* const both = app.add_subcommand("both", "wait for calls and make one");
    add_profile(*both, o);
    add_call(*both, o);
    add_listen(*both, o);
    add_transport(*both, o, {"udp", "tcp"}, "of the call made, udp or tcp (default: tcp); both listen");

    CLI::App* const krrs = app.add_subcommand("krrs", "show the KRRs that are kept");
    add_profile(*krrs, o);

    CLI::App* const keys = app.add_subcommand("keys", "make test KMSs, and keys for their users");
    add_keys(*keys, o);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    const std::array<std::pair<const CLI::App*, Command>, 5> commands = {{{initiator, Command::initiator},
                                                                          {receiver, Command::receiver},
                                                                          {both, Command::both},
                                                                          {krrs, Command::krrs},
                                                                          {keys, Command::keys}}};
    for (const auto& [parsed, command] : commands)
        if (parsed->parsed()) o.command = command;
    return std::nullopt;
}

}  // namespace kmsgate::client::program
