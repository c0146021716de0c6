// SPDX-License-Identifier: BSD-3-Clause
// Edges: what they are and how they treat what cannot be judged; their rules are compared in diff_rules.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "policy/explain/diff_inside.hpp"

namespace kmsgate::policy::explain {
namespace {

std::string_view word(table::Proxy v) {
    return v == table::Proxy::cs ? "cs" : "is";
}
std::string_view word(table::Mode v) {
    constexpr std::array<std::string_view, 3> kWords = {"enforce", "shadow", "bypass"};
    return kWords[std::to_underlying(v)];
}
std::string_view word(table::InDialog v) {
    return v == table::InDialog::enforce ? "enforce" : "grandfather";
}
std::string_view word(table::Register v) {
    return v == table::Register::redirect ? "redirect" : "alarm";
}

/// The first of two words lets less pass.
template <class Enum>
Effect falling(Enum from, Enum to) {
    return to < from ? Effect::stricter : Effect::looser;
}

Effect of_action(Action from, Action to) {
    if (from == Action::forward) return Effect::stricter;
    return to == Action::forward ? Effect::looser : Effect::other;
}

/// Ports of one transport, sorted.
Words ports_of(const table::Table& table, table::Range range) {
    std::vector<std::uint16_t> ports(table.ports(range).begin(), table.ports(range).end());
    std::ranges::sort(ports);
    const auto twice = std::ranges::unique(ports);
    ports.erase(twice.begin(), twice.end());
    Words out;
    for (const std::uint16_t port : ports) out.push_back(std::to_string(port));
    return out;
}

class Edge {
  public:
    Edge(const Tables& tables, const table::EdgeRecord& before, const table::EdgeRecord& after,
         std::vector<Change>& out)
        : tables_(tables), before_(before), after_(after), out_(out), name_(text(tables.after, after.name)) {}

    void compare() {
        value("domain", text(*tables_.before, tables_.before->domains()[before_.domain].name),
              text(tables_.after, tables_.after.domains()[after_.domain].name));
        value("proxy", word(before_.proxy), word(after_.proxy));
        value("mode", word(before_.mode), word(after_.mode), falling(before_.mode, after_.mode));
        value("in-dialog", word(before_.in_dialog), word(after_.in_dialog),
              falling(before_.in_dialog, after_.in_dialog));
        value("register", word(before_.on_register), word(after_.on_register),
              falling(before_.on_register, after_.on_register));
        value("processor", tables_.before->text(before_.krr_after_id),
              tables_.after.text(after_.krr_after_id));
        ports("sip.udp", before_.udp_ports, after_.udp_ports);
        ports("sip.tcp", before_.tcp_ports, after_.tcp_ports);
        ports("sip.tls", before_.tls_ports, after_.tls_ports);
        for (std::size_t i = 0; i < kCauses; ++i)
            if (before_.failure[i] != after_.failure[i])
                value(fmt::format("failure.{}", to_string(static_cast<Cause>(i))),
                      to_string(before_.failure[i]), to_string(after_.failure[i]),
                      of_action(before_.failure[i], after_.failure[i]));
        value("limits.redirects-per-second", std::to_string(before_.redirects_per_second),
              std::to_string(after_.redirects_per_second));
        value("limits.per-source", std::to_string(before_.per_source), std::to_string(after_.per_source));
        for (const table::Side side : {table::Side::initiator, table::Side::receiver})
            diff_rules(tables_, before_, after_, side, out_);
    }

  private:
    Change& add() {
        Change& change = out_.emplace_back();
        change.kind = Kind::edge;
        change.name = change.edge = name_;
        return change;
    }
    void value(std::string_view field, std::string_view from, std::string_view to,
               Effect effect = Effect::other) {
        if (from == to) return;
        Change& change = add();
        set_value(change, "edge " + name_, field, std::string(from), std::string(to));
        change.effect = effect;
    }
    void ports(std::string_view field, table::Range from, table::Range to) {
        const Words before = ports_of(*tables_.before, from);
        const Words after = ports_of(tables_.after, to);
        if (before == after) return;
        Change& change = add();
        set_list(change, "edge " + name_, field, before, after);
        // What comes over such a port is held to be SIP; elsewhere only what looks like it.
        change.effect = change.removed.empty() ? Effect::stricter
                        : change.added.empty() ? Effect::looser
                                               : Effect::other;
    }

    const Tables& tables_;
    const table::EdgeRecord& before_;
    const table::EdgeRecord& after_;
    std::vector<Change>& out_;
    std::string name_;
};

std::string described(const table::Table& table, const table::EdgeRecord& edge) {
    const std::uint32_t rules = edge.rules[0].count + edge.rules[1].count;
    return fmt::format("domain {}, {}, {}, {} rule{}", table.text(table.domains()[edge.domain].name),
                       word(edge.proxy), word(edge.mode), rules, rules == 1 ? "" : "s");
}

void whole(const table::Table& table, const table::EdgeRecord& edge, What what, std::vector<Change>& out) {
    Change& change = out.emplace_back();
    change.kind = Kind::edge;
    change.what = what;
    change.name = change.edge = text(table, edge.name);
    change.text = fmt::format("edge {} {} ({})", change.name, to_string(what), described(table, edge));
}

std::unordered_map<std::string_view, const table::EdgeRecord*> edges_of(const table::Table* table) {
    std::unordered_map<std::string_view, const table::EdgeRecord*> out;
    if (table != nullptr)
        for (const table::EdgeRecord& edge : table->edges()) out.emplace(table->text(edge.name), &edge);
    return out;
}

}  // namespace

void diff_edges(const Tables& tables, std::vector<Change>& out) {
    const auto before = edges_of(tables.before);
    const auto after = edges_of(&tables.after);
    for (const table::EdgeRecord& edge : tables.after.edges()) {
        const auto old = before.find(tables.after.text(edge.name));
        if (old == before.end())
            whole(tables.after, edge, What::added, out);
        else
            Edge(tables, *old->second, edge, out).compare();
    }
    if (tables.before == nullptr) return;
    for (const table::EdgeRecord& edge : tables.before->edges())
        if (!after.contains(tables.before->text(edge.name))) whole(*tables.before, edge, What::removed, out);
}

}  // namespace kmsgate::policy::explain
