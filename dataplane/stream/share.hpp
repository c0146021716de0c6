// SPDX-License-Identifier: BSD-3-Clause
// Room that the edges of a worker have together, and of which none can take all from the others.
#pragma once

#include <cstddef>

namespace kmsgate::stream {

class Share;

/// So many places for all edges. Half of them are guaranteed, to each edge as many; the other half, and what
/// an edge does not need of its guarantee while the others' are kept free, is for who comes first. An edge
/// that is alone has all.
class Shared {
  public:
    explicit Shared(std::size_t total) noexcept : total_(total) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    [[nodiscard]] std::size_t total() const noexcept { return total_; }
    /// Places that are taken, of all edges.
    [[nodiscard]] std::size_t used() const noexcept { return used_; }

  private:
    friend class Share;
    void divide() noexcept;

    std::size_t total_;
    std::size_t used_ = 0;
    std::size_t sure_ = 0;  ///< guaranteed to each
    /// Left beside all guarantees: total minus the sum of max(used, sure). Below 0 while an edge that came
    /// later lacks what others had taken before.
    std::ptrdiff_t common_ = 0;
    Share* first_ = nullptr;
};

/// What one edge has of it. Belongs to it from its construction to its destruction, which gives all back.
class Share {
  public:
    explicit Share(Shared& of) noexcept;
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Places that this edge may take now.
    [[nodiscard]] std::size_t left() const noexcept {
        const std::size_t own = used_ < of_.sure_ ? of_.sure_ - used_ : 0;
        if (of_.common_ >= 0) return own + static_cast<std::size_t>(of_.common_);
        const std::size_t free = of_.total_ > of_.used_ ? of_.total_ - of_.used_ : 0;
        return own < free ? own : free;
    }
    /// Places that it has taken.
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    void take(std::size_t n = 1) noexcept {
        of_.common_ += beyond();
        used_ += n;
        of_.used_ += n;
        of_.common_ -= beyond();
    }
    /// At most what it has taken.
    void give(std::size_t n = 1) noexcept {
        of_.common_ += beyond();
        used_ -= n;
        of_.used_ -= n;
        of_.common_ -= beyond();
    }

  private:
    friend class Shared;
    /// Taken beyond the guarantee.
    [[nodiscard]] std::ptrdiff_t beyond() const noexcept {
        return used_ > of_.sure_ ? static_cast<std::ptrdiff_t>(used_ - of_.sure_) : 0;
    }

    Shared& of_;
    std::size_t used_ = 0;
    Share* next_;
};

}  // namespace kmsgate::stream
