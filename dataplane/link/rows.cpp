// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/rows.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "dataplane/watch/registry.hpp"

namespace kmsgate::link {
namespace {

using watch::Metric;
using watch::Place;
using watch::Row;
using watch::Rows;

[[nodiscard]] std::string name_of(std::string_view text) {
    std::string out(text);
    std::ranges::replace_if(out, [](char c) { return c == '-' || c == '.'; }, '_');
    return out;
}

constexpr std::size_t kMostRows = 200;  // DPDK takes 256 members

template <class Word, std::size_t N>
void add_words(Row& row, const Metric& metric, const std::array<std::uint64_t, N>& values) {
    for (std::size_t i = 0; i < N; ++i)
        row.numbers.emplace_back(metric.name + "/" + name_of(to_string(static_cast<Word>(i))), values[i]);
}

/// Place of the counter whose name is `key`, or `count`.
template <class Counter>
[[nodiscard]] std::size_t place_of(std::string_view key, std::size_t count) {
    std::size_t i = 0;
    while (i < count && to_string(static_cast<Counter>(i)) != key) ++i;
    return i;
}

[[nodiscard]] std::optional<Rows> stats(const Box& box, std::string_view edge) {
    const auto names = box.publisher.edges();
    EdgeSums sums;
    Row row;
    bool known = edge.empty();
    for (std::size_t slot = 0; slot < names.size(); ++slot)
        if (edge.empty() || names[slot] == edge) {
            add_edge(box, slot, sums);
            known = true;
        }
    if (!known) return std::nullopt;
    if (!edge.empty()) row.texts.emplace_back("edge", edge);
    for (const Metric& m : watch::metrics()) {
        if (m.place == Place::edge_outcome) add_words<core::Outcome>(row, m, sums.outcomes);
        if (m.place == Place::edge_verdict) add_words<policy::decide::Verdict>(row, m, sums.verdicts);
        if (m.place == Place::edge_cause) add_words<policy::Cause>(row, m, sums.causes);
        if (m.place != Place::edge_counter) continue;
        if (const std::size_t i = place_of<core::Counter>(m.key, core::kCounters); i < core::kCounters)
            row.numbers.emplace_back(m.name, sums.counters[i]);
    }
    return Rows{std::move(row)};
}

/// Rows from number `first` on, as many as an answer holds.
template <class Make>
[[nodiscard]] std::optional<Rows> page(std::string_view first, std::size_t count, Make&& make) {
    std::size_t at = 0;
    const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), at);
    if (!first.empty() && (error != std::errc() || end != first.data() + first.size())) return std::nullopt;
    Rows out;
    for (std::size_t size = 0; at < count && out.size() < kMostRows; ++at) {
        Row row = make(at);
        row.key = std::to_string(at);
        size += telemetry_size(row);
        if (size > watch::kMostTelemetry) break;
        out.push_back(std::move(row));
    }
    return out;
}

[[nodiscard]] Row worker_row(const Box& box, std::size_t number) {
    Row row;
    for (const Metric& m : watch::metrics()) {
        if (m.place != Place::worker) continue;
        const std::size_t i = place_of<worker::Counter>(m.key, worker::kCounters);
        // DPDK knows whole numbers only: what a metric has in another unit stands under its own name.
        if (i < worker::kCounters)
            row.numbers.emplace_back(m.scale == 1.0 ? m.name : name_of(m.key),
                                     box.workers[number]->get(static_cast<worker::Counter>(i)));
    }
    return row;
}

[[nodiscard]] Row rule_row(const publish::RuleCount& rule) {
    Row row;
    row.texts = {{"edge", rule.edge},
                 {"side", rule.side == policy::table::Side::initiator ? "initiator" : "receiver"},
                 {"rule", rule.rule}};
    for (const Metric& m : watch::metrics())
        if (m.place == Place::rule) row.numbers.emplace_back(m.name, m.key == "hit" ? rule.hit : rule.would);
    return row;
}

[[nodiscard]] Row status(const Box& box, const Watching& watching,
                         std::chrono::steady_clock::time_point started) {
    const publish::Generation* now = box.publisher.current();
    const Memory memory = memory_of();
    const worker::Worker::Streams streams = streams_of(box);
    const auto age =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started);
    const std::pair<std::string_view, std::uint64_t> values[] = {
        {"uptime", static_cast<std::uint64_t>(age.count())},
        {"generation", now != nullptr ? now->proven().number : 0},
        {"tags.count", box.tags.size()},
        {"tags.capacity", box.tags.capacity()},
        {"transactions.count", box.shared.transactions()},
        {"transactions.capacity", box.shared.capacity()},
        {"streams.count", streams.connections},
        {"streams.capacity", streams.most_connections},
        {"segments.count", streams.segments},
        {"segments.capacity", streams.most_segments},
        {"roster.users", box.tags.roster().size()},
        {"memory.bytes", memory.bytes},
        {"memory.used", memory.used},
        {"events.lost", watching.lost()},
        {"events.suppressed", watching.suppressed()}};
    Row row;
    row.texts = {{"version", std::string(version())}, {"digest", now != nullptr ? now->proven().digest : ""}};
    for (const Metric& m : watch::metrics())
        for (const auto& [key, value] : values)
            if (m.place == Place::status && m.key == key) row.numbers.emplace_back(m.name, value);
    return row;
}

}  // namespace

std::optional<Rows> rows(const Box& box, const Watching& watching,
                         std::chrono::steady_clock::time_point started, watch::Question question,
                         std::string_view parameter) {
    switch (question) {
        case watch::Question::stats:
            return stats(box, parameter);
        case watch::Question::status:
            return Rows{status(box, watching, started)};
        case watch::Question::rules: {
            const auto all = box.publisher.rules();
            return page(parameter, all.size(), [&](std::size_t i) { return rule_row(all[i]); });
        }
        case watch::Question::workers:
            return page(parameter, box.workers.size(), [&](std::size_t i) { return worker_row(box, i); });
    }
    return std::nullopt;
}

}  // namespace kmsgate::link
