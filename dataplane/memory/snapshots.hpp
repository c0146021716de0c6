// SPDX-License-Identifier: BSD-3-Clause
// Short texts in a ring: what answers said, so that a copy of a request gets the same answer when the table
// that it was made from is gone. The oldest make room; who asks for one of those hears so.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace kmsgate::memory {

class Snapshots {
  public:
    explicit Snapshots(std::size_t bytes) : ring_(std::max<std::size_t>(bytes, 64)) {}

    struct Ref {
        std::uint64_t at = 0;  ///< bytes written before it, since the start
        std::uint32_t size = 0;
        bool kept = false;
    };
    /// Keeps a text; one that the ring cannot hold is not kept.
    [[nodiscard]] Ref put(std::string_view text) noexcept {
        if (text.size() > ring_.size()) return {};
        const std::size_t left = ring_.size() - written_ % ring_.size();
        if (left < text.size()) written_ += left;  // no text runs over the ring's end
        const Ref ref{written_, static_cast<std::uint32_t>(text.size()), true};
        if (!text.empty()) std::memcpy(ring_.data() + written_ % ring_.size(), text.data(), text.size());
        written_ += text.size();
        return ref;
    }
    /// The text, or nullopt when it was never kept or has made room.
    [[nodiscard]] std::optional<std::string_view> get(const Ref& ref) const noexcept {
        if (!ref.kept || written_ - ref.at > ring_.size()) return std::nullopt;
        return std::string_view(ring_.data() + ref.at % ring_.size(), ref.size);
    }

  private:
    std::vector<char> ring_;
    std::uint64_t written_ = 0;
};

}  // namespace kmsgate::memory
