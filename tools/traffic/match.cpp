// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/match.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/memory/siphash.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::size_t kExamples = 10, kPairs = 1'000'000, kKrrLists = 1'000;

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

std::string to_text(const std::optional<std::vector<std::string>>& list) {
    return list ? fmt::format("[{}]", fmt::join(*list, ", ")) : "ANY";
}
std::string krr_text(std::string_view body) {
    return fmt::format("initiator {} receiver {}", to_text(krr_list(body, "InitiatorKmsList")),
                       to_text(krr_list(body, "ReceiverKmsList")));
}
std::string krr_text(const std::array<KmsList, 2>& lists) {
    return fmt::format("initiator {} receiver {}", to_text(lists[0]), to_text(lists[1]));
}

/// The fate that an expected outcome comes to.
std::optional<Fate> fate_for(std::string_view outcome) noexcept {
    if (outcome.empty()) return std::nullopt;
    if (outcome == "forward" || outcome == "passed" || outcome == "keep-alive") return Fate::forwarded;
    if (outcome == "redirect") return Fate::redirected;
    if (outcome == "reject") return Fate::rejected;
    if (outcome == "rewrite") return Fate::rewritten;
    if (outcome == "absorb") return Fate::absorbed;
    return Fate::gone;
}

}  // namespace

std::string_view to_string(Fate fate) noexcept {
    constexpr std::array<std::string_view, static_cast<std::size_t>(Fate::count_)> kNames = {
        "gone", "forwarded", "partly forwarded", "redirected", "rejected", "absorbed", "rewritten", "leaked"};
    return kNames[static_cast<std::size_t>(fate)];
}

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
    if (!packet || packet->protocol != static_cast<std::uint8_t>(Protocol::udp)) return;
    const auto whole = going_[outside ? 1 : 0].add(*packet);
    if (!whole) return;
    const auto udp = read_transport(packet->protocol, *whole);
    const auto head = udp ? read_head(udp->data) : std::nullopt;
    if (head) learn(d, index, *head);
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
    const std::string lists = krr_text(head.body);
    if (out_.krr_lists.size() < kKrrLists || out_.krr_lists.contains(lists)) count(out_.krr_lists, lists);
    if (!d.note || !d.note->expected || !d.note->expected->krr) return;
    const std::string wanted = krr_text(*d.note->expected->krr);
    if (wanted == lists) return;
    ++out_.mismatches;
    blame(d, "KRR " + lists + ", expected " + wanted, fate);
}

Fate Matcher::fate_of(const Datagram& d) noexcept {
    if (d.answer != Fate::gone) return d.arrived == 0 ? d.answer : Fate::leaked;
    if (d.arrived == 0) return Fate::gone;
    return d.arrived == d.frames.size() ? Fate::forwarded : Fate::partly;
}

void Matcher::blame(const Datagram& d, std::string_view what, Fate fate) {
    if (out_.examples.size() >= kExamples) return;
    const std::string name =
        d.note            ? fmt::format("{} ({}, Call-ID {})", d.note->label, d.note->kind, d.note->call_id)
        : d.label.empty() ? std::string("a datagram")
                          : d.label;
    out_.examples.push_back(
        fmt::format("{} sent {}: {}; {}", name, d.outside ? "outside" : "inside", to_string(fate), what));
}

void Matcher::judge(Datagram& d, Index index) {
    const Fate fate = fate_of(d);
    ++out_.fates[static_cast<std::size_t>(fate)];
    const Time took = d.received > d.sent ? d.received - d.sent : 0;
    if (fate == Fate::forwarded) out_.forward.add(took);
    if (d.answer != Fate::gone) out_.answer.add(took);
    if (!d.label.empty()) count(out_.verdicts, d.label + " " + std::string(to_string(fate)));
    const std::optional<Fate> wanted = d.note ? fate_for(d.note->outcome) : std::nullopt;
    // an ACK has no answer: that it is gone is all there is to see
    const bool silent = wanted == Fate::absorbed && fate == Fate::gone;
    if (wanted ? *wanted != fate && !silent : fate == Fate::gone || fate == Fate::partly) {
        const bool loss = fate == Fate::gone || fate == Fate::partly;
        ++(loss ? out_.lost : out_.mismatches);
        blame(d, wanted ? fmt::format("expected {} ({})", to_string(*wanted), d.note->outcome) : "", fate);
    }
    const auto erase = [index](auto& map, std::uint64_t key) {
        const auto [from, to] = map.equal_range(key);
        for (auto i = from; i != to; ++i)
            if (i->second == index) {
                map.erase(i);
                return;
            }
    };
    for (const std::uint64_t frame : d.frames) {
        erase(by_frame_, frame);
        erase(seen_, frame);
    }
    if (d.sip != 0) erase(by_sip_, d.sip);
    if (d.group != 0) erase(groups_, d.group);
}

void Matcher::expire(Time now) {
    while (!datagrams_.empty() && datagrams_.front().sent + timeout_ < now) {
        judge(datagrams_.front(), first_);
        datagrams_.pop_front();
        ++first_;
    }
}

bool Matcher::settled() const noexcept {
    return std::ranges::none_of(datagrams_, [](const Datagram& d) {
        const Fate fate = fate_of(d);
        if (fate != Fate::gone && fate != Fate::partly) return false;
        const auto wanted = d.note ? fate_for(d.note->outcome) : std::nullopt;
        return !wanted || (*wanted != Fate::gone && !(*wanted == Fate::absorbed && d.label == "ACK"));
    });
}

const Outcome& Matcher::finish() {
    while (!datagrams_.empty()) {
        judge(datagrams_.front(), first_);
        datagrams_.pop_front();
        ++first_;
    }
    return out_;
}

}  // namespace kmsgate::traffic
