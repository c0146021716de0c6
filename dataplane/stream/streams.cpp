// SPDX-License-Identifier: BSD-3-Clause
// Segments on their way in: to their connection, to none, or too late for it.
#include "dataplane/stream/streams.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "dataplane/sip/message.hpp"
#include "dataplane/stream/make.hpp"

namespace kmsgate::stream {

namespace {

constexpr std::size_t kMaxFrame = std::size_t{320} << 10;
constexpr std::size_t kAgedAtOnce = 64;
constexpr std::size_t kTimedAtOnce = 256;
std::uint32_t place_of(const classify::Packet& packet) noexcept {
    std::uint32_t all = 0;
    for (std::size_t at = 0; at < packet.source.size(); at += 4) {
        std::uint32_t a = 0;
        std::uint32_t b = 0;
        std::memcpy(&a, packet.source.data() + at, 4);
        std::memcpy(&b, packet.destination.data() + at, 4);
        all ^= a ^ b;
    }
    const auto ports = static_cast<std::uint16_t>(packet.source_port ^ packet.destination_port);
    return classify::Watched::place(all, std::byteswap(ports) * 0x10001U);
}

}  // namespace

Room::Room(const Limits& limits)
    : flows(limits.flows), frames(limits.frames), text(kMaxMessage), frame(kMaxFrame) {
    numbers.reserve(limits.frames);
    others.reserve(limits.frames);
}

Streams::Streams(const Limits& limits, Room& room, const memory::BulkHash& hash, std::uint64_t edge)
    : limits_(limits), room_(room), table_(room.flows, hash), frames_(room.frames), edge_(edge) {}

Streams::~Streams() = default;

std::span<const std::uint8_t> Streams::bytes_of(rte_mbuf* m) {
    return core::linear(m, room_.frame);
}

bool Streams::looks_like_sip(const Coming& in) noexcept {
    const auto payload = in.bytes.subspan(in.segment.payload, in.segment.size);
    return sip::looks_like_sip(core::as_text(payload), true) == sip::LooksLike::yes;
}

void Streams::end(Coming& in, Outcome outcome, bool tell) {
    if (!in.frame) return;
    const std::array<std::uint64_t, 1> number = {meta(in.frame.get()).number};
    in.host.leave(std::move(in.frame), outcome);
    if (tell) in.host.line(in.now, in.arrival, number, outcome);
}

void Streams::invalid(Coming& in, Counter why) {
    in.sip = in.sip || looks_like_sip(in);
    if (in.sip && in.frame) in.host.count(why);
    if (in.host.watching() || !in.sip) return end(in, Outcome::passed, false);
    end(in, Outcome::tcp_invalid, true);
}

bool Streams::note(const classify::Packet& packet, std::span<const std::uint8_t> bytes, Arrival arrival,
                   Time now, Host& host) {
    Coming in{nullptr, packet, bytes, {}, arrival, now, false, false, false, host};
    // with odd options as with plain ones: who takes it has a connection all the same
    if (read_segment(bytes, packet, in.segment) == Unsound::checksum || in.segment.has(Flag::rst))
        return true;
    Flow* const flow = table_.find(key_of(packet, arrival, edge_));
    in.segment.has(Flag::ack) ? answered(in, flow) : opening(in, flow);
    return !in.sip;
}

void Streams::segment(Mbuf frame, const classify::Packet& packet, std::span<const std::uint8_t> bytes,
                      Port port, Host& host) {
    const core::FrameMeta& m = meta(frame.get());
    const bool on_port = port != Port::other;
    Coming in{std::move(frame),  packet,  bytes, {}, m.arrival, m.time, on_port,
              port == Port::tls, on_port, host};
    Flow* const flow = table_.find(key_of(packet, in.arrival, edge_));
    const Unsound unsound = read_segment(bytes, packet, in.segment);
    const Segment& s = in.segment;
    // bytes that only one end takes could complete a start line
    if (flow != nullptr) in.sip = in.sip || flow->off_port || (flow->candidate && s.size != 0);
    if (unsound == Unsound::checksum) return invalid(in, Counter::tcp_checksum);
    if (unsound == Unsound::options && (in.sip || !s.has(Flag::syn)))
        return invalid(in, Counter::tcp_options);
    if (s.ttl < limits_.least_ttl) return invalid(in, Counter::tcp_low_ttl);
    if (s.has(Flag::syn)) {
        // data, FIN or RST on a SYN: some ends take it, some do not (RFC 7413, RFC 9293 3.4)
        if (s.size != 0 || s.has(Flag::rst) || (in.on_port && s.has(Flag::fin)))
            return begins_with_data(in, flow);
        if (s.multipath && in.on_port && !make_single(in)) return invalid(in, Counter::tcp_options);
        return s.has(Flag::ack) ? answered(in, flow) : opening(in, flow);
    }
    if (flow == nullptr) return unknown(in);
    switch (flow->state) {
        case Flow::State::free:
            break;
        case Flow::State::passing:
            if (in.host.watching()) {
                table_.touch(*flow, in.now);
                return end(in, Outcome::passed, false);
            }
            // not followed while the edge only watched: now it stands in its middle
            forget(*flow, in.now, in.host);
            table_.remove(*flow);
            return unknown(in);
        case Flow::State::refused:
        case Flow::State::reset:
        case Flow::State::closed:
            return late(in, *flow);
        case Flow::State::joining:
            return join(in, flow);
        case Flow::State::opening:
            if (s.has(Flag::rst)) return reset_by(in, *flow);
            // it has an older connection still, and says where that stands (RFC 5961 4)
            if (s.size == 0 && s.has(Flag::ack) && !s.has(Flag::fin) && in.arrival != flow->client)
                return end(in, Outcome::passed, false);
            // nobody takes data before both SYNs are there; or its other direction goes another way
            if (flow->candidate && s.size != 0) return unknown(in);
            return invalid(in, Counter::tcp_window);
        case Flow::State::open:
            if (s.has(Flag::rst)) return reset_by(in, *flow);
            return open(in, *flow);
    }
}

/// No SYN was seen: in the middle of a stream nobody knows where a message begins.
void Streams::unknown(Coming& in) {
    const Segment& s = in.segment;
    if (s.size == 0) return end(in, Outcome::passed, false);
    if (!in.on_port && !looks_like_sip(in)) return end(in, Outcome::passed, false);
    if (in.tls_port && !looks_like_sip(in)) return unread(in);
    const Action action = in.host.cause(Cause::tcp_midstream);
    if (in.host.watching()) return end(in, Outcome::passed, false);
    if (in.on_port && (action == Action::judge || action == Action::forward)) return join(in, nullptr);
    stray(in, action == Action::reset);
}

/// TLS that was up before the gate was: where a record of it begins nobody can tell.
void Streams::unread(Coming& in) {
    const Action action = in.host.cause(Cause::encrypted_transport);
    if (in.host.watching() || action == Action::judge || action == Action::forward)
        return end(in, Outcome::passed, false);
    end(in, Outcome::encrypted_transport, true);
}

/// It leaves for nobody; with `reset` both ends hear so.
void Streams::stray(Coming& in, bool reset) {
    const Segment& s = in.segment;
    if (reset && !s.has(Flag::rst)) {
        Made made;
        made.seq = s.ack;
        made.ack = s.seq + s.size;
        made.flags = Flag::rst | Flag::ack;
        const std::uint16_t pair = meta(in.frame.get()).pair;
        if (Mbuf back = make(in.bytes, true, made, in.host.pool()))
            in.host.made(std::move(back), in.arrival, in.arrival, in.now, pair);
        made.seq = s.seq;
        made.ack = s.ack;
        if (Mbuf on = make(in.bytes, false, made, in.host.pool()))
            in.host.made(std::move(on), opposite(in.arrival), in.arrival, in.now, pair);
    }
    end(in, Outcome::tcp_midstream, true);
}

/// RFC 5961 3.2: only a reset at the very place is believed. That place is where its sender stands, or where
/// its peer does; a peer that has not got all of it hears one at its own place.
void Streams::reset_by(Coming& in, Flow& flow) {
    const Segment& s = in.segment;
    if (s.size != 0) return invalid(in, Counter::tcp_window);
    const Half& h = flow.from(in.arrival);
    const Half& r = flow.to(in.arrival);
    if (flow.state == Flow::State::opening) {
        const bool refused = flow.client != in.arrival && s.has(Flag::ack) && s.ack == r.start;
        if (!refused && !(h.open && s.seq == h.next)) {
            if (in.arrival == flow.client) return end(in, Outcome::passed, false);  // of an older connection
            return invalid(in, Counter::tcp_window);
        }
    } else {
        const bool there =
            s.seq == h.next || s.seq == h.released || s.seq == h.acked || (h.have_fin && s.seq == h.fin + 1);
        if (before(s.seq, h.acked) || after(s.seq, h.window_end())) return invalid(in, Counter::tcp_window);
        if (!there) return end(in, Outcome::passed, false);
        if (s.seq != h.released && h.released != h.next && !in.host.watching()) {
            Made made;
            made.seq = h.released;
            made.ack = s.ack;
            made.flags = s.flags & (Flag::rst | Flag::ack);
            if (Mbuf on = make(in.bytes, false, made, in.host.pool()))
                in.host.made(std::move(on), opposite(in.arrival), in.arrival, in.now,
                             meta(in.frame.get()).pair);
        }
    }
    close(flow, in.now, in.host);
    flow.state = Flow::State::reset;
    end(in, Outcome::passed, false);
}

/// The connection is over, but who it was ended for may not have heard of that. Bytes that its peer had are
/// harmless. No others leave, nor is it joined where it stands: how far its peer had come in a message is not
/// known.
void Streams::late(Coming& in, Flow& flow) {
    const Segment& s = in.segment;
    const auto say_so = [&] {
        Made made;
        made.seq = s.ack;
        made.flags = Flag::rst;
        if (Mbuf back = make(in.bytes, true, made, in.host.pool()))
            in.host.made(std::move(back), in.arrival, in.arrival, in.now, meta(in.frame.get()).pair);
    };
    if (flow.state == Flow::State::refused) {
        if (!s.has(Flag::rst)) say_so();
        return end(in, Outcome::tcp_reset, s.size != 0);
    }
    if (flow.state == Flow::State::reset && s.size == 0 && s.has(Flag::ack) && !s.has(Flag::rst) &&
        !in.host.watching())
        say_so();
    const Half& h = flow.from(in.arrival);
    // where no handshake was answered, nobody has acknowledged anything
    const bool had = h.open && flow.to(in.arrival).open && !after(s.seq + s.size, h.acked);
    if (s.size == 0 || had) return end(in, Outcome::passed, false);
    const Action action = in.host.cause(Cause::tcp_midstream);
    if (in.host.watching()) return end(in, Outcome::passed, false);
    stray(in, action == Action::reset || action == Action::judge || action == Action::forward);
}

bool Streams::wants(const classify::Packet& packet) const noexcept {
    return packet.tcp_syn || room_.watched.has(place_of(packet));
}

bool Streams::concerns(const classify::Packet& packet, Arrival arrival, std::string_view payload) noexcept {
    const Flow* const flow = table_.find(key_of(packet, arrival, edge_));
    return flow != nullptr && (flow->off_port || sip::looks_like_sip(payload, false) != sip::LooksLike::no);
}

void Streams::watch(Flow& flow, bool on) {
    if (!flow.candidate && !flow.off_port) return;
    const FlowKey& key = table_.key(flow);
    classify::Packet packet;
    packet.source = key.inside;
    packet.destination = key.outside;
    packet.source_port = key.inside_port;
    packet.destination_port = key.outside_port;
    if (on) return room_.watched.add(place_of(packet));
    room_.watched.remove(place_of(packet));
    flow.candidate = flow.off_port = false;
}

/// Its place is given to another one, or nothing has come for long. On another port the rest of a line that
/// has begun is then read by nobody.
void Streams::lose(Flow& flow, Time now, Host& host) {
    const auto begun = [](const Half& h) { return h.open && h.next != h.start; };
    if (flow.candidate && flow.state == Flow::State::open && (begun(flow.half[0]) || begun(flow.half[1])))
        host.count(Counter::tcp_unwatched);
    forget(flow, now, host);
}

void Streams::tick(Time now, Host& host) {
    table_.timers(kTimedAtOnce, [&](Flow& flow) { fire(flow, now, host); });
    table_.age(now, limits_.brief, limits_.idle, kAgedAtOnce, [&](Flow& flow) { lose(flow, now, host); });
}

void Streams::drain(Time now, Host& host) {
    table_.each([&](Flow& flow) {
        for (const Arrival a : {Arrival::inside, Arrival::outside})
            end_waiting(flow, a, now, host, Outcome::capture_end, true);
    });
}

}  // namespace kmsgate::stream
