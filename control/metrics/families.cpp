// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/families.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "dataplane/watch/registry.hpp"

namespace kmsgate::control::metrics {
namespace {

using nlohmann::json;
using watch::Metric;
using watch::Place;

const json kNothing;

const json& member(const json& object, std::string_view key) {
    if (!object.is_object()) return kNothing;
    const auto at = object.find(key);
    return at == object.end() ? kNothing : *at;
}
/// "tags.count": objects in objects.
const json& path(const json& root, std::string_view key) {
    const json* at = &root;
    while (true) {
        const std::size_t dot = key.find('.');
        at = &member(*at, key.substr(0, dot));
        if (dot == std::string_view::npos) return *at;
        key.remove_prefix(dot + 1);
    }
}

/// Numbers, truth values, and a link's word; nullopt: no number, and so no series.
std::optional<double> number(const json& value) {
    if (value.is_number()) {
        const double d = value.get<double>();
        return std::isfinite(d) ? std::optional(d) : std::nullopt;
    }
    if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (text == "up") return 1.0;
        if (text == "down") return 0.0;
    }
    return std::nullopt;
}

/// A label's text: strings as they are, numbers as digits.
std::optional<std::string> text(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_integer()) return value.dump();
    return std::nullopt;
}

/// Fills one family; a series of the same labels is taken once.
class Filler {
  public:
    explicit Filler(const Metric& metric) : metric_(metric) {
        family_.name = metric.name;
        family_.help = metric.help;
        const bool counter = metric.kind == watch::Kind::counter;
        family_.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    }
    void add(std::vector<std::string> labels, std::optional<double> value) {
        if (!value || labels.size() != metric_.labels.size() || !seen_.insert(labels).second) return;
        prometheus::ClientMetric series;
        for (std::size_t i = 0; i < labels.size(); ++i)
            series.label.push_back({metric_.labels[i], std::move(labels[i])});
        const bool counter = metric_.kind == watch::Kind::counter;
        (counter ? series.counter.value : series.gauge.value) = *value * metric_.scale;
        family_.metric.push_back(std::move(series));
    }
    prometheus::MetricFamily take() && { return std::move(family_); }
    [[nodiscard]] const Metric& metric() const noexcept { return metric_; }

  private:
    const Metric& metric_;
    prometheus::MetricFamily family_;
    std::set<std::vector<std::string>> seen_;
};

/// Words of the registry only: what another version of the dataplane adds has no series here.
void add_words(Filler& to, const json& stats, std::string_view part, std::span<const watch::Word> words) {
    for (const auto& [edge, counts] : member(stats, "edges").items())
        for (const watch::Word& word : words)
            to.add({edge, std::string(word.text)}, number(member(member(counts, part), word.text)));
}

/// Elements of an array that are named by one of their members.
void add_listed(Filler& to, const json& list, std::string_view name) {
    if (!list.is_array()) return;
    for (const json& one : list)
        if (auto label = text(member(one, name)))
            to.add({std::move(*label)}, number(member(one, to.metric().key)));
}

void add_rules(Filler& to, const json& rules) {
    const json& list = member(rules, "rules");
    if (!list.is_array()) return;
    for (const json& one : list) {
        auto edge = text(member(one, "edge"));
        auto side = text(member(one, "side"));
        auto rule = text(member(one, "rule"));
        if (edge && side && rule)
            to.add({std::move(*edge), std::move(*side), std::move(*rule)},
                   number(member(one, to.metric().key)));
    }
}

void add_modes(Filler& to, const json& status) {
    const json& list = member(status, "edges");
    if (!list.is_array()) return;
    for (const json& one : list) {
        auto edge = text(member(one, "name"));
        auto mode = text(member(one, to.metric().key));
        if (edge && mode) to.add({std::move(*edge), std::move(*mode)}, 1);
    }
}

struct Answers {
    const json& status;
    const json& stats;
    const json& rules;
};

void fill(Filler& to, const Answers& from, const Snapshot& snapshot) {
    const std::string& key = to.metric().key;
    switch (to.metric().place) {
        case Place::edge_outcome:
            return add_words(to, from.stats, "outcomes", watch::outcomes());
        case Place::edge_verdict:
            return add_words(to, from.stats, "verdicts", watch::verdicts());
        case Place::edge_cause:
            return add_words(to, from.stats, "causes", watch::causes());
        case Place::edge:
            for (const auto& [edge, counts] : member(from.stats, "edges").items())
                to.add({edge}, number(member(counts, key)));
            return;
        case Place::edge_counter:
            for (const auto& [edge, counts] : member(from.stats, "edges").items())
                to.add({edge}, number(member(member(counts, "counters"), key)));
            return;
        case Place::worker:
            return add_listed(to, member(from.stats, "workers"), "worker");
        case Place::worker_status:
            return add_listed(to, member(from.status, "workers"), "worker");
        case Place::port:
            return add_listed(to, member(from.stats, "ports"), "name");
        case Place::rule:
            return add_rules(to, from.rules);
        case Place::edge_mode:
            return add_modes(to, from.status);
        case Place::status:
            return to.add({}, number(path(from.status, key)));
        case Place::info:
            if (auto word = text(path(from.status, key))) to.add({std::move(*word)}, 1);
            return;
        case Place::up:
            to.add({"control"}, 1);
            return to.add({"dataplane"}, snapshot.dataplane_up ? 1 : 0);
        case Place::control:
            if (const auto at = snapshot.control.find(key); at != snapshot.control.end())
                to.add({}, at->second);
            return;
    }
}

}  // namespace

std::vector<prometheus::MetricFamily> families(const Snapshot& snapshot) {
    const auto answer = [](const std::shared_ptr<const json>& p) -> const json& { return p ? *p : kNothing; };
    const Answers from{answer(snapshot.status), answer(snapshot.stats), answer(snapshot.rules)};
    std::vector<prometheus::MetricFamily> out;
    for (const Metric& metric : watch::metrics()) {
        Filler filler(metric);
        fill(filler, from, snapshot);
        prometheus::MetricFamily family = std::move(filler).take();
        if (!family.metric.empty()) out.push_back(std::move(family));
    }
    return out;
}

}  // namespace kmsgate::control::metrics
