// SPDX-License-Identifier: BSD-3-Clause
// From fragments to the bytes of their datagram.
#include <algorithm>
#include <cstring>

#include "dataplane/reassemble/fragments.hpp"

namespace kmsgate::reassemble {

using core::meta;
using State = Datagram::State;

namespace {

/// Calls copy(frame, to) for the data of each fragment, in order of their bytes and without a gap. How many
/// bytes that gave.
template <class Copy>
std::size_t in_order(const Datagram& d, std::span<std::uint8_t> out, Copy&& copy) noexcept {
    std::size_t reached = 0;
    // Fragments come in order nearly always; each further round picks up what came early.
    for (bool grown = true; grown && reached != d.bytes;) {
        grown = false;
        for (rte_mbuf* m = d.frames.front(); m != nullptr; m = core::FrameList::after(m)) {
            const core::FrameMeta& f = meta(m);
            if (f.offset != reached || f.size == 0 || f.offset + f.size > out.size()) continue;
            if (!copy(m, out.data() + reached)) return 0;
            reached += f.size;
            grown = true;
        }
    }
    return reached;
}

/// The data of a fragment where it stands in one piece; else null.
const std::uint8_t* in_place(const rte_mbuf* m, const core::FrameMeta& f) noexcept {
    return f.data + f.size <= m->data_len ? rte_pktmbuf_mtod_offset(m, const std::uint8_t*, f.data) : nullptr;
}

bool copy_out(const rte_mbuf* m, std::uint8_t* to) noexcept {
    const core::FrameMeta& f = meta(const_cast<rte_mbuf*>(m));
    const void* const bytes = rte_pktmbuf_read(m, f.data, f.size, to);
    if (bytes == nullptr) return false;
    if (bytes != to) std::memcpy(to, bytes, f.size);
    return true;
}

}  // namespace

std::span<const std::uint8_t> Fragments::gather(const Datagram& datagram,
                                                std::span<std::uint8_t> out) noexcept {
    return out.first(in_order(datagram, out, copy_out));
}

std::span<const std::uint8_t> Fragments::assemble(Datagram& d, std::span<std::uint8_t> out) const noexcept {
    if (d.state == State::done) return gather(d, out);  // a second time: noted already
    d.seen_count = 0;
    bool all = true;
    const std::size_t size = in_order(d, out, [&](const rte_mbuf* m, std::uint8_t* to) {
        const core::FrameMeta& f = meta(const_cast<rte_mbuf*>(m));
        memory::BulkHash::Piece piece{f.offset, f.size, {}};
        if (const std::uint8_t* const at = in_place(m, f)) {
            piece.sum = hash_.copied_piece(f.offset, {at, f.size}, to);
        } else {
            if (!copy_out(m, to)) return false;
            piece.sum = hash_.piece(f.offset, {to, f.size});
        }
        all = note(d, piece) && all;
        return true;
    });
    if (!all) d.seen_count = 0;  // too many: late duplicates will wait and time out
    return out.first(size);
}

std::optional<memory::Hash128> Fragments::digest(const Datagram& d,
                                                 std::span<const std::uint8_t> bytes) const noexcept {
    if (d.seen_count == 0) return std::nullopt;
    return hash_.payload(std::span(d.seen).first(d.seen_count), bytes);
}

std::span<const std::uint8_t> Fragments::start(const Datagram& datagram) noexcept {
    for (rte_mbuf* m = datagram.frames.front(); m != nullptr; m = core::FrameList::after(m)) {
        const core::FrameMeta& f = meta(m);
        if (f.offset != 0 || f.size == 0) continue;
        if (f.data >= m->data_len) return {};
        return {rte_pktmbuf_mtod_offset(m, const std::uint8_t*, f.data),
                std::min<std::size_t>(f.size, m->data_len - f.data)};
    }
    return {};
}

void Fragments::pass(Datagram& d, std::span<std::uint8_t> scratch) noexcept {
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
    for (rte_mbuf* m = d.frames.front(); m != nullptr && d.seen_count < kRemembered;
         m = core::FrameList::after(m)) {
        const core::FrameMeta& f = meta(m);
        if (f.size == 0 || f.size > scratch.size()) continue;
        const auto* const at =
            static_cast<const std::uint8_t*>(rte_pktmbuf_read(m, f.data, f.size, scratch.data()));
        if (at != nullptr) note(d, {f.offset, f.size, sum_of(f.offset, {at, f.size})});
    }
    d.bytes = reached;
    d.state = State::passing;
}

}  // namespace kmsgate::reassemble
