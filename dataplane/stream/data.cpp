// SPDX-License-Identifier: BSD-3-Clause
// Segments of an open connection: which of them both ends believe, what they acknowledge, where their bytes
// go.
#include <algorithm>
#include <utility>

#include "dataplane/sip/message.hpp"
#include "dataplane/stream/streams.hpp"

namespace kmsgate::stream {

namespace {

/// Timestamps of a connection that slept this long say nothing any more (RFC 7323 5.5).
constexpr Time kOldTimestamp = Time{24} * 24 * 3600 * core::kSecond;

}  // namespace

bool Streams::believed(Coming& in, Flow& flow) {
    const Segment& s = in.segment;
    const Half& h = flow.from(in.arrival);
    const Half& r = flow.to(in.arrival);
    const auto no = [&](Counter why) {
        invalid(in, why);
        return false;
    };
    if (!s.has(Flag::ack)) return no(Counter::tcp_window);
    if (s.has(Flag::urg)) return no(Counter::tcp_urgent);
    // It cannot have what never came, nor ask for what came more than a window ago (RFC 5961 5.2).
    const std::uint32_t width = flow.joined ? kWidest : std::uint32_t{0xFFFF} << (flow.scaled ? h.scale : 0);
    if (before(s.ack, r.acked) && distance(s.ack, r.acked) > width) return no(Counter::tcp_window);
    if (after(s.ack, r.next + (r.have_fin && r.next == r.fin ? 1U : 0U))) return no(Counter::tcp_window);
    if (flow.stamps && s.timestamps && h.stamped && in.now - flow.last < kOldTimestamp &&
        before(s.timestamps->value, h.recent))
        return no(Counter::tcp_old_timestamp);
    // Nobody speaks whose answer was not acknowledged; of two answers that says which one counts.
    if ((s.size != 0 || s.has(Flag::fin)) && in.arrival != flow.client && !r.settled)
        return no(Counter::tcp_window);
    const Sequence end = s.seq + s.size;
    if (!after(end, h.acked)) return true;  // its peer has all of it
    if (before(s.seq, h.start)) return no(Counter::tcp_window);
    if (after(end, h.window_end())) {
        // a new byte where there is no room asks for room (RFC 9293 3.8.6.1); its receiver says by itself
        if (s.size != 0 && s.seq == h.next && s.seq == h.window_end() && !in.host.watching()) ask_peer(in);
        return no(Counter::tcp_window);
    }
    if (s.size != 0 && h.have_fin && after(end, h.fin)) return no(Counter::tcp_window);
    // a second end, or one in front of bytes that came
    if (s.has(Flag::fin) && (h.have_fin ? end != h.fin : before(end, h.next))) return no(Counter::tcp_window);
    return true;
}

void Streams::acknowledge(Coming& in, Flow& flow) {
    const Segment& s = in.segment;
    Half& r = flow.to(in.arrival);
    if (flow.joined) flow.from(in.arrival).window = s.window;
    if (before(s.ack, r.acked)) return;
    Sequence ack = s.ack;
    if (after(ack, r.released) && r.released != r.next) {
        // A peer that says so too early is believed by its sender, which will not send those bytes again.
        r.claimed = later(r.claimed, ack);
        r.promised = later(r.promised, earlier(ack, r.next));
        ack = r.released;
    }
    const bool moved = after(ack, r.acked);
    const Half& h = flow.from(in.arrival);
    const Sequence edge =
        s.ack + (flow.joined ? kWidest : std::uint32_t{s.window} << (flow.scaled ? h.scale : 0));
    const bool ours = after(r.promised, ack);
    if (moved) {
        r.acknowledged(ack);
        r.offer = later(r.offer, ack);
        r.tries = 0;
        const std::size_t before_it = r.kept.frames();
        r.kept.acknowledged(earlier(r.acked, r.message));
        frames_.give(before_it - r.kept.frames());
        // of several that were lost, the next one (RFC 6582 3.2)
        if (ours && r.duplicates >= kLost && before(ack, r.recover))
            again(flow, opposite(in.arrival), in.now, in.host);
        else
            r.duplicates = 0;
        // Its timer begins anew (RFC 6298 5.3), unless it has something else to say.
        rte_mbuf* const waits = r.kept.waiting();
        if (ours && r.deadline != 0 && !after(r.next, r.promised) &&
            (waits == nullptr || meta(waits).time + limits_.held > in.now))
            set_timer(flow, r, in.now, core::kSecond);
    } else if (before(r.acked, r.released) &&
               (s.sack || (s.size == 0 && !s.has(Flag::fin) && edge == r.edge))) {
        if (r.duplicates <= kLost) ++r.duplicates;
        if (r.duplicates == kLost && ours) {
            r.recover = r.released;
            again(flow, opposite(in.arrival), in.now, in.host);
        }
    }
    const bool wider = after(edge, r.edge);
    if (wider) r.edge = edge;
    if ((wider || moved) && r.kept.waiting() != nullptr)
        release(flow, opposite(in.arrival), in.host, r.message);
    // Its sender takes no acknowledgement that is behind ours: what room there is it hears from us.
    if (after(r.promised, later(ack, r.claimed))) more_room(flow, opposite(in.arrival), in.now, in.host);
}

void Streams::open(Coming& in, Flow& flow) {
    const Segment& s = in.segment;
    if (!believed(in, flow)) return;
    Half& h = flow.from(in.arrival);
    // Its receiver reads nothing else in what it has got long ago (RFC 9293 3.10.7.4): such a place anybody
    // can guess.
    if (before(s.end(), h.acked)) {
        table_.touch(flow, in.now);
        return end(in, Outcome::passed, false);
    }
    if (flow.renewer == in.arrival) flow.renewing = false;  // it has not forgotten the connection
    if (s.timestamps) {
        if (!after(s.seq, h.acked)) h.recent = later(h.recent, s.timestamps->value);
        h.newest = later(h.newest, s.timestamps->value);
        // what passes at once
        const bool passes = s.size == 0 || !after(s.seq + s.size, h.released);
        if (passes && !after(s.seq, h.released)) h.shown = later(h.shown, s.timestamps->value);
    }
    if (!h.settled && !before(s.ack, flow.to(in.arrival).start)) h.settled = true;
    table_.touch(flow, in.now);
    acknowledge(in, flow);
    if (s.has(Flag::fin) && !h.have_fin) {
        h.have_fin = true;
        h.fin = s.seq + s.size;
    }
    const Half& r = flow.to(in.arrival);
    if (h.have_fin && r.have_fin && h.acked == h.fin + 1 && r.acked == r.fin + 1) {
        flow.state = Flow::State::closed;
        table_.touch(flow, in.now);
        return end(in, Outcome::passed, false);
    }
    // What its peer has is nothing to it. A FIN leaves behind what stands before it.
    const bool early_fin = s.has(Flag::fin) && after(s.seq + s.size, h.released) && !in.host.watching();
    if (s.size == 0 ? !early_fin : !after(s.seq + s.size, h.acked)) {
        if (after(s.seq, h.edge) && !in.host.watching()) step_back(in, flow);
        end(in, Outcome::passed, false);
    } else {
        data(in, flow);
    }
    if (h.have_fin && h.next == h.fin && !h.between && flow.state == Flow::State::open)
        broken(flow, in.arrival, in.now, in.host, Counter::tcp_cut, Outcome::tcp_broken);
}

void Streams::data(Coming& in, Flow& flow) {
    const Segment& s = in.segment;
    Half& h = flow.from(in.arrival);
    core::FrameMeta& m = meta(in.frame.get());
    m.offset = s.seq;
    m.size = s.size;
    m.data = s.payload;
    m.more = s.has(Flag::fin);
    m.left = false;
    note_stamp(in.frame.get(), in.packet, s);
    const Now c{in.packet, in.arrival, in.now, m.pair, in.host};
    rte_mbuf* const frame = in.frame.get();
    const std::size_t most = frames_.left() / 4;
    Kept::Added added = h.kept.add(in.frame, most);
    const bool goes_on = !after(s.seq, h.next) && after(s.seq + s.size, h.next);
    while ((added == Kept::Added::full || added == Kept::Added::crowded) && goes_on && give_way(h, in))
        added = h.kept.add(in.frame, h.kept.frames() + 1U);
    if (added == Kept::Added::full && make_room(flow, in))
        added = h.kept.add(in.frame, std::max<std::size_t>(most, h.kept.frames() + 1U));
    switch (added) {
        case Kept::Added::known:
            return known_data(in, flow);
        case Kept::Added::conflict:
            if (!flow.disputed && !flow.candidate) in.host.count(Counter::tcp_disputed);
            flow.disputed = true;
            invalid(in, Counter::tcp_overlap);
            if (limits_.reset_conflicts && !flow.candidate && !in.host.watching())
                refuse(flow, in.arrival, in.now, in.host, Outcome::tcp_invalid, false, false);
            return;
        case Kept::Added::full:
        case Kept::Added::crowded:
            in.host.cause(Cause::tcp_budget);
            if (in.host.watching()) return end(in, Outcome::passed, false);
            return end(in, Outcome::tcp_budget, true);
        case Kept::Added::kept:
            break;
    }
    frames_.take();
    ++waiting_;
    if (in.host.watching()) {
        end_kept(h, frame, in.host, Outcome::forward);
    }
    if (flow.candidate && !speaks_sip(in, flow, frame)) return;
    if (s.multipath && !in.host.watching())  // its order is not that of the receiver
        return broken(flow, in.arrival, in.now, in.host, Counter::tcp_multipath, Outcome::tcp_broken);
    if (after(s.seq, h.next)) {
        if (h.deadline == 0) set_timer(flow, h, in.now, limits_.held);
        if (!in.host.watching()) promise(flow, in.arrival, in.now, in.host, frame);
        return;
    }
    h.next = Kept::reach(frame, h.next);
    const bool filled = after(h.next, s.seq + s.size);
    if (in.host.watching()) h.released = h.next;
    read(flow, c, frame);
    // a sender that mends a loss waits to hear how far that went
    if (filled && flow.state == Flow::State::open && h.kept.waiting() != nullptr &&
        after(h.next, later(h.promised, h.acked)))
        promise(flow, in.arrival, in.now, in.host);
}

/// What came early must not keep out what it waits for.
bool Streams::give_way(Half& h, Coming& in) {
    rte_mbuf* early = h.kept.take_early(h.next);
    if (early == nullptr) return false;
    in.host.cause(Cause::tcp_budget);
    room_.numbers.clear();
    while (early != nullptr) {
        Mbuf frame(std::exchange(early, Kept::following(early)));
        frames_.give();
        if (meta(frame.get()).left) continue;
        --waiting_;
        room_.numbers.push_back(meta(frame.get()).number);
        in.host.leave(std::move(frame), Outcome::tcp_budget);
    }
    std::ranges::sort(room_.numbers);
    if (!room_.numbers.empty()) in.host.line(in.now, in.arrival, room_.numbers, Outcome::tcp_budget);
    return true;
}

/// Who has kept its place longest gives way to who has just begun: waiting for the rest of a message, or for
/// a receiver that acknowledges nothing. Of a few connections, in turn; so a crowd that holds all the room
/// keeps nobody else from it for long.
bool Streams::make_room(const Flow& flow, Coming& in) {
    constexpr std::size_t kLooks = 16;
    constexpr std::uint32_t kMessage = 64;  // segments of the largest one
    constexpr Time kLeast = core::kSecond;
    if (in.host.watching()) return false;
    Flow* victim = nullptr;
    const Time limit = in.now - std::min(in.now, kLeast);
    Time oldest = limit;
    const auto frames = [](const Flow& f) { return f.half[0].kept.frames() + f.half[1].kept.frames(); };
    // who has more than a message takes nothing from who has less
    const std::uint32_t mine = frames(flow) > kMessage ? frames(flow) : 0;
    const auto look = [&](Flow& other) {
        if (&other == &flow || other.state != Flow::State::open || frames(other) < mine) return;
        if (!other.candidate && (flow.candidate || (victim != nullptr && victim->candidate))) return;
        for (const Half& h : other.half) {
            if (h.kept.empty() || meta(h.kept.front()).time >= limit) continue;
            const bool first = victim != nullptr && !victim->candidate && other.candidate;
            if (!first && meta(h.kept.front()).time >= oldest) continue;
            victim = &other;
            oldest = meta(h.kept.front()).time;
        }
    };
    table_.timers(kLooks, look);
    if (victim == nullptr) return false;
    const Action action = in.host.cause(Cause::tcp_budget);
    if (victim->candidate) {
        lose(*victim, in.now, in.host);
        table_.remove(*victim);
        return frames_.left() != 0;
    }
    const Half& inside = victim->from(Arrival::inside);
    const Half& outside = victim->from(Arrival::outside);
    const bool waits = inside.kept.waiting() != nullptr;
    const Arrival side = waits || outside.kept.empty() ? Arrival::inside : Arrival::outside;
    in.host.count(Counter::tcp_late);
    refuse(*victim, side, in.now, in.host, Outcome::tcp_budget, false, action == Action::drop);
    return frames_.left() != 0;
}

/// On another port a connection is watched for its first line. Nothing of it waits meanwhile: a peer that is
/// spoken to byte by byte may wait for an answer to each. When the line turns out to be one of SIP, what has
/// left is less than a line, and what comes behind it is held like any other message.
bool Streams::speaks_sip(Coming& in, Flow& flow, rte_mbuf* newest) {
    constexpr std::uint32_t kVersion = 7;  // bytes of "SIP/2.0", with which a line may begin
    Half& h = flow.from(in.arrival);
    const Sequence seen = h.next;
    const Sequence next = Kept::reach(newest, seen);
    const bool full = distance(h.read, next) >= kMaxMessage;  // no message has such a line
    // `read`: where the line begins, behind blanks. Once it says no SIP/2.0 only its end says more.
    auto looks = sip::LooksLike::need_more;
    if (full || distance(h.read, seen) < kVersion ||
        Kept::text(newest, seen, next, room_.text).find_first_of("\r\n") != std::string_view::npos) {
        rte_mbuf* const begin = after(meta(newest).offset, h.read) ? h.kept.front() : newest;
        const std::string_view line =
            Kept::text(begin, h.read, earlier(next, h.read + kMaxMessage), room_.text);
        looks = sip::looks_like_sip(line, false);
        const auto blanks =
            std::ranges::find_if(line, [](char c) { return static_cast<std::uint8_t>(c) > ' '; });
        h.read += static_cast<Sequence>(blanks - line.begin());
    }
    if (looks == sip::LooksLike::yes) {
        flow.candidate = false;
        flow.off_port = true;
        table_.touch(flow, in.now);
        return true;
    }
    const bool goes_on = looks == sip::LooksLike::need_more && !full;
    if (goes_on && h.read == next) h.message = next;  // nothing but blanks
    while (rte_mbuf* const m = h.kept.waiting()) end_kept(h, m, in.host, Outcome::passed);
    h.next = h.released = later(h.next, next);
    if (goes_on) {
        set_timer(flow, h, in.now, limits_.held);  // among those that may have to give way
        return false;
    }
    forget(flow, in.now, in.host);
    table_.remove(flow);
    return false;
}

/// A copy of what stands here: its peer may have lost what was let go, its sender may wait for a sign that
/// what is held has come.
void Streams::known_data(Coming& in, Flow& flow) {
    const Segment& s = in.segment;
    Half& h = flow.from(in.arrival);
    if (in.host.watching() || !after(s.seq + s.size, h.released))
        return end(in, h.tls ? Outcome::passed : Outcome::forward, false);
    if (before(h.acked, h.released)) again(flow, in.arrival, in.now, in.host, s.size);
    promise(flow, in.arrival, in.now, in.host);
    end(in, Outcome::tcp_duplicate, false);
}

}  // namespace kmsgate::stream
