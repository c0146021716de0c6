// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/numbers.hpp"

#include <rte_lcore.h>
#include <rte_malloc.h>
#include <unistd.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "policy/decide/trace.hpp"

namespace kmsgate::link {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kEdgeBytes = 4096;  // of an edge in stats, at most (but for its name)

[[nodiscard]] std::string text(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class Word, class Counts>
[[nodiscard]] Json by_word(const Counts& sums) {
    Json out = Json::object();
    for (std::size_t i = 0; i < sums.size(); ++i) out[std::string(to_string(static_cast<Word>(i)))] = sums[i];
    return out;
}

template <std::size_t N>
void add(std::array<std::uint64_t, N>& sums, const std::array<core::Count, N>& counts) {
    for (std::size_t i = 0; i < N; ++i) sums[i] += counts[i].get();
}

[[nodiscard]] Json edge_json(const Box& box, std::size_t slot) {
    EdgeSums sums;
    add_edge(box, slot, sums);
    return {{"counters", by_word<core::Counter>(sums.counters)},
            {"outcomes", by_word<core::Outcome>(sums.outcomes)},
            {"verdicts", by_word<policy::decide::Verdict>(sums.verdicts)},
            {"causes", by_word<policy::Cause>(sums.causes)},
            {"held", sums.held}};
}

[[nodiscard]] Json workers_json(const Box& box) {
    Json out = Json::array();
    for (std::size_t i = 0; i < box.workers.size(); ++i) {
        Json worker = {{"worker", i}};
        for (std::size_t c = 0; c < worker::kCounters; ++c) {
            const auto counter = static_cast<worker::Counter>(c);
            worker[std::string(to_string(counter))] = box.workers[i]->get(counter);
        }
        out.push_back(std::move(worker));
    }
    return out;
}

[[nodiscard]] Json ports_json(const Box& box) {
    Json out = Json::array();
    for (const nic::PortStatus& p : box.ports.get())
        out.push_back({{"name", p.name},
                       {"device", p.device},
                       {"driver", p.capabilities.driver},
                       {"link", p.link_up},
                       {"held-down", p.held_down},
                       {"queues", p.queues},
                       {"rx-frames", p.counts.rx_frames},
                       {"rx-bytes", p.counts.rx_bytes},
                       {"rx-missed", p.counts.rx_missed},
                       {"rx-errors", p.counts.rx_errors},
                       {"tx-frames", p.counts.tx_frames},
                       {"tx-bytes", p.counts.tx_bytes},
                       {"tx-errors", p.counts.tx_errors},
                       {"tx-copied", p.counts.tx_copied},
                       {"remarks", p.remarks}});
    return out;
}

[[nodiscard]] double seconds(core::Time time) {
    return static_cast<double>(time) / static_cast<double>(core::kSecond);
}

[[nodiscard]] Json clock_json(const Box& box) {
    timespec day{};
    clock_gettime(CLOCK_REALTIME, &day);
    const core::Time now = box.clock.now();
    const double wall = static_cast<double>(day.tv_sec) + static_cast<double>(day.tv_nsec) * 1e-9;
    return {{"time", seconds(now)}, {"behind", wall - seconds(now)}};
}

[[nodiscard]] Json memory_json(const Box& box) {
    const Memory memory = memory_of();
    return {{"bytes", memory.bytes}, {"used", memory.used}, {"tags", box.tags.memory_bytes()}};
}

[[nodiscard]] Json roster_json(const Box& box) {
    const auto stats = box.roster.stats();
    return {{"users", box.tags.roster().size()}, {"tables", stats.tables},     {"entries", stats.entries},
            {"pending", stats.pending},          {"overflow", stats.overflow}, {"refused", stats.refused}};
}

[[nodiscard]] Json edges_json(const Box& box) {
    Json out = Json::array();
    const publish::Generation* now = box.publisher.current();
    const auto edges = box.publisher.edges();
    for (std::size_t slot = 0; slot < edges.size(); ++slot) {
        Json edge = {{"name", edges[slot]},
                     {"mode", nullptr},
                     {"policy_mode", nullptr},
                     {"domain", nullptr},
                     {"proxy", nullptr}};
        if (now != nullptr) {
            const core::Judge& judge = now->judge(0, slot);
            const policy::table::Table& table = *judge.table;
            const policy::table::EdgeRecord& record = table.edges()[judge.edge];
            edge["mode"] = policy::decide::mode_text(judge.mode);
            edge["policy_mode"] = policy::decide::mode_text(record.mode);
            edge["domain"] = table.text(table.domains()[record.domain].name);
            edge["proxy"] = record.proxy == policy::table::Proxy::is ? "is" : "cs";
        }
        Json pairs = Json::array();
        for (const startup::Pair& p : box.startup.pairs)
            if (p.edge == edges[slot])
                pairs.push_back({{"inside", p.inside},
                                 {"outside", p.outside},
                                 {"vlan", p.vlan ? Json(*p.vlan) : Json()}});
        edge["pairs"] = std::move(pairs);
        out.push_back(std::move(edge));
    }
    return out;
}

}  // namespace

std::string_view version() noexcept {
    return KMSGATE_VERSION;
}

void add_edge(const Box& box, std::size_t slot, EdgeSums& sums) {
    for (const worker::Worker* w : box.workers) {
        const core::Counters& c = w->counters(slot);
        add(sums.counters, c.value);
        add(sums.outcomes, c.outcome);
        add(sums.verdicts, c.verdict);
        add(sums.causes, c.cause);
        sums.held += w->held(slot);
    }
}

worker::Worker::Streams streams_of(const Box& box) {
    worker::Worker::Streams all;
    for (const worker::Worker* w : box.workers) {
        const worker::Worker::Streams one = w->streams();
        all.connections += one.connections;
        all.most_connections += one.most_connections;
        all.segments += one.segments;
        all.most_segments += one.most_segments;
    }
    return all;
}

Memory memory_of() {
    Memory out;
    for (unsigned i = 0; i < rte_socket_count(); ++i) {
        rte_malloc_socket_stats stats{};
        if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) != 0) continue;
        out.bytes += stats.heap_totalsz_bytes;
        out.used += stats.heap_allocsz_bytes;
    }
    return out;
}

