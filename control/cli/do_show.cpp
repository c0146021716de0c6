// SPDX-License-Identifier: BSD-3-Clause
// status, hello, version, edge list and mode.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "control/cli/commands.hpp"
#include "control/cli/version.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;

void heading(Context& c, std::string_view text) {
    c.terminal.out << painted(text, Paint::bold, c.terminal.out_colours) << '\n';
}

std::string pairs_of(const json& edge) {
    std::string out;
    for (const json& p : member(edge, "pairs")) {
        out += out.empty() ? "" : ", ";
        out += p.is_object() ? fmt::format("{}>{}", text(p, "inside"), text(p, "outside")) : shown(p);
        if (member(p, "vlan").is_number()) out += " vlan " + member(p, "vlan").dump();
    }
    return out;
}

void print_edges(Context& c, const json& edges) {
    Table table({"EDGE", "MODE", "POLICY SAYS", "DOMAIN", "PROXY", "PORTS (INSIDE>OUTSIDE)"});
    for (const json& e : edges) {
        const std::string mode = text(e, "mode");
        const bool unserved = member(e, "served") == json(false);
        table.add(
            {{text(e, "name"), Paint::none},
             {mode, paint_of(mode)},
             {text(e, "policy_mode")},
             {text(e, "domain")},
             {text(e, "proxy")},
             {unserved ? "none in kmsgate.yaml" : pairs_of(e), unserved ? Paint::yellow : Paint::none}});
    }
    table.print(c.terminal);
}

/// Counters beyond those of frames are for `stats`, unless they tell of a fault.
bool is_shown(std::string_view key, const json& list) {
    if (!key.starts_with("rx-") && !key.starts_with("tx-")) return true;
    if (key.ends_with("-frames")) return true;
    if (key.ends_with("-bytes") || key.ends_with("-copied")) return false;
    return std::ranges::any_of(list, [&](const json& one) { return whole(one, key) != 0; });
}

/// Objects with one name each, as rows; columns are what the first of them holds.
void print_listed(Context& c, std::string_view name, const json& list) {
    if (!list.is_array() || list.empty() || !list.front().is_object()) return;
    std::vector<std::string> headings = {std::string(name)};
    std::vector<std::string> keys;
    for (const auto& [key, value] : list.front().items()) {
        if (key == name || value.is_structured() || !is_shown(key, list)) continue;
        headings.push_back((value.is_number() ? ">" : "") + key);
        keys.push_back(key);
    }
    Table table(headings);
    for (const json& one : list) {
        std::vector<Table::Cell> row = {{shown(member(one, name))}};
        for (const std::string& key : keys)
            row.push_back({shown_as(key, member(one, key)), paint_of(shown_as(key, member(one, key)))});
        table.add(std::move(row));
    }
    table.print(c.terminal, "  ");
    for (const json& one : list)
        for (const json& remark : member(one, "remarks"))
            c.terminal.out << "  " << shown(member(one, name)) << ' ' << shown(remark) << '\n';
}

/// The box's time, so that an age does not depend on the clock of whoever asks from elsewhere.
double time_of(const json& r) {
    return real(member(r, "control"), "time");
}

void print_policy(Context& c, const json& r) {
    Terminal& t = c.terminal;
    const json& policy = member(r, "policy");
    if (policy.is_object())
        t.out << fmt::format("policy       generation {}, {} by {} at {}\n             {}\n",
                             whole(policy, "generation"), safe(text(policy, "how")),
                             safe(text(policy, "user")), aged(real(policy, "time"), time_of(r)),
                             safe(text(policy, "digest")));
    else
        t.out << "policy       none; use kmsgatectl policy commit FILE\n";
    if (const json& confirm = member(r, "confirm"); confirm.is_object())
        t.out << painted(fmt::format("             generation {} comes back at {} unless you say: kmsgatectl "
                                     "policy confirm",
                                     member(confirm, "previous").dump(),
                                     aged(real(confirm, "deadline"), time_of(r))),
                         Paint::yellow, t.out_colours)
              << '\n';
    if (const json& writer = member(r, "writer"); writer.is_object())
        t.out << "writer       " << safe(text(writer, "user")) << ", process " << whole(writer, "pid")
              << ", since " << aged(real(writer, "since"), time_of(r)) << '\n';
}

void print_control(Context& c, const json& r) {
    Terminal& t = c.terminal;
    const json& control = member(r, "control");
    t.out << fmt::format("control      {}, process {}, up {}, {} connected\n", safe(text(control, "version")),
                         whole(control, "pid"), duration(real(control, "uptime")), whole(control, "clients"));
    const json& link = member(r, "link");
    const std::string state = text(link, "state");
    t.out << "link         "
          << painted(safe(state), state == "connected" ? Paint::green : Paint::red, t.out_colours);
    if (member(link, "since").is_number()) t.out << " since " << aged(real(link, "since"), time_of(r));
    if (const std::string fault = text(link, "fault"); !fault.empty()) t.out << ": " << safe(fault);
    t.out << '\n';
    print_policy(c, r);
    if (const json& modes = member(r, "modes"); modes.is_object() && !modes.empty())
        t.out << "by hand      " << inlined(modes) << '\n';
    if (const json& tags = member(r, "tags"); tags.is_object())
        t.out << "tags         " << inlined(tags) << '\n';
    if (const json& events = member(r, "events"); events.is_object())
        t.out << "events       " << inlined(events) << '\n';
}

