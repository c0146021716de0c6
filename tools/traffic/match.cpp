// SPDX-License-Identifier: BSD-3-Clause
// What goes in and what comes out, put together.
#include "tools/traffic/match.hpp"

#include <algorithm>

#include "dataplane/memory/siphash.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::size_t kPairs = 1'000'000;

std::uint64_t hash_of(std::span<const std::uint8_t> bytes) noexcept {
    memory::SipHash h(memory::Key{1, 2});
    h.bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return h.finish().low | 1;
}
std::uint64_t pair_of(const Packet& p) noexcept {
    memory::SipHash h(memory::Key{3, 4});
    h.bytes({reinterpret_cast<const char*>(p.source.data()), 16});
    h.bytes({reinterpret_cast<const char*>(p.destination.data()), 16});
    return h.finish().low;
}
std::uint64_t group_key(const Packet& p) noexcept {
    memory::SipHash h(memory::Key{5, 6});
    h.word(pair_of(p));
    h.word(static_cast<std::uint64_t>(p.id) << 8 | p.protocol);
    return h.finish().low;
}
/// A TCP connection, whichever end speaks.
std::uint64_t flow_of(const Packet& p, const Transport& t) noexcept {
    const auto end = [](const auto& address, std::uint16_t port) {
        memory::SipHash h(memory::Key{9, 10});
        h.bytes({reinterpret_cast<const char*>(address.data()), address.size()});
        h.word(port);
        return h.finish().low;
    };
    return (end(p.source, t.source) ^ end(p.destination, t.destination)) | 1;
}
/// A message by its transaction; of a response also by its status and To tag.
std::uint64_t sip_key(const Head& head, bool as_request) noexcept {
    memory::SipHash h(memory::Key{7, 8});
    h.field(head.call_id);
    h.word(head.cseq);
    h.field(head.cseq_method);
    if (!as_request) {
        h.word(head.status);
        h.field(parameter(head.to, "tag"));
    }
    return h.finish().low | 1;
}

}  // namespace

Matcher::Datagram* Matcher::at(Index index) noexcept {
    return index < first_ || index - first_ >= datagrams_.size() ? nullptr : &datagrams_[index - first_];
}

/// The datagram that a frame belongs to, begun when it is the first.
Matcher::Index Matcher::group_of(const std::optional<Packet>& packet, Time time, bool outside) {
    std::uint64_t key = 0;
    if (packet && packet->fragment()) {
        key = group_key(*packet);
        const auto known = groups_.find(key);
        if (known != groups_.end() && at(known->second) != nullptr) return known->second;
    }
    Datagram d;
    d.order = out_.sent++;
    d.outside = outside;
    d.sent = time;
    d.group = key;
    if (packet) d.pair = pair_of(*packet);
    datagrams_.push_back(std::move(d));
    const Index index = first_ + datagrams_.size() - 1;
    if (key != 0) groups_[key] = index;
    return index;
}

void Matcher::sent(Time time, bool outside, std::span<const std::uint8_t> frame, NoteRef note) {
    ++out_.frames_sent;
    const auto packet = read_packet(frame);
    const Index index = group_of(packet, time, outside);
    Datagram& d = *at(index);
    const std::uint64_t hash = hash_of(frame);
    d.sent = time;
    d.frames.push_back(hash);
    if (note) d.note = std::move(note);
    by_frame_.emplace(hash, index);
    if (packet && !packet->fragment() && packet->protocol == static_cast<std::uint8_t>(Protocol::tcp)) {
        if (const auto tcp = read_transport(packet->protocol, packet->payload))
            d.flow = flow_of(*packet, *tcp);
        if (d.note) expect_answers(d.note);
    }
    if (!packet || packet->protocol != static_cast<std::uint8_t>(Protocol::udp)) return;
    const auto whole = going_[outside ? 1 : 0].add(*packet);
    if (!whole) return;
    const auto udp = read_transport(packet->protocol, *whole);
    const auto head = udp ? read_head(udp->data) : std::nullopt;
    if (head) learn(d, index, *head);
}

/// Messages that end with this segment and are answered in the stream.
void Matcher::expect_answers(const NoteRef& segment) {
    using policy::decide::Verdict;
    if (segment->made.answers == 0) return;
    for (const NoteRef& part : segment->parts) {
        const auto& expected = part->expected;
        const auto verdict = expected ? expected->verdict : Verdict::forward;
        if (verdict != Verdict::redirect && verdict != Verdict::reject) continue;
        Head head;
        head.call_id = part->call_id;
        head.cseq = part->cseq;
        head.cseq_method = part->method;
        answers_[sip_key(head, true)] = part;
    }
}

