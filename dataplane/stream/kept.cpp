// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream/kept.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace kmsgate::stream {

namespace {

/// Frames of one direction that a new one is compared with. More stand there only when somebody sends a few
/// bytes in each; who then sends out of order has to wait.
constexpr std::size_t kMostLooks = 1'024;

rte_mbuf* next_waiting(rte_mbuf* m) noexcept {
    while (m != nullptr && meta(m).left) m = Kept::following(m);
    return m;
}

bool same_in_pieces(rte_mbuf* a, rte_mbuf* b, Sequence at, std::uint32_t n) noexcept {
    constexpr std::uint32_t kStep = 512;
    std::array<char, kStep> one;    // NOLINT: written before it is read
    std::array<char, kStep> other;  // NOLINT
    while (n != 0) {
        const std::uint32_t now = std::min(kStep, n);
        if (std::memcmp(Kept::bytes_of(a, at, now, one.data()), Kept::bytes_of(b, at, now, other.data()),
                        now) != 0)
            return false;
        at += now;
        n -= now;
    }
    return true;
}

/// Are the `n` bytes from `at` on, which both have, the same ones?
inline bool same(rte_mbuf* a, rte_mbuf* b, Sequence at, std::uint32_t n) noexcept {
    if (a->nb_segs != 1 || b->nb_segs != 1) [[unlikely]]
        return same_in_pieces(a, b, at, n);
    const auto bytes = [at](rte_mbuf* m) {
        return rte_pktmbuf_mtod_offset(m, const char*, meta(m).data) + (at - meta(m).offset);
    };
    return *bytes(a) == *bytes(b) && (n == 1 || std::memcmp(bytes(a), bytes(b), n) == 0);
}

}  // namespace

Kept::Added Kept::add(Mbuf& frame, std::size_t most) noexcept {
    rte_mbuf* const m = frame.get();
    const Sequence from = meta(m).offset;
    rte_mbuf* behind_this = nullptr;  // the last one that starts at or before it
    // a FIN without bytes stands behind everything, and once
    if (meta(m).size == 0 && tail_ != nullptr && meta(tail_).more) return Added::known;
    if (tail_ != nullptr && !before(from, top_)) {
        behind_this = tail_;
    } else {
        const Sequence to = end(m);
        std::size_t looks = 0;
        rte_mbuf* k = head_;
        for (; k != nullptr && !after(end(k), from); k = following(k)) {
            if (++looks > kMostLooks) return Added::crowded;
            behind_this = k;
        }
        Sequence covered = from;   // it stands here up to there, without a gap
        Sequence compared = from;  // what stands here is the same up to there: no byte is looked at twice
        bool ends = !meta(m).more;
        for (; k != nullptr && before(meta(k).offset, to); k = following(k)) {
            if (++looks > kMostLooks) return Added::crowded;
            const Sequence start = meta(k).offset;
            if (!after(start, from)) behind_this = k;
            if (!after(end(k), compared)) continue;
            const Sequence at = later(compared, start);
            compared = earlier(end(k), to);
            if (before(at, compared) && !same(k, m, at, distance(at, compared))) return Added::conflict;
            if (!after(start, covered)) covered = compared;
            ends = ends || meta(k).more;
            if (compared == to && ends) break;
        }
        if (covered == to && ends) return Added::known;
    }
    if (frames_ >= most) return Added::full;
    rte_mbuf*& link = behind_this != nullptr ? meta(behind_this).next : head_;
    meta(m).next = link;
    link = frame.release();
    if (meta(m).next == nullptr) tail_ = m;
    if (waiting_ == nullptr || meta(m).next == waiting_ || before(from, meta(waiting_).offset)) waiting_ = m;
    top_ = frames_ == 0 ? end(m) : later(top_, end(m));
    ++frames_;
    return Added::kept;
}

void Kept::acknowledged(Sequence acked) noexcept {
    while (head_ != nullptr && meta(head_).left && !after(end(head_), acked)) {
        const Mbuf done(head_);
        --frames_;
        if (waiting_ == head_) waiting_ = next_waiting(following(head_));
        head_ = following(head_);
    }
    if (head_ == nullptr) tail_ = nullptr;
}

rte_mbuf* Kept::take_early(Sequence next) noexcept {
    if (tail_ == nullptr || !after(meta(tail_).offset, next)) return nullptr;
    rte_mbuf* last = nullptr;  // of those that stay
    rte_mbuf* gone = head_;
    std::size_t stay = 0;
    top_ = next;
    const auto step = [&] {
        last = gone;
        top_ = later(top_, end(gone));
        gone = following(gone);
        ++stay;
    };
    while (!after(meta(gone).offset, next)) step();
    const std::size_t early = frames_ - stay;
    for (std::size_t i = std::max<std::size_t>(early / 4, 1); i < early; ++i) step();
    (last != nullptr ? meta(last).next : head_) = nullptr;
    tail_ = last;
    frames_ = static_cast<std::uint32_t>(stay);
    waiting_ = next_waiting(head_);
    return gone;
}

void Kept::clear() noexcept {
    while (head_ != nullptr) {
        const Mbuf done(head_);
        head_ = following(head_);
    }
    tail_ = waiting_ = nullptr;
    frames_ = 0;
}

rte_mbuf* Kept::first_with(Sequence at) const noexcept {
    rte_mbuf* m = waiting_ != nullptr && !after(meta(waiting_).offset, at) ? waiting_ : head_;
    while (m != nullptr && !after(end(m), at)) m = following(m);
    return m;
}

rte_mbuf* Kept::behind(Sequence at) const noexcept {
    rte_mbuf* m = head_;
    while (m != nullptr && !after(end(m), at)) m = following(m);
    return m;
}

Sequence Kept::reach(rte_mbuf* at, Sequence from) noexcept {
    for (; at != nullptr && !after(meta(at).offset, from); at = following(at)) from = later(from, end(at));
    return from;
}

void Kept::ended(rte_mbuf* m) noexcept {
    meta(m).left = true;
    if (m == waiting_) waiting_ = next_waiting(following(m));
}

std::string_view Kept::text(rte_mbuf* at, Sequence from, Sequence to, std::span<char> scratch) noexcept {
    char* place = scratch.data();
    for (rte_mbuf* m = at; m != nullptr && before(from, to); m = following(m)) {
        const std::uint32_t skip = from - meta(m).offset;
        if (skip >= meta(m).size) continue;
        const std::uint32_t n = std::min(meta(m).size - skip, to - from);
        const char* const bytes = bytes_of(m, from, n, place);
        from += n;
        if (place == scratch.data() && from == to) return {bytes, n};
        if (n == 1)
            *place = *bytes;
        else if (bytes != place)
            std::memcpy(place, bytes, n);
        place += n;
    }
    return {scratch.data(), place};
}

}  // namespace kmsgate::stream
