// SPDX-License-Identifier: BSD-3-Clause
// Connections that were open before the gate knew them (tcp-midstream: judge). Nothing of them leaves until
// it is certain where a message begins: where a segment starts with a start line, and its receiver says that
// this is what it waits for. A receiver that says nothing is asked.
#include "dataplane/sip/message.hpp"
#include "dataplane/stream/make.hpp"
#include "dataplane/stream/streams.hpp"

namespace kmsgate::stream {

void Streams::join(Coming& in, Flow* flow) {
    const Segment& s = in.segment;
    if (flow == nullptr) {
        flow = table_.add(key_of(in.packet, in.arrival, edge_), false, in.now,
                          [&](Flow& gone) { lose(gone, in.now, in.host); });
        if (flow == nullptr) {
            in.host.cause(Cause::tcp_budget);
            return end(in, Outcome::tcp_budget, true);
        }
        flow->state = Flow::State::joining;
    }
    table_.touch(*flow, in.now);
    if (s.has(Flag::rst)) {
        if (s.size != 0) return invalid(in, Counter::tcp_window);
        table_.remove(*flow);
        return end(in, Outcome::passed, false);
    }
    if (!s.has(Flag::ack)) return invalid(in, Counter::tcp_window);
    Half& h = flow->from(in.arrival);
    Half& r = flow->to(in.arrival);
    r.acked = r.told ? later(r.acked, s.ack) : s.ack;
    r.told = true;
    h.window = s.window;
    h.next = h.open ? later(h.next, s.end()) : s.end();
    h.open = true;
    if (s.timestamps) {
        h.newest = h.stamped ? later(h.newest, s.timestamps->value) : s.timestamps->value;
        h.stamped = true;
    }
    if (s.size == 0) return end(in, Outcome::passed, false);
    const auto text = core::as_text(in.bytes.subspan(s.payload, s.size));
    // nor does a sender know better than its peer where that stands
    const bool begins = h.told && r.open && !after(s.ack, r.next) && s.seq == h.acked && !s.multipath &&
                        sip::looks_like_sip(text, true) == sip::LooksLike::yes;
    if (!begins) {
        if (!h.told || s.seq == h.acked) ask_peer(in);
        return end(in, Outcome::tcp_midstream, true);
    }
    open_wide(*flow, in, s.seq);
    h.settled = r.settled = true;  // the other side has told where it stands
    open(in, *flow);
}

/// Open from here on, its windows as wide as any can be: both ends keep theirs among themselves. `start`: of
/// what the side of this segment says; the other side begins where the segment acknowledges.
void Streams::open_wide(Flow& flow, const Coming& in, Sequence start) {
    Half& h = flow.from(in.arrival);
    Half& r = flow.to(in.arrival);
    h.start_at(start);
    r.start_at(in.segment.ack);
    h.edge = h.start + kWidest;
    r.edge = r.start + kWidest;
    h.recent = h.shown = h.newest;
    r.recent = r.shown = r.newest;
    flow.joined = true;
    flow.stamps = in.segment.timestamps.has_value() && r.stamped;
    flow.state = Flow::State::open;
}

/// A segment in front of what its receiver waits for, without a byte: the answer says what that is.
void Streams::ask_peer(Coming& in) {
    Made made;
    made.seq = in.segment.seq - 1;
    made.ack = in.segment.ack;
    made.flags = Flag::ack;
    made.window = in.segment.window;
    const std::uint16_t pair = meta(in.frame.get()).pair;
    if (Mbuf frame = make(in.bytes, false, made, in.host.pool()))
        in.host.made(std::move(frame), opposite(in.arrival), in.arrival, in.now, pair);
}

}  // namespace kmsgate::stream
