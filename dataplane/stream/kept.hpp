// SPDX-License-Identifier: BSD-3-Clause
// The segments of one direction that somebody may still need, in the order of the stream: what was let go and
// is not acknowledged, then what waits for its verdict, then what came early. Bytes that stand here are the
// only ones that this place in the stream will ever have: first wins.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/stream/segment.hpp"

namespace kmsgate::stream {

using core::Mbuf;
using core::meta;

/// While a frame is kept, FrameMeta says: offset = sequence number of its payload, size and data = its
/// payload, more = FIN stands behind it.
class Kept {
  public:
    Kept() = default;
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    Kept(Kept&&) = delete;
    Kept& operator=(Kept&&) = delete;
    ~Kept() { clear(); }

    enum class Added : std::uint8_t {
        kept,
        known,     ///< all of its bytes stand here already, and are the same
        conflict,  ///< some of its bytes stand here already, and are others
        full,      ///< no room for another frame
        crowded,   ///< too many stand in front of its place to look through
    };
    /// Takes the frame (and nulls `frame`) when it says kept; meta() must be set. At most `most` frames.
    Added add(Mbuf& frame, std::size_t most) noexcept;

    /// Frees what has ended (FrameMeta::left) and stands at or before `acked`.
    void acknowledged(Sequence acked) noexcept;
    void clear() noexcept;

    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
    [[nodiscard]] std::uint32_t frames() const noexcept { return frames_; }
    [[nodiscard]] rte_mbuf* front() const noexcept { return head_; }
    [[nodiscard]] static rte_mbuf* following(rte_mbuf* m) noexcept { return meta(m).next; }

    /// The first frame that has not ended (FrameMeta::left); null: none waits.
    [[nodiscard]] rte_mbuf* waiting() const noexcept { return waiting_; }
    /// Called once it has: its bytes stay until they are acknowledged.
    void ended(rte_mbuf* m) noexcept;
    /// The first frame that ends behind `at`, where nothing was judged yet; null: none.
    [[nodiscard]] rte_mbuf* first_with(Sequence at) const noexcept;
    /// The first frame that ends behind `at`; null: none.
    [[nodiscard]] rte_mbuf* behind(Sequence at) const noexcept;
    /// Takes out the last quarter, one at least, of what came early, behind a gap at `next`: linked by
    /// following(), the caller's now; null: nothing did.
    [[nodiscard]] rte_mbuf* take_early(Sequence next) noexcept;
    /// How far the stream goes from `from` on without a gap; `at`: a frame that starts at or before it.
    [[nodiscard]] static Sequence reach(rte_mbuf* at, Sequence from) noexcept;
    /// The bytes from `from` to `to`, which stand here without a gap: in place when one frame has them in one
    /// piece, else copied to `scratch`, which has room for them. `at`: no frame in front of it has any of
    /// them.
    [[nodiscard]] static std::string_view text(rte_mbuf* at, Sequence from, Sequence to,
                                               std::span<char> scratch) noexcept;

    /// Behind the payload of a kept frame (a FIN not counted).
    [[nodiscard]] static Sequence end(rte_mbuf* m) noexcept { return meta(m).offset + meta(m).size; }
    /// `n` bytes of a kept frame's payload from `at` on; copied to `scratch` when they stand in pieces.
    [[nodiscard]] static const char* bytes_of(rte_mbuf* m, Sequence at, std::uint32_t n,
                                              char* scratch) noexcept {
        return static_cast<const char*>(
            rte_pktmbuf_read(m, core::meta(m).data + (at - core::meta(m).offset), n, scratch));
    }

  private:
    rte_mbuf* head_ = nullptr;
    rte_mbuf* tail_ = nullptr;
    rte_mbuf* waiting_ = nullptr;
    Sequence top_ = 0;  ///< no kept byte stands behind it
    std::uint32_t frames_ = 0;
};

}  // namespace kmsgate::stream
