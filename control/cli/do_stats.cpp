// SPDX-License-Identifier: BSD-3-Clause
// stats show and mark, rules.
#include <fmt/format.h>

#include <set>

#include "control/cli/commands.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;

constexpr std::pair<std::string_view, std::string_view> kParts[] = {{"outcomes", "frames by outcome"},
                                                                    {"verdicts", "messages by verdict"},
                                                                    {"causes", "causes"},
                                                                    {"counters", "counted"}};

void print_edge(Context& c, const std::string& name, const json& counts) {
    c.terminal.out << painted("edge " + safe(name), Paint::bold, c.terminal.out_colours) << '\n';
    bool any = false;
    for (const auto& [part, title] : kParts) {
        const json& numbers = member(counts, part);
        if (!numbers.is_object()) continue;
        Table table({"", ">"});
        for (const auto& [word, n] : numbers.items())
            if (c.line.has("--all") || n != json(0)) table.add({{word, paint_of(word)}, {shown(n)}});
        if (table.empty()) continue;
        any = true;
        c.terminal.out << "  " << title << '\n';
        table.print(c.terminal, "    ");
    }
    if (!any) c.terminal.out << "  nothing yet\n";
}

/// Ports and workers stand side by side, what they count below each other: few things with many numbers.
void print_beside(Context& c, std::string_view title, std::string_view name, const json& list) {
    if (!list.is_array() || list.empty()) return;
    std::vector<std::string> headings = {std::string(title)};
    std::vector<std::string> keys;
    std::set<std::string> seen;
    for (const json& one : list) {
        headings.push_back(">" + shown(member(one, name)));
        if (!one.is_object()) continue;
        for (const auto& [key, value] : one.items())
            if (key != name && !value.is_structured() && seen.insert(key).second) keys.push_back(key);
    }
    Table table(headings);
    for (const std::string& key : keys) {
        std::vector<Table::Cell> row = {{key}};
        bool any = c.line.has("--all");
        for (const json& one : list) {
            const json& value = member(one, key);
            any = any || (!value.is_null() && value != json(0) && value != json(false)) || key == "link";
            row.push_back({shown_as(key, value), paint_of(shown_as(key, value))});
        }
        if (any) table.add(std::move(row));
    }
    c.terminal.out << '\n';
    table.print(c.terminal);
}

}  // namespace

int do_stats_show(Context& c) {
    json params = json::object();
    if (c.line.has("--since")) params["since"] = c.line.get("--since");
    const std::string only = c.line.get("--edge");
    if (!only.empty()) params["edge"] = only;
    return answer(c, c.client.ask("stats.show", std::move(params)), [&](const json& r) {
        if (const json& since = member(r, "since"); since.is_object())
            c.terminal.out << "since mark " << safe(text(since, "name")) << " of "
                           << date(real(since, "time")) << '\n';
        if (member(r, "restarted") == json(true))
            c.terminal.out
                << "the dataplane started anew behind the mark: these are the counts since that start\n";
        for (const auto& [name, counts] : member(r, "edges").items()) print_edge(c, name, counts);
        if (!only.empty()) return;
        print_beside(c, "port", "name", member(r, "ports"));
        print_beside(c, "worker", "worker", member(r, "workers"));
    });
}

int do_stats_mark(Context& c) {
    json params = json::object();
    if (c.line.has("NAME")) params["name"] = c.line.get("NAME");
    return answer(c, c.client.change("stats.mark", std::move(params)), [&](const json& r) {
        const std::string name = safe(text(r, "name"));
        c.terminal.out << fmt::format("mark {} at {}; see kmsgatectl stats show --since {}\n", name,
                                      date(real(r, "time")), name);
    });
}

int do_rules(Context& c) {
    json params = json::object();
    if (c.line.has("--edge")) params["edge"] = c.line.get("--edge");
    return answer(c, c.client.ask("rules", std::move(params)), [&](const json& r) {
        Table table({"EDGE", "SIDE", "RULE", ">MATCHED", ">WOULD REFUSE"});
        for (const json& rule : member(r, "rules"))
            table.add({text(rule, "edge"), text(rule, "side"), text(rule, "rule"), shown(member(rule, "hit")),
                       shown(member(rule, "would"))});
        if (table.empty()) c.terminal.out << "no rules: no policy is in force\n";
        table.print(c.terminal);
    });
}

}  // namespace kmsgate::control::cli
