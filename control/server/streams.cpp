// SPDX-License-Identifier: BSD-3-Clause
#include "control/server/streams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/server/base64.hpp"
#include "control/server/rpc.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kPiece = std::size_t{3} << 20;

const std::string* text_at(const Json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? &at->get_ref<const std::string&>() : nullptr;
}

bool is(const Json& event, const char* key, const std::optional<std::string>& wanted) {
    if (!wanted) return true;
    const std::string* const text = text_at(event, key);
    return text != nullptr && *text == *wanted;
}

bool has_user(const Json& event, const std::optional<std::string>& wanted) {
    if (!wanted) return true;
    const auto users = event.find("user");
    return users != event.end() && (is(*users, "initiator", wanted) || is(*users, "receiver", wanted));
}

}  // namespace

bool fits(const EventFilter& filter, const Json& event) {
    const std::string* const kind = text_at(event, "event");
    if (kind == nullptr) return false;
    if (*kind == "drop")
        return filter.drops && is(event, "edge", filter.edge) && is(event, "reason", filter.reason) &&
               !filter.verdict && !filter.user && !filter.call_id;
    // What was lost or suppressed concerns whoever wants everything.
    if (*kind != "message")
        return !filter.edge && !filter.verdict && !filter.reason && !filter.user && !filter.call_id;
    // In shadow mode what would be done is what is asked about.
    const bool verdict = is(event, "verdict", filter.verdict) || is(event, "would", filter.verdict);
    return is(event, "edge", filter.edge) && verdict && is(event, "reason", filter.reason) &&
           is(event, "call_id", filter.call_id) && has_user(event, filter.user);
}

void Streams::subscribe(ClientId client, EventFilter filter, const Reply& reply) {
    if (subscriptions_.size() >= kMostSubscriptions)
        return reply(std::unexpected(
            Fault{Code::refused, "busy", "too many subscriptions are open; cancel some", nullptr}));
    const std::uint64_t id = next_++;
    subscriptions_[id] = {client, std::move(filter)};
    reply(std::make_shared<const Json>(Json{{"subscription", id}}));
}

void Streams::begin(ClientId client, const Who& who, const std::string& op, Json request,
                    const Reply& reply) {
    if (const auto at = watches_.find(op); at != watches_.end())
        return reply(std::unexpected(Fault{
            Code::refused, op + "-in-progress",
            fmt::format("a {} of {} (pid {}) is at work; wait until it has ended", op, at->second.who.user,
                        at->second.who.pid),
            std::make_shared<const Json>(Json{{"holder", holder_json(at->second.who, at->second.since)}})}));
    const std::uint64_t subscription = next_++;
    watches_[op] = {client, who, wall_seconds(), subscription, 0};
    request["op"] = op;
    dataplane_.call(std::move(request), nullptr, [this, op, subscription, reply](const Result& answer) {
        const auto at = watches_.find(op);
        const bool mine = at != watches_.end() && at->second.subscription == subscription;
        if (!answer) {
            if (mine) watches_.erase(at);
            return reply(std::unexpected(answer.error()));
        }
        const std::uint64_t id = (*answer)->value(op, std::uint64_t{0});
        // Whoever asked may be gone by now.
        if (mine)
            at->second.id = id;
        else
            stop(op, id);
        reply(std::make_shared<const Json>(Json{{"subscription", subscription}, {op, id}}));
    });
}

void Streams::stop(const std::string& op, std::uint64_t id) {
    dataplane_.call({{"op", op + "-stop"}, {op, id}}, nullptr, [](const Result&) {});
}

void Streams::end(const std::string& op, const char* why) {
    const auto at = watches_.extract(op);
    if (!at) return;
    Json last = {{"subscription", at.mapped().subscription}, {"end", why}};
    if (op == "capture") last.update({{"data", ""}, {"last", true}});
    notify_(at.mapped().client, Rpc::notification(op.c_str(), last), false);
}

void Streams::cancel(ClientId client, std::uint64_t subscription, const Reply& reply) {
    Json cancelled = Json::array();
    std::erase_if(subscriptions_, [&](const auto& one) {
        const bool hit = one.second.client == client && (subscription == 0 || subscription == one.first);
        if (hit) cancelled.push_back(one.first);
        return hit;
    });
    std::vector<std::string> ops;
    for (const auto& [op, watch] : watches_)
        if (watch.client == client && (subscription == 0 || subscription == watch.subscription)) {
            cancelled.push_back(watch.subscription);
            ops.push_back(op);
        }
    if (subscription != 0 && cancelled.empty())
        return reply(std::unexpected(
            Fault{Code::refused, "unknown-subscription",
                  fmt::format("this connection has no subscription {}; it may have ended", subscription),
                  nullptr}));
    reply(std::make_shared<const Json>(Json{{"cancelled", std::move(cancelled)}}));
    for (const std::string& op : ops) {
        if (watches_[op].id != 0) stop(op, watches_[op].id);
        end(op, "stopped");
    }
}

void Streams::gone(ClientId client) {
    std::erase_if(subscriptions_, [&](const auto& one) { return one.second.client == client; });
    std::vector<std::string> ops;
    for (const auto& [op, watch] : watches_)
        if (watch.client == client) ops.push_back(op);
    for (const std::string& op : ops) {
        // One that is not answered yet is stopped when it is.
        if (watches_[op].id != 0) stop(op, watches_[op].id);
        watches_.erase(op);
    }
}

void Streams::dataplane_lost() {
    for (const char* const op : {"trace", "capture"}) end(op, "dataplane");
}

void Streams::told(const Json& frame, std::span<const std::byte> attachment) {
    const std::string* const op = text_at(frame, "op");
    if (op == nullptr) return;
    if (*op == "events")
        events({reinterpret_cast<const char*>(attachment.data()), attachment.size()});
    else if (*op == "trace" || *op == "capture")
        watched(*op, frame, attachment);
}

void Streams::events(std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (line.empty()) continue;
        if (sink_) sink_(line);
        if (subscriptions_.empty()) continue;
        const Json event = Json::parse(line, nullptr, false);
        for (const auto& [id, subscription] : subscriptions_)
            if (event.is_object() && fits(subscription.filter, event))
                notify_(subscription.client,
                        Rpc::notification("event", {{"subscription", id}, {"event", event}}), false);
    }
}

void Streams::watched(const std::string& op, const Json& frame, std::span<const std::byte> attachment) {
    const auto at = watches_.find(op);
    if (at == watches_.end() || frame.value(op, std::uint64_t{0}) != at->second.id) return;
    Json params = frame;
    params.erase("op");
    params.erase(op);
    params["subscription"] = at->second.subscription;
    const bool over = frame.contains("end") || frame.value("last", false);
    bool goes_on = false;
    if (op == "capture") {
        // A frame of the dataplane may hold as much as one of ours, and base64 makes it longer.
        while (attachment.size() > kPiece) {
            const Json piece = {{"subscription", at->second.subscription},
                                {"data", to_base64(attachment.first(kPiece))},
                                {"last", false}};
            notify_(at->second.client, Rpc::notification("capture", piece), std::exchange(goes_on, true));
            attachment = attachment.subspan(kPiece);
        }
        params["data"] = to_base64(attachment);
        params["last"] = over;
    }
    notify_(at->second.client, Rpc::notification(op.c_str(), params), goes_on);
    if (over) watches_.erase(at);
}

}  // namespace kmsgate::control
