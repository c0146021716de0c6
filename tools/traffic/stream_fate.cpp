// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/stream_fate.hpp"

#include <algorithm>
#include <limits>

namespace kmsgate::traffic {

namespace {

using policy::decide::Verdict;
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

void belongs(const NoteRef& frame, const NoteRef& part) {
    frame->parts.push_back(part);
    ++part->left;
}

}  // namespace

/// A line of frames that ended without a message.
void StreamFate::line(const NoteRef& note, std::string_view reason) {
    auto lost = std::make_shared<Note>();
    lost->kind = note->kind;
    lost->outcome = reason;
    belongs(note, lost);
}

std::size_t StreamFate::start_of_message(std::size_t me) const {
    const Side& h = sides_[me];
    const auto& all = messages_[me];
    return h.message < all.size() ? all[h.message].begin : h.next;
}

void StreamFate::segment(const Stream::Sent& s, const NoteRef& note) {
    const std::size_t me = s.from_caller ? 0 : 1;
    const bool syn = (s.header.flags & kSyn) != 0, fin = (s.header.flags & kFin) != 0;
    note->outcome = "passed";
    const bool unbelieved =
        (syn && s.data) || (s.altered != Stream::Altered::none && s.altered != Stream::Altered::other_bytes);
    if (s.altered == Stream::Altered::checksum || (syn && s.data) || (unbelieved && state_ == State::open)) {
        if (rules_.watching) return;
        note->outcome = "tcp-invalid";
        return line(note, note->outcome);
    }
    if (syn) {
        state_ = State::open;
        return;
    }
    switch (state_) {
        case State::none:
            if (!s.data || rules_.watching) return;
            note->outcome = "tcp-midstream";
            if (rules_.reset_midstream) note->made.resets = 2;
            return line(note, note->outcome);
        case State::refused:
            note->outcome = "tcp-reset";
            ++note->made.resets;
            if (s.data) line(note, note->outcome);
            return;
        case State::passing:
            return;
        case State::open:
            break;
    }
    Side& h = sides_[me];
    acknowledge(sides_[1 - me], s.acked);
    if (fin && !h.fin) {
        h.fin = true;
        h.fin_at = s.end;
    }
    const bool early_fin = fin && s.end > h.released && !rules_.watching;
    if (s.data ? s.end > h.acked : early_fin) data(me, s, note);
    if (state_ != State::open || !h.fin || h.next != h.fin_at || h.next == start_of_message(me)) return;
    if (rules_.watching)
        state_ = State::passing;
    else
        refuse(me, note, "tcp-broken", 0);
}

void StreamFate::acknowledge(Side& r, std::size_t to) {
    if (to < r.acked) return;
    if (to > r.released && r.released != r.next) {
        // its sender believes it, whatever its receiver has
        r.claimed = std::max(r.claimed, to);
        r.promised = std::max(r.promised, std::min(to, r.next));
        to = r.released;
    }
    r.acked = std::max(r.acked, to);
    std::erase_if(r.kept, [&](const Kept& k) { return k.ended && k.end <= std::min(r.acked, r.judged); });
}

/// False: some of its bytes stand there already.
bool StreamFate::put(Side& side, Kept kept) {
    const auto at = std::ranges::upper_bound(side.kept, kept.begin, {}, &Kept::begin);
    const bool overlaps = (at != side.kept.begin() && std::prev(at)->end > kept.begin) ||
                          (at != side.kept.end() && at->begin < kept.end);
    if (!overlaps) side.kept.insert(at, std::move(kept));
    return !overlaps;
}

void StreamFate::data(std::size_t me, const Stream::Sent& s, const NoteRef& note) {
    Side& h = sides_[me];
    if (!put(h, {s.begin, s.end, note, rules_.watching})) {
        if (rules_.watching) return;
        note->outcome = "tcp-invalid";
        return line(note, note->outcome);
    }
    note->outcome = rules_.watching ? "forward" : "capture-end";
    for (const Kept& k : h.kept)
        if (k.begin <= h.next) h.next = std::max(h.next, k.end);
    if (s.begin > h.next) {
        if (!rules_.watching) promise(h, note);
        return;
    }
    const bool filled = h.next > s.end;
    if (rules_.watching) h.released = h.next;
    read(me, note);
    if (filled && state_ == State::open && waits(h) && h.next > std::max(h.promised, h.acked))
        promise(h, note);
}

bool StreamFate::waits(const Side& side) {
    return std::ranges::any_of(side.kept, [](const Kept& k) { return !k.ended; });
}

/// The sender hears how far its bytes have come.
void StreamFate::promise(Side& side, const NoteRef& note) {
    ++note->made.acknowledgements;
    side.promised = std::max(side.promised, side.next);
}

void StreamFate::read(std::size_t me, const NoteRef& note) {
    Side& h = sides_[me];
    const auto& all = messages_[me];
    while (h.message < all.size()) {
        const Streamed& m = all[h.message];
        if (!m.framed && h.next >= m.head) {
            if (rules_.watching)
                state_ = State::passing;
            else
                refuse(me, note, "tcp-broken", 0);
            return;
        }
        if (!m.framed || h.next < m.end) break;
        if (!judge(me, note)) return;
    }
    const std::size_t told = std::max(h.promised, h.acked);
    if (waits(h) && h.next >= told && h.next - told >= rules_.patience) promise(h, note);
}

bool StreamFate::judge(std::size_t me, const NoteRef& note) {
    Side& h = sides_[me];
    const Side& r = sides_[1 - me];
    const Streamed& m = messages_[me][h.message];
    for (const Kept& k : h.kept)
        if (k.begin < m.end && k.end > m.begin) belongs(k.note, m.note);
    auto& expected = m.note->expected;
    Expected& e = expected ? *expected : expected.emplace();
    if (e.verdict == Verdict::forward) {
        ++h.message;
        h.judged = m.end;
        release(h, m.end);
        return true;
    }
    const bool boundary = r.next == start_of_message(1 - me) && r.released == r.next && !r.fin;
    if ((e.verdict == Verdict::redirect || e.verdict == Verdict::reject) && m.note->status == 0 && boundary) {
        ++note->made.answers;
    } else {
        e.verdict = Verdict::drop;
        e.krr.reset();
    }
    refuse(me, note, policy::decide::to_string(e.verdict), m.end);
    return false;
}

void StreamFate::release(Side& h, std::size_t upto) {
    for (Kept& k : h.kept) {
        if (k.ended) continue;
        if (k.end > upto || k.begin > h.released) break;
        k.ended = true;
        k.note->outcome = "forward";
        h.released = std::max(h.released, k.end);
    }
    h.acked = std::max(h.acked, std::min(h.claimed, h.released));
    std::erase_if(h.kept, [&](const Kept& k) { return k.ended && k.end <= std::min(h.acked, upto); });
}

/// What waits and begins before `upto` ends as the message there did; the rest of it as `outcome`, if there
/// is no such message, or as a segment of a connection that was reset.
void StreamFate::refuse(std::size_t me, const NoteRef& note, std::string_view outcome, std::size_t upto) {
    note->made.resets += 2;
    if (upto != 0) end_waiting(sides_[me], outcome, false, upto);
    end_waiting(sides_[me], upto != 0 ? "tcp-reset" : outcome, true, kAll);
    end_waiting(sides_[1 - me], "tcp-reset", true, kAll);
    state_ = State::refused;
}

/// `tell`: in one line.
void StreamFate::end_waiting(Side& side, std::string_view outcome, bool tell, std::size_t upto) {
    NoteRef lost;
    for (Kept& k : side.kept) {
        if (k.ended || k.begin >= upto) continue;
        k.ended = true;
        k.note->outcome = outcome;
        if (!tell) continue;
        if (!lost) {
            line(k.note, outcome);
            lost = k.note->parts.back();
        } else {
            belongs(k.note, lost);
        }
    }
}

void StreamFate::finish() {
    if (state_ != State::open) return;
    for (Side& side : sides_) end_waiting(side, "capture-end", true, kAll);
}

}  // namespace kmsgate::traffic
