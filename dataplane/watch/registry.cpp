// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/watch/registry.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kmsgate::watch {
namespace {

constexpr auto kOutcomes = std::to_array<Word>({
#define X(name, text, fate, meaning) {text, meaning},
#include "dataplane/core/outcome.def"
#undef X
});
constexpr auto kCauses = std::to_array<Word>({
#define X(name, text, action, allowed) {text, ""},
#include "policy/table/cause.def"
#undef X
});
constexpr auto kReasons = std::to_array<Word>({
#define X(name, text) {text, ""},
#include "policy/decide/reason.def"
#undef X
});
enum class Ends : std::uint8_t { out, absorbed, dropped, held };
constexpr auto kEnds = std::to_array<Ends>({
#define X(name, text, fate, meaning) Ends::fate,
#include "dataplane/core/outcome.def"
#undef X
});
constexpr auto kVerdicts = std::to_array<Word>({
    {"forward", "the frames leave as they came"},
    {"redirect", "488 and a KRR to the sender"},
    {"reject", "a final response without KRR"},
    {"rewrite", "a 488 leaves with a new KRR"},
    {"absorb", "an ACK or CANCEL of a request that was answered here"},
    {"drop", "nothing leaves"},
});

/// "longest-gap-ns": a duration in nanoseconds, shown in seconds; the longest so far is no counter.
constexpr std::string_view kNanoseconds = "-ns";

/// "frames-in" under "kmsgate_worker_": kmsgate_worker_frames_in_total, or .._seconds for a duration.
Metric counter(std::string_view prefix, std::string_view key, std::string_view help, std::string label,
               Place place) {
    const bool duration = key.ends_with(kNanoseconds);
    std::string name(prefix);
    name += duration ? key.substr(0, key.size() - kNanoseconds.size()) : key;
    std::ranges::replace(name, '-', '_');
    name += duration ? "_seconds" : "_total";
    std::string text(help);
    // The metric is in seconds whatever the number in JSON is in.
    if (const auto unit = text.find(", nanoseconds"); duration && unit != std::string::npos) text.erase(unit);
    return {.name = std::move(name),
            .kind = duration ? Kind::gauge : Kind::counter,
            .help = std::move(text),
            .labels = {std::move(label)},
            .place = place,
            .key = std::string(key),
            .scale = duration ? 1e-9 : 1.0};
}

void add_processes(std::vector<Metric>& out) {
    out.push_back({"kmsgate_up", Kind::gauge, "1 for a process that answers", {"process"}, Place::up, "", 1});
    out.push_back({"kmsgate_build_info",
                   Kind::gauge,
                   "1 for the version of the dataplane",
                   {"version"},
                   Place::info,
                   "version",
                   1});
    out.push_back({"kmsgate_table_info",
                   Kind::gauge,
                   "1 for the table in force",
                   {"digest"},
                   Place::info,
                   "digest",
                   1});
}

void add_edges(std::vector<Metric>& out) {
    out.push_back({"kmsgate_edge_mode",
                   Kind::gauge,
                   "1 for the mode that the edge is in",
                   {"edge", "mode"},
                   Place::edge_mode,
                   "mode",
                   1});
    out.push_back({"kmsgate_frames_total",
                   Kind::counter,
                   "input frames by how they ended",
                   {"edge", "outcome"},
                   Place::edge_outcome,
                   "",
                   1});
    out.push_back({"kmsgate_messages_total",
                   Kind::counter,
                   "SIP messages by verdict",
                   {"edge", "verdict"},
                   Place::edge_verdict,
                   "",
                   1});
    out.push_back({"kmsgate_causes_total",
                   Kind::counter,
                   "messages and frames that could not be judged plainly, by cause",
                   {"edge", "cause"},
                   Place::edge_cause,
                   "",
                   1});
#define X(name, text, meaning) out.push_back(counter("kmsgate_", text, meaning, "edge", Place::edge_counter));
#include "dataplane/core/counter.def"
#undef X
    // kmsgate_messages_total is the family by verdict; the plain counter is its sum.
    for (Metric& m : out)
        if (m.place == Place::edge_counter && m.key == "messages") m.name = "kmsgate_judged_messages_total";
    out.push_back({"kmsgate_frames_held",
                   Kind::gauge,
                   "frames that wait: fragments, and messages beyond a round's budget",
                   {"edge"},
                   Place::edge,
                   "held",
                   1});
    const std::vector<std::string> rule = {"edge", "side", "rule"};
    out.push_back({"kmsgate_rule_hits_total", Kind::counter, "messages that the rule matched", rule,
                   Place::rule, "hit", 1});
    out.push_back({"kmsgate_rule_would_total", Kind::counter,
                   "refusals of the rule that were only noted: shadow mode, alarms", rule, Place::rule,
                   "would", 1});
}

void add_ports(std::vector<Metric>& out) {
    out.push_back(
        {"kmsgate_port_up", Kind::gauge, "1 while the port has a link", {"port"}, Place::port, "link", 1});
    out.push_back({"kmsgate_port_held_down",
                   Kind::gauge,
                   "1 while its link is kept down because the partner's is",
                   {"port"},
                   Place::port,
                   "held-down",
                   1});
    const auto add = [&out](std::string_view key, std::string_view help) {
        out.push_back(counter("kmsgate_port_", key, help, "port", Place::port));
    };
    add("rx-frames", "frames received");
    add("rx-bytes", "bytes received");
    add("rx-missed", "frames that found no room in the receive queues");
    add("rx-errors", "frames received broken");
    add("tx-frames", "frames sent");
    add("tx-bytes", "bytes sent");
    add("tx-errors", "frames that the device failed to send");
    add("tx-copied", "chained frames copied to send them, the device taking no such chains");
}

void add_workers(std::vector<Metric>& out) {
    out.push_back({"kmsgate_worker_up",
                   Kind::gauge,
                   "1 while the worker's rounds go on",
                   {"worker"},
                   Place::worker_status,
                   "alive",
                   1});
#define X(name, text, meaning) \
    out.push_back(counter("kmsgate_worker_", text, meaning, "worker", Place::worker));
#include "dataplane/worker/counter.def"
#undef X
}

void add_process_wide(std::vector<Metric>& out) {
    const auto add = [&out](std::string_view name, Kind kind, std::string_view help, std::string_view key) {
        out.push_back({std::string(name), kind, std::string(help), {}, Place::status, std::string(key), 1});
    };
    add("kmsgate_uptime_seconds", Kind::gauge, "age of the dataplane", "uptime");
    add("kmsgate_table_generation", Kind::gauge, "generation in force, 0 before the first", "generation");
    add("kmsgate_user_tags", Kind::gauge, "users in the tag table", "tags.count");
    add("kmsgate_user_tags_capacity", Kind::gauge, "users that the tag table takes", "tags.capacity");
    add("kmsgate_transactions", Kind::gauge, "SIP transactions remembered", "transactions.count");
    add("kmsgate_transactions_capacity", Kind::gauge, "SIP transactions that can be remembered",
        "transactions.capacity");
    add("kmsgate_streams", Kind::gauge, "TCP connections followed, all workers", "streams.count");
    add("kmsgate_streams_capacity", Kind::gauge, "TCP connections that can be followed", "streams.capacity");
    add("kmsgate_segments", Kind::gauge,
        "TCP segments kept until they are judged and acknowledged, all workers", "segments.count");
    add("kmsgate_segments_capacity", Kind::gauge, "TCP segments that can be kept", "segments.capacity");
    add("kmsgate_roster_users", Kind::gauge, "users whose hashed identities are known", "roster.users");
    add("kmsgate_roster_entries", Kind::gauge, "hashed identities known, over all KMSs and key periods",
        "roster.entries");
    add("kmsgate_roster_pending", Kind::gauge, "hashed identities still to be computed", "roster.pending");
    add("kmsgate_clock_behind_seconds", Kind::gauge, "how far the packet clock is behind the system's",
        "clock.behind");
    add("kmsgate_memory_bytes", Kind::gauge, "memory reserved for packets and tables", "memory.bytes");
    add("kmsgate_memory_used_bytes", Kind::gauge, "of it in use", "memory.used");
    add("kmsgate_events_lost_total", Kind::counter,
        "event lines, traces and captured frames without room on their way to control", "events.lost");
    add("kmsgate_events_suppressed_total", Kind::counter, "event lines beyond the rate of the workers",
        "events.suppressed");
}

void add_control(std::vector<Metric>& out) {
    const auto add = [&out](std::string_view key, std::string_view help) {
        Metric m = counter("kmsgate_control_", key, help, "", Place::control);
        m.labels.clear();
        out.push_back(std::move(m));
    };
    add("requests", "calls over the control socket");
    add("refused", "of them refused");
    add("commits", "policies put in force, rollbacks included");
    add("rollbacks", "of them rollbacks, automatic ones included");
    add("reconnects", "times the dataplane's socket was connected to");
    add("events-written", "event lines written to file, standard output or syslog");
    add("events-suppressed", "event lines beyond the rate of kmsgate.yaml");
    add("events-lost", "event lines that their target did not take");
    add("event-errors", "failed writes of event lines, each tried again");
    out.push_back({"kmsgate_control_clients",
                   Kind::gauge,
                   "open connections to the control socket",
                   {},
                   Place::control,
                   "clients",
                   1});
}

std::vector<Metric> make_metrics() {
    std::vector<Metric> out;
    add_processes(out);
    add_edges(out);
    add_ports(out);
    add_workers(out);
    add_process_wide(out);
    add_control(out);
    return out;
}

}  // namespace

