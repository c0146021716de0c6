// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/core/frame.hpp"

#include <algorithm>
#include <cstring>

namespace kmsgate::core {

std::span<const std::uint8_t> linear_chain(const rte_mbuf* m, std::span<std::uint8_t> scratch) noexcept {
    if (m->pkt_len > scratch.size()) return {};
    std::size_t at = 0;
    for (const rte_mbuf* s = m; s != nullptr; s = s->next) {
        std::memcpy(scratch.data() + at, rte_pktmbuf_mtod(s, const std::uint8_t*), s->data_len);
        at += s->data_len;
    }
    return scratch.first(at);
}

bool append(rte_mempool* pool, rte_mbuf* frame, std::span<const std::uint8_t> bytes) noexcept {
    rte_mbuf* tail = rte_pktmbuf_lastseg(frame);
    while (!bytes.empty()) {
        if (rte_pktmbuf_tailroom(tail) == 0) {
            rte_mbuf* next = rte_pktmbuf_alloc(pool);
            if (next == nullptr) return false;
            tail->next = next;
            ++frame->nb_segs;
            tail = next;
        }
        const std::size_t n = std::min<std::size_t>(rte_pktmbuf_tailroom(tail), bytes.size());
        std::memcpy(rte_pktmbuf_mtod_offset(tail, std::uint8_t*, tail->data_len), bytes.data(), n);
        tail->data_len = static_cast<std::uint16_t>(tail->data_len + n);
        frame->pkt_len += static_cast<std::uint32_t>(n);
        bytes = bytes.subspan(n);
    }
    return true;
}

Mbuf make_frame(rte_mempool* pool, std::span<const std::uint8_t> bytes) noexcept {
    Mbuf frame(rte_pktmbuf_alloc(pool));
    if (!frame) return nullptr;
    meta(frame.get()) = FrameMeta{};
    if (!append(pool, frame.get(), bytes)) return nullptr;
    return frame;
}

}  // namespace kmsgate::core
