// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/reassemble/fragments.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace kmsgate::reassemble {

using core::meta;
using State = Datagram::State;

Fragments::Fragments(std::size_t frames, const memory::Key& key, const memory::BulkHash* hash)
    : slots_(frames + 1),
      buckets_(std::bit_ceil(std::max<std::size_t>(frames, 16)), 0),
      limit_(frames),
      own_hash_(hash != nullptr ? nullptr : std::make_unique<const memory::BulkHash>(key)),
      hash_(hash != nullptr ? *hash : *own_hash_) {
    for (std::uint32_t i = 1; i + 1 < slots_.size(); ++i) slots_[i].chain = i + 1;
    free_ = frames != 0 ? 1 : 0;
}

std::uint32_t Fragments::bucket_of(const DatagramKey& key) const noexcept {
    std::array<std::uint64_t, 6> words{};
    std::memcpy(words.data(), key.source.data(), 16);
    std::memcpy(words.data() + 2, key.destination.data(), 16);
    words[4] = key.vlan;
    words[5] = std::uint64_t{key.id} << 16 | static_cast<std::uint64_t>(key.protocol) << 8 |
               static_cast<std::uint64_t>(key.arrival);
    return static_cast<std::uint32_t>(hash_.block(words).low & (buckets_.size() - 1));
}

Datagram* Fragments::find(const DatagramKey& key, std::uint32_t bucket) noexcept {
    for (std::uint32_t i = buckets_[bucket]; i != 0; i = slots_[i].chain)
        if (slots_[i].key == key) return &slots_[i];
    return nullptr;
}

