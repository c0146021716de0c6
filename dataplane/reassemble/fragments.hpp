// SPDX-License-Identifier: BSD-3-Clause
// IP fragments, held until their datagram is whole or known to be no signalling. Overlap is refused; frames
// leave as they came. One table a pipeline; all memory is taken at the start.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "dataplane/classify/packet.hpp"
#include "dataplane/core/frame.hpp"
#include "dataplane/core/outcome.hpp"
#include "dataplane/memory/bulk_hash.hpp"
#include "dataplane/memory/pages.hpp"

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
/// Datagrams past their time that one call of expire() ends; the next one goes on.
inline constexpr std::size_t kExpired = 64;

/// What the fragments of one datagram have in common.
struct DatagramKey {
    std::array<std::uint64_t, 6> words{};  ///< source, destination, VLAN, id and protocol and side

    DatagramKey() = default;
    DatagramKey(const classify::Packet& packet, Arrival arrival) noexcept;
    [[nodiscard]] Arrival arrival() const noexcept { return static_cast<Arrival>(words[5] & 1); }
    friend bool operator==(const DatagramKey& a, const DatagramKey& b) noexcept {
        std::uint64_t other = 0;
        for (std::size_t i = 0; i < a.words.size(); ++i) other |= a.words[i] ^ b.words[i];
        return other == 0;
    }
};
/// A key and where it hangs.
struct Place {
    DatagramKey key;
    std::uint32_t bucket = 0;
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
    // What every fragment looks at stands in front.
    DatagramKey key;
    std::uint32_t chain = 0;  ///< next in the bucket, or next free
    State state = State::free;
    core::Outcome outcome = core::Outcome::fragment_overlap;  ///< dead, done: how its frames end
    bool have_first = false;
    bool is_signalling = false;  ///< the first fragment says so: no further question
    Time deadline = 0;
    std::uint32_t end = 0;     ///< size of the whole once the last fragment is here, else 0
    std::uint32_t bytes = 0;   ///< bytes gathered; passing: bytes from the start that said "no signalling"
    core::FrameList frames;    ///< in order of arrival
    std::uint32_t passed = 0;  ///< passing: bytes that have left
    bool unread = false;       ///< done without having been read: duplicates need not be held
    bool orphans = false;      ///< done: some duplicates have left again, but not all
    std::uint32_t bucket = 0;  ///< where it hangs
    std::uint32_t older = 0, newer = 0;  ///< neighbours in the list of deadlines
    classify::Packet first;              ///< of the fragment with offset 0

    // passing, done: its fragments
    std::size_t seen_count = 0;
    std::array<memory::BulkHash::Piece, kRemembered> seen{};
    std::array<bool, kRemembered> again{};  ///< done: it has come a second time
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
    late,         ///< the time of its datagram is over: to be ended and forget() before it comes again
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
    /// Where the datagram of a fragment is looked for; what is read first is fetched into the cache.
    [[nodiscard]] Place place(const classify::Packet& packet, Arrival arrival) const noexcept;
    /// Fetches the datagram, or the first that hangs there.
    void prefetch(const Place& place) const noexcept;
    /// Adds a fragment; `data` is its IP payload inside the frame. The frame is moved into the datagram for
    /// held and whole and, as a second reference, for share and share_whole; else it stays in `frame`.
    Result add(const Place& place, const classify::Packet& packet, std::span<const std::uint8_t> data,
               Mbuf& frame, Time now);