/// What the box says in the name of one end: it takes a connection down, tells that bytes have come, answers.
void Matcher::made_here(const Packet& packet, const Transport& tcp) {
    const std::uint64_t flow = flow_of(packet, tcp);
    if ((tcp.flags & kRst) != 0) {
        ++out_.made.resets;
        resets_.insert(flow);
        return;
    }
    if (tcp.data.empty()) {
        ++out_.made.acknowledgements;
        return;
    }
    const auto head = read_head(tcp.data);
    if (!head || (head->status != 488 && head->status != 400)) {
        // the rest of an answer
        if (!answering_.contains(flow)) ++out_.unexpected;
        return;
    }
    ++out_.made.answers;
    answering_.insert(flow);
    const auto due = answers_.find(sip_key(*head, true));
    if (due != answers_.end()) {
        const NoteRef note = due->second;
        answers_.erase(due);
        if (head->content_type.starts_with(kKrr)) note_lists(*head, note->expected, note->label);
        count(out_.verdicts,
              note->method + (head->content_type.starts_with(kKrr) ? " redirected" : " rejected"));
    }
}

void Matcher::learn(Datagram& d, Index index, const Head& head) {
    if (d.sip != 0) return;
    d.label = head.status != 0 ? std::to_string(head.status) : std::string(head.method);
    d.sip = sip_key(head, head.status == 0);
    by_sip_.emplace(d.sip, index);
}

void Matcher::received(Time time, bool outside, std::span<const std::uint8_t> frame) {
    ++out_.frames_received;
    if (forwarded(time, outside, hash_of(frame))) return;
    const auto packet = read_packet(frame);
    if (packet)
        answered(time, outside, *packet, frame);
    else
        ++out_.unexpected;
}

bool Matcher::forwarded(Time time, bool outside, std::uint64_t hash) {
    const auto [from, to] = by_frame_.equal_range(hash);
    // of equal frames the one that was sent first
    auto best = to;
    for (auto i = from; i != to; ++i) {
        const Datagram* d = at(i->second);
        if (d != nullptr && fits(*d, outside, false) && (best == to || i->second < best->second)) best = i;
    }
    if (best == to) {
        const bool again = seen_.contains(hash);
        if (again) ++out_.duplicates;
        return again;
    }
    const Index index = best->second;
    by_frame_.erase(best);
    seen_[hash] = index;
    Datagram& d = *at(index);
    d.received = time;
    if (++d.arrived < d.frames.size()) return true;
    if (newest_.size() > kPairs) newest_.clear();
    auto& newest = newest_[d.pair];
    if (d.pair != 0 && d.order + 1 < newest) ++out_.reordered;
    newest = std::max(newest, d.order + 1);
    return true;
}

void Matcher::answered(Time time, bool outside, const Packet& packet, std::span<const std::uint8_t> frame) {
    if (packet.protocol == static_cast<std::uint8_t>(Protocol::tcp) && !packet.fragment()) {
        if (const auto tcp = read_transport(packet.protocol, packet.payload)) return made_here(packet, *tcp);
        ++out_.unexpected;
        return;
    }
    const auto whole = coming_[outside ? 1 : 0].add(packet);
    if (!whole) return;
    const auto udp = read_transport(packet.protocol, *whole);
    const auto head = udp && packet.protocol == static_cast<std::uint8_t>(Protocol::udp)
                          ? read_head(udp->data)
                          : std::nullopt;
    // what the edge says itself: a KRR or another refusal, or that a request is cancelled
    const bool own = head && (head->status == 488 || head->status == 400 ||
                              (head->status == 200 && head->cseq_method == "CANCEL"));
    if (!own) {
        ++out_.unexpected;
        return;
    }
    // ours with another body
    const auto find = [&](std::uint64_t key, bool same_side) -> Datagram* {
        const auto [from, to] = by_sip_.equal_range(key);
        Datagram* best = nullptr;
        for (auto i = from; i != to; ++i) {
            Datagram* d = at(i->second);
            const bool open = d != nullptr && fits(*d, outside, same_side) && d->answer == Fate::gone;
            if (open && (best == nullptr || d->order < best->order)) best = d;
        }
        return best;
    };
    if (Datagram* d = find(sip_key(*head, false), false))
        return note_answer(*d, Fate::rewritten, time, *head);
    Datagram* const d = find(sip_key(*head, true), true);
    if (d == nullptr) {
        ++out_.unexpected;
        return;
    }
    const bool krr = head->content_type.starts_with(kKrr);
    const Fate fate = krr ? Fate::redirected : head->status < 300 ? Fate::absorbed : Fate::rejected;
    note_answer(*d, fate, time, *head);
    if (on_answer_) on_answer_(*head, packet, frame);
}

void Matcher::note_answer(Datagram& d, Fate fate, Time time, const Head& head) {
    d.answer = fate;
    d.received = time;
    if (fate != Fate::redirected && fate != Fate::rewritten) return;
    note_lists(head, d.note ? d.note->expected : std::nullopt, name_of(d));
}

}  // namespace kmsgate::traffic