Datagram* Fragments::create(const DatagramKey& key, std::uint32_t bucket, Time now) noexcept {
    // What is only remembered makes room for what is alive.
    if (free_ == 0 && done_.oldest != 0) remove(slots_[done_.oldest]);
    if (free_ == 0) return nullptr;
    Datagram& d = slots_[free_];
    free_ = d.chain;
    d.state = State::gathering;
    d.outcome = core::Outcome::fragment_overlap;
    d.have_first = d.is_signalling = d.unread = d.orphans = false;
    d.key = key;
    d.deadline = now + kTimeout;
    d.end = d.bytes = d.passed = 0;
    d.seen_count = 0;  // what stands in seen beyond it is never read
    d.bucket = bucket;
    d.chain = buckets_[bucket];
    buckets_[bucket] = index(d);
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

namespace {

void describe(rte_mbuf* m, const classify::Packet& p, std::size_t data_at, std::size_t size,
              const Digest& digest) noexcept {
    core::FrameMeta& f = meta(m);
    f.offset = p.fragment_offset;
    f.size = static_cast<std::uint32_t>(size);
    f.data = static_cast<std::uint32_t>(data_at);
    f.more = p.more_fragments;
    f.digest = digest;
}

}  // namespace

Fragments::Result Fragments::add_to_done(Datagram& d, const classify::Packet& packet, const Digest& digest,
                                         std::size_t data_at, std::size_t size, Mbuf& frame, Time now) {
    const auto end = d.seen.begin() + static_cast<std::ptrdiff_t>(d.seen_count);
    const auto s = std::find_if(d.seen.begin(), end, [&](const Datagram::Seen& x) {
        return x.offset == packet.fragment_offset && x.size == size && x.digest == digest;
    });
    if (s == end) return {};
    if (core::fate(d.outcome) == core::Fate::out) {
        unlink(d);
        d.orphans = true;
        d.deadline = now + kOrphanMemory;
        link(orphans_, d);
    }
    if (s->again || (!d.unread && held_ >= limit_)) return {Added::share, &d};
    s->again = true;
    const bool all = std::all_of(d.seen.begin(), end, [](const Datagram::Seen& x) { return x.again; });
    if (d.unread) {
        if (all) settle(d, d.outcome, now);
        return {Added::share, &d};
    }
    describe(frame.get(), packet, data_at, size, digest);
    rte_mbuf_refcnt_update(frame.get(), 1);
    hold(d, Mbuf(frame.get()));
    return {all ? Added::share_whole : Added::share, &d};
}

Fragments::Result Fragments::add_to_passing(Datagram& d, const classify::Packet& packet, const Digest& digest,
                                            std::size_t size, Time now) {
    const std::uint32_t begin = packet.fragment_offset;
    const auto end = d.seen.begin() + static_cast<std::ptrdiff_t>(d.seen_count);
    const bool again = std::any_of(d.seen.begin(), end, [&](const Datagram::Seen& x) {
        return x.offset == begin && x.size == size && x.digest == digest;
    });
    // What follows may wait at its receiver alone: remembered until that has given it up.
    unlink(d);
    d.deadline = now + kTimeout;
    link(waiting_, d);
    if (again) return {Added::pass, &d};
    // The bytes that said "no signalling" must not be said differently later.
    if (begin < d.bytes) return {Added::overlap, &d};
    if (d.seen_count < kRemembered)
        d.seen[d.seen_count++] = {begin, static_cast<std::uint32_t>(size), digest, false};
    d.passed += static_cast<std::uint32_t>(size);
    if (!packet.more_fragments) d.end = begin + static_cast<std::uint32_t>(size);
    if (d.end != 0 && d.passed >= d.end) {  // its place and its id are free for the next
        const std::uint32_t known =
            std::accumulate(d.seen.begin(), d.seen.begin() + static_cast<std::ptrdiff_t>(d.seen_count), 0U,
                            [](std::uint32_t n, const Datagram::Seen& x) { return n + x.size; });
        if (known != d.end)
            d.seen_count = 0;  // too many to know them all: a late duplicate waits and times out
        d.unread = true;
        settle(d, core::Outcome::passed, now);
    }
    return {Added::pass, &d};
}

Fragments::Result Fragments::add(const classify::Packet& packet, std::span<const std::uint8_t> data,
                                 Mbuf& frame, Time now) {
    const DatagramKey key{packet.source,
                          packet.destination,
                          packet.vlan,
                          packet.fragment_id,
                          packet.v6 ? std::uint8_t{0} : packet.protocol,
                          meta(frame.get()).arrival};
    const std::uint32_t begin = packet.fragment_offset;
    const std::uint32_t end = begin + static_cast<std::uint32_t>(data.size());
    const std::uint32_t bucket = bucket_of(key);
    Datagram* d = find(key, bucket);
    Digest digest{};
    if (end <= kMaxDatagram) {
        const memory::Hash128 sum = hash_.piece(begin, data);
        digest = {sum.low, sum.high};
    }
    if (d != nullptr && d->state == State::done) {
        const Result r = add_to_done(*d, packet, digest, packet.l4, data.size(), frame, now);
        if (r.datagram != nullptr) return r;
        if (d->orphans) return {Added::overlap, d};
        remove(*d);  // other bytes under the same id: a new datagram
        d = nullptr;
    }
    if (d != nullptr && d->state == State::dead) return {Added::dead, d};
    if (d == nullptr) d = create(key, bucket, now);
    if (d == nullptr) return {Added::budget, nullptr};
    if (data.empty() || (packet.more_fragments && data.size() % 8 != 0) || end > kMaxDatagram)
        return {Added::malformed, d};

    if (d->state == State::passing) return add_to_passing(*d, packet, digest, data.size(), now);
    if (d->frames.size() >= kMaxFragments || held_ >= limit_) return {Added::budget, d};
    for (rte_mbuf* m = d->frames.front(); m != nullptr; m = core::FrameList::after(m)) {
        const core::FrameMeta& f = meta(m);
        if (f.offset == begin && f.size == data.size() && f.digest == digest &&
            f.more == packet.more_fragments) {
            describe(frame.get(), packet, packet.l4, 0,
                     digest);  // an exact duplicate gives no byte, but waits too
            hold(*d, std::move(frame));
            return {Added::held, d};
        }
        if (begin < f.offset + f.size && f.offset < end) return {Added::overlap, d};
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
    describe(frame.get(), packet, packet.l4, data.size(), digest);
    hold(*d, std::move(frame));
    return {d->end != 0 && d->bytes == d->end ? Added::whole : Added::held, d};
}

std::span<const std::uint8_t> Fragments::gather(const Datagram& datagram,
                                                std::span<std::uint8_t> out) noexcept {
    std::size_t reached = 0;
    // Fragments come in order nearly always; each further round picks up what came early.
    for (bool grown = true; grown && reached != datagram.bytes;) {
        grown = false;
        for (rte_mbuf* m = datagram.frames.front(); m != nullptr; m = core::FrameList::after(m)) {
            const core::FrameMeta& f = meta(m);
            if (f.offset != reached || f.size == 0 || f.offset + f.size > out.size()) continue;
            const void* bytes = rte_pktmbuf_read(m, f.data, f.size, out.data() + reached);
            if (bytes == nullptr) return {};
            if (bytes != out.data() + reached) std::memcpy(out.data() + reached, bytes, f.size);
            reached += f.size;
            grown = true;
        }
    }
    return out.first(reached);
}

memory::Hash128 Fragments::sum(const Datagram& datagram, std::span<const std::uint8_t> bytes) const noexcept {
    memory::Hash128 all;
    const auto add = [&all](std::uint64_t low, std::uint64_t high) {
        all.low ^= low;
        all.high ^= high;
    };
    for (rte_mbuf* m = datagram.frames.front(); m != nullptr; m = core::FrameList::after(m)) {
        const core::FrameMeta& f = meta(m);
        if (f.size == 0) continue;
        add(f.digest[0], f.digest[1]);
        if (f.offset == 0) continue;
        const memory::Hash128 seam = hash_.seam(f.offset, bytes);
        add(seam.low, seam.high);
    }
    return all;
}

std::span<const std::uint8_t> Fragments::start(const Datagram& datagram) noexcept {
    for (rte_mbuf* m = datagram.frames.front(); m != nullptr; m = core::FrameList::after(m)) {
        const core::FrameMeta& f = meta(m);
        if (f.offset != 0 || f.size == 0) continue;
        const auto* const at =
            static_cast<const std::uint8_t*>(rte_pktmbuf_mtod_offset(m, const void*, f.data));
        if (f.data >= m->data_len) return {};
        return {at, std::min<std::size_t>(f.size, m->data_len - f.data)};
    }
    return {};
}

void Fragments::remember(Datagram& d) noexcept {
    if (d.state == State::done) return;
    d.seen_count = 0;
    for (rte_mbuf* m = d.frames.front(); m != nullptr; m = core::FrameList::after(m)) {
        if (meta(m).size == 0) continue;
        if (d.seen_count == kRemembered) {  // too many: late duplicates will wait and time out
            d.seen_count = 0;
            return;
        }
        d.seen[d.seen_count++] = {meta(m).offset, meta(m).size, meta(m).digest, false};
    }
}

void Fragments::settle(Datagram& d, core::Outcome outcome, Time now) noexcept {
    unlink(d);
    d.state = State::done;
    d.orphans = false;
    d.deadline = now + kMemory;
    link(done_, d);
    for (std::size_t i = 0; i < d.seen_count; ++i) d.seen[i].again = false;
    d.outcome = outcome;
}

void Fragments::pass(Datagram& d) noexcept {
    d.passed = d.bytes;
    d.seen_count = 0;
    std::uint32_t reached = 0;
    for (bool grown = true; grown;) {
        grown = false;
        for (rte_mbuf* m = d.frames.front(); m != nullptr; m = core::FrameList::after(m)) {
            const core::FrameMeta& f = meta(m);
            if (f.offset != reached || f.size == 0) continue;
            reached += f.size;
            grown = true;
        }
    }
    for (rte_mbuf* m = d.frames.front(); m != nullptr; m = core::FrameList::after(m))
        if (meta(m).size != 0 && d.seen_count < kRemembered)
            d.seen[d.seen_count++] = {meta(m).offset, meta(m).size, meta(m).digest, false};
    d.bytes = reached;
    d.state = State::passing;
}

void Fragments::kill(Datagram& d, core::Outcome outcome) noexcept {
    d.state = State::dead;
    d.outcome = outcome;
}

}  // namespace kmsgate::reassemble
