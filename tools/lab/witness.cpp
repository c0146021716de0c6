// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/witness.hpp"

#include <fmt/format.h>

namespace kmsgate::lab {

Witness::Witness(std::size_t edges, Result& result) : wires_(edges + 1), known_(edges + 2), result_(result) {}

std::expected<void, std::string> Witness::capture(const std::string& folder, const std::string& stem) {
    for (std::size_t i = 0; i < wires_.size(); ++i) {
        auto writer = replay::Writer::create(fmt::format("{}/{}-wire-{}.pcap", folder, stem, i + 1));
        if (!writer) return std::unexpected(writer.error());
        wires_[i].capture = std::move(*writer);
    }
    return {};
}

void Witness::note(Step step, core::Time now) {
    step.time = static_cast<double>(now - start_) / static_cast<double>(core::kSecond);
    result_.steps.push_back(std::move(step));
}

void Witness::saw(std::size_t actor, Toward toward, const Frame& frame, core::Time now) {
    const std::size_t to = toward == Toward::receiver ? actor + 1 : actor - 1;
    Wire& wire = wires_[std::min(actor, to)];
    if (wire.capture) wire.capture->write(now, frame);
    wire.frames[static_cast<std::size_t>(toward)].push_back(frame);
    if (is_tcp(frame)) return saw_segment(wire, actor, toward, frame, now);
    auto datagram = wire.reassembly[static_cast<std::size_t>(toward)].take(frame);
    if (!datagram)
        return fault(fmt::format("a frame from {} is wrong: {}", result_.actors[actor], datagram.error()));
    if (!*datagram) return;
    const std::string& message = (*datagram)->payload;
    if (repeats_ && !wire.passed[static_cast<std::size_t>(toward)].insert(message).second) return;
    record(actor, to, look(message), message, now);
}

void Witness::saw_segment(Wire& wire, std::size_t actor, Toward toward, const Frame& frame, core::Time now) {
    const std::size_t to = toward == Toward::receiver ? actor + 1 : actor - 1;
    const auto wrong = [&](const std::string& why) {
        fault(fmt::format("a segment from {} is wrong: {}", result_.actors[actor], why));
    };
    const auto segment = read_segment(frame);
    if (!segment) return wrong(segment.error());
    const auto [low, high] = std::minmax(segment->source, segment->destination);
    const std::uint32_t connection = std::uint32_t{low} << 16 | high;
    auto messages =
        wire.ears[static_cast<std::size_t>(toward)][{segment->source, segment->destination}].take(*segment);
    // a reset in answer to what nobody knows belongs to no stream
    if (segment->has(TcpSegment::kRst)) return saw_reset(actor, to, connection, frame, now);
    if (!messages) return wrong(messages.error());
    for (const std::string& message : *messages)
        if (record(actor, to, look(message), message, now)) known_[actor].answered.insert(connection);
}

void Witness::saw_reset(std::size_t from, std::size_t to, std::uint32_t connection, const Frame& frame,
                        core::Time now) {
    known_[to].resets.insert(frame);
    if (!is_edge(from) || known_[from].resets.contains(frame)) return;  // of a client, or passed on
    if (!known_[from].reset_here.insert(connection).second) return;
    Step step;
    step.kind = Step::Kind::reset;
    step.from = step.to = from;
    step.created = known_[from].answered.contains(connection);
    if (words_) step.text = words_(from);
    note(std::move(step), now);
}

bool Witness::record(std::size_t from, std::size_t to, const Seen& seen, const std::string& payload,
                     core::Time now) {
    Step step;
    step.from = from;
    step.to = to;
    step.text = seen.title;
    const bool edge = is_edge(from);
    bool own = false;
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
            if (edge && words_) step.text = words_(from);
            own = edge && step.created;
            result_.created += step.created;
            result_.rewrites += step.rewritten;
            known_[to].responses[seen.transaction] = payload;
            note(std::move(step), now);
            break;
        }
        case Seen::Kind::final:
            step.kind = Step::Kind::answer;
            own = edge && !known_[from].responses.contains(seen.transaction);
            known_[to].responses[seen.transaction] = payload;
            note(std::move(step), now);
            break;
        case Seen::Kind::other:
            break;
        case Seen::Kind::broken:
            fault(fmt::format("{} sent what cannot be read toward {}: {}", result_.actors[from],
                              result_.actors[to], seen.title));
            break;
    }
    return own;
}

void Witness::finish() {
    for (std::size_t i = 0; i < wires_.size(); ++i) {
        for (const Reassembler& r : wires_[i].reassembly)
            if (r.waiting() != 0) fault(fmt::format("fragments are missing on wire {}", i + 1));
        if (wires_[i].capture && !wires_[i].capture->finish())
            fault(fmt::format("the capture of wire {} could not be written whole", i + 1));
    }
}

bool Witness::same_on_all_wires() const {
    for (const Wire& wire : wires_)
        if (wire.frames != wires_.front().frames) return false;
    return true;
}

}  // namespace kmsgate::lab
