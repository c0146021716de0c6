// SPDX-License-Identifier: BSD-3-Clause
// edge.*, status
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/commit/users_faults.hpp"
#include "control/server/filters.hpp"
#include "control/server/methods.hpp"
#include "control/server/params.hpp"
#include "policy/language/problem.hpp"

namespace kmsgate::control {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStatusWait{2'000};

void list(Rooms& rooms, const Call& call) {
    Json edges = Json::array();
    const auto by_hand = rooms.store.modes();
    if (const PolicyPtr policy = rooms.committer.policy())
        for (const Policy::Edge& edge : policy->edges) {
            Json pairs = Json::array();
            for (const startup::Pair& pair : rooms.startup.pairs)
                if (pair.edge == edge.name)
                    pairs.push_back({{"inside", pair.inside},
                                     {"outside", pair.outside},
                                     {"vlan", pair.vlan ? Json(*pair.vlan) : Json()}});
            const auto set = by_hand.find(edge.name);
            edges.push_back({{"name", edge.name},
                             {"mode", set == by_hand.end() ? edge.mode : set->second},
                             {"policy_mode", edge.mode},
                             {"set_by_hand", set != by_hand.end()},
                             {"served", !pairs.empty()},
                             {"domain", edge.domain},
                             {"proxy", edge.proxy},
                             {"pairs", std::move(pairs)}});
        }
    call.reply(std::make_shared<const Json>(Json{{"edges", std::move(edges)}}));
}

void set_mode(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"edge", "mode"});
    const std::string name = p.text("edge");
    if (!call.params->contains("mode"))
        p.refuse("parameter `mode` is missing; give enforce, shadow, bypass or null");
    const std::string mode = p.any("mode").is_null() ? "" : p.word("mode", {"enforce", "shadow", "bypass"});
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    const PolicyPtr policy = rooms.committer.policy();
    if (!policy) return call.reply(std::unexpected(no_policy()));
    if (auto fault = edge_fault(rooms, name)) return call.reply(std::unexpected(*std::move(fault)));
    // Served edges are in every policy that was taken, unless kmsgate.yaml has changed since.
    const Policy::Edge* const edge = policy->edge(name);
    if (edge == nullptr)
        return call.reply(std::unexpected(
            user_fault("unknown-edge", fmt::format("the policy in force has no edge {}; commit one that has",
                                                   policy::language::quote(name)))));
    const std::string of_policy = edge->mode;
    rooms.dataplane.change(
        {{"op", "modes"}, {"modes", {{name, mode.empty() ? Json() : Json(mode)}}}}, nullptr,
        [&rooms, name, mode, of_policy, reply = call.reply](const Result& answer) {
            if (!answer) return reply(std::unexpected(answer.error()));
            if (const Done done = rooms.store.set_mode(name, mode); !done) {
                // What is not kept must not be in force.
                const auto modes = rooms.store.modes();
                const auto old = modes.find(name);
                rooms.dataplane.change(
                    {{"op", "modes"}, {"modes", {{name, old == modes.end() ? Json() : Json(old->second)}}}},
                    nullptr, [](const Result&) {});
                return reply(std::unexpected(user_fault(
                    "history-unwritable",
                    fmt::format("the mode cannot be written ({}); make room on the disk of the state folder",
                                done.error()))));
            }
            reply(std::make_shared<const Json>(
                Json{{"edge", name}, {"mode", mode.empty() ? of_policy : mode}, {"policy_mode", of_policy}}));
        });
}

void status(Rooms& rooms, const Call& call) {
    auto out = std::make_shared<Json>(Json::object());
    (*out)["link"] = rooms.dataplane.status();
    (*out)["modes"] = Json::object();
    for (const auto& [edge, mode] : rooms.store.modes()) (*out)["modes"][edge] = mode;
    (*out)["tags"] = {{"count", rooms.store.users()}};
    (*out)["dataplane"] = nullptr;
    rooms.committer.add_status(*out);
    rooms.add_status(*out);
    if (!rooms.dataplane.up()) return call.reply(out);
    struct Once {
        bool done = false;
        Timer late;
    };
    auto once = std::make_shared<Once>();
    once->late = rooms.loop.after(kStatusWait, [out, once = std::weak_ptr(once), reply = call.reply] {
        if (const auto still = once.lock()) still->done = true;
        reply(out);
    });
    rooms.dataplane.call({{"op", "status"}}, nullptr, [out, once, reply = call.reply](const Result& answer) {
        if (once->done) return;
        once->late = Timer();
        if (answer) {
            (*out)["dataplane"] = **answer;
            for (const char* const key : {"id", "ok"}) (*out)["dataplane"].erase(key);
        }
        reply(out);
    });
}

}  // namespace

void add_edge_methods(Rpc& rpc, Rooms& rooms) {
    using Kind = Method::Kind;
    rpc.add("status", {Role::read, Kind::plain, [&rooms](const Call& call) { status(rooms, call); }});
    rpc.add("edge.list", {Role::read, Kind::plain, [&rooms](const Call& call) { list(rooms, call); }});
    rpc.add("edge.mode", {Role::operate, Kind::kept, [&rooms](const Call& call) { set_mode(rooms, call); }});
}

}  // namespace kmsgate::control