std::span<const Metric> metrics() {
    static const std::vector<Metric> all = make_metrics();
    return all;
}

std::span<const Word> outcomes() {
    return kOutcomes;
}
std::span<const Word> verdicts() {
    return kVerdicts;
}
std::span<const Word> causes() {
    return kCauses;
}
std::span<const Word> reasons() {
    return std::span(kReasons).first(kReasons.size() - 1);  // the last one stands for a cause
}

std::span<const Word> drop_reasons() {
    static const std::vector<Word> all = [] {
        std::vector<Word> out;
        for (std::size_t i = 0; i < kOutcomes.size(); ++i)
            if (kEnds[i] == Ends::dropped && kOutcomes[i].text != "drop") out.push_back(kOutcomes[i]);
        return out;
    }();
    return all;
}

std::string metrics_table() {
    std::string out = "| metric | kind | labels | meaning |\n|---|---|---|---|\n";
    for (const Metric& m : metrics()) {
        std::string labels;
        for (const std::string& l : m.labels) labels += (labels.empty() ? "`" : ", `") + l + "`";
        out += "| `" + m.name + "` | " + (m.kind == Kind::counter ? "counter" : "gauge") + " | " + labels +
               " | " + m.help + " |\n";
    }
    return out;
}

}  // namespace kmsgate::watch
