// SPDX-License-Identifier: BSD-3-Clause
// The connections of one edge, by their two ends. All memory is taken at the start; a table that is full
// makes room among those that are opening or done, never among open ones.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/classify/packet.hpp"
#include "dataplane/memory/bulk_hash.hpp"
#include "dataplane/stream/flow.hpp"

namespace kmsgate::stream {

/// Both ends, the one behind the port `inside` first, whichever of them sent: both directions are one flow.
struct FlowKey {
    policy::table::Address inside{};
    policy::table::Address outside{};
    std::uint64_t vlan = 0;
    std::uint64_t edge = 0;  ///< tells the edges of a worker apart
    std::uint16_t inside_port = 0;
    std::uint16_t outside_port = 0;
    friend bool operator==(const FlowKey&, const FlowKey&) noexcept = default;
};
[[nodiscard]] FlowKey key_of(const classify::Packet& packet, Arrival arrival, std::uint64_t edge) noexcept;

/// Room for the connections of all edges of one worker.
class FlowStore {
  public:
    explicit FlowStore(std::size_t flows);
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return flows_.size() - 1; }
    /// Bytes of memory that one connection takes.
    [[nodiscard]] static std::size_t bytes_each() noexcept;

  private:
    friend class FlowTable;
    struct Place {
        FlowKey key;
        std::uint32_t bucket = 0;
        std::uint32_t chain = 0;  ///< next in the bucket, or next free
        bool brief = true;
        bool timed = false;
    };
    std::vector<Flow> flows_;  ///< 0 is never used: index 0 means none
    std::vector<Place> places_;
    std::vector<std::uint32_t> buckets_;
    std::uint32_t free_ = 0;
    std::size_t size_ = 0;
};

class FlowTable {
  public:
    /// Both outlive this; `hash` makes the buckets unguessable.
    FlowTable(FlowStore& store, const memory::BulkHash& hash) noexcept : store_(store), hash_(hash) {}
    ~FlowTable();
    FlowTable(const FlowTable&) = delete;
    FlowTable& operator=(const FlowTable&) = delete;

    [[nodiscard]] Flow* find(const FlowKey& key) noexcept;
    /// A new flow, as if just opening; null: all places are taken by open ones. The key must not be there.
    /// Who has to make room is shown to `gone` first.
    template <class F>
    Flow* add(const FlowKey& key, Time now, F&& gone) {
        if (store_.free_ == 0) {
            if (brief_.oldest == 0) return nullptr;
            Flow& oldest = store_.flows_[brief_.oldest];
            gone(oldest);
            remove(oldest);
        }
        return put(key, now);
    }
    void remove(Flow& flow) noexcept;
    /// A segment came: it is the youngest of its kind now (opening, closed and refused ones are of one kind).
    void touch(Flow& flow, Time now) noexcept;
    /// Removes at most `most` flows that no segment has come for; each is shown to `gone` before.
    template <class F>
    void age(Time now, Time brief, Time idle, std::size_t most, F&& gone) {
        for (const auto& [list, life] : {std::pair{&brief_, brief}, std::pair{&lasting_, idle}})
            while (most > 0 && list->oldest != 0) {
                Flow& oldest = store_.flows_[list->oldest];
                if (oldest.last + life > now) break;
                --most;
                gone(oldest);
                remove(oldest);
            }
    }

    /// Flows whose timer runs.
    void start_timer(Flow& flow) noexcept;
    void stop_timer(Flow& flow) noexcept;
    /// Shows at most `most` of them to `look`, in turn over the calls.
    template <class F>
    void timers(std::size_t most, F&& look) {
        std::uint32_t at = hand_ != 0 ? hand_ : timed_;
        for (; most > 0 && at != 0; --most) {
            hand_ = store_.flows_[at].timer_next;
            look(store_.flows_[at]);
            at = hand_;
        }
        hand_ = at;
    }
    /// Shows all flows that are not free.
    template <class F>
    void each(F&& look) {
        for (List* list : {&brief_, &lasting_})
            for (std::uint32_t at = list->oldest; at != 0; at = store_.flows_[at].newer)
                look(store_.flows_[at]);
    }

    [[nodiscard]] const FlowKey& key(const Flow& flow) const noexcept {
        return store_.places_[index(flow)].key;
    }

  private:
    struct List {
        std::uint32_t oldest = 0, newest = 0;
    };
    [[nodiscard]] std::uint32_t index(const Flow& flow) const noexcept {
        return static_cast<std::uint32_t>(&flow - store_.flows_.data());
    }
    [[nodiscard]] std::uint32_t bucket_of(const FlowKey& key) const noexcept;
    Flow* put(const FlowKey& key, Time now) noexcept;
    void link(Flow& flow) noexcept;
    void unlink(Flow& flow) noexcept;

    FlowStore& store_;
    List brief_, lasting_;
    std::uint32_t timed_ = 0;
    std::uint32_t hand_ = 0;
    const memory::BulkHash& hash_;
};

}  // namespace kmsgate::stream
