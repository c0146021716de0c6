// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/path.hpp"

#include <fmt/format.h>

namespace kmsgate::lab {

Path::Path(std::vector<std::unique_ptr<Edge>> edges, Witness& witness)
    : edges_(std::move(edges)), witness_(witness) {
    witness_.ask([this](std::size_t edge) { return edges_[edge - 1]->last_words(); });
}

void Path::send(std::size_t actor, Toward toward, Frame frame, core::Time now) {
    witness_.saw(actor, toward, frame, now);
    const std::size_t to = toward == Toward::receiver ? actor + 1 : actor - 1;
    queue_.push({now + kDelay, order_++, to, other(toward), std::move(frame)});
}

std::optional<core::Time> Path::next() const noexcept {
    if (queue_.empty()) return std::nullopt;
    return queue_.top().at;
}

std::optional<Arrival> Path::step() {
    Arrival arrival = queue_.top();
    queue_.pop();
    if (arrival.actor == 0 || arrival.actor > edges_.size()) return arrival;
    Edge& edge = *edges_[arrival.actor - 1];
    auto left = edge.take(arrival.frame, arrival.from, arrival.at);
    for (const Toward toward : {Toward::initiator, Toward::receiver})
        for (Frame& frame : left.toward[static_cast<std::size_t>(toward)])
            send(arrival.actor, toward, std::move(frame), arrival.at);
    return std::nullopt;
}

void Path::finish(core::Time now, bool untouched, const std::vector<std::string>& labels) {
    for (std::size_t i = 0; i < edges_.size(); ++i) {
        for (const std::string& text : edges_[i]->faults(now))
            witness_.fault(fmt::format("{}: {}", labels[i + 1], text));
        if (untouched && !edges_[i]->untouched())
            witness_.fault(
                fmt::format("{} has no rules and did not let everything leave as it came", labels[i + 1]));
    }
}

}  // namespace kmsgate::lab
