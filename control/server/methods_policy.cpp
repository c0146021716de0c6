// SPDX-License-Identifier: BSD-3-Clause
// policy.*
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/server/methods.hpp"
#include "control/server/params.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kMostText = kMaxFrame;
constexpr std::size_t kMostFileName = 4096;

Json generation_json(const Generation& g) {
    return {{"generation", g.number},  {"digest", g.digest},   {"time", g.time},
            {"uid", g.who.uid},        {"user", g.who.user},   {"pid", g.who.pid},
            {"how", to_string(g.how)}, {"comment", g.comment}, {"to", g.to == 0 ? Json() : Json(g.to)}};
}

std::string file_of(Params& p) {
    std::string out = p.maybe_text("file", kMostFileName).value_or("");
    return out.empty() ? "policy.yaml" : out;
}

void commit(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"text", "file", "confirm", "comment"});
    Committer::Wish wish;
    wish.text = p.text("text", kMostText);
    wish.file = file_of(p);
    if (const auto seconds = p.number("confirm", 1, 86'400)) wish.confirm = static_cast<unsigned>(*seconds);
    wish.comment = p.maybe_text("comment", 1000).value_or("");
    wish.who = call.who;
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    rooms.committer.commit(std::move(wish), call.reply);
}

void show(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"generation"});
    const auto number = p.number("generation", 1, INT64_MAX);
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    const auto found = number ? rooms.store.generation(*number) : rooms.store.running();
    if (!found)
        return call.reply(std::unexpected(Fault{
            Code::refused, number ? "no-generation" : "no-policy",
            number ? fmt::format("there is no generation {}; see the history for those there are", *number)
                   : "no policy was committed yet; commit one first",
            nullptr}));
    Json out = generation_json(*found);
    out["text"] = found->text;
    call.reply(std::make_shared<const Json>(std::move(out)));
}

void history(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"limit", "before"});
    const auto limit = p.number("limit", 1, 1000);
    const auto before = p.number("before", 1, INT64_MAX);
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    Json list = Json::array();
    for (const Generation& g : rooms.store.history(limit.value_or(100), before.value_or(0)))
        list.push_back(generation_json(g));
    const auto& running = rooms.committer.generation();
    call.reply(std::make_shared<const Json>(
        Json{{"running", running ? Json(running->number) : Json()}, {"generations", std::move(list)}}));
}

}  // namespace

void add_policy_methods(Rpc& rpc, Rooms& rooms) {
    using Kind = Method::Kind;
    const auto compile = [&rooms](bool plan) {
        return [&rooms, plan](const Call& call) {
            Params p(*call.params, {"text", "file"});
            std::string text = p.text("text", kMostText);
            std::string file = file_of(p);
            if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
            if (plan)
                rooms.committer.plan(std::move(text), std::move(file), call.reply);
            else
                rooms.committer.check(std::move(text), std::move(file), call.reply);
        };
    };
    rpc.add("policy.check", {Role::read, Kind::plain, compile(false)});
    rpc.add("policy.plan", {Role::read, Kind::plain, compile(true)});
    rpc.add("policy.commit", {Role::admin, Kind::kept, [&rooms](const Call& call) { commit(rooms, call); }});
    rpc.add("policy.confirm", {Role::admin, Kind::kept, [&rooms](const Call& call) {
                                   Params p(*call.params, {});
                                   if (const auto& fault = p.fault())
                                       return call.reply(std::unexpected(*fault));
                                   rooms.committer.confirm(call.who, call.reply);
                               }});
    rpc.add("policy.rollback", {Role::admin, Kind::kept, [&rooms](const Call& call) {
                                    Params p(*call.params, {"to", "comment"});
                                    const auto to = p.number("to", 1, INT64_MAX);
                                    std::string comment = p.maybe_text("comment", 1000).value_or("");
                                    if (const auto& fault = p.fault())
                                        return call.reply(std::unexpected(*fault));
                                    rooms.committer.rollback(to.value_or(0), std::move(comment), call.who,
                                                             call.reply);
                                }});
    rpc.add("policy.show", {Role::read, Kind::plain, [&rooms](const Call& call) { show(rooms, call); }});
    rpc.add("policy.history",
            {Role::read, Kind::plain, [&rooms](const Call& call) { history(rooms, call); }});
}

}  // namespace kmsgate::control
