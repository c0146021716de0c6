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

}  // namespace

const char* Kept::bytes_of(rte_mbuf* m, Sequence at, std::uint32_t n, char* scratch) noexcept {
    return static_cast<const char*>(rte_pktmbuf_read(m, meta(m).data + (at - meta(m).offset), n, scratch));
}

/// Are the bytes that both have the same ones?
bool Kept::same(rte_mbuf* a, rte_mbuf* b) noexcept {
    constexpr std::uint32_t kStep = 512;
    std::array<char, kStep> one;    // NOLINT: written before it is read
    std::array<char, kStep> other;  // NOLINT
    Sequence at = later(meta(a).offset, meta(b).offset);
    const Sequence to = earlier(end(a), end(b));
    while (before(at, to)) {
        const std::uint32_t n = std::min(kStep, distance(at, to));
        if (std::memcmp(bytes_of(a, at, n, one.data()), bytes_of(b, at, n, other.data()), n) != 0)
            return false;
        at += n;
    }
    return true;
}

Kept::Added Kept::add(Mbuf& frame, std::size_t most) noexcept {
    rte_mbuf* const m = frame.get();
    const Sequence from = meta(m).offset;
    rte_mbuf* behind_this = nullptr;  // the last one that starts at or before it
    // a FIN without bytes stands behind everything, and once
    if (meta(m).size == 0 && tail_ != nullptr && meta(tail_).more) return Added::known;
    if (tail_ != nullptr && !before(from, top_)) {
        behind_this = tail_;
    } else {
        Sequence covered = from;
        std::size_t looks = 0;
        for (rte_mbuf* k = head_; k != nullptr && before(meta(k).offset, end(m)); k = following(k)) {
            if (++looks > kMostLooks) return Added::crowded;
            if (!after(meta(k).offset, from)) behind_this = k;
            if (!after(end(k), from)) continue;
            if (!same(k, m)) return Added::conflict;
            if (!after(meta(k).offset, covered)) covered = later(covered, end(k));
        }
        if (!before(covered, end(m)) && !meta(m).more) return Added::known;
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
    const auto step = [&] {
        last = gone;
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
    return waiting_ != nullptr && !after(meta(waiting_).offset, at) ? waiting_ : head_;
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

std::string_view Kept::text(Sequence from, Sequence to, std::span<char> scratch) const noexcept {
    std::size_t have = 0;
    for (rte_mbuf* m = first_with(from); m != nullptr && before(from, to); m = following(m)) {
        if (!after(end(m), from)) continue;
        const std::uint32_t n = distance(from, earlier(to, end(m)));
        const char* const bytes = bytes_of(m, from, n, scratch.data() + have);
        from += n;
        if (have == 0 && from == to) return {bytes, n};
        if (bytes != scratch.data() + have) std::memcpy(scratch.data() + have, bytes, n);
        have += n;
    }
    return {scratch.data(), have};
}

}  // namespace kmsgate::stream