    /// Copies the gathered bytes in order into `out`: the whole datagram, or the part from offset 0 on
    /// without a gap.
    [[nodiscard]] static std::span<const std::uint8_t> gather(const Datagram& datagram,
                                                              std::span<std::uint8_t> out) noexcept;
    /// The same for a whole datagram that is about to be judged. Its fragments are noted in the same pass,
    /// for late duplicates and digest().
    [[nodiscard]] std::span<const std::uint8_t> assemble(Datagram& datagram,
                                                         std::span<std::uint8_t> out) const noexcept;
    /// The digest of its UDP payload from its fragments, as assemble() noted them; nullopt: they are too many
    /// to be noted. `bytes`: what assemble() gave.
    [[nodiscard]] std::optional<memory::Hash128> digest(const Datagram& datagram,
                                                        std::span<const std::uint8_t> bytes) const noexcept;
    /// The data of the fragment at offset 0 as far as it stands in one piece in its frame; empty when it has
    /// not come.
    [[nodiscard]] static std::span<const std::uint8_t> start(const Datagram& datagram) noexcept;
    /// Takes the oldest frame out of a datagram; null when none is left.
    [[nodiscard]] Mbuf take(Datagram& datagram) noexcept {
        if (!datagram.frames.empty()) --held_;
        return datagram.frames.pop();
    }
    /// Takes all of them.
    [[nodiscard]] core::FrameList take_all(Datagram& datagram) noexcept {
        held_ -= datagram.frames.size();
        return std::move(datagram.frames);
    }
    /// What assemble() gave has been judged: late exact duplicates of its fragments end as it did.
    void settle(Datagram& datagram, core::Outcome outcome, Time now) noexcept;
    /// The datagram is no signalling: what follows passes. Called before its frames are taken out. `scratch`:
    /// room for one frame's data in pieces.
    void pass(Datagram& datagram, std::span<std::uint8_t> scratch) noexcept;
    /// The datagram is refused: what follows is dropped as `outcome`.
    void kill(Datagram& datagram, core::Outcome outcome) noexcept;

    /// Removes what is older than its time, at most `most` datagrams. Each that still holds frames is first
    /// shown to `expired`.
    template <class F>
    void expire(Time now, F&& expired, std::size_t most = SIZE_MAX) {
        for (List* list : {&waiting_, &done_, &orphans_}) {
            while (list->oldest != 0 && slots_[list->oldest].deadline <= now && most != 0) {
                --most;
                Datagram& d = slots_[list->oldest];
                if (!d.frames.empty()) expired(d);
                remove(d);
            }
        }
    }
    /// Removes one, its frames with it.
    void forget(Datagram& datagram) noexcept { remove(datagram); }
    [[nodiscard]] std::size_t frames_held() const noexcept { return held_; }
    [[nodiscard]] std::size_t frame_limit() const noexcept { return limit_; }

  private:
    struct List {
        std::uint32_t oldest = 0, newest = 0;
    };
    [[nodiscard]] std::uint32_t index(const Datagram& d) const noexcept {
        return static_cast<std::uint32_t>(&d - slots_.data());
    }
    Datagram* find(const Place& place) noexcept;
    Datagram* create(const Place& place, Time now) noexcept;
    void remove(Datagram& d) noexcept;
    void link(List& list, Datagram& d) noexcept;
    void unlink(Datagram& d) noexcept;
    [[nodiscard]] List& list_of(const Datagram& d) noexcept {
        if (d.orphans) return orphans_;
        return d.state == Datagram::State::done ? done_ : waiting_;
    }
    Result add_to_done(Datagram& d, const classify::Packet& packet, std::span<const std::uint8_t> data,
                       Mbuf& frame, Time now);
    Result add_to_passing(Datagram& d, const classify::Packet& packet, std::span<const std::uint8_t> data,
                          Time now);
    [[nodiscard]] memory::Hash128 sum_of(std::size_t offset,
                                         std::span<const std::uint8_t> data) const noexcept;
    static bool note(Datagram& d, const memory::BulkHash::Piece& piece) noexcept;
    void hold(Datagram& d, Mbuf frame) noexcept;
    void drop_frames(Datagram& d) noexcept;

    memory::PagedArray<Datagram> slots_;  ///< slot 0 is never used: index 0 means none
    memory::PagedArray<std::uint32_t> buckets_;
    std::uint32_t free_ = 0;
    List waiting_, done_, orphans_;
    std::size_t limit_;
    std::size_t held_ = 0;
    std::unique_ptr<const memory::BulkHash> own_hash_;
    const memory::BulkHash& hash_;
};

}  // namespace kmsgate::reassemble
