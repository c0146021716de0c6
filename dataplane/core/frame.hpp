// SPDX-License-Identifier: BSD-3-Clause
// A frame on its way through the pipeline: an mbuf and what its private area says of it.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "policy/decide/facts.hpp"

namespace kmsgate::core {

/// Packet clock: nanoseconds since 1970. Every timer of a pipeline runs on it.
using Time = std::uint64_t;
inline constexpr Time kSecond = 1'000'000'000;
inline constexpr Time kMillisecond = 1'000'000;

using policy::decide::Arrival;
[[nodiscard]] constexpr Arrival opposite(Arrival a) noexcept {
    return a == Arrival::inside ? Arrival::outside : Arrival::inside;
}

/// Private area of every mbuf that enters a pipeline.
struct FrameMeta {
    Time time = 0;
    std::uint64_t number = 0;  ///< 1-based position in its input (replay), 0 for frames made here
    Arrival arrival = Arrival::inside;
    bool left = false;  ///< already sent or ended; held for its bytes only (late duplicates)
    // while it is a fragment that waits
    bool more = false;         ///< more fragments follow
    std::uint16_t pair = 0;    ///< pair of ports that it came by, or that its cause came by
    std::uint32_t offset = 0;  ///< of its data in the datagram
    std::uint32_t size = 0;    ///< of its data
    std::uint32_t data = 0;    ///< where its data starts in the frame
    // while it is a TCP segment that is kept
    std::uint32_t tcp = 0;       ///< where its TCP header starts in the frame
    std::uint32_t stamp_at = 0;  ///< where its timestamp stands in there; 0: it has none
    rte_mbuf* next = nullptr;    ///< in a FrameList
};
inline constexpr std::uint16_t kPrivateSize = 64;
static_assert(sizeof(FrameMeta) <= kPrivateSize);

[[nodiscard]] inline FrameMeta& meta(rte_mbuf* m) noexcept {
    return *static_cast<FrameMeta*>(rte_mbuf_to_priv(m));
}

struct MbufDeleter {
    void operator()(rte_mbuf* m) const noexcept { rte_pktmbuf_free(m); }
};
using Mbuf = std::unique_ptr<rte_mbuf, MbufDeleter>;

/// Frames in order of arrival, linked through their private areas; owns them, allocates nothing.
class FrameList {
  public:
    FrameList() = default;
    FrameList(const FrameList&) = delete;
    FrameList& operator=(const FrameList&) = delete;
    FrameList(FrameList&& o) noexcept : head_(o.head_), tail_(o.tail_), size_(o.size_) { o.forget(); }
    FrameList& operator=(FrameList&& o) noexcept {
        if (this != &o) {
            clear();
            head_ = o.head_;
            tail_ = o.tail_;
            size_ = o.size_;
            o.forget();
        }
        return *this;
    }
    ~FrameList() { clear(); }

    void push(Mbuf frame) noexcept {
        rte_mbuf* m = frame.release();
        meta(m).next = nullptr;
        (tail_ != nullptr ? meta(tail_).next : head_) = m;
        tail_ = m;
        ++size_;
    }
    /// Takes the first frame; null when empty.
    [[nodiscard]] Mbuf pop() noexcept {
        Mbuf frame(head_);
        if (head_ == nullptr) return frame;
        head_ = meta(head_).next;
        if (head_ == nullptr) tail_ = nullptr;
        --size_;
        return frame;
    }
    void clear() noexcept {
        while (head_ != nullptr) pop().reset();
    }
    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] rte_mbuf* front() const noexcept { return head_; }
    [[nodiscard]] static rte_mbuf* after(rte_mbuf* m) noexcept { return meta(m).next; }

  private:
    void forget() noexcept {
        head_ = tail_ = nullptr;
        size_ = 0;
    }
    rte_mbuf* head_ = nullptr;
    rte_mbuf* tail_ = nullptr;
    std::size_t size_ = 0;
};

/// All bytes of the frame in one piece: in place when they are, else copied to `scratch` (empty when it is
/// too small).
[[nodiscard]] std::span<const std::uint8_t> linear_chain(const rte_mbuf* m,
                                                         std::span<std::uint8_t> scratch) noexcept;
[[nodiscard]] inline std::span<const std::uint8_t> linear(const rte_mbuf* m,
                                                          std::span<std::uint8_t> scratch) noexcept {
    if (m->nb_segs != 1) [[unlikely]]
        return linear_chain(m, scratch);
    return {rte_pktmbuf_mtod(m, const std::uint8_t*), m->data_len};
}

/// Adds bytes at the frame's end, chaining buffers when they are needed; false when buffers are short.
[[nodiscard]] bool append(rte_mempool* pool, rte_mbuf* frame, std::span<const std::uint8_t> bytes) noexcept;

/// A frame made of `bytes`, chained when it needs to be; null when buffers are short.
[[nodiscard]] Mbuf make_frame(rte_mempool* pool, std::span<const std::uint8_t> bytes) noexcept;

inline std::string_view as_text(std::span<const std::uint8_t> b) noexcept {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

}  // namespace kmsgate::core
