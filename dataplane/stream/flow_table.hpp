// SPDX-License-Identifier: BSD-3-Clause
// The connections of one edge, by their two ends. All memory is taken at the start. An edge that has used up
// its share makes room among its own: among what is watched on other ports first, then among those that are
// opening or done, never among open ones.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/classify/packet.hpp"
#include "dataplane/memory/bulk_hash.hpp"
#include "dataplane/stream/flow.hpp"
#include "dataplane/stream/share.hpp"

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
    [[nodiscard]] std::size_t size() const noexcept { return shared_.used(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return shared_.total(); }
    /// Bytes of memory that one connection takes.
    [[nodiscard]] static std::size_t bytes_each() noexcept;

  private:
    friend class FlowTable;
    /// Lists of ages, in the order in which they give way.
    enum class Kind : std::uint8_t {
        candidate,           ///< on another port; nobody has acknowledged its second SYN
        answered_candidate,  ///< its client has
        brief,               ///< opening, half-open, closed or refused
        lasting,             ///< gives way to nobody
        count_
    };
    struct Place {
        FlowKey key;
        std::uint32_t bucket = 0;
        std::uint32_t chain = 0;  ///< next in the bucket, or next free
        Kind kind = Kind::brief;
        bool timed = false;
    };
    std::vector<Flow> flows_;  ///< 0 is never used: index 0 means none
    std::vector<Place> places_;
    std::vector<std::uint32_t> buckets_;
    std::uint32_t free_ = 0;
    Shared shared_;
};

class FlowTable {
  public:
    /// Both outlive this; `hash` makes the buckets unguessable.
    FlowTable(FlowStore& store, const memory::BulkHash& hash) noexcept
        : store_(store), share_(store.shared_), hash_(hash) {}
    ~FlowTable();
    FlowTable(const FlowTable&) = delete;
    FlowTable& operator=(const FlowTable&) = delete;

    [[nodiscard]] Flow* find(const FlowKey& key) noexcept;
    /// A new flow, as if just opening; null: all places of this edge are taken by those that do not give way
    /// to it (to a candidate others of its like do). The key must not be there. Who has to make room is shown
    /// to `gone` first.
    template <class F>
    Flow* add(const FlowKey& key, bool candidate, Time now, F&& gone) {
        if (share_.left() == 0) {
            const std::uint32_t victim = first_to_go(candidate);
            if (victim == 0) return nullptr;
            Flow& oldest = store_.flows_[victim];
            gone(oldest);
            remove(oldest);
        }
        return put(key, candidate, now);
    }
    void remove(Flow& flow) noexcept;
    /// A segment came: it is the youngest of its kind now, to a second. To be called when its state has
    /// changed, too.
    void touch(Flow& flow, Time now) noexcept;
    /// Removes at most `most` flows that no segment has come for; each is shown to `gone` before.
    template <class F>
    void age(Time now, Time brief, Time idle, std::size_t most, F&& gone) {
        if (share_.used() == 0) return;
        for (std::size_t kind = 0; kind < lists_.size(); ++kind) {
            const List& list = lists_[kind];
            const Time life = lasts(static_cast<Kind>(kind)) ? idle : brief;
            while (most > 0 && list.oldest != 0) {
                Flow& oldest = store_.flows_[list.oldest];
                if (oldest.last + life > now) break;
                --most;
                gone(oldest);
                remove(oldest);
            }
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
        for (const List& list : lists_)
            for (std::uint32_t at = list.oldest; at != 0; at = store_.flows_[at].newer)
                look(store_.flows_[at]);
    }

    [[nodiscard]] const FlowKey& key(const Flow& flow) const noexcept {
        return store_.places_[index(flow)].key;
    }

  private:
    using Kind = FlowStore::Kind;
    struct List {
        std::uint32_t oldest = 0, newest = 0;
    };
    [[nodiscard]] static Kind kind_of(const Flow& flow) noexcept;
    [[nodiscard]] static bool lasts(Kind kind) noexcept {
        return kind == Kind::lasting || kind == Kind::answered_candidate;
    }
    [[nodiscard]] List& list_of(std::uint32_t at) noexcept {
        return lists_[static_cast<std::size_t>(store_.places_[at].kind)];
    }
    /// Who makes room for a new one; 0: nobody.
    [[nodiscard]] std::uint32_t first_to_go(bool candidate) const noexcept;
    [[nodiscard]] std::uint32_t index(const Flow& flow) const noexcept {
        return static_cast<std::uint32_t>(&flow - store_.flows_.data());
    }
    [[nodiscard]] std::uint32_t bucket_of(const FlowKey& key) const noexcept;
    Flow* put(const FlowKey& key, bool candidate, Time now) noexcept;
    void link(Flow& flow) noexcept;
    void unlink(Flow& flow) noexcept;

    FlowStore& store_;
    Share share_;
    std::array<List, static_cast<std::size_t>(Kind::count_)> lists_;
    std::uint32_t timed_ = 0;
    std::uint32_t hand_ = 0;
    const memory::BulkHash& hash_;
};

}  // namespace kmsgate::stream
