// SPDX-License-Identifier: BSD-3-Clause
// Short texts in a ring: what answers said, so that a copy of a request gets the same answer when the table
// that it was made from is gone. The oldest make room; who asks for one of those hears so.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace kmsgate::memory {

class Snapshots {
  public:
    explicit Snapshots(std::size_t bytes) : ring_(std::bit_floor(std::max<std::size_t>(bytes, 64))) {}

    struct Ref {
        std::uint64_t at = 0;  ///< bytes written before it, since the start
        std::uint32_t size = 0;
        bool kept = false;
    };
    /// Keeps a text; one that the ring cannot hold is not kept.
    [[nodiscard]] Ref put(std::string_view text) noexcept {
        if (text.size() > ring_.size()) return {};
        const std::size_t left = ring_.size() - place(written_);
        if (left < text.size()) written_ += left;  // no text runs over the ring's end
        const Ref ref{written_, static_cast<std::uint32_t>(text.size()), true};
        if (!text.empty()) std::memcpy(ring_.data() + place(written_), text.data(), text.size());
        written_ += text.size();
        return ref;
    }
    /// The text, or nullopt when it was never kept or has made room.
    [[nodiscard]] std::optional<std::string_view> get(const Ref& ref) const noexcept {
        if (!ref.kept || written_ - ref.at > ring_.size()) return std::nullopt;
        return std::string_view(ring_.data() + place(ref.at), ref.size);
    }
    /// Will it be there for long?
    [[nodiscard]] bool is_recent(const Ref& ref) const noexcept {
        return ref.kept && written_ - ref.at <= ring_.size() / 2;
    }

  private:
    [[nodiscard]] std::size_t place(std::uint64_t at) const noexcept { return at & (ring_.size() - 1); }
    std::vector<char> ring_;  ///< of a power of two
    std::uint64_t written_ = 0;
};

}  // namespace kmsgate::memory
