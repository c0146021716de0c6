// SPDX-License-Identifier: BSD-3-Clause
// A list that grows inside an arena: what a walk collects without knowing beforehand how much there is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/sip/arena.hpp"

namespace kmsgate::sip {

/// What became of an element that was pushed.
enum class Push : std::uint8_t { done, full, memory };

/// Up to `most` elements of T. Growing copies into fresh arena space; the old space is lost until the reset.
template <class T>
class ArenaList {
  public:
    ArenaList(Arena& arena, std::size_t most) noexcept : arena_(&arena), most_(most) {}

    [[nodiscard]] Push push(const T& value) noexcept {
        if (size_ == most_) return Push::full;
        if (size_ == storage_.size()) {
            const std::size_t wanted = std::min(most_, std::max<std::size_t>(8, size_ * 2));
            const std::span<T> bigger = arena_->template take<T>(wanted);
            if (bigger.empty()) return Push::memory;
            std::copy_n(storage_.begin(), size_, bigger.begin());
            storage_ = bigger;
        }
        storage_[size_++] = value;
        return Push::done;
    }
    [[nodiscard]] std::span<T> items() const noexcept { return storage_.first(size_); }

  private:
    Arena* arena_;
    std::span<T> storage_;
    std::size_t size_ = 0;
    std::size_t most_;
};

}  // namespace kmsgate::sip
