// SPDX-License-Identifier: BSD-3-Clause
// What the gate says by itself: that bytes have come, the same bytes again, an answer, a reset.
#include <algorithm>

#include "dataplane/stream/make.hpp"
#include "dataplane/stream/streams.hpp"

namespace kmsgate::stream {

namespace {

constexpr Time kFirstTimeout = core::kSecond;         // RFC 6298 2.1
constexpr Time kLongestTimeout = 60 * core::kSecond;  // RFC 6298 2.5
constexpr std::uint8_t kTries = 6;
constexpr std::uint32_t kTimestampOption = 12;

std::uint32_t clock_of(Time now) noexcept {
    return static_cast<std::uint32_t>(now / core::kMillisecond);
}

/// Timestamps of a segment in the name of the side that sends `h`, for the other side.
std::optional<Timestamps> stamps(const Flow& flow, const Half& h, const Half& other) noexcept {
    if (!flow.stamps) return std::nullopt;
    return Timestamps{h.shown, other.newest};
}

/// The window that we offer to the side that sends `h`, in the name of its peer.
std::uint16_t offered(const Flow& flow, Half& h, const Half& peer) noexcept {
    if (flow.joined) return peer.window;
    const std::uint32_t room = std::min<std::uint32_t>(distance(h.next, h.room_end()) >> peer.scale, 0xFFFF);
    h.offer = later(h.offer, h.next + (room << peer.scale));
    return static_cast<std::uint16_t>(room);
}

/// The window that the side that sends `h` offers itself, as we know it.
std::uint16_t own_window(const Flow& flow, const Half& h, const Half& peer) noexcept {
    if (flow.joined) return h.window;
    if (!after(peer.edge, peer.acked)) return 0;
    return static_cast<std::uint16_t>(
        std::min<std::uint32_t>(distance(peer.acked, peer.edge) >> h.scale, 0xFFFF));
}

}  // namespace

void Streams::set_timer(Flow& flow, Half& half, Time now, Time delay) {
    half.deadline = delay == 0 ? 0 : std::max<std::uint32_t>(clock_of(now + delay), 1);
    if (half.deadline != 0)
        table_.start_timer(flow);
    else if (flow.half[0].deadline == 0 && flow.half[1].deadline == 0)
        table_.stop_timer(flow);
}

/// Nothing is owed to a direction, nor waits. Who keeps much all the same stays among those that may have to
/// give way (make_room).
Time Streams::idle_timer(const Flow& flow, const Half& h) const noexcept {
    constexpr std::uint32_t kMuch = 4;
    return h.kept.frames() < (flow.candidate ? 1 : kMuch) ? 0 : limits_.held;
}

/// Tells the sender that its bytes have come. From then on they are ours to deliver. `early`: they have not,
/// but these have, from behind the gap (RFC 5681 4.2).
void Streams::promise(Flow& flow, Arrival arrival, Time now, Host& host, rte_mbuf* early) {
    Half& h = flow.from(arrival);
    Half& r = flow.to(arrival);
    rte_mbuf* const like = h.kept.waiting() != nullptr ? h.kept.waiting() : h.kept.front();
    if (like == nullptr || (early == nullptr && !after(h.next, h.acked))) return;
    Made made;
    made.seq = r.released + (r.have_fin && r.released == r.fin ? 1U : 0U);
    made.ack = h.next;
    made.flags = Flag::ack;
    made.window = offered(flow, h, r);
    made.timestamps = stamps(flow, r, h);
    if (early != nullptr && flow.sack) made.sack = Range{meta(early).offset, Kept::end(early)};
    Mbuf frame = make(bytes_of(like), true, made, host.pool());
    if (!frame) return host.count(Counter::unsent_answers);
    host.count(Counter::tcp_promises);
    const std::uint16_t pair = meta(like).pair;
    h.promised = later(h.promised, h.next);
    host.made(std::move(frame), arrival, arrival, now, pair);
}

/// Tells the sender of room that it does not know of, when that is much or it has none.
void Streams::more_room(Flow& flow, Arrival arrival, Time now, Host& host) {
    constexpr std::uint32_t kMuch = kMaxMessage / 4;
    const Half& h = flow.from(arrival);
    if (flow.joined) return;
    const std::uint32_t more = distance(h.offer, h.room_end()) >> flow.to(arrival).scale;
    if (more << flow.to(arrival).scale >= kMuch ||
        (more != 0 && !h.blocked() && distance(h.next, h.offer) < kMuch))
        promise(flow, arrival, now, host);
}

/// Asks a receiver without room whether it has some now: with a segment in front of what it waits for, which
/// it has to answer (RFC 9293 3.10.7.4). Its news of room may be lost, and a sender that was told so asks no
/// more.
void Streams::probe(Flow& flow, Arrival arrival, Time now, Host& host) {
    const Half& h = flow.from(arrival);
    const Half& r = flow.to(arrival);
    rte_mbuf* const like = h.kept.waiting();
    Made made;
    made.seq = h.released - 1;
    made.ack = r.acked;
    made.flags = Flag::ack;
    made.window = own_window(flow, h, r);
    made.timestamps = stamps(flow, h, r);
    Mbuf frame = make(bytes_of(like), false, made, host.pool());
    if (!frame) return host.count(Counter::unsent_answers);
    host.count(Counter::tcp_probes);
    host.made(std::move(frame), opposite(arrival), arrival, now, meta(like).pair);
}

/// What stands behind bytes for which its receiver has no room is thrown away by it (RFC 9293 3.10.7.4); it
/// hears the same from where it stands, or the other direction would stand still as well.
void Streams::step_back(const Coming& in, Flow& flow) {
    const Half& h = flow.from(in.arrival);
    Made made;
    made.seq = h.released;
    made.ack = in.segment.ack;
    made.flags = Flag::ack;
    made.window = in.segment.window;
    made.timestamps = stamps(flow, h, flow.to(in.arrival));
    const std::uint16_t pair = meta(in.frame.get()).pair;
    if (Mbuf frame = make(in.bytes, false, made, in.host.pool()))
        in.host.made(std::move(frame), opposite(in.arrival), in.arrival, in.now, pair);
}

/// Sends the first byte that the peer lacks once more, with the segment that it came in, if that has at most
/// `most` bytes.
void Streams::again(Flow& flow, Arrival arrival, Time now, Host& host, std::uint32_t most) {
    Half& h = flow.from(arrival);
    rte_mbuf* const m = h.kept.behind(h.acked);
    if (m == nullptr || !meta(m).left || meta(m).size > most) return;
    // a copy: the first one may still wait in a queue, and says when it came
    const auto bytes = bytes_of(m);
    Mbuf frame = core::make_frame(host.pool(), bytes);
    if (!frame) return host.count(Counter::unsent_answers);
    freshen(frame.get(), stamp_of(m), flow, arrival, 0);
    let_split(*frame);
    host.count(Counter::tcp_retransmissions);
    host.made(std::move(frame), opposite(arrival), arrival, now, meta(m).pair);
}

/// The answer goes back in front of the reset, where the stream that it joins stands between two messages and
/// its reader has room for all of it.
bool Streams::answer(Flow& flow, const Now& c, std::string_view text) {
    Half& h = flow.from(c.arrival);
    Half& r = flow.to(c.arrival);
    rte_mbuf* const like = h.kept.waiting();
    if (text.empty() || like == nullptr || !r.at_boundary() || r.have_fin ||
        after(r.released + static_cast<Sequence>(text.size()), r.edge))
        return false;
    const std::uint32_t most = std::max<std::uint32_t>(h.mss - (flow.stamps ? kTimestampOption : 0), 128);
    core::FrameList frames;
    Sequence at = r.released;
    for (std::string_view rest = text; !rest.empty();) {
        Made made;
        made.seq = at;
        made.ack = h.next;
        made.payload = rest.substr(0, most);
        made.flags = Flag::ack | (made.payload.size() == rest.size() ? Flag::psh : 0);
        made.window = offered(flow, h, r);
        made.timestamps = stamps(flow, r, h);
        Mbuf frame = make(bytes_of(like), true, made, c.host.pool());
        if (!frame) {
            c.host.count(Counter::unsent_answers);
            return false;
        }
        frames.push(std::move(frame));
        at += static_cast<Sequence>(made.payload.size());
        rest.remove_prefix(made.payload.size());
    }
    while (!frames.empty()) c.host.made(frames.pop(), c.arrival, c.arrival, c.now, c.pair);
    r.next = r.released = r.message = r.read = at;
    return true;
}

void Streams::end_waiting(Flow& flow, Arrival arrival, Time now, Host& host, Outcome outcome, bool tell) {
    Half& h = flow.from(arrival);
    room_.numbers.clear();
    while (rte_mbuf* const m = h.kept.waiting()) {
        room_.numbers.push_back(meta(m).number);
        end_kept(h, m, host, outcome);
    }
    frames_.give(h.kept.frames());
    h.kept.clear();
    set_timer(flow, h, now, 0);
    if (!tell || room_.numbers.empty()) return;
    std::ranges::sort(room_.numbers);
    host.line(now, arrival, room_.numbers, outcome);
}

/// Ends what waits: the frames of the message that was judged last (room_.numbers) as `outcome`, the rest as
/// tcp-reset and told.
void Streams::end_message(Flow& flow, Arrival arrival, Time now, Host& host, Outcome outcome) {
    Half& h = flow.from(arrival);
    room_.others.clear();
    while (rte_mbuf* const m = h.kept.waiting()) {
        const bool part = std::ranges::binary_search(room_.numbers, meta(m).number);
        if (!part) room_.others.push_back(meta(m).number);
        end_kept(h, m, host, part ? outcome : Outcome::tcp_reset);
    }
    if (room_.others.empty()) return;
    std::ranges::sort(room_.others);
    host.line(now, arrival, room_.others, Outcome::tcp_reset);
}

void Streams::end_kept(Half& h, rte_mbuf* m, Host& host, Outcome outcome) {
    rte_pktmbuf_refcnt_update(m, 1);
    host.leave(Mbuf(m), outcome);
    h.kept.ended(m);
    --waiting_;
}

void Streams::refuse(Flow& flow, Arrival arrival, Time now, Host& host, Outcome outcome, bool message,
                     bool silent) {
    Half& h = flow.from(arrival);
    Half& r = flow.to(arrival);
    rte_mbuf* const like = h.kept.waiting() != nullptr ? h.kept.waiting() : h.kept.front();
    if (!silent && like != nullptr) {
        const auto bytes = bytes_of(like);
        const std::uint16_t pair = meta(like).pair;
        Made made;
        made.flags = Flag::rst | Flag::ack;
        made.seq = r.released + (r.have_fin && r.released == r.fin ? 1U : 0U);
        made.ack = h.next;
        if (Mbuf back = make(bytes, true, made, host.pool()))
            host.made(std::move(back), arrival, arrival, now, pair);
        made.seq = h.released;
        made.ack = r.acked;
        if (Mbuf on = make(bytes, false, made, host.pool()))
            host.made(std::move(on), opposite(arrival), arrival, now, pair);
    }
    host.count(Counter::tcp_refused);
    if (message) end_message(flow, arrival, now, host, outcome);
    end_waiting(flow, arrival, now, host, outcome, true);
    end_waiting(flow, opposite(arrival), now, host, Outcome::tcp_reset, true);
    flow.state = silent ? Flow::State::closed : Flow::State::refused;
    table_.touch(flow, now);
}

/// Nothing behind this place can be read. An edge that only watches lets it go on.
void Streams::broken(Flow& flow, Arrival arrival, Time now, Host& host, Counter why, Outcome outcome) {
    host.count(why);
    if (host.watching()) {
        for (const Arrival a : {Arrival::inside, Arrival::outside})
            end_waiting(flow, a, now, host, Outcome::passed, false);
        flow.state = Flow::State::passing;
        table_.touch(flow, now);
        return;
    }
    refuse(flow, arrival, now, host, outcome, false, false);
}

void Streams::fire(Flow& flow, Time now, Host& host) {
    for (const Arrival a : {Arrival::inside, Arrival::outside}) {
        const Half& h = flow.from(a);
        if (flow.state != Flow::State::open) return;
        if (h.deadline != 0 && static_cast<std::int32_t>(clock_of(now) - h.deadline) >= 0)
            fire(flow, a, now, host);
    }
}

void Streams::fire(Flow& flow, Arrival arrival, Time now, Host& host) {
    Half& h = flow.from(arrival);
    const auto give_up = [&] {
        const Action action = host.cause(Cause::tcp_budget);
        if (host.watching()) return broken(flow, arrival, now, host, Counter::tcp_late, Outcome::tcp_budget);
        host.count(Counter::tcp_late);
        refuse(flow, arrival, now, host, Outcome::tcp_budget, false, action == Action::drop);
    };
    rte_mbuf* const waits = h.kept.waiting();
    if (waits != nullptr && meta(waits).time + limits_.held <= now) return give_up();
    const bool owed = after(h.promised, h.acked) && after(h.released, h.acked);
    if (owed) {
        if (h.tries == kTries) return give_up();
        again(flow, arrival, now, host);
        ++h.tries;
        h.duplicates = kLost;
        h.recover = h.released;
        return set_timer(flow, h, now, std::min(kFirstTimeout << h.tries, kLongestTimeout));
    }
    if (waits == nullptr) return set_timer(flow, h, now, idle_timer(flow, h));
    if (h.blocked()) probe(flow, arrival, now, host);
    if (after(h.next, later(h.promised, h.acked))) promise(flow, arrival, now, host);
    set_timer(flow, h, now, std::min(kFirstTimeout, limits_.held));
}

/// The connection is over. It stays known (and watched, on another port): one end may not have heard of that.
void Streams::close(Flow& flow, Time now, Host& host) {
    for (const Arrival a : {Arrival::inside, Arrival::outside})
        end_waiting(flow, a, now, host, Outcome::tcp_reset, true);
    flow.state = Flow::State::closed;
    table_.touch(flow, now);
}

/// Before a flow's place is given to another one, or its stream has no further use.
void Streams::forget(Flow& flow, Time now, Host& host) {
    watch(flow, false);
    for (const Arrival a : {Arrival::inside, Arrival::outside})
        end_waiting(flow, a, now, host, Outcome::tcp_reset, true);
}

}  // namespace kmsgate::stream
