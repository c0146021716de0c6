// SPDX-License-Identifier: BSD-3-Clause
// Hostile messages on their way: which shape, and what is done to its datagram. Streams stand in
// flows_hostile_stream.cpp.
#include <algorithm>

#include "tools/traffic/flows.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::size_t kIp4 = 20, kIp6 = 40;

void set16(Frame& frame, std::size_t at, std::uint16_t value) {
    frame[at] = static_cast<std::uint8_t>(value >> 8);
    frame[at + 1] = static_cast<std::uint8_t>(value);
}
std::uint16_t get16(const Frame& frame, std::size_t at) {
    return static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]);
}

/// The header checksum anew, after a change.
void seal_ip(Frame& frame, std::size_t ip) {
    set16(frame, ip + 10, 0);
    set16(frame, ip + 10, fold(ones_sum(0, std::span(frame).subspan(ip, kIp4))));
}

}  // namespace

void Flows::hostile(Time now) {
    Conversation c(world_, now, false);
    c.hashed = false;  // a short message has nobody in clear to hold the hash against
    const auto all = hostile_shapes();
    const auto& asked = world_.profile.hostile;
    const auto pick = [&]() -> const Shape& {
        return asked.empty() ? all[world_.random.below(all.size())]
                             : *find_shape(asked[world_.random.below(asked.size())]);
    };
    const auto is_relaxed = [&](const Shape& s) {
        return world_.guide != nullptr && s.rule != mikey::Rule::count_ &&
               world_.guide->relaxes(c.near.address, s.rule);
    };
    const Shape* shape = &pick();
    for (int tries = 0; is_relaxed(*shape); shape = &pick())
        if (++tries == 100) return signalling(Kind::options, now);
    if (shape->trick != Trick::none) {
        Conversation over_tcp(world_, now, true);
        over_tcp.hashed = false;
        return hostile_stream(over_tcp, *shape);
    }
    Crafted crafted;
    shape->make(world_, c, crafted);
    Planned planned{now, crafted.status == 0, std::move(crafted.text),
                    note_of(c, crafted.method, crafted.status, crafted.truth)};
    planned.note->kind = shape->name;
    planned.note->size = planned.text.size();
    if (crafted.cut == Cut::none)
        deliver(c, planned);
    else
        cut_datagram(c, planned, crafted.cut);
}

void Flows::cut_datagram(const Conversation& c, Planned& planned, Cut cut) {
    constexpr std::size_t kTiny = 64;
    const Link link = link_of(c, true);
    const std::size_t ip = ip_offset(link);
    const bool v6 = c.near.v6;
    Frame udp = udp_datagram(link, planned.text);
    if (cut == Cut::udp_length) set16(udp, 4, static_cast<std::uint16_t>(udp.size() + 40));
    if (cut == Cut::bad_udp_checksum) set16(udp, 6, static_cast<std::uint16_t>(get16(udp, 6) ^ 0x5555));
    std::vector<Frame> frames;
    write_ip(link, Protocol::udp, udp, cut == Cut::tiny ? kTiny : 0, frames);
    const auto gone = [&](std::string_view outcome) {
        planned.note->message = false;
        planned.note->expected.reset();
        planned.note->outcome = outcome;
    };
    switch (cut) {
        case Cut::bad_ip_checksum:
        case Cut::short_ip:
            // one frame is enough of what is dropped by itself
            frames.resize(1);
            if (cut == Cut::bad_ip_checksum && !v6)
                set16(frames[0], ip + 10, static_cast<std::uint16_t>(get16(frames[0], ip + 10) ^ 0x00FF));
            else if (v6)
                set16(frames[0], ip + 4, static_cast<std::uint16_t>(frames[0].size() - ip - kIp6 + 64));
            else {
                set16(frames[0], ip + 2, static_cast<std::uint16_t>(frames[0].size() - ip + 64));
                seal_ip(frames[0], ip);
            }
            gone("ip-malformed");
            break;
        case Cut::udp_length:
            gone("ip-malformed");
            break;
        case Cut::missing:
            if (frames.size() < 2) break;
            frames.pop_back();
            gone("incomplete");
            break;
        case Cut::overlap: {
            if (frames.size() < 2) break;
            Frame twice = frames.front();
            twice.back() ^= 1;
            frames.insert(frames.begin() + 1, std::move(twice));
            gone("fragment-overlap");
            break;
        }
        default:
            break;
    }
    Time at = planned.at;
    for (Frame& f : frames) {
        push(c, at, true, std::move(f), planned.note);
        at += 3'000;
    }
}

}  // namespace kmsgate::traffic
