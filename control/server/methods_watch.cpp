// SPDX-License-Identifier: BSD-3-Clause
// explain, events.subscribe, trace, capture, cancel
#include <nlohmann/json.hpp>

#include "control/server/base64.hpp"
#include "control/server/filters.hpp"
#include "control/server/methods.hpp"
#include "control/server/params.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kMostMessage = std::size_t{1} << 20;

void explain(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"edge", "arrival", "source", "destination", "mode", "message"});
    Json request = {{"op", "explain"},
                    {"edge", p.text("edge")},
                    {"arrival", p.word("arrival", {"inside", "outside"})},
                    {"source", p.text("source")},
                    {"destination", p.text("destination")}};
    if (!p.any("mode").is_null()) request["mode"] = p.word("mode", {"enforce", "shadow", "bypass"});
    const Bytes message = from_base64(p.text("message", kMostMessage * 2)).value_or(Bytes());
    if (message.empty() || message.size() > kMostMessage)
        p.refuse("parameter `message` must be a SIP message of at most 1 MiB in base64");
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    if (auto fault = edge_fault(rooms, request["edge"].get<std::string>()))
        return call.reply(std::unexpected(*std::move(fault)));
    rooms.dataplane.call(std::move(request), std::make_shared<const Bytes>(message),
                         [reply = call.reply](const Result& answer) {
                             if (!answer) return reply(std::unexpected(answer.error()));
                             auto out = std::make_shared<Json>(**answer);
                             for (const char* const key : {"id", "ok"}) out->erase(key);
                             reply(out);
                         });
}

void subscribe(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"edge", "verdict", "reason", "user", "call_id", "drops"});
    EventFilter filter;
    filter.drops = p.truth("drops");
    filter.edge = p.maybe_text("edge");
    filter.verdict = verdict_of(p);
    filter.reason = reason_of(p, filter.drops);
    filter.user = user_of(p);
    filter.call_id = p.maybe_text("call_id");
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    if (auto fault = edge_fault(rooms, filter.edge)) return call.reply(std::unexpected(*std::move(fault)));
    rooms.streams.subscribe(call.client, std::move(filter), call.reply);
}

void trace(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"edge", "method", "call_id", "user", "verdict", "reason", "count", "seconds"});
    Json request = {{"count", p.number("count", 1, 1000).value_or(1)},
                    {"seconds", p.number("seconds", 1, 3600).value_or(60)}};
    const auto edge = p.maybe_text("edge");
    for (auto& [key, text] : {std::pair("edge", edge), std::pair("method", method_of(p)),
                              std::pair("call_id", p.maybe_text("call_id")), std::pair("user", user_of(p)),
                              std::pair("verdict", verdict_of(p)), std::pair("reason", reason_of(p, false))})
        if (text) request[key] = *text;
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    if (auto fault = edge_fault(rooms, edge)) return call.reply(std::unexpected(*std::move(fault)));
    rooms.streams.begin(call.client, call.who, "trace", std::move(request), call.reply);
}

void capture(Rooms& rooms, const Call& call) {
    Params p(*call.params, {"edge", "outcomes", "generated", "frames", "seconds", "snaplen"});
    Json request = {{"outcomes", outcomes_of(p)},
                    {"generated", p.truth("generated")},
                    {"frames", p.number("frames", 1, 100'000).value_or(1000)},
                    {"seconds", p.number("seconds", 1, 3600).value_or(60)},
                    {"snaplen", p.number("snaplen", 64, 262'144).value_or(262'144)}};
    const auto edge = p.maybe_text("edge");
    if (edge) request["edge"] = *edge;
    if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
    if (auto fault = edge_fault(rooms, edge)) return call.reply(std::unexpected(*std::move(fault)));
    rooms.streams.begin(call.client, call.who, "capture", std::move(request), call.reply);
}

}  // namespace

void add_watch_methods(Rpc& rpc, Rooms& rooms) {
    using Kind = Method::Kind;
    rpc.add("explain", {Role::read, Kind::plain, [&rooms](const Call& call) { explain(rooms, call); }});
    rpc.add("events.subscribe",
            {Role::read, Kind::plain, [&rooms](const Call& call) { subscribe(rooms, call); }});
    rpc.add("trace", {Role::operate, Kind::audited, [&rooms](const Call& call) { trace(rooms, call); }});
    rpc.add("capture", {Role::admin, Kind::audited, [&rooms](const Call& call) { capture(rooms, call); }});
    rpc.add("cancel", {Role::read, Kind::plain, [&rooms](const Call& call) {
                           Params p(*call.params, {"subscription"});
                           const auto id = p.number("subscription", 1, INT64_MAX);
                           if (const auto& fault = p.fault()) return call.reply(std::unexpected(*fault));
                           rooms.streams.cancel(call.client, id.value_or(0), call.reply);
                       }});
}

}  // namespace kmsgate::control
