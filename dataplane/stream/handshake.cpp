// SPDX-License-Identifier: BSD-3-Clause
// How connections begin: SYNs, their answers, and ends that had one already.
#include <algorithm>

#include "dataplane/sip/message.hpp"
#include "dataplane/stream/streams.hpp"

namespace kmsgate::stream {

/// A SYN begins a connection unless an open one stands there: its peer will say what it thinks of that.
void Streams::opening(Coming& in, Flow* flow) {
    const Segment& s = in.segment;
    if (flow != nullptr && flow->state == Flow::State::open) {
        flow->renewing = true;
        flow->renewer = in.arrival;
        flow->renewal = s.seq + 1;
        return end(in, Outcome::passed, false);
    }
    if (flow != nullptr && flow->state == Flow::State::opening && !flow->candidate &&
        flow->client != in.arrival)
        return invalid(in, Counter::tcp_window);  // both ends open at once: no SIP endpoint does
    if (flow != nullptr) {
        forget(*flow, in.now, in.host);
        table_.remove(*flow);
    }
    flow = table_.add(key_of(in.packet, in.arrival, edge_), !in.on_port, in.now,
                      [&](Flow& gone) { lose(gone, in.now, in.host); });
    if (flow == nullptr) {
        // what is no SIP for sure needs no place, and what may be is told when it looks like it
        if (!in.on_port) return end(in, Outcome::passed, false);
        in.host.cause(Cause::tcp_budget);
        if (in.host.watching()) return end(in, Outcome::passed, false);
        return end(in, Outcome::tcp_budget, true);
    }
    flow->client = in.arrival;
    watch(*flow, flow->candidate);
    Half& h = flow->from(in.arrival);
    h.start_at(s.seq + 1);
    h.recover = h.start + s.size;
    h.mss = s.mss.value_or(kDefaultMss);
    h.scale = s.scale.value_or(0);
    flow->scaled = s.scale.has_value();
    flow->stamps = s.timestamps.has_value();
    flow->sack = s.sack_permitted;
    if (s.timestamps) h.recent = h.newest = h.shown = s.timestamps->value;
    h.stamped = true;
    flow->to(in.arrival).edge = s.window;  // place and width are known once the other side has answered
    end(in, Outcome::passed, false);
}

/// Data on a SYN, which only some ends take (RFC 7413). On another port it passes when it is no SIP for sure;
/// an end that takes it has a stream that is none. Who is not answered sends the SYN again without it.
void Streams::begins_with_data(Coming& in, Flow* flow) {
    const Segment& s = in.segment;
    const std::string_view text = core::as_text(in.bytes.subspan(s.payload, s.size));
    const bool other = !in.on_port && !s.has(Flag::rst) && !s.has(Flag::ack) &&
                       (looks_like_tls(text) || sip::looks_like_sip(text, false) == sip::LooksLike::no);
    if (other) return opening(in, flow);
    in.sip = in.sip || (s.size != 0 && !s.has(Flag::ack));
    invalid(in, Counter::tcp_syn_data);
}

/// Ends that agree on Multipath TCP read what the gate cannot follow: bytes in an order of their own, over
/// several connections. Who hears of no offer goes on with plain TCP (RFC 8684 3.7).
bool Streams::make_single(Coming& in) {
    rte_mbuf* const m = in.frame.get();
    if (in.host.watching()) return true;
    if (in.segment.payload > m->data_len || rte_mbuf_refcnt_read(m) != 1) return false;
    clear_multipath({rte_pktmbuf_mtod(m, std::uint8_t*) + in.packet.l4, in.segment.payload - in.packet.l4});
    in.host.count(Counter::tcp_multipath);
    return true;
}

void Streams::answered(Coming& in, Flow* flow) {
    const Segment& s = in.segment;
    if (flow == nullptr) return end(in, Outcome::passed, false);  // no byte of a stream in it
    Half& h = flow->from(in.arrival);
    Half& r = flow->to(in.arrival);
    if (flow->state == Flow::State::opening && flow->client != in.arrival && s.ack == r.start) {
        h.start_at(s.seq + 1);
        h.edge = h.start + h.edge;
        h.mss = s.mss.value_or(kDefaultMss);
        h.scale = s.scale.value_or(0);
        flow->scaled = flow->scaled && s.scale.has_value();
        if (!flow->scaled) h.scale = r.scale = 0;
        flow->stamps = flow->stamps && s.timestamps.has_value();
        flow->sack = flow->sack && s.sack_permitted;
        if (s.timestamps) h.recent = h.newest = h.shown = s.timestamps->value;
        h.stamped = true;
        r.edge = s.ack + s.window;  // windows of SYNs are never scaled
        flow->state = Flow::State::open;
        table_.touch(*flow, in.now);
        return end(in, Outcome::passed, false);
    }
    if (flow->state == Flow::State::opening && flow->client != in.arrival && s.ack == r.recover) {
        // it took what came with the SYN, which is no SIP
        forget(*flow, in.now, in.host);
        table_.remove(*flow);
        return end(in, Outcome::passed, false);
    }
    if (flow->state == Flow::State::open && s.seq + 1 == h.start && s.ack == r.start &&
        flow->client != in.arrival)
        return end(in, Outcome::passed, false);  // a copy
    if (renewed(in, *flow)) return;
    // two beginnings, of which its peer takes one
    in.sip = in.sip || flow->state == Flow::State::open || flow->state == Flow::State::opening;
    invalid(in, Counter::tcp_window);
}

/// Both ends agree on a new connection, and had forgotten the one that is open here. How its windows are
/// scaled only one of both SYNs says.
bool Streams::renewed(Coming& in, Flow& flow) {
    const Segment& s = in.segment;
    const Arrival client = flow.renewer;
    if (flow.state != Flow::State::open || !flow.renewing || client == in.arrival || s.ack != flow.renewal)
        return false;
    forget(flow, in.now, in.host);
    table_.remove(flow);
    Flow* const next = table_.add(key_of(in.packet, in.arrival, edge_), !in.on_port, in.now,
                                  [&](Flow& gone) { lose(gone, in.now, in.host); });
    if (next == nullptr) return false;  // not so: a place is free
    next->client = client;
    watch(*next, next->candidate);
    Half& h = next->from(in.arrival);
    Half& r = next->to(in.arrival);
    h.window = static_cast<std::uint16_t>(s.window >> s.scale.value_or(0));
    if (s.timestamps) {
        h.newest = s.timestamps->value;
        r.newest = s.timestamps->echo;
        h.stamped = r.stamped = true;
    }
    next->sack = s.sack_permitted;
    open_wide(*next, in, s.seq + 1);
    table_.touch(*next, in.now);
    end(in, Outcome::passed, false);
    return true;
}

}  // namespace kmsgate::stream
