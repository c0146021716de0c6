// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/path.hpp"

#include <fmt/format.h>

namespace kmsgate::lab {

Path::Path(std::vector<std::unique_ptr<Edge>> edges, core::Time start, Result& result)
    : edges_(std::move(edges)),
      wires_(edges_.size() + 1),
      known_(edges_.size() + 2),
      start_(start),
      result_(result) {}

std::expected<void, std::string> Path::capture(const std::string& folder, const std::string& stem) {
    for (std::size_t i = 0; i < wires_.size(); ++i) {
        auto writer = replay::Writer::create(fmt::format("{}/{}-wire-{}.pcap", folder, stem, i + 1));
        if (!writer) return std::unexpected(writer.error());
        wires_[i].capture = std::move(*writer);
    }
    return {};
}

void Path::send(std::size_t actor, Toward toward, Frame frame, core::Time now) {
    tap(actor, toward, frame, now);
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
    if (!is_edge(arrival.actor)) return arrival;
    Edge& edge = *edges_[arrival.actor - 1];
    auto left = edge.take(arrival.frame, arrival.from, arrival.at);
    for (const Toward toward : {Toward::initiator, Toward::receiver})
        for (Frame& frame : left.toward[static_cast<std::size_t>(toward)])
            send(arrival.actor, toward, std::move(frame), arrival.at);
    return std::nullopt;
}

void Path::note(Step step, core::Time now) {
    step.time = static_cast<double>(now - start_) / static_cast<double>(core::kSecond);
    result_.steps.push_back(std::move(step));
}

void Path::tap(std::size_t actor, Toward toward, const Frame& frame, core::Time now) {
    const std::size_t to = toward == Toward::receiver ? actor + 1 : actor - 1;
    Wire& wire = wires_[std::min(actor, to)];
    if (wire.capture) wire.capture->write(now, frame);
    auto datagram = wire.reassembly[static_cast<std::size_t>(toward)].take(frame);
    if (!datagram)
        return fault(fmt::format("a frame from {} is wrong: {}", result_.actors[actor], datagram.error()));
    if (*datagram) record(actor, to, look((*datagram)->payload), (*datagram)->payload, now);
}

void Path::record(std::size_t from, std::size_t to, const Seen& seen, const std::string& payload,
                  core::Time now) {
    Step step;
    step.from = from;
    step.to = to;
    step.text = seen.title;
    const bool edge = is_edge(from);
    switch (seen.kind) {
        case Seen::Kind::mikey: {
            const auto& requests = known_[from].requests;
            const auto came = requests.find(seen.transaction);
            if (edge && (came == requests.end() || came->second != payload))
                fault(fmt::format("{} changed a request", result_.actors[from]));
            known_[to].requests[seen.transaction] = payload;
            step.kind = Step::Kind::mikey;
            step.pair = seen.pair;
            if (from == 0) ++result_.mikeys;
            note(std::move(step), now);
            break;
        }
        case Seen::Kind::krr: {
            const auto& responses = known_[from].responses;
            const auto came = responses.find(seen.transaction);
            step.kind = Step::Kind::krr;
            step.created = came == responses.end();
            step.rewritten = !step.created && came->second != payload;
            step.lists = seen.lists;
            step.krr = seen.document;
            if (edge) step.text = edges_[from - 1]->last_words();
            result_.created += step.created;
            result_.rewrites += step.rewritten;
            known_[to].responses[seen.transaction] = payload;
            note(std::move(step), now);
            break;
        }
        case Seen::Kind::final:
            step.kind = Step::Kind::answer;
            note(std::move(step), now);
            break;
        case Seen::Kind::other:
            break;
        case Seen::Kind::broken:
            fault(fmt::format("{} sent what cannot be read toward {}: {}", result_.actors[from],
                              result_.actors[to], seen.title));
            break;
    }
}

void Path::finish(core::Time now, bool untouched) {
    for (std::size_t i = 0; i < edges_.size(); ++i) {
        for (const std::string& text : edges_[i]->faults(now))
            fault(fmt::format("{}: {}", result_.actors[i + 1], text));
        if (untouched && !edges_[i]->untouched())
            fault(fmt::format("{} has no rules and did not let everything leave as it came",
                              result_.actors[i + 1]));
    }
    for (std::size_t i = 0; i < wires_.size(); ++i) {
        for (const Reassembler& r : wires_[i].reassembly)
            if (r.waiting() != 0) fault(fmt::format("fragments are missing on wire {}", i + 1));
        if (wires_[i].capture && !wires_[i].capture->finish())
            fault(fmt::format("the capture of wire {} could not be written whole", i + 1));
    }
}

}  // namespace kmsgate::lab
