// SPDX-License-Identifier: BSD-3-Clause
// Hostile TCP connections: what one end would take and the other not, what is cut, what has no beginning.
#include <algorithm>
#include <array>
#include <utility>

#include "tools/traffic/flows.hpp"

namespace kmsgate::traffic {

namespace {

using Altered = Stream::Altered;

/// So that there are several segments whatever the MTU.
std::vector<std::size_t> thirds(std::size_t size) {
    return {size / 3, 2 * (size / 3)};
}

std::vector<std::size_t> every(std::size_t step, std::size_t size) {
    std::vector<std::size_t> out;
    for (std::size_t at = step; at < size; at += step) out.push_back(at);
    return out;
}

Altered altered_by(Trick trick) noexcept {
    switch (trick) {
        case Trick::checksum:
            return Altered::checksum;
        case Trick::urgent:
            return Altered::urgent;
        case Trick::old_timestamp:
            return Altered::old;
        case Trick::outside:
            return Altered::outside;
        case Trick::other_bytes:
            return Altered::other_bytes;
        default:
            return Altered::none;
    }
}

/// Puts `what` where the segment at `at` stands, or behind it; times stay in order.
void insert(std::vector<Stream::Sent>& sent, std::size_t at, Stream::Sent what) {
    sent.insert(sent.begin() + static_cast<std::ptrdiff_t>(at), std::move(what));
}

}  // namespace

void Flows::hostile_stream(Conversation& c, const Shape& shape) {
    constexpr Time kApart = 5'000, kPause = 2 * kMillisecond;
    constexpr std::uint16_t kOtherPort = 5'090;
    if (shape.trick == Trick::other_port) c.far.port = kOtherPort;
    Crafted crafted;
    shape.make(world_, c, crafted);
    Plan plan;
    const auto options = [&] {
        Conversation other = c;
        other.names.target = c.callee.uri;
        other.next_transaction(world_.random);
        add_request(plan, other, c.now, "OPTIONS",
                    request("OPTIONS", other.names, Within::none, other.headers(world_), {}), other.truth());
    };
    if (shape.trick == Trick::several) options();
    plan.push_back({c.now, true, std::move(crafted.text), note_of(c, "INVITE", 0, crafted.truth)});
    if (shape.trick == Trick::several) options();

    Stream tcp(c, world_.profile.mtu, ids_, world_.random);
    std::vector<Stream::Sent> sent;
    Both messages;
    std::string bytes;
    for (const Planned& p : plan) {
        p.note->kind = shape.name;
        add_streamed(messages, p, bytes.size());
        bytes += p.text;
    }
    messages[0].back().framed = shape.trick != Trick::text;
    if (shape.trick == Trick::syn_data) sent.push_back(tcp.syn_with_data(c.now, bytes));
    tcp.open(c.now + kPause, sent);
    if (shape.trick == Trick::mid_stream) sent.clear();
    constexpr std::size_t kTiny = 7;
    if (shape.trick == Trick::fin_inside) bytes.resize(bytes.size() / 2);
    const std::size_t first = sent.size();
    tcp.send(c.now + 2 * kPause, true, bytes,
             shape.trick == Trick::tiny      ? every(kTiny, bytes.size())
             : shape.trick == Trick::several ? std::vector<std::size_t>{}
                                             : thirds(bytes.size()),
             sent);
    if (const Altered how = altered_by(shape.trick); how != Altered::none) {
        const bool behind = how == Altered::other_bytes;
        const Time at = behind ? sent[first].at + kApart : sent[first].at - kApart;
        insert(sent, first + (behind ? 1 : 0), tcp.altered(at, sent[first], how));
    }
    if (shape.trick == Trick::out_of_order) {
        // two data segments, their acknowledgement, the third: the third comes before the second
        const auto data = [](const Stream::Sent& s) { return s.data; };
        const auto second =
            std::find_if(sent.begin() + static_cast<std::ptrdiff_t>(first) + 1, sent.end(), data);
        auto last = sent.end();
        while (!data(*--last)) {
        }
        Stream::Sent early = std::move(*last);
        sent.erase(last);
        early.at = second->at - kApart;
        sent.insert(second, std::move(early));
    }
    tcp.close(sent.back().at + kPause, sent);
    send_stream(c, std::move(sent), std::move(messages), shape.name);
}

}  // namespace kmsgate::traffic
