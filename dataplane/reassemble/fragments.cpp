// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/reassemble/fragments.hpp"

#include <rte_prefetch.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

namespace kmsgate::reassemble {

using core::meta;
using State = Datagram::State;

Fragments::Fragments(std::size_t frames, const memory::Key& key, const memory::BulkHash* hash)
    : slots_(frames + 1),
      buckets_(std::bit_ceil(std::max<std::size_t>(frames, 16))),
      limit_(frames),
      own_hash_(hash != nullptr ? nullptr : std::make_unique<const memory::BulkHash>(key)),
      hash_(hash != nullptr ? *hash : *own_hash_) {
    for (std::uint32_t i = 1; i + 1 < slots_.size(); ++i) slots_[i].chain = i + 1;
    free_ = frames != 0 ? 1 : 0;
}

DatagramKey::DatagramKey(const classify::Packet& packet, Arrival arrival) noexcept {
    std::memcpy(words.data(), packet.source.data(), 16);
    std::memcpy(words.data() + 2, packet.destination.data(), 16);
    words[4] = packet.vlan;
    const std::uint8_t protocol = packet.v6 ? 0 : packet.protocol;
    words[5] = std::uint64_t{packet.fragment_id} << 16 | std::uint64_t{protocol} << 8 |
               static_cast<std::uint64_t>(arrival);
}

Place Fragments::place(const classify::Packet& packet, Arrival arrival) const noexcept {
    Place out{DatagramKey(packet, arrival), 0};
    out.bucket = static_cast<std::uint32_t>(hash_.bucket(out.key.words) & (buckets_.size() - 1));
    rte_prefetch0(&buckets_[out.bucket]);
    return out;
}

void Fragments::prefetch(const Place& place) const noexcept {
    const std::uint32_t first = buckets_[place.bucket];
    const Datagram& d = slots_[first != 0 ? first : free_];
    rte_prefetch0(&d);
    rte_prefetch0(&d.bytes);
}

Datagram* Fragments::find(const Place& place) noexcept {
    for (std::uint32_t i = buckets_[place.bucket]; i != 0; i = slots_[i].chain)
        if (slots_[i].key == place.key) return &slots_[i];
    return nullptr;
}

Datagram* Fragments::create(const Place& place, Time now) noexcept {
    // What is only remembered makes room for what is alive.
    if (free_ == 0 && done_.oldest != 0) remove(slots_[done_.oldest]);
    if (free_ == 0) return nullptr;
    Datagram& d = slots_[free_];
    free_ = d.chain;
    d.state = State::gathering;
    d.outcome = core::Outcome::fragment_overlap;
    d.have_first = d.is_signalling = d.unread = d.orphans = false;
    d.key = place.key;
    d.deadline = now + kTimeout;
    d.end = d.bytes = d.passed = 0;
    d.seen_count = 0;  // what stands in seen beyond it is never read
    d.bucket = place.bucket;
    d.chain = buckets_[place.bucket];
    buckets_[place.bucket] = index(d);
    link(waiting_, d);
    return &d;
}

void Fragments::link(List& list, Datagram& d) noexcept {
    d.newer = 0;
    d.older = list.newest;
    (list.newest != 0 ? slots_[list.newest].newer : list.oldest) = index(d);
    list.newest = index(d);
}

void Fragments::unlink(Datagram& d) noexcept {
    List& list = list_of(d);
    (d.older != 0 ? slots_[d.older].newer : list.oldest) = d.newer;
    (d.newer != 0 ? slots_[d.newer].older : list.newest) = d.older;
}

void Fragments::remove(Datagram& d) noexcept {
    drop_frames(d);
    unlink(d);
    std::uint32_t* at = &buckets_[d.bucket];
    while (*at != index(d)) at = &slots_[*at].chain;
    *at = d.chain;
    d.state = State::free;
    d.chain = free_;
    free_ = index(d);
}

void Fragments::hold(Datagram& d, Mbuf frame) noexcept {
    d.frames.push(std::move(frame));
    ++held_;
}

void Fragments::drop_frames(Datagram& d) noexcept {
    held_ -= d.frames.size();
    d.frames.clear();
}

bool Fragments::note(Datagram& d, const memory::BulkHash::Piece& piece) noexcept {
    if (d.seen_count == kRemembered) return false;
    d.seen[d.seen_count++] = piece;
    return true;
}

memory::Hash128 Fragments::sum_of(std::size_t offset, std::span<const std::uint8_t> data) const noexcept {
    return offset + data.size() <= kMaxDatagram ? hash_.piece(offset, data) : memory::Hash128{};
}

namespace {

void describe(rte_mbuf* m, const classify::Packet& p, std::size_t size) noexcept {
    core::FrameMeta& f = meta(m);
    f.offset = p.fragment_offset;
    f.size = static_cast<std::uint32_t>(size);
    f.data = p.l4;
    f.more = p.more_fragments;
}

/// Are these the bytes that a frame holds from `at` on?
bool same_bytes(const rte_mbuf* m, std::size_t at, std::span<const std::uint8_t> data) noexcept {
    for (; m != nullptr && !data.empty(); m = m->next) {
        if (at >= m->data_len) {
            at -= m->data_len;
            continue;
        }
        const std::size_t size = std::min<std::size_t>(m->data_len - at, data.size());
        if (std::memcmp(rte_pktmbuf_mtod_offset(m, const void*, at), data.data(), size) != 0) return false;
        data = data.subspan(size);
        at = 0;
    }
    return data.empty();
}

}  // namespace

Fragments::Result Fragments::add_to_done(Datagram& d, const classify::Packet& packet,
                                         std::span<const std::uint8_t> data, Mbuf& frame, Time now) {
    const memory::Hash128 sum = sum_of(packet.fragment_offset, data);
    const auto seen = std::span(d.seen).first(d.seen_count);
    const auto s = std::ranges::find_if(seen, [&](const memory::BulkHash::Piece& x) {
        return x.offset == packet.fragment_offset && x.size == data.size() && x.sum == sum;
    });
    if (s == seen.end()) return {};
    if (core::fate(d.outcome) == core::Fate::out) {
        unlink(d);
        d.orphans = true;
        d.deadline = now + kOrphanMemory;
        link(orphans_, d);
    }
    bool& again = d.again[static_cast<std::size_t>(s - seen.begin())];
    if (again || (!d.unread && held_ >= limit_)) return {Added::share, &d};
    again = true;
    const bool all = std::ranges::all_of(std::span(d.again).first(d.seen_count), std::identity{});
    if (d.unread) {
        if (all) settle(d, d.outcome, now);
        return {Added::share, &d};
    }
    describe(frame.get(), packet, data.size());
    rte_pktmbuf_refcnt_update(frame.get(), 1);
    hold(d, Mbuf(frame.get()));
    return {all ? Added::share_whole : Added::share, &d};
}

Fragments::Result Fragments::add_to_passing(Datagram& d, const classify::Packet& packet,
                                            std::span<const std::uint8_t> data, Time now) {
    const std::uint32_t begin = packet.fragment_offset;
    const auto size = static_cast<std::uint32_t>(data.size());
    const memory::Hash128 sum = sum_of(begin, data);
    const auto seen = std::span(d.seen).first(d.seen_count);
    const bool again = std::ranges::any_of(seen, [&](const memory::BulkHash::Piece& x) {
        return x.offset == begin && x.size == size && x.sum == sum;
    });
    // What follows may wait at its receiver alone: remembered until that has given it up.
    unlink(d);
    d.deadline = now + kTimeout;
    link(waiting_, d);
    if (again) return {Added::pass, &d};
    // The bytes that said "no signalling" must not be said differently later.
    if (begin < d.bytes) return {Added::overlap, &d};
    note(d, {begin, size, sum});
    d.passed += size;
    if (!packet.more_fragments) d.end = begin + size;
    if (d.end != 0 && d.passed >= d.end) {  // its place and its id are free for the next
        std::uint32_t known = 0;
        for (const auto& x : std::span(d.seen).first(d.seen_count)) known += x.size;
        if (known != d.end)
            d.seen_count = 0;  // too many to know them all: a late duplicate waits and times out
        d.unread = true;
        settle(d, core::Outcome::passed, now);
    }
    return {Added::pass, &d};
}

Fragments::Result Fragments::add(const Place& place, const classify::Packet& packet,
                                 std::span<const std::uint8_t> data, Mbuf& frame, Time now) {
    const std::uint32_t begin = packet.fragment_offset;
    const std::uint32_t end = begin + static_cast<std::uint32_t>(data.size());
    Datagram* d = find(place);
    if (d != nullptr && d->deadline <= now) return {Added::late, d};
    if (d != nullptr && d->state == State::done) {
        const Result r = add_to_done(*d, packet, data, frame, now);
        if (r.datagram != nullptr) return r;
        if (d->orphans) return {Added::overlap, d};
        remove(*d);  // other bytes under the same id: a new datagram
        d = nullptr;
    }
    if (d != nullptr && d->state == State::dead) return {Added::dead, d};
    if (d == nullptr) d = create(place, now);
    if (d == nullptr) return {Added::budget, nullptr};
    if (data.empty() || (packet.more_fragments && data.size() % 8 != 0) || end > kMaxDatagram)
        return {Added::malformed, d};

    if (d->state == State::passing) return add_to_passing(*d, packet, data, now);
    if (d->frames.size() >= kMaxFragments || held_ >= limit_) return {Added::budget, d};
    for (rte_mbuf* m = d->frames.front(); m != nullptr; m = core::FrameList::after(m)) {
        const core::FrameMeta& f = meta(m);
        if (begin >= f.offset + f.size || f.offset >= end) continue;
        if (f.offset != begin || f.size != data.size() || f.more != packet.more_fragments ||
            !same_bytes(m, f.data, data))
            return {Added::overlap, d};
        describe(frame.get(), packet, 0);  // an exact duplicate gives no byte, but waits too
        hold(*d, std::move(frame));
        return {Added::held, d};
    }
    if (d->end != 0 && (end > d->end || !packet.more_fragments)) return {Added::overlap, d};
    if (!packet.more_fragments) {
        for (rte_mbuf* m = d->frames.front(); m != nullptr; m = core::FrameList::after(m))
            if (meta(m).offset + meta(m).size > end) return {Added::overlap, d};
        d->end = end;
    }
    if (begin == 0) {
        d->first = packet;
        d->have_first = true;
    }
    d->bytes += static_cast<std::uint32_t>(data.size());
    describe(frame.get(), packet, data.size());
    hold(*d, std::move(frame));
    return {d->end != 0 && d->bytes == d->end ? Added::whole : Added::held, d};
}

void Fragments::settle(Datagram& d, core::Outcome outcome, Time now) noexcept {
    unlink(d);
    d.state = State::done;
    d.orphans = false;
    d.deadline = now + kMemory;
    link(done_, d);
    std::fill_n(d.again.begin(), d.seen_count, false);
    d.outcome = outcome;
}

void Fragments::kill(Datagram& d, core::Outcome outcome) noexcept {
    d.state = State::dead;
    d.outcome = outcome;
}

}  // namespace kmsgate::reassemble
