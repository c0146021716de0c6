// SPDX-License-Identifier: BSD-3-Clause
// IP fragments, held until their datagram is whole or known to be no signalling. Overlap is refused; frames
// leave as they came. One table a pipeline; all memory is taken at the start.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/classify/packet.hpp"
#include "dataplane/core/frame.hpp"
#include "dataplane/core/outcome.hpp"
#include "dataplane/memory/bulk_hash.hpp"

namespace kmsgate::reassemble {

using core::Arrival;
using core::Mbuf;
using core::Time;

/// Fragments of one datagram: 65,535 bytes in packets of 576 bytes are 119.
inline constexpr std::size_t kMaxFragments = 128;
/// A datagram is given up this long after its first fragment came (RFC 791 and 8200 allow 15 to 60 s), one
/// that passes this long after its last.
inline constexpr Time kTimeout = 30 * core::kSecond;
/// How long a datagram that is done is remembered for late exact duplicates of its fragments.
inline constexpr Time kMemory = 5 * core::kSecond;
/// A late duplicate that left alone waits at its receiver for the rest (at most 120 s, RFC 1122 3.3.2). So
/// long no other bytes may follow under its id: together with it they would be a datagram that nobody judged.
inline constexpr Time kOrphanMemory = 120 * core::kSecond;
inline constexpr std::size_t kMaxDatagram = 65535;
/// Fragments remembered of a datagram that is done.
inline constexpr std::size_t kRemembered = 16;
/// Sum of a fragment's data at its place in the datagram (memory::BulkHash).
using Digest = std::array<std::uint64_t, 2>;

struct DatagramKey {
    policy::table::Address source{};
    policy::table::Address destination{};
    std::uint64_t vlan = 0;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    Arrival arrival = Arrival::inside;
    friend bool operator==(const DatagramKey&, const DatagramKey&) noexcept = default;
};

/// One datagram in the making, or just done.
struct Datagram {
    enum class State : std::uint8_t {
        free,
        gathering,
        passing,  ///< its first fragment is no signalling: all leave at once
        dead,     ///< refused: all that follows is dropped for `reason`
        done,     ///< was whole, or all of it has passed; see outcome
    };
    State state = State::free;
    core::Outcome outcome = core::Outcome::fragment_overlap;  ///< dead, done: how its frames end
    bool have_first = false;
    bool is_signalling = false;  ///< the first fragment says so: no further question
    DatagramKey key;
    classify::Packet first;  ///< of the fragment with offset 0
    Time deadline = 0;
    std::uint32_t end = 0;     ///< size of the whole once the last fragment is here, else 0
    std::uint32_t bytes = 0;   ///< bytes gathered; passing: bytes from the start that said "no signalling"
    std::uint32_t passed = 0;  ///< passing: bytes that have left
    bool unread = false;       ///< done without having been read: duplicates need not be held
    bool orphans = false;      ///< done: some duplicates have left again, but not all
    core::FrameList frames;    ///< in order of arrival

    struct Seen {
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
        Digest digest{};
        bool again = false;
    };
    std::array<Seen, kRemembered> seen{};  ///< done: its fragments
    std::size_t seen_count = 0;

    std::uint32_t bucket = 0;            ///< where it hangs
    std::uint32_t chain = 0;             ///< next in the bucket, or next free
    std::uint32_t older = 0, newer = 0;  ///< neighbours in the list of deadlines
};

/// What to do with the fragment that was just added.
enum class Added : std::uint8_t {
    held,         ///< it waits in Datagram::frames
    whole,        ///< it waits there too, and with it the datagram is complete
    pass,         ///< it leaves now
    share,        ///< exact duplicate of a done datagram: it ends as that one did; its bytes are held
    share_whole,  ///< the same, and with it the whole datagram has come a second time
    malformed,    ///< lengths that no datagram has: it ends, and so do the frames of its datagram
    overlap,      ///< refused: it ends, and so do the frames of its datagram
    budget,       ///< no room: it ends, and so do the frames of its datagram (when there is one)
    dead,         ///< its datagram was refused before
};

class Fragments {
  public:
    /// `frames`: how many may be held at once; `hash` (outlives this; null: one of its own, of `key`) tells
    /// fragments apart and makes the buckets unguessable.
    Fragments(std::size_t frames, const memory::Key& key, const memory::BulkHash* hash = nullptr);

