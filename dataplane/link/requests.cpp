// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/requests.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "dataplane/link/members.hpp"
#include "dataplane/link/tags.hpp"
#include "policy/decide/decide.hpp"
#include "policy/decide/trace.hpp"

namespace kmsgate::link {
namespace {

using policy::table::Mode;

constexpr std::uint32_t kMaxPerSecond = 1'000'000;
constexpr std::uint64_t kMaxSeconds = 3600;

struct Fault {
    std::string name, message;
};
using Answer = std::expected<std::string, Fault>;  // members of the reply as a JSON object

[[nodiscard]] std::unexpected<Fault> refuse(std::string name, std::string message) {
    return std::unexpected(Fault{std::move(name), std::move(message)});
}

[[nodiscard]] std::optional<Mode> mode_of(std::string_view word) noexcept {
    for (const Mode mode : {Mode::enforce, Mode::shadow, Mode::bypass})
        if (policy::decide::mode_text(mode) == word) return mode;
    return std::nullopt;
}

[[nodiscard]] std::vector<publish::ModeWish> read_modes(Members& members) {
    std::vector<publish::ModeWish> out;
    const Json* modes = members.find("modes");
    if (modes == nullptr) return out;
    if (!modes->is_object()) members.wrong("modes", "is an object of edges");
    for (const auto& [edge, value] : modes->items()) {
        const auto* word = value.get_ptr<const std::string*>();
        const auto mode = word != nullptr ? mode_of(*word) : std::nullopt;
        if (!mode && !value.is_null()) members.wrong("modes", "holds enforce, shadow, bypass or null");
        out.push_back({edge, mode});
    }
    return out;
}

[[nodiscard]] bool is_served(const Box& box, const std::string& edge) {
    return std::ranges::find(box.publisher.edges(), edge) != box.publisher.edges().end();
}
[[nodiscard]] std::unexpected<Fault> unknown_edge(const std::string& edge) {
    return refuse("unknown-edge", fmt::format("kmsgate.yaml serves no edge {}", edge));
}

[[nodiscard]] Json modes_json(const Box& box) {
    Json out = Json::object();
    const publish::Generation* now = box.publisher.current();
    const auto edges = box.publisher.edges();
    for (std::size_t slot = 0; slot < edges.size(); ++slot)
        out[edges[slot]] =
            now != nullptr ? Json(policy::decide::mode_text(now->judge(0, slot).mode)) : Json();
    return out;
}

Answer hello(const Desk& desk, Peer& peer, Members& ask) {
    const std::uint64_t theirs = ask.number("version", 0, 0, ~0U);
    if (!ask.fault().empty()) return refuse("bad-request", ask.fault());
    if (theirs != kVersion) {
        peer.closing = true;
        return refuse("version", fmt::format("version {} of the table protocol; this dataplane speaks {}",
                                             theirs, kVersion));
    }
    peer.greeted = true;
    const publish::Generation* now = desk.box.publisher.current();
    return text({{"version", kVersion},
                 {"program", fmt::format("kmsgate-dataplane {}", version())},
                 {"pid", ::getpid()},
                 {"generation", now != nullptr ? now->proven().number : 0},
                 {"digest", now != nullptr ? Json(now->proven().digest) : Json()},
                 {"tags", desk.box.tags.size()},
                 {"tag_epoch", desk.tag_epoch}});
}

Answer modes(const Desk& desk, Members& ask) {
    const auto wishes = read_modes(ask);
    if (!ask.fault().empty()) return refuse("bad-request", ask.fault());
    if (const auto end = desk.box.publisher.set_modes(wishes); !end) return unknown_edge(end.error());
    return text({{"modes", modes_json(desk.box)}});
}

Answer tags(const Desk& desk, Members& ask, const Frame& frame) {
    const bool clear = ask.flag("clear");
    if (!ask.fault().empty()) return refuse("bad-request", ask.fault());
    memory::UserTags& table = desk.box.tags;
    if (clear) clear_tags(table, desk.box.publisher);
    const std::string_view lines(reinterpret_cast<const char*>(frame.attachment.data()),
                                 frame.attachment.size());
    const Tagged end = take_tags(lines, table, desk.box.publisher);
    return text({{"set", end.set},
                 {"removed", end.removed},
                 {"refused", end.refused},
                 {"refused_total", end.refused_total},
                 {"count", table.size()},
                 {"capacity", table.capacity()}});
}

Answer events(const Desk& desk, Members& ask) {
    const std::size_t mode = ask.word("mode", {"none", "refusals", "all"}, 1);
    const std::uint64_t rate = ask.number("per_second", 1000, 0, kMaxPerSecond);
    if (!ask.fault().empty()) return refuse("bad-request", ask.fault());
    desk.watching.events(static_cast<watch::Events>(mode), static_cast<std::uint32_t>(rate));
    return "{}";
}

Answer trace(const Desk& desk, Peer& peer, Members& ask) {
    watch::TraceWish wish;
    wish.edge = ask.text("edge");
    wish.method = ask.text("method");
    wish.call_id = ask.text("call_id");
    wish.user = ask.text("user");
    wish.verdict = ask.text("verdict");
    wish.reason = ask.text("reason");
    wish.count = static_cast<std::uint32_t>(ask.number("count", 1, 1, 1000));
    const std::chrono::seconds life(ask.number("seconds", 60, 1, kMaxSeconds));
    if (!ask.fault().empty()) return refuse("bad-request", ask.fault());
    if (!wish.edge.empty() && !is_served(desk.box, wish.edge)) return unknown_edge(wish.edge);
    return text({{"trace", desk.watching.trace(std::move(wish), life, peer)}});
}

Answer capture(const Desk& desk, Peer& peer, Members& ask) {
    watch::CaptureWish wish;
    wish.edge = ask.text("edge");
    wish.generated = ask.flag("generated");
    wish.frames = static_cast<std::uint32_t>(ask.number("frames", 1000, 1, 100'000));
    wish.snap_length = static_cast<std::uint32_t>(ask.number("snaplen", 262'144, 1, 262'144));
    const std::chrono::seconds life(ask.number("seconds", 60, 1, kMaxSeconds));
    if (const Json* outcomes = ask.find("outcomes"); outcomes != nullptr) {
        if (!outcomes->is_array()) ask.wrong("outcomes", "is a list of outcomes");
        for (const Json& word : *outcomes) {
            const auto* name = word.get_ptr<const std::string*>();
            std::size_t at = 0;
            while (name != nullptr && at < core::kOutcomes &&
                   to_string(static_cast<core::Outcome>(at)) != *name)
                ++at;
            if (name == nullptr || at == core::kOutcomes)
                ask.wrong("outcomes", "holds what is no outcome: " + text(word).substr(0, 100));
            else
                wish.outcomes.push_back(static_cast<core::Outcome>(at));
        }
    }
    if (wish.outcomes.empty() && !wish.generated)
        ask.wrong("outcomes", "is empty and generated is not set: nothing to capture");
    if (!ask.fault().empty()) return refuse("bad-request", ask.fault());
    if (!wish.edge.empty() && !is_served(desk.box, wish.edge)) return unknown_edge(wish.edge);
    return text({{"capture", desk.watching.capture(std::move(wish), life, peer)}});
}

/// Hashes that a worker would find missing at the first such message are made before the answer is given.
[[nodiscard]] std::expected<Explainer::Explained, std::string> explain_ready(const Desk& desk,
                                                                             const core::Judge& judge,
                                                                             const Crafted& message) {
    constexpr int kSlices = 100;
    const auto before = desk.box.roster.stats().pending;
    auto said = desk.explainer.explain(judge, message);
    if (desk.box.roster.stats().pending == before) return said;
    for (int i = 0; i < kSlices && desk.box.roster.work(message.now, desk.kms); ++i) {
    }
    return desk.explainer.explain(judge, message);
}

Answer explain(const Desk& desk, Members& ask, const Frame& frame) {
    const std::string edge = ask.text("edge", true);
    const auto source = read_endpoint(ask.text("source", true));
    const auto destination = read_endpoint(ask.text("destination", true));
    const std::size_t outside = ask.word("arrival", {"inside", "outside"}, 0);
    const std::string mode = ask.text("mode");
    if (!source || !destination || source->v6 != destination->v6)
        ask.wrong("source and destination", "are \"address:port\", [] around IPv6, both of one family");
    if (!mode.empty() && !mode_of(mode)) ask.wrong("mode", "is enforce, shadow or bypass");
    if (!ask.fault().empty()) return refuse("bad-request", ask.fault());
    const publish::Generation* now = desk.box.publisher.current();
    if (now == nullptr) return refuse("no-table", "there is no table to judge by; commit a policy first");
    const auto edges = desk.box.publisher.edges();
    const auto slot = std::ranges::find(edges, edge);
    if (slot == edges.end()) return unknown_edge(edge);
    core::Judge judge = now->trial(static_cast<std::size_t>(slot - edges.begin()));
    if (const auto other = mode_of(mode)) judge.mode = *other;
    const Crafted message{outside != 0 ? core::Arrival::outside : core::Arrival::inside,
                          *source,
                          *destination,
                          {reinterpret_cast<const char*>(frame.attachment.data()), frame.attachment.size()},
                          desk.box.clock.now()};
    const auto said = explain_ready(desk, judge, message);
    if (!said) return refuse("no-message", said.error());
    Json event = Json::parse(said->event, nullptr, false);
    return text({{"event", std::move(event)}, {"tree", said->tree}});
}

[[nodiscard]] Answer perform(const Desk& desk, Peer& peer, const std::string& op, Members& ask,
                             const Frame& frame) {
    if (op == "hello") return hello(desk, peer, ask);
    if (!peer.greeted) {
        peer.closing = true;
        return refuse("hello-first", "the first request is hello");
    }
    if (op == "modes") return modes(desk, ask);
    if (op == "tags") return tags(desk, ask, frame);
    if (op == "events") return events(desk, ask);
    if (op == "trace") return trace(desk, peer, ask);
    if (op == "capture") return capture(desk, peer, ask);
    if (op == "explain") return explain(desk, ask, frame);
    if (op == "trace-stop")
        return desk.watching.stop_trace(peer) ? Answer("{}") : refuse("no-trace", "no trace is going on");
    if (op == "capture-stop")
        return desk.watching.stop_capture(peer) ? Answer("{}")
                                                : refuse("no-capture", "no capture is going on");
    if (op == "stats" || op == "rules") {
        Page page;
        page.after = static_cast<std::size_t>(ask.number("after", 0, 0, ~std::uint32_t{0}));
        if (!ask.fault().empty()) return refuse("bad-request", ask.fault());
        return op == "stats" ? stats_json(desk.box, page) : rules_json(desk.box, page);
    }
    if (op == "status") return status_json(desk.box, desk.pulse, desk.watching, desk.started);
    return refuse("unknown-op", fmt::format("there is no {}", text(Json(op.substr(0, 100)))));
}

[[nodiscard]] std::string reply(std::string_view id, const Answer& end) {
    if (end && end->size() + 64 <= kMaxJson)
        return fmt::format(R"({{"id":{},"ok":true{}{})", id, end->size() > 2 ? "," : "",
                           std::string_view(*end).substr(1));
    const Fault fault = end ? Fault{"too-large", "the answer is larger than a frame may be"} : end.error();
    return fmt::format(R"({{"id":{},"ok":false,"error":{}}})", id,
                       text({{"name", fault.name}, {"message", fault.message}}));
}

}  // namespace

std::optional<TablePush> answer(const Desk& desk, Peer& peer, Frame frame) {
    const Json request =
        too_deep(frame.json) ? Json(Json::value_t::discarded) : Json::parse(frame.json, nullptr, false);
    if (!request.is_object()) {
        peer.closing = true;
        peer.send(reply("null", refuse("bad-json", "a frame holds one JSON object, at most 16 levels deep")));
        return std::nullopt;
    }
    Members ask(request);
    const Json* number = ask.find("id");
    const auto* id = number != nullptr ? number->get_ptr<const std::uint64_t*>() : nullptr;
    const std::string op = ask.text("op", true);
    if (id == nullptr || !ask.fault().empty()) {
        peer.closing = true;
        peer.send(
            reply("null", refuse("bad-request", "a request has an id, a whole number from 0, and an op")));
        return std::nullopt;
    }
    if (op == "table" && peer.greeted) {
        TablePush push;
        push.id = *id;
        push.generation = ask.number("generation", 0, 0, ~std::uint64_t{0} >> 11);
        if (ask.find("generation") == nullptr) ask.wrong("generation", "is needed");
        push.modes = read_modes(ask);
        if (ask.fault().empty()) {
            push.blob = std::move(frame.attachment);
            return push;
        }
        peer.send(reply(fmt::to_string(*id), refuse("bad-request", ask.fault())));
        return std::nullopt;
    }
    peer.send(reply(fmt::to_string(*id), perform(desk, peer, op, ask, frame)));
    return std::nullopt;
}

std::string table_answer(std::uint64_t id, const std::expected<publish::Published, publish::Refusal>& end) {
    if (!end) return reply(fmt::to_string(id), refuse(end.error().name, end.error().message));
    return reply(fmt::to_string(id),
                 text({{"generation", end->generation},
                       {"digest", end->digest},
                       {"micros", end->microseconds},
                       {"fresh", end->fresh},
                       {"last_table", end->remark.empty() ? Json() : Json(end->remark)}}));
}

}  // namespace kmsgate::link
