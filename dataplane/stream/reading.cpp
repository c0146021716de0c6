// SPDX-License-Identifier: BSD-3-Clause
// Messages: found in what has come in order, judged when whole, let go or refused.
#include <algorithm>
#include <array>

#include "dataplane/stream/make.hpp"
#include "dataplane/stream/streams.hpp"

namespace kmsgate::stream {

namespace {

/// What a sender may have outstanding at the start, and after a pause (RFC 5681 3.1): nobody has to wait for
/// a sign from us before that much is on its way.
constexpr std::uint32_t kOutstanding = 4'380;
/// A sender whose bytes are held is told that they have come after this time, before its own timer ends.
constexpr Time kPatience = 150 * core::kMillisecond;
constexpr std::size_t kChunk = 2048;
constexpr std::size_t kAckAt = 8, kWindowAt = 14;  // in a TCP header
/// Largest distance that any receiver puts up with: no SIP endpoint's window has always been smaller.
constexpr std::uint32_t kOldAcknowledgement = 8'192;

std::uint32_t get32(const std::uint8_t* p) noexcept {
    return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}

/// Bytes from `from` on as one kept frame has them, at most `to` and a chunk. `at` is where they are likely
/// to stand, or in front of it, and moves there: a message in tiny segments must not be walked through with
/// each of them. Null: nobody knows.
std::string_view chunk(const Kept& kept, rte_mbuf*& at, Sequence from, Sequence to,
                       std::span<char, kChunk> scratch) noexcept {
    if (at == nullptr || after(meta(at).offset, from)) at = kept.first_with(from);
    while (at != nullptr && !after(Kept::end(at), from)) at = Kept::following(at);
    if (at == nullptr || after(meta(at).offset, from)) return {};
    const std::uint32_t n = std::min<std::uint32_t>(distance(from, earlier(to, Kept::end(at))),
                                                    static_cast<std::uint32_t>(kChunk));
    return {Kept::bytes_of(at, from, n, scratch.data()), n};
}

Counter counter_of(Broken why) noexcept {
    switch (why) {
        case Broken::not_sip:
            return Counter::tcp_not_sip;
        case Broken::head_end:
            return Counter::tcp_head_end;
        case Broken::no_length:
        case Broken::bad_length:
        case Broken::two_lengths:
            return Counter::tcp_content_length;
        case Broken::records:
            return Counter::tcp_tls_records;
        case Broken::cut:
        case Broken::count_:
            break;
    }
    return Counter::tcp_cut;
}

}  // namespace

/// What stands in front of `newest` was read before, unless nothing was.
void Streams::read(Flow& flow, const Now& c, rte_mbuf* newest) {
    Half& h = flow.from(c.arrival);
    h.tls || flow.to(c.arrival).tls ? records(flow, c, newest) : messages(flow, c, newest);
    if (flow.state != Flow::State::open) return;
    // a late copy of what was judged, while the next message has begun
    release(flow, c.arrival, c.host, h.message);
    if (h.kept.waiting() == nullptr) {
        if (!after(h.promised, h.acked)) set_timer(flow, h, c.now, idle_timer(flow, h));
        return;
    }
    if (distance(later(h.promised, h.acked), h.next) >= kOutstanding) promise(flow, c.arrival, c.now, c.host);
    if (h.deadline == 0) set_timer(flow, h, c.now, kPatience);
}

void Streams::messages(Flow& flow, const Now& c, rte_mbuf* newest) {
    Half& h = flow.from(c.arrival);
    Reading reading{.at = h.between && h.message == h.start ? nullptr : newest};
    std::array<char, kChunk> scratch;  // NOLINT: written before it is read
    const auto let_go = [&](Sequence blanks_from) {
        const std::size_t before_it = h.kept.frames();
        release(flow, c.arrival, c.host, blanks_from);
        if (h.kept.frames() != before_it) reading = {};
    };
    for (;;) {
        if (h.between) {
            const Sequence blanks_from = h.message;
            std::string_view bytes;
            while (before(h.message, h.next)) {
                bytes = chunk(h.kept, reading.at, h.message, h.next, scratch);
                if (bytes.empty()) return;
                const std::size_t n = blank(bytes);
                h.message += static_cast<Sequence>(n);
                if (n < bytes.size()) {
                    h.between = false;
                    reading.begin = reading.at;
                    bytes.remove_prefix(n);
                    break;
                }
            }
            h.read = h.message;
            let_go(blanks_from);
            if (h.between) return;
            h.head = h.body = 0;
            h.scan = {};
        }
        if (h.message == h.start && h.head == 0) {
            const sip::LooksLike tls = encrypted(flow, c);
            if (flow.state != Flow::State::open || tls == sip::LooksLike::need_more) return;
            if (tls == sip::LooksLike::yes) return records(flow, c, newest);
        }
        if (h.head == 0 && !find_head(flow, c, reading)) return;
        if (distance(h.message, h.next) < h.head + h.body) return;
        if (!judge(flow, c, reading)) return;
    }
}

/// Where the message that is read begins.
rte_mbuf* Streams::begin_of(const Half& h, Reading& reading) noexcept {
    if (reading.begin == nullptr) reading.begin = h.kept.first_with(h.message);
    return reading.begin;
}

/// True: the head of the message is whole, and so its end is known.
bool Streams::find_head(Flow& flow, const Now& c, Reading& reading) {
    Half& h = flow.from(c.arrival);
    std::array<char, kChunk> scratch;  // NOLINT: written before it is read
    while (before(h.read, h.next)) {
        const std::string_view bytes = chunk(h.kept, reading.at, h.read, h.next, scratch);
        if (bytes.empty()) return false;
        const auto end = h.scan.feed(bytes);
        h.read += static_cast<Sequence>(end.value_or(bytes.size()));
        const std::uint32_t size = distance(h.message, h.read);
        if (size > kMaxMessage) {
            broken(flow, c.arrival, c.now, c.host, Counter::tcp_head_end, Outcome::tcp_broken);
            return false;
        }
        if (!end) continue;
        sip::Arena& arena = c.host.arena();
        arena.reset();
        const auto body = body_size(Kept::text(begin_of(h, reading), h.message, h.read, room_.text), arena);
        if (!body) {
            broken(flow, c.arrival, c.now, c.host, counter_of(body.error()), Outcome::tcp_broken);
            return false;
        }
        h.head = size;
        h.body = *body;
        return true;
    }
    return false;
}

/// False: the connection is no more.
bool Streams::judge(Flow& flow, const Now& c, Reading& reading) {
    Half& h = flow.from(c.arrival);
    const Sequence end = h.message + h.head + h.body;
    rte_mbuf* const begin = begin_of(h, reading);
    note_frames(h, begin, end);
    StreamMessage message;
    message.text = Kept::text(begin, h.message, end, room_.text);
    message.frames = room_.numbers;
    message.packet = &c.packet;
    message.arrival = c.arrival;
    message.pair = c.pair;
    message.now = c.now;
    message.off_port = flow.off_port;
    const Host::Judged judged = c.host.judge(message);
    if (judged.forward || c.host.watching()) {
        c.host.conclude(false);
        h.message = h.read = end;
        h.between = true;
        h.head = h.body = 0;
        h.scan = {};
        reading.begin = nullptr;
        if (c.host.watching()) {
            const std::size_t before_it = h.kept.frames();
            h.kept.acknowledged(h.message);
            frames_.give(before_it - h.kept.frames());
            reading.at = nullptr;
        }
        return true;
    }
    const bool told = answer(flow, c, judged.answer);
    refuse(flow, c.arrival, c.now, c.host, c.host.conclude(told), true, false);
    return false;
}

/// The frames that gave the message (from its start, in `begin`, to `end`) at least one byte. Of copies the
/// first one did; how many of them are looked through is bounded.
void Streams::note_frames(const Half& h, rte_mbuf* begin, Sequence end) {
    constexpr int kMostOverlaps = 64;
    std::vector<std::uint64_t>& numbers = room_.numbers;
    numbers.clear();
    Sequence covered = h.message;
    int overlaps = 0;
    for (rte_mbuf* m = begin; m != nullptr && before(meta(m).offset, end); m = Kept::following(m)) {
        if (!after(Kept::end(m), h.message)) continue;
        Sequence given = later(meta(m).offset, h.message);
        const bool alone = !before(given, covered) && !before(meta(m).offset, h.message);
        covered = later(covered, Kept::end(m));
        rte_mbuf* const behind = Kept::following(m);
        const bool shared = behind != nullptr && before(meta(behind).offset, Kept::end(m));
        if ((!alone || shared) && overlaps++ < kMostOverlaps)
            for (rte_mbuf* k = begin; k != nullptr && !after(meta(k).offset, given); k = Kept::following(k))
                if (meta(k).number < meta(m).number) given = later(given, Kept::end(k));
        if (before(given, earlier(Kept::end(m), end)) && numbers.size() < numbers.capacity())
            numbers.push_back(meta(m).number);
    }
    std::ranges::sort(numbers);
}

/// Kept beside the frame.
void Streams::note_stamp(rte_mbuf* m, const classify::Packet& packet, const Segment& segment) noexcept {
    meta(m).tcp = packet.l4;
    meta(m).stamp_at = segment.timestamps ? segment.stamp_at : 0U;
}

Streams::Stamp Streams::stamp_of(rte_mbuf* m) noexcept {
    return {meta(m).tcp, meta(m).stamp_at};
}

/// What a segment says beside its bytes grows old while it is held, and its receiver would throw it away for
/// that:
/// - its timestamp, behind one that filled a gap in front of it or that we had to send (RFC 7323 5.2);
/// - its acknowledgement, which we have gone far beyond in this side's name (RFC 5961 5.2). `slack`: how far
/// behind
///   it may be.
/// Such a segment, and no other, is brought up to date.
void Streams::freshen(rte_mbuf* m, Stamp at, Flow& flow, Arrival arrival, std::uint32_t slack) noexcept {
    Half& h = flow.from(arrival);
    const Half& r = flow.to(arrival);
    if (at.tcp + kMaxHeader > m->data_len && at.tcp + std::max<std::size_t>(kHeader, at.at + 4) > m->data_len)
        return;
    const std::span<std::uint8_t> tcp(rte_pktmbuf_mtod(m, std::uint8_t*) + at.tcp, m->data_len - at.tcp);
    const Sequence known = later(r.acked, r.promised);
    const Sequence ack = get32(tcp.data() + kAckAt);
    if (after(known, ack) && distance(ack, known) > slack) {
        change32(tcp, kAckAt, known);
        if (!flow.joined) {
            const Sequence end = later(later(r.edge, r.offer), known);
            change16(
                tcp, kWindowAt,
                static_cast<std::uint16_t>(std::min<std::uint32_t>(distance(known, end) >> h.scale, 0xFFFF)));
        }
    }
    if (!flow.stamps || at.at == 0) return;
    const std::uint32_t value = get32(tcp.data() + at.at);
    if (!before(value, h.shown))
        h.shown = value;
    else
        change32(tcp, at.at, h.shown);
}

/// Segments that hold nothing but bytes that were judged leave, as far as the peer takes them.
void Streams::release(Flow& flow, Arrival arrival, Host& host, Sequence blanks_from) {
    Half& h = flow.from(arrival);
    while (rte_mbuf* const m = h.kept.waiting()) {
        const Sequence end = Kept::end(m);
        if (after(end, h.message) || after(meta(m).offset, h.released) || after(end, h.edge)) break;
        // its sender knows of no loss, and sends on: what is under way beside the lost is bounded by us
        if (h.recovering() && distance(h.acked, end) > kMaxMessage) break;
        const bool blanks = !before(meta(m).offset, blanks_from) && blanks_from != h.message;
        freshen(m, stamp_of(m), flow, arrival, kOldAcknowledgement);
        end_kept(h, m, host, blanks ? Outcome::keep_alive : h.tls ? Outcome::passed : Outcome::forward);
        h.released = later(h.released, end);
    }
    if (!after(h.claimed, h.acked)) return;
    h.acknowledged(later(h.acked, earlier(h.claimed, h.released)));
    const std::size_t before_it = h.kept.frames();
    h.kept.acknowledged(earlier(h.acked, h.message));
    frames_.give(before_it - h.kept.frames());
}

}  // namespace kmsgate::stream
