// SPDX-License-Identifier: BSD-3-Clause
#include "control/program/control.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/commit/committer.hpp"
#include "control/commit/compiler.hpp"
#include "control/commit/store.hpp"
#include "control/commit/users.hpp"
#include "control/events/sink.hpp"
#include "control/link/log.hpp"
#include "control/metrics/exposer.hpp"
#include "control/program/lock.hpp"
#include "control/server/audit.hpp"
#include "control/server/methods.hpp"
#include "control/server/rpc.hpp"
#include "control/server/streams.hpp"
#include "control/server/version.hpp"

namespace kmsgate::control {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{1'000};

std::vector<std::string> served_edges(const startup::Startup& startup) {
    std::vector<std::string> out;
    for (const startup::Pair& pair : startup.pairs)
        if (std::ranges::find(out, pair.edge) == out.end()) out.push_back(pair.edge);
    return out;
}

const char* word(startup::EventsMode mode) {
    constexpr std::array<const char*, 3> kWords = {"refusals", "all", "none"};
    return kWords[static_cast<std::size_t>(mode)];
}

}  // namespace

struct Control::Inside {
    Inside(Loop& l, ControlSettings s, Lock k, std::unique_ptr<Store> o)
        : loop(l),
          settings(std::move(s)),
          lock(std::move(k)),
          store(std::move(o)),
          audit(settings.startup.control.audit),
          compiler(loop),
          committer(loop, *store, compiler, served_edges(settings.startup),
                    [this](const Committer::Wish& wish, const Result& result) { own_change(wish, result); }),
          dataplane(
              loop, *store,
              {settings.link, served_edges(settings.startup), word(settings.startup.control.events_mode),
               settings.startup.control.events_per_second},
              {[this] { return committer.target(); },
               [this] {
                   ++reconnects;
                   committer.dataplane_ready();
               },
               [this] { streams.dataplane_lost(); },
               [this](const Json& frame, std::span<const std::byte> bytes) { streams.told(frame, bytes); }}),
          users(*store, dataplane, committer),
          streams(dataplane, [this](ClientId client, std::string_view frame,
                                    bool goes_on) { return server.send(client, frame, goes_on); }),
          rpc(*store, audit, settings.startup.control,
              [this](ClientId client, std::string_view frame) { server.send(client, frame); }),
          server(loop, settings.server,
                 {[this](ClientId client, const Credentials& peer, std::string_view frame) {
                      rpc.frame(client, peer, frame);
                  },
                  [this](ClientId client) {
                      rpc.gone(client);
                      streams.gone(client);
                      users.gone(client);
                  }},
                 settings.who_is),
          rooms{loop,      settings.startup,
                *store,    dataplane,
                committer, users,
                streams,   [this](Json& out) { add_status(out); }} {
        committer.use(dataplane);
        add_policy_methods(rpc, rooms);
        add_user_methods(rpc, rooms);
        add_edge_methods(rpc, rooms);
        add_stats_methods(rpc, rooms);
        add_watch_methods(rpc, rooms);
        streams.on_line([this](std::string_view line) {
            if (sink) sink->write(line);
        });
    }

    /// The audit of what nobody called for.
    void own_change(const Committer::Wish& wish, const Result& result) {
        const auto place = audit.place();
        if (!place) return log_error(place.error());
        Json params = {{"text", wish.text}, {"file", wish.file}, {"comment", wish.comment}};
        if (wish.to != 0) params["to"] = wish.to;
        place->write(audit_line(wish.who, fmt::format("policy.{}", to_string(wish.how)), params, result));
    }

    void add_status(Json& out) const {
        out["control"] = {
            {"version", kVersion},
            {"pid", ::getpid()},
            {"time", wall_seconds()},
            {"uptime", std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count()},
            {"clients", server.clients()},
            {"state", settings.startup.state}};
        out["events"] = nullptr;
        if (!sink) return;
        const events::Counts& counts = sink->counts();
        out["events"] = {{"written", counts.written},
                         {"suppressed", counts.suppressed},
                         {"lost", counts.lost},
                         {"errors", counts.errors}};
    }

    void tick() {
        if (sink) sink->tick();
        if (exposer) gather();
        ticking = loop.after(kTick, [this] { tick(); });
    }