/// How the clock that messages are judged by stands to the system's.
std::string clock_of(const json& clock) {
    constexpr double kNoise = 1e-3;
    const double behind = real(clock, "behind");
    std::string out = moment(real(clock, "time"));
    if (!std::isfinite(behind)) return out;
    if (std::abs(behind) < kNoise) return out + ", in step with the system's";
    return out +
           fmt::format(", {:.3f} s {} the system's", std::abs(behind), behind > 0 ? "behind" : "ahead of");
}

std::string room_of(const json& value) {
    return member(value, "capacity").is_number()
               ? fmt::format("{} of {}", shown(member(value, "count")), shown(member(value, "capacity")))
               : inlined(value);
}

std::string memory_of(const json& memory) {
    std::string out;
    for (const auto& [key, value] : memory.items())
        if (value.is_number())
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", safe(key == "bytes" ? "all" : key),
                               size(value.get<double>()));
    return out;
}

/// The parts of the dataplane's status that are objects, a line each.
void print_parts(Context& c, const json& d) {
    Terminal& t = c.terminal;
    if (const std::string digest = text(d, "digest"); !digest.empty())
        t.out << "  table        " << safe(digest) << '\n';
    if (const std::string remark = text(d, "last_table"); !remark.empty())
        t.out << "  "
              << painted("the table is not kept for a start without control: " + safe(remark), Paint::yellow,
                         t.out_colours)
              << '\n';
    for (const auto& [key, value] : d.items()) {
        if (!value.is_object()) continue;
        const std::string line =
            key == "clock" ? clock_of(value)
            : key == "tags" || key == "transactions" || key == "streams" || key == "segments" ? room_of(value)
            : key == "memory" ? memory_of(value)
                              : inlined(value);
        t.out << fmt::format("  {:<13}{}\n", safe(key), line);
    }
}

void print_dataplane(Context& c, const json& d) {
    Terminal& t = c.terminal;
    t.out << '\n';
    heading(c, "dataplane");
    if (!d.is_object()) {
        t.out << "  "
              << painted("does not answer; it keeps judging by its last table if it runs", Paint::red,
                         t.out_colours)
              << '\n';
        return;
    }
    t.out << fmt::format("  {}, process {}, up {}, generation {}\n", safe(text(d, "version")),
                         whole(d, "pid"), duration(real(d, "uptime")), whole(d, "generation"));
    print_parts(c, d);
    t.out << '\n';
    print_edges(c, member(d, "edges"));
    for (const auto& [key, name] : {std::pair("ports", "name"), std::pair("workers", "worker")}) {
        if (!member(d, key).is_array() || member(d, key).empty()) continue;
        t.out << '\n';
        heading(c, key);
        print_listed(c, name, member(d, key));
    }
}

}  // namespace

int do_status(Context& c) {
    return answer(c, c.client.ask("status", json::object()), [&](const json& r) {
        print_control(c, r);
        print_dataplane(c, member(r, "dataplane"));
    });
}

int do_hello(Context& c) {
    return answer(c, c.client.hello(), [&](const json& r) {
        c.terminal.out << fmt::format("{}, protocol {}, you may: {}\n", safe(text(r, "server")),
                                      whole(r, "version"), safe(text(r, "role")));
    });
}

int do_version(Context& c) {
    const auto server = c.client.hello();
    if (c.json) {
        c.print({{"kmsgatectl", kVersion}, {"server", server ? member(*server, "server") : json()}});
        return 0;
    }
    c.terminal.out << "kmsgatectl " << kVersion << '\n';
    c.terminal.out << (server ? safe(text(*server, "server")) : "kmsgate-control is not reached") << '\n';
    return 0;
}

int do_edge_list(Context& c) {
    return answer(c, c.client.ask("edge.list", json::object()), [&](const json& r) {
        if (member(r, "edges").empty()) c.terminal.out << "no edges: no policy is in force\n";
        print_edges(c, member(r, "edges"));
    });
}

int do_edge_mode(Context& c) {
    const std::string mode = c.line.get("MODE");
    const auto result = c.client.change(
        "edge.mode", {{"edge", c.line.get("EDGE")}, {"mode", mode == "policy" ? json() : json(mode)}});
    return answer(c, result, [&](const json& r) {
        c.terminal.out << fmt::format("{} is in mode {}; its policy says {}\n", safe(text(r, "edge")),
                                      safe(text(r, "mode")), safe(text(r, "policy_mode")));
    });
}

}  // namespace kmsgate::control::cli
