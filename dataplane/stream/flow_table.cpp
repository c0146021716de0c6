// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream/flow_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace kmsgate::stream {

FlowKey key_of(const classify::Packet& packet, Arrival arrival, std::uint64_t edge) noexcept {
    FlowKey key;
    key.edge = edge;
    key.vlan = packet.vlan;
    const bool inside = arrival == Arrival::inside;
    key.inside = inside ? packet.source : packet.destination;
    key.outside = inside ? packet.destination : packet.source;
    key.inside_port = inside ? packet.source_port : packet.destination_port;
    key.outside_port = inside ? packet.destination_port : packet.source_port;
    return key;
}

FlowStore::FlowStore(std::size_t flows)
    : flows_(flows + 1), places_(flows + 1), buckets_(std::bit_ceil(flows + 1)), shared_(flows) {
    for (auto i = static_cast<std::uint32_t>(flows); i > 0; --i) {
        places_[i].chain = free_;
        free_ = i;
    }
}

std::size_t FlowStore::bytes_each() noexcept {
    return sizeof(Flow) + sizeof(Place) + 2 * sizeof(std::uint32_t);
}

FlowTable::~FlowTable() {
    for (const List& list : lists_)
        while (list.oldest != 0) remove(store_.flows_[list.oldest]);
}

std::uint32_t FlowTable::bucket_of(const FlowKey& key) const noexcept {
    std::array<std::uint64_t, 6> words{};
    std::memcpy(words.data(), key.inside.data(), 16);
    std::memcpy(words.data() + 2, key.outside.data(), 16);
    words[4] = key.vlan ^ key.edge;
    words[5] = std::uint64_t{key.inside_port} << 16 | key.outside_port;
    return static_cast<std::uint32_t>(hash_.bucket(words)) &
           static_cast<std::uint32_t>(store_.buckets_.size() - 1);
}

Flow* FlowTable::find(const FlowKey& key) noexcept {
    for (std::uint32_t at = store_.buckets_[bucket_of(key)]; at != 0; at = store_.places_[at].chain)
        if (store_.places_[at].key == key) return &store_.flows_[at];
    return nullptr;
}

FlowTable::Kind FlowTable::kind_of(const Flow& flow) noexcept {
    const bool lasting =
        flow.state == Flow::State::passing ||
        (flow.state == Flow::State::open && flow.half[static_cast<std::size_t>(flow.client)].settled);
    return static_cast<Kind>((flow.candidate ? 0U : 2U) + (lasting ? 1U : 0U));
}

std::uint32_t FlowTable::first_to_go(bool candidate) const noexcept {
    for (const Kind kind : {Kind::candidate, Kind::answered_candidate, Kind::brief}) {
        if (candidate && kind == Kind::brief) break;
        const List& list = lists_[static_cast<std::size_t>(kind)];
        if (list.oldest != 0) return list.oldest;
    }
    return 0;
}

Flow* FlowTable::put(const FlowKey& key, bool candidate, Time now) noexcept {
    const std::uint32_t at = store_.free_;
    FlowStore::Place& place = store_.places_[at];
    store_.free_ = place.chain;
    place.key = key;
    place.bucket = bucket_of(key);
    place.chain = store_.buckets_[place.bucket];
    store_.buckets_[place.bucket] = at;
    Flow& flow = store_.flows_[at];
    flow.state = Flow::State::opening;
    flow.candidate = candidate;
    flow.last = now;
    link(flow);
    share_.take();
    return &flow;
}

void FlowTable::remove(Flow& flow) noexcept {
    const std::uint32_t at = index(flow);
    unlink(flow);
    stop_timer(flow);
    std::uint32_t* from = &store_.buckets_[store_.places_[at].bucket];
    while (*from != at) from = &store_.places_[*from].chain;
    *from = store_.places_[at].chain;
    std::destroy_at(&flow);
    std::construct_at(&flow);
    store_.places_[at].chain = store_.free_;
    store_.free_ = at;
    share_.give();
}

/// To move it means to write to both of its neighbours, which no cache has.
void FlowTable::touch(Flow& flow, Time now) noexcept {
    const bool young = now - flow.last < core::kSecond;
    if (young && store_.places_[index(flow)].kind == kind_of(flow)) return;
    unlink(flow);
    flow.last = now;
    link(flow);
}

void FlowTable::link(Flow& flow) noexcept {
    const std::uint32_t at = index(flow);
    store_.places_[at].kind = kind_of(flow);
    List& list = list_of(at);
    flow.newer = 0;
    flow.older = list.newest;
    (list.newest != 0 ? store_.flows_[list.newest].newer : list.oldest) = at;
    list.newest = at;
}

void FlowTable::unlink(Flow& flow) noexcept {
    List& list = list_of(index(flow));
    (flow.newer != 0 ? store_.flows_[flow.newer].older : list.newest) = flow.older;
    (flow.older != 0 ? store_.flows_[flow.older].newer : list.oldest) = flow.newer;
}

void FlowTable::start_timer(Flow& flow) noexcept {
    const std::uint32_t at = index(flow);
    if (store_.places_[at].timed) return;
    store_.places_[at].timed = true;
    flow.timer_previous = 0;
    flow.timer_next = timed_;
    if (timed_ != 0) store_.flows_[timed_].timer_previous = at;
    timed_ = at;
}

void FlowTable::stop_timer(Flow& flow) noexcept {
    const std::uint32_t at = index(flow);
    if (!store_.places_[at].timed) return;
    store_.places_[at].timed = false;
    if (hand_ == at) hand_ = flow.timer_next;
    (flow.timer_previous != 0 ? store_.flows_[flow.timer_previous].timer_next : timed_) = flow.timer_next;
    if (flow.timer_next != 0) store_.flows_[flow.timer_next].timer_previous = flow.timer_previous;
}

}  // namespace kmsgate::stream