    /// Asks for fresh numbers, and publishes what the last round brought.
    void gather() {
        metrics::Snapshot next = latest;
        next.dataplane_up = dataplane.up();
        next.control = {{"requests", static_cast<double>(rpc.counts().requests)},
                        {"refused", static_cast<double>(rpc.counts().refused)},
                        {"commits", static_cast<double>(committer.counts().commits)},
                        {"rollbacks", static_cast<double>(committer.counts().rollbacks)},
                        {"reconnects", static_cast<double>(reconnects)},
                        {"clients", static_cast<double>(server.clients())}};
        if (sink) {
            const events::Counts& counts = sink->counts();
            next.control["events-written"] = static_cast<double>(counts.written);
            next.control["events-suppressed"] = static_cast<double>(counts.suppressed);
            next.control["events-lost"] = static_cast<double>(counts.lost);
            next.control["event-errors"] = static_cast<double>(counts.errors);
        }
        exposer->publish(next);
        if (!dataplane.up()) {
            latest = {};
            return;
        }
        if (std::exchange(asking, true)) return;
        dataplane.call({{"op", "status"}}, nullptr, [this](const Result& answer) {
            if (answer) latest.status = *answer;
        });
        dataplane.gather("rules", [this](const Result& answer) {
            if (answer) latest.rules = *answer;
        });
        dataplane.gather("stats", [this](const Result& answer) {
            asking = false;
            if (answer) latest.stats = *answer;
        });
    }

    Loop& loop;
    ControlSettings settings;
    Lock lock;
    std::unique_ptr<Store> store;
    Audit audit;
    Compiler compiler;
    Committer committer;
    Dataplane dataplane;
    Users users;
    Streams streams;
    Rpc rpc;
    Server server;
    Rooms rooms;
    std::unique_ptr<events::Sink> sink;
    std::unique_ptr<metrics::Exposer> exposer;
    metrics::Snapshot latest;
    Timer ticking;
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::uint64_t reconnects = 0;
    bool asking = false;
};

Control::Control() = default;
Control::~Control() = default;

std::expected<std::unique_ptr<Control>, std::string> Control::open(Loop& loop, ControlSettings settings) {
    const startup::Startup& startup = settings.startup;
    settings.link.path = startup.table_socket;
    settings.server.path = startup.control_socket;
    const std::filesystem::path state = startup.state;
    std::error_code ignored;
    std::filesystem::create_directories(state, ignored);
    auto lock = Lock::take(state / "control.lock");
    if (!lock) return std::unexpected(lock.error());
    auto store = Store::open(state / "control.db");
    if (!store) return std::unexpected(store.error());
    const startup::Control wishes = startup.control;
    const std::string metrics_address = startup.metrics;
    std::unique_ptr<Control> out(new Control);
    out->inside_ = std::make_unique<Inside>(loop, std::move(settings), *std::move(lock), *std::move(store));
    Inside& in = *out->inside_;
    if (const auto place = in.audit.place(); !place) return std::unexpected(place.error());
    if (!wishes.events_file.empty() && wishes.events_mode != startup::EventsMode::none) {
        auto sink = events::Sink::open({wishes.events_file, wishes.events_per_second});
        if (!sink) return std::unexpected(sink.error());
        in.sink = *std::move(sink);
    }
    auto exposer = metrics::Exposer::open(metrics_address);
    if (!exposer) return std::unexpected(exposer.error());
    in.exposer = *std::move(exposer);
    if (const auto listening = in.server.listen(); !listening) return std::unexpected(listening.error());
    return out;
}

void Control::start() {
    Inside& in = *inside_;
    std::optional<Committer::Wish> wish;
    if (in.settings.policy) {
        wish = Committer::Wish{};  // clang 19 sees no default constructor in emplace()
        wish->text = std::move(in.settings.policy->text);
        wish->file = in.settings.policy->path;
        wish->how = How::start;
        wish->who = myself();
        in.settings.policy.reset();
    }
    in.committer.start(std::move(wish));
    in.dataplane.start();
    in.tick();
}

void Control::reload(std::optional<PolicyFile> policy) {
    Inside& in = *inside_;
    if (in.sink) in.sink->reopen();
    if (!policy) return;
    Committer::Wish wish;
    wish.text = std::move(policy->text);
    wish.file = std::move(policy->path);
    wish.how = How::start;
    wish.who = myself();
    in.committer.commit(wish, [&in, wish](const Result& result) {
        in.own_change(wish, result);
        if (!result) log_error(fmt::format("{} was not committed: {}", wish.file, result.error().message));
    });
}

}  // namespace kmsgate::control
