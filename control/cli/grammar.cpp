// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/grammar.hpp"

#include <algorithm>
#include <utility>

#include "control/cli/arguments.hpp"
#include "dataplane/watch/registry.hpp"

namespace kmsgate::control::cli {
namespace {

constexpr unsigned kLong = 300;  // seconds: a policy of a million rules is compiled

void add_policy(std::vector<Verb>& to) {
    to.push_back({.noun = "policy",
                  .verb = "check",
                  .help = "read and compile a policy; change nothing",
                  .arguments = {policy_file()},
                  .examples = {"kmsgatectl policy check policy.yaml"},
                  .seconds = kLong});
    to.push_back(
        {.noun = "policy",
         .verb = "compile",
         .help = "make a sealed table for `kmsgate-dataplane --table`; asks no daemon",
         .arguments = {must(option("POLICY", Takes::file, "POLICY", "policy in YAML; - is standard input")),
                       must(option("TABLE", Takes::file, "TABLE", "file to write"))},
         .examples = {"kmsgatectl policy compile policy.yaml policy.table"}});
    to.push_back({.noun = "policy",
                  .verb = "plan",
                  .help = "say what a commit of this policy would change",
                  .arguments = {policy_file()},
                  .examples = {"kmsgatectl policy plan policy.yaml"},
                  .seconds = kLong});
    to.push_back(
        {.noun = "policy",
         .verb = "commit",
         .help = "put a policy in force",
         .arguments = {policy_file(),
                       number("--confirm", "SECONDS",
                              "go back by itself unless `policy confirm` comes within so long", 1, 86'400),
                       option("--comment", Takes::text, "TEXT", "why, for the history and the audit log")},
         .examples = {"kmsgatectl policy commit policy.yaml",
                      "kmsgatectl policy commit policy.yaml --confirm 60 --comment 'ticket 4711'"},
         .seconds = kLong});
    to.push_back({.noun = "policy",
                  .verb = "confirm",
                  .help = "keep what was committed with --confirm",
                  .examples = {"kmsgatectl policy confirm"},
                  .seconds = 30});
    to.push_back({.noun = "policy",
                  .verb = "rollback",
                  .help = "put an earlier policy in force again, the one before if none is named",
                  .arguments = {option("GENERATION", Takes::generation, "GENERATION",
                                       "which one, as in `policy history`")},
                  .examples = {"kmsgatectl policy rollback", "kmsgatectl policy rollback 12"},
                  .seconds = kLong});
    to.push_back({.noun = "policy",
                  .verb = "show",
                  .help = "print a policy as it was committed, the one in force if none is named",
                  .arguments = {option("GENERATION", Takes::generation, "GENERATION",
                                       "which one, as in `policy history`")},
                  .examples = {"kmsgatectl policy show", "kmsgatectl policy show 12"}});
    to.push_back({.noun = "policy",
                  .verb = "history",
                  .help = "what was committed when, by whom",
                  .arguments = {number("--limit", "N", "the latest N (default 100)", 1, 1000)},
                  .examples = {"kmsgatectl policy history --limit 5"}});
}

void add_explain(std::vector<Verb>& to) {
    Argument file = option("FILE", Takes::file, "FILE", "a SIP message; - is standard input");
    to.push_back(
        {.noun = "explain",
         .help = "how a message would be judged now: one from a file, or one made of --from, --to, --kmsi, "
                 "--kmsr",
         .arguments = {must(option("--edge", Takes::edge, "EDGE", "edge that it arrives at")),
                       one_of("arrival", flag("--inside", "it arrives from the clients")),
                       one_of("arrival", flag("--outside", "it arrives from the other side")),
                       option("--source", Takes::text, "A:P", "its source address and port"),
                       option("--destination", Takes::text, "A:P", "its destination address and port"),
                       option("--from", Takes::text, "URI", "initiator of the message to make"),
                       option("--to", Takes::text, "URI", "receiver"),
                       option("--kmsi", Takes::text, "KMS", "KMS of the initiator (IDRkmsi)"),
                       option("--kmsr", Takes::text, "KMS", "KMS of the receiver (IDRkmsr)"),
                       word("--method", {"INVITE", "UPDATE", "MESSAGE", "REGISTER", "PUBLISH"},
                            "method of the message to make (default INVITE)"),
                       file},
         .examples = {
             "kmsgatectl explain --edge mc1-edge --inside invite.sip",
             "kmsgatectl explain --edge mc1-edge --outside --source [2001:db8::1]:5060 - < invite.sip",
             "kmsgatectl explain --edge mc1-edge --inside --from sip:alice@mc1.example --to "
             "sip:bob@mc2.example "
             "--kmsi kms.a.example --kmsr kms.b.example"}});
}

void add_users(std::vector<Verb>& to) {
    const Argument tags = many(
        option("TAG", Takes::tag, "TAG", "tags that the policy declares; none: a known user without tags"));
    to.push_back({.noun = "user",
                  .verb = "tag",
                  .help = "set the tags of a user to exactly these",
                  .arguments = {domain(), user(), tags},
                  .examples = {"kmsgatectl user tag mc1 sip:alice@mc1.example roaming"}});
    to.push_back({.noun = "user",
                  .verb = "untag",
                  .help = "forget a user and its tags",
                  .arguments = {domain(), user()},
                  .examples = {"kmsgatectl user untag mc1 tel:+442012345678"}});
    to.push_back(
        {.noun = "user",
         .verb = "show",
         .help = "users and their tags",
         .arguments = {option("--domain", Takes::domain, "DOMAIN", "only users of this domain"),
                       option("--user", Takes::text, "USER", "only this user"),
                       option("--tag", Takes::tag, "TAG", "only users with this tag"),
                       number("--limit", "N", "at most N users (default 1000)", 1, 10'000'000)},
         .examples = {"kmsgatectl user show --tag roaming", "kmsgatectl user show --domain mc1 --limit 50"}});
    to.push_back({.noun = "user",
                  .verb = "load",
                  .help = "tags of many users from a CSV file with the header domain,user,tags",
                  .arguments = {must(option("FILE", Takes::file, "FILE.csv",
                                            "the file; tags are separated by blanks")),
                                flag("--replace", "forget users that are not in the file")},
                  .examples = {"kmsgatectl user load users.csv --replace"},
                  .seconds = 60});
}

void add_edges(std::vector<Verb>& to) {
    to.push_back({.noun = "edge",
                  .verb = "list",
                  .help = "edges, their modes and ports",
                  .examples = {"kmsgatectl edge list"}});
    Argument mode =
        must(word("MODE", {"enforce", "shadow", "bypass", "policy"},
                  "enforce; shadow: count what would be refused; bypass; policy: what the policy says"));
    to.push_back(
        {.noun = "edge",
         .verb = "mode",
         .help = "set an edge's mode, until a commit names the edge",
         .arguments = {must(option("EDGE", Takes::edge, "EDGE", "edge of the policy")), mode},
         .examples = {"kmsgatectl edge mode mc1-edge shadow", "kmsgatectl edge mode mc1-edge policy"}});
}

void add_numbers(std::vector<Verb>& to) {
    to.push_back(
        {.noun = "stats",
         .verb = "show",
         .help = "what was counted, since the dataplane started or since a mark",
         .arguments = {option("--since", Takes::text, "MARK", "mark made by `stats mark`"), edge_filter(),
                       flag("--all", "also what is zero")},
         .examples = {"kmsgatectl stats show --edge mc1-edge", "kmsgatectl stats show --since noon --all"},
         .fallback = true});
    to.push_back({.noun = "stats",
                  .verb = "mark",
                  .help = "remember the counts of now under a name; nothing is set to zero",
                  .arguments = {option("NAME", Takes::text, "NAME", "name of the mark")},
                  .examples = {"kmsgatectl stats mark noon"}});
    to.push_back({.noun = "rules",
                  .help = "how often each rule matched, and refused in shadow mode",
                  .arguments = {edge_filter()},
                  .examples = {"kmsgatectl rules --edge mc1-edge"}});
}

void add_streams(std::vector<Verb>& to) {
    Verb trace{.noun = "trace",
               .help = "how the next messages are judged, step by step",
               .arguments = filters(),
               .examples = {"kmsgatectl trace --edge mc1-edge --verdict redirect --count 3"}};
    trace.arguments.push_back(option("--method", Takes::text, "METHOD", "only this SIP method"));
    trace.arguments.push_back(number("--count", "N", "end after N messages (default 10)", 1, 1000));
    trace.arguments.push_back(seconds("end after so many seconds (default 60)"));
    to.push_back(std::move(trace));

    Argument outcome = must(many(word("--outcome", texts(watch::outcomes()), "frames that end so")));
    to.push_back({.noun = "capture",
                  .help = "write frames of chosen outcomes as pcapng",
                  .arguments = {edge_filter(), outcome, flag("--generated", "also the frames made in answer"),
                                number("--frames", "N", "end after N frames (default 1000)", 1, 100'000),
                                seconds("end after so many seconds (default 60)"),
                                number("--snaplen", "BYTES", "at most so much of each frame", 64, 262'144),
                                must(option("FILE", Takes::file, "FILE.pcapng",
                                            "file to write; - is standard output"))},
                  .examples = {"kmsgatectl capture --outcome redirect --outcome reject --generated --seconds "
                               "60 refused.pcapng"}});

    Verb events{.noun = "events",
                .help = "events as they happen",
                .arguments = filters(),
                .examples = {"kmsgatectl events --verdict redirect", "kmsgatectl --json events --count 100"}};
    for (Argument& a : events.arguments)
        if (a.name == "--reason")
            for (std::string& one : texts(watch::drop_reasons()))
                if (std::ranges::find(a.words, one) == a.words.end()) a.words.push_back(std::move(one));
    events.arguments.push_back(flag("--drops", "also frames that were dropped before they made a message"));
    events.arguments.push_back(
        flag("--follow", "go on until stopped: what happens without --count and --seconds"));
    events.arguments.push_back(number("--count", "N", "end after N events", 1, 1'000'000'000));
    events.arguments.push_back(seconds("end after so many seconds"));
    to.push_back(std::move(events));
}

void add_ourselves(std::vector<Verb>& to) {
    to.push_back({.noun = "hello",
                  .help = "is the daemon there, and what may we do",
                  .examples = {"kmsgatectl hello"}});
    to.push_back({.noun = "version",
                  .help = "versions of kmsgatectl and of the daemon",
                  .examples = {"kmsgatectl version"}});
    Argument shell = must(word("SHELL", {"bash", "zsh"}, "which shell"));
    to.push_back({.noun = "completion",
                  .help = "print the completion script of a shell",
                  .arguments = {shell},
                  .examples = {"kmsgatectl completion bash", "kmsgatectl completion zsh"}});
    Argument kind = must(word("KIND", {"edges", "domains", "tags", "generations"}, "what to list"));
    to.push_back({.noun = "__complete",
                  .help = "names that the daemon knows, for completion",
                  .arguments = {kind},
                  .examples = {"kmsgatectl __complete edges"},
                  .seconds = 1,
                  .hidden = true});
}

std::vector<Verb> make_verbs() {
    std::vector<Verb> out;
    out.push_back({.noun = "status",
                   .help = "processes, table in force, ports, workers, memory",
                   .examples = {"kmsgatectl status", "kmsgatectl --json status"}});
    add_policy(out);
    add_explain(out);
    add_users(out);
    add_edges(out);
    add_numbers(out);
    add_streams(out);
    add_ourselves(out);
    return out;
}

}  // namespace

std::span<const Noun> nouns() {
    static const std::vector<Noun> all = {
        {"status", "how the box is"},
        {"policy", "the policy: check, plan, commit, go back"},
        {"explain", "how a message would be judged"},
        {"user", "tags of users"},
        {"edge", "edges and their modes"},
        {"stats", "what was counted"},
        {"rules", "what each rule did"},
        {"trace", "how the next messages are judged"},
        {"capture", "frames to a file"},
        {"events", "events as they happen"},
        {"hello", "is the daemon there"},
        {"version", "versions"},
        {"completion", "completion scripts"},
        {"__complete", "for completion scripts"},
    };
    return all;
}

std::span<const Verb> verbs() {
    static const std::vector<Verb> all = make_verbs();
    return all;
}

std::span<const Argument> globals() {
    static const std::vector<Argument> all = {
        option("--socket", Takes::file, "PATH",
               "control socket (default: KMSGATE_SOCKET, else /run/kmsgate/control.sock)"),
        flag("--json", "print the daemon's answer as it came: one JSON object, or one a line"),
        number("--timeout", "S",
               "how long to wait for an answer (default: 10, more where a policy is compiled)", 1, 86'400),
    };
    return all;
}

const Verb* find_verb(std::string_view noun, std::string_view verb) {
    const auto all = verbs();
    const auto at =
        std::ranges::find_if(all, [&](const Verb& v) { return v.noun == noun && v.verb == verb; });
    return at == all.end() ? nullptr : &*at;
}

const Verb* fallback_verb(std::string_view noun) {
    const auto all = verbs();
    const auto at = std::ranges::find_if(all, [&](const Verb& v) { return v.noun == noun && v.fallback; });
    return at == all.end() ? nullptr : &*at;
}

bool is_noun(std::string_view word) {
    return std::ranges::any_of(nouns(), [&](const Noun& n) { return n.name == word; });
}

}  // namespace kmsgate::control::cli