void Pulse::look(const Box& box) {
    for (std::size_t i = 0; i < box.workers.size(); ++i) {
        const std::uint64_t beat = box.workers[i]->heartbeat();
        alive_[i] = beat != last_[i] ? 1 : 0;
        last_[i] = beat;
    }
}

std::string stats_json(const Box& box, const Page& page) {
    const auto names = box.publisher.edges();
    Json edges = Json::object();
    std::size_t slot = page.after;
    for (std::size_t size = 0; slot < names.size() && size < page.most; ++slot) {
        edges[names[slot]] = edge_json(box, slot);
        size += kEdgeBytes + names[slot].size();
    }
    return text({{"time", seconds(box.clock.now())},
                 {"edges", std::move(edges)},
                 {"next", slot < names.size() ? Json(slot) : Json()},
                 {"workers", workers_json(box)},
                 {"ports", ports_json(box)}});
}

std::string rules_json(const Box& box, const Page& page) {
    const publish::Generation* now = box.publisher.current();
    const auto rules = box.publisher.rules();
    Json out = Json::array();
    std::size_t at = page.after;
    for (std::size_t size = 0; at < rules.size() && size < page.most; ++at) {
        const publish::RuleCount& r = rules[at];
        const bool initiator = r.side == policy::table::Side::initiator;
        Json rule = {{"edge", r.edge},
                     {"side", initiator ? "initiator" : "receiver"},
                     {"rule", r.rule},
                     {"hit", r.hit},
                     {"would", r.would}};
        size += text(rule).size() + 1;
        out.push_back(std::move(rule));
    }
    return text({{"generation", now != nullptr ? now->proven().number : 0},
                 {"rules", std::move(out)},
                 {"next", at < rules.size() ? Json(at) : Json()}});
}

std::string status_json(const Box& box, const Pulse& pulse, const Watching& watching,
                        std::chrono::steady_clock::time_point started) {
    const publish::Generation* now = box.publisher.current();
    Json workers = Json::array();
    for (std::size_t i = 0; i < box.workers.size(); ++i)
        workers.push_back({{"worker", i}, {"alive", pulse.alive(i)}});
    const auto uptime =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started);
    const std::string& remark = box.publisher.remark();
    const worker::Worker::Streams streams = streams_of(box);
    return text(
        {{"version", version()},
         {"pid", ::getpid()},
         {"uptime", uptime.count()},
         {"generation", now != nullptr ? now->proven().number : 0},
         {"digest", now != nullptr ? Json(now->proven().digest) : Json()},
         {"last_table", remark.empty() ? Json() : Json(remark)},
         {"clock", clock_json(box)},
         {"edges", edges_json(box)},
         {"ports", ports_json(box)},
         {"workers", std::move(workers)},
         {"tags", {{"count", box.tags.size()}, {"capacity", box.tags.capacity()}}},
         {"transactions", {{"count", box.shared.transactions()}, {"capacity", box.shared.capacity()}}},
         {"streams", {{"count", streams.connections}, {"capacity", streams.most_connections}}},
         {"segments", {{"count", streams.segments}, {"capacity", streams.most_segments}}},
         {"memory", memory_json(box)},
         {"roster", roster_json(box)},
         {"events",
          {{"lost", watching.lost()},
           {"suppressed", watching.suppressed()},
           {"waiting", watching.waiting()}}}});
}

}  // namespace kmsgate::link