    struct Result {
        Added added = Added::held;
        Datagram* datagram = nullptr;  ///< valid until the next call; null: none (budget)
    };
    /// Adds a fragment; `data` is its IP payload inside the frame. The frame is moved into the datagram for
    /// held and whole and, as a second reference, for share and share_whole; else it stays in `frame`.
    Result add(const classify::Packet& packet, std::span<const std::uint8_t> data, Mbuf& frame, Time now);

    /// Copies the gathered bytes in order into `out`: the whole datagram, or the part from offset 0 on
    /// without a gap.
    [[nodiscard]] static std::span<const std::uint8_t> gather(const Datagram& datagram,
                                                              std::span<std::uint8_t> out) noexcept;
    /// The sum of a whole datagram from those of its fragments; `bytes`: what gather() gave.
    [[nodiscard]] memory::Hash128 sum(const Datagram& datagram,
                                      std::span<const std::uint8_t> bytes) const noexcept;
    /// The data of the fragment at offset 0 as far as it stands in one piece in its frame; empty when it has
    /// not come.
    [[nodiscard]] static std::span<const std::uint8_t> start(const Datagram& datagram) noexcept;
    /// Takes the oldest frame out of a datagram; null when none is left.
    [[nodiscard]] Mbuf take(Datagram& datagram) noexcept {
        if (!datagram.frames.empty()) --held_;
        return datagram.frames.pop();
    }
    /// A whole datagram is about to be judged: notes its fragments, before the caller takes them out.
    void remember(Datagram& datagram) noexcept;
    /// ... and has been: late exact duplicates of its fragments end as it did.
    void settle(Datagram& datagram, core::Outcome outcome, Time now) noexcept;
    /// The datagram is no signalling: what follows passes. Called before its frames are taken out.
    void pass(Datagram& datagram) noexcept;
    /// The datagram is refused: what follows is dropped as `outcome`.
    void kill(Datagram& datagram, core::Outcome outcome) noexcept;

    /// Removes what is older than its time. Each datagram that still holds frames is first shown to
    /// `expired`.
    template <class F>
    void expire(Time now, F&& expired) {
        for (List* list : {&waiting_, &done_, &orphans_}) {
            while (list->oldest != 0 && slots_[list->oldest].deadline <= now) {
                Datagram& d = slots_[list->oldest];
                if (!d.frames.empty()) expired(d);
                remove(d);
            }
        }
    }
    [[nodiscard]] std::size_t frames_held() const noexcept { return held_; }
    [[nodiscard]] std::size_t frame_limit() const noexcept { return limit_; }

  private:
    struct List {
        std::uint32_t oldest = 0, newest = 0;
    };
    [[nodiscard]] std::uint32_t index(const Datagram& d) const noexcept {
        return static_cast<std::uint32_t>(&d - slots_.data());
    }
    [[nodiscard]] std::uint32_t bucket_of(const DatagramKey& key) const noexcept;
    Datagram* find(const DatagramKey& key, std::uint32_t bucket) noexcept;
    Datagram* create(const DatagramKey& key, std::uint32_t bucket, Time now) noexcept;
    void remove(Datagram& d) noexcept;
    void link(List& list, Datagram& d) noexcept;
    void unlink(Datagram& d) noexcept;
    [[nodiscard]] List& list_of(const Datagram& d) noexcept {
        if (d.orphans) return orphans_;
        return d.state == Datagram::State::done ? done_ : waiting_;
    }
    Result add_to_done(Datagram& d, const classify::Packet& packet, const Digest& digest, std::size_t data_at,
                       std::size_t size, Mbuf& frame, Time now);
    Result add_to_passing(Datagram& d, const classify::Packet& packet, const Digest& digest, std::size_t size,
                          Time now);
    void hold(Datagram& d, Mbuf frame) noexcept;
    void drop_frames(Datagram& d) noexcept;

    std::vector<Datagram> slots_;  ///< slot 0 is never used: index 0 means none
    std::vector<std::uint32_t> buckets_;
    std::uint32_t free_ = 0;
    List waiting_, done_, orphans_;
    std::size_t limit_;
    std::size_t held_ = 0;
    std::unique_ptr<const memory::BulkHash> own_hash_;
    const memory::BulkHash& hash_;
};

}  // namespace kmsgate::reassemble
