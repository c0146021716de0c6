// SPDX-License-Identifier: BSD-3-Clause
// Whole datagrams by their transport, and every way a frame ends.
#include <rte_byteorder.h>

#include <algorithm>

#include "dataplane/core/pipeline.hpp"

namespace kmsgate::core {

using classify::Kind;
using classify::Packet;
using policy::Action;
using policy::Cause;
using policy::table::Mode;

void Pipeline::dispatch(Mbuf frame, Workspace::Later& later, std::span<const std::uint8_t> bytes) {
    Packet& packet = later.packet;
    if (packet.kind == Kind::fragment && (!packet.tunnelled || concerns_peers(packet))) {
        fragment(std::move(frame), later, bytes);
        return;
    }
    if (is_stream(packet, bytes)) {
        stream_segment(std::move(frame), packet, bytes);
        return;
    }
    Whole whole(packet);
    whole.first = bytes;
    whole.link_size = packet.l3;
    whole.payload = as_text(bytes.subspan(packet.payload, packet.payload_size));
    whole.arrival = meta(frame.get()).arrival;
    whole.pair = meta(frame.get()).pair;
    whole.now = meta(frame.get()).time;
    meta(frame.get()).size = 1;  // it gives its message bytes
    whole.frames.push(std::move(frame));
    transport(packet.kind, whole);
}

/// A segment that the streams must see.
bool Pipeline::is_stream(const Packet& packet, std::span<const std::uint8_t> bytes) const noexcept {
    if (packet.kind != Kind::tcp || packet.tunnelled) return false;
    return is_sip_port(packet, true, false) || is_sip_port(packet, true, true) || streams_.wants(packet) ||
           (packet.payload_size != 0 &&
            sip::looks_like_sip(as_text(bytes.subspan(packet.payload, packet.payload_size)), true) ==
                sip::LooksLike::yes);
}

Outcome Pipeline::transport(Kind kind, Whole& whole) {
    switch (kind) {
        case Kind::other:
            return end_all(std::move(whole.frames), Outcome::passed, whole.now, false);
        case Kind::malformed:
            return end_all(std::move(whole.frames), Outcome::ip_malformed, whole.now, true);
        case Kind::encrypted:
            if (!concerns_peers(whole.packet)) break;
            return by_cause(std::move(whole.frames), Cause::encrypted_transport, Outcome::encrypted_transport,
                            whole.now);
        case Kind::fragment:  // a fragment inside reassembled fragments: no host sends that
            if (whole.fragmented)
                return end_all(std::move(whole.frames), Outcome::ip_malformed, whole.now, true);
            [[fallthrough]];
        case Kind::tunnel:
            if (!concerns_peers(whole.packet)) break;
            return by_cause(std::move(whole.frames), Cause::tunnelled, Outcome::tunnelled, whole.now);
        case Kind::tcp: {
            const bool looks = sip::looks_like_sip(whole.payload, true) == sip::LooksLike::yes;
            if (whole.payload.empty()) break;
            const bool tls = is_sip_port(whole.packet, true, true);
            // in fragments, plain text on a port for TLS could not be told from TLS
            if (looks || is_sip_port(whole.packet, true, false) || (tls && !whole.packet.tunnelled) ||
                streams_.concerns(whole.packet, whole.arrival, whole.payload))
                return by_cause(std::move(whole.frames), Cause::tcp_uninspected, Outcome::tcp_uninspected,
                                whole.now);
            if (tls)
                return by_cause(std::move(whole.frames), Cause::encrypted_transport,
                                Outcome::encrypted_transport, whole.now);
            break;
        }
        case Kind::udp:
            whole.off_port = !is_sip_port(whole.packet, false, false);
            if (whole.off_port && sip::looks_like_sip(whole.payload, true) == sip::LooksLike::no) break;
            return judge_message(whole);
    }
    return end_all(std::move(whole.frames), Outcome::passed, whole.now, false);
}

bool Pipeline::is_sip_port(const Packet& packet, bool tcp, bool tls) const noexcept {
    const classify::Ports& known = tls ? tls_ports_ : tcp ? tcp_ports_ : udp_ports_;
    if (known.exact())
        return known.may_have(rte_cpu_to_be_16(packet.source_port),
                              rte_cpu_to_be_16(packet.destination_port));
    const auto range = tls ? edge_->tls_ports : tcp ? edge_->tcp_ports : edge_->udp_ports;
    return std::ranges::any_of(judge_->table->ports(range), [&](std::uint16_t port) {
        return port == packet.source_port || port == packet.destination_port;
    });
}

bool Pipeline::could_be_sip(const Packet& packet, std::string_view payload, bool whole) const noexcept {
    return is_sip_port(packet, false, false) || sip::looks_like_sip(payload, whole) != sip::LooksLike::no;
}

/// Tunnels and encryption matter between signalling peers; a policy that names no peers means everybody. What
/// stands in front of IP (MPLS, PPPoE) shows no address and may be anybody's.
bool Pipeline::concerns_peers(const Packet& packet) const noexcept {
    if (edge_ == nullptr || judge_->table->peers().empty() || packet.source == policy::table::Address{})
        return true;
    return judge_->table->find_peer(packet.source) != nullptr ||
           judge_->table->find_peer(packet.destination) != nullptr;
}

Outcome Pipeline::by_cause(FrameList frames, Cause cause, Outcome dropped, Time now) {
    counters_.add(cause);
    if (edge_ == nullptr) {
        const bool signalling = cause == Cause::tcp_uninspected;
        return end_all(std::move(frames), signalling ? Outcome::no_table : Outcome::passed, now, signalling);
    }
    const Action action = judge_->table->action(*edge_, cause);
    const bool out = judge_->mode != Mode::enforce || action == Action::forward || action == Action::judge;
    return end_all(std::move(frames), out ? Outcome::passed : dropped, now, !out);
}

std::string_view Pipeline::edge_name() const noexcept {
    return edge_ != nullptr ? judge_->table->text(edge_->name) : std::string_view();
}

void Pipeline::send(Mbuf frame, Arrival port) {
    counters_.add(Counter::frames_out);
    out_->port(port).push_back(std::move(frame));
}

void Pipeline::end(Mbuf frame, Outcome outcome) {
    if (meta(frame.get()).left) return;  // sent and counted before
    counters_.add(outcome);
    if (tap_ != nullptr) tap_->ended(frame.get(), edge_name(), outcome);
    if (fate(outcome) != Fate::out) return;
    const Arrival to = opposite(meta(frame.get()).arrival);
    send(std::move(frame), to);
}

void Pipeline::end_frames(FrameList& frames, Outcome outcome) {
    const bool out = fate(outcome) == Fate::out;
    std::uint64_t ended = 0;
    while (!frames.empty()) {
        Mbuf frame = frames.pop();
        const FrameMeta& m = meta(frame.get());
        if (m.left) continue;  // sent and counted before
        ++ended;
        if (tap_ != nullptr) tap_->ended(frame.get(), edge_name(), outcome);
        if (out) out_->port(opposite(m.arrival)).push_back(std::move(frame));
    }
    counters_.add(outcome, ended);
    if (out) counters_.add(Counter::frames_out, ended);
}

Outcome Pipeline::end_all(FrameList frames, Outcome outcome, Time now, bool line) {
    if (frames.empty()) return outcome;
    const Arrival arrival = meta(frames.front()).arrival;
    space_.numbers.clear();
    for (rte_mbuf* m = frames.front(); m != nullptr; m = FrameList::after(m))
        if (!meta(m).left) space_.numbers.push_back(meta(m).number);
    end_frames(frames, outcome);
    if (!line || space_.numbers.empty()) return outcome;
    std::ranges::sort(space_.numbers);
    sink_.drop({now, edge_name(), arrival, space_.numbers, to_string(outcome)});
    return outcome;
}

}  // namespace kmsgate::core
