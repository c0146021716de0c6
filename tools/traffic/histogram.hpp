// SPDX-License-Identifier: BSD-3-Clause
// Durations, counted in buckets no wider than 1.6 % of what they hold: percentiles in bounded memory.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace kmsgate::traffic {

class Histogram {
  public:
    /// Nanoseconds.
    void add(std::uint64_t value) noexcept {
        ++buckets_[bucket(value)];
        ++count_;
        most_ = std::max(most_, value);
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }
    /// The value that so much of all (0 to 1) does not exceed, up to the width of its bucket; 0 when there is
    /// none.
    [[nodiscard]] std::uint64_t percentile(double share) const noexcept {
        if (count_ == 0) return 0;
        const auto wanted = std::max<std::uint64_t>(
            static_cast<std::uint64_t>(share * static_cast<double>(count_) + 0.999999), 1);
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            seen += buckets_[i];
            if (seen >= wanted) return std::min(upper(i), most_);
        }
        return most_;
    }

  private:
    static constexpr unsigned kBits = 6;  // 64 buckets for each power of two
    static constexpr std::size_t kSteps = std::size_t{1} << kBits;
    static constexpr std::size_t bucket(std::uint64_t value) noexcept {
        if (value < kSteps) return value;
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
        return shift * kSteps + (value >> shift);
    }
    static constexpr std::uint64_t upper(std::size_t index) noexcept {
        if (index < 2 * kSteps) return index;
        const std::size_t shift = index / kSteps - 1;
        return ((index - shift * kSteps + 1) << shift) - 1;
    }
    std::array<std::uint64_t, kSteps * (64 - kBits + 1)> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t most_ = 0;
};

}  // namespace kmsgate::traffic
