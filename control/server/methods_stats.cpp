// SPDX-License-Identifier: BSD-3-Clause
// stats.*, rules
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "control/commit/users_faults.hpp"
#include "control/server/filters.hpp"
#include "control/server/methods.hpp"
#include "control/server/params.hpp"
#include "dataplane/watch/registry.hpp"
#include "policy/language/problem.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kMostMarks = 100;

std::set<std::string> counters_at(watch::Place place) {
    std::set<std::string> out;
    for (const watch::Metric& metric : watch::metrics())
        if (metric.place == place && metric.kind == watch::Kind::counter) out.insert(metric.key);
    return out;
}

/// The counters of an object, less what they were.
void subtract(Json& now, const Json& then, const std::set<std::string>* only, bool& restarted) {
    if (!now.is_object() || !then.is_object()) return;
    for (auto& [key, value] : now.items()) {
        const auto old = then.find(key);
        if (old == then.end() || (only != nullptr && !only->contains(key))) continue;
        if (!value.is_number_unsigned() || !old->is_number_unsigned()) continue;
        const auto before = old->get<std::uint64_t>();
        const auto after = value.get<std::uint64_t>();
        restarted = restarted || after < before;
        if (after >= before) value = after - before;
    }
}

/// Lists of objects that one member names.
void subtract_listed(Json& now, const Json& then, const char* name, const std::set<std::string>& only,
                     bool& restarted) {
    if (!now.is_array() || !then.is_array()) return;
    for (Json& one : now)
        for (const Json& old : then)
            if (one.is_object() && old.is_object() && one.value(name, Json()) == old.value(name, Json()))
                subtract(one, old, &only, restarted);
}

const Json& member(const Json& object, const char* key) {
    static const Json kNothing;
    if (!object.is_object()) return kNothing;
    const auto at = object.find(key);
    return at == object.end() ? kNothing : *at;
}

void show(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"since", "edge"});
    const auto name = p.maybe_text("since", 64);
    const auto edge = p.maybe_text("edge");
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    if (auto fault = edge_fault(rooms, edge)) return call.reply(std::unexpected(*std::move(fault)));
    auto mark = std::make_shared<Json>();
    if (name) {
        const auto kept = rooms.store.mark(*name);
        if (!kept) {
            const auto known = rooms.store.marks();
            const std::vector<std::string_view> words(known.begin(), known.end());
            return call.reply(std::unexpected(user_fault(
                "unknown-mark",
                fmt::format("unknown mark {}; {}", policy::language::quote(*name),
                            known.empty() ? "set one first" : policy::language::one_of(*name, words)),
                {{"known", known}})));
        }
        *mark = Json::parse(*kept, nullptr, false);
    }
    rooms.dataplane.gather("stats", [&rooms, name, edge, mark, reply = call.reply](const Result& answer) {
        if (!answer) return reply(std::unexpected(answer.error()));
        auto out = std::make_shared<Json>(**answer);
        bool restarted = false;
        if (mark->is_object()) {
            // After a restart every counter began anew, also one that is beyond the mark again.
            restarted = mark->value("epoch", std::string()) != rooms.dataplane.epoch();
            if (!restarted) *out = stats_since(*out, member(*mark, "stats"), restarted);
        }
        if (edge) {
            const Json counts = member(member(*out, "edges"), edge->c_str());
            (*out)["edges"] = counts.is_null() ? Json::object() : Json{{*edge, counts}};
        }
        (*out)["since"] = mark->is_object() ? Json{{"name", *name}, {"time", member(*mark, "time")}} : Json();
        (*out)["restarted"] = restarted;
        reply(out);
    });
}

void set_mark(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"name"});
    const std::string name = p.maybe_text("name", 64).value_or("mark");
    if (name.empty()) p.refuse("parameter `name` is empty; give the mark a name");
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    const auto marks = rooms.store.marks();
    if (marks.size() >= kMostMarks && std::ranges::find(marks, name) == marks.end())
        return call.reply(std::unexpected(
            user_fault("busy", "there are 100 marks; set one of them anew", {{"known", marks}})));
    rooms.dataplane.gather("stats", [&rooms, name, reply = call.reply](const Result& answer) {
        if (!answer) return reply(std::unexpected(answer.error()));
        const double now = wall_seconds();
        Json stats = **answer;
        const Json kept = {{"time", now}, {"epoch", rooms.dataplane.epoch()}, {"stats", std::move(stats)}};
        if (const Done done =
                rooms.store.set_mark(name, kept.dump(-1, ' ', false, Json::error_handler_t::replace));
            !done)
            return reply(std::unexpected(user_fault(
                "history-unwritable",
                fmt::format("the mark cannot be written ({}); make room on the disk of the state folder",
                            done.error()))));
        reply(std::make_shared<const Json>(
            Json{{"name", name}, {"time", now}, {"marks", rooms.store.marks()}}));
    });
}

void rules(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"edge"});
    const auto edge = p.maybe_text("edge");
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    if (auto fault = edge_fault(rooms, edge)) return call.reply(std::unexpected(*std::move(fault)));
    rooms.dataplane.gather("rules", [edge, reply = call.reply](const Result& answer) {
        if (!answer) return reply(std::unexpected(answer.error()));
        Json list = Json::array();
        for (const Json& rule : member(**answer, "rules"))
            if (rule.is_object() && (!edge || rule.value("edge", std::string()) == *edge))
                list.push_back(rule);
        reply(std::make_shared<const Json>(
            Json{{"generation", member(**answer, "generation")}, {"rules", std::move(list)}}));
    });
}

}  // namespace

Json stats_since(const Json& now, const Json& then, bool& restarted) {
    Json out = now;
    if (!out.is_object() || !then.is_object()) return out;
    if (out.contains("edges") && out["edges"].is_object() && member(then, "edges").is_object())
        for (auto& [edge, counts] : out["edges"].items())
            for (const char* const part : {"counters", "outcomes", "verdicts", "causes"})
                if (const Json& old = member(then, "edges"); counts.contains(part) && old.contains(edge))
                    subtract(counts[part], member(old[edge], part), nullptr, restarted);
    if (out.contains("workers"))
        subtract_listed(out["workers"], member(then, "workers"), "worker", counters_at(watch::Place::worker),
                        restarted);
    if (out.contains("ports"))
        subtract_listed(out["ports"], member(then, "ports"), "name", counters_at(watch::Place::port),
                        restarted);
    return out;
}

void add_stats_methods(Rpc& rpc, Rooms& rooms) {
    using Kind = Method::Kind;
    rpc.add("stats.show", {Role::read, Kind::plain, [&rooms](const Call& call) { show(rooms, call); }});
    rpc.add("stats.mark", {Role::operate, Kind::kept, [&rooms](const Call& call) { set_mark(rooms, call); }});
    rpc.add("rules", {Role::read, Kind::plain, [&rooms](const Call& call) { rules(rooms, call); }});
}

}  // namespace kmsgate::control
