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
    std::size_t sure_ = 0;   ///< guaranteed to each
    std::size_t bound_ = 0;  ///< taken, and guaranteed beyond that: the sum of max(used, sure)
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
        const std::size_t common = of_.total_ > of_.bound_ ? of_.total_ - of_.bound_ : 0;
        const std::size_t own = used_ < of_.sure_ ? of_.sure_ - used_ : 0;
        const std::size_t free = of_.total_ > of_.used_ ? of_.total_ - of_.used_ : 0;
        return own + common < free ? own + common : free;
    }
    void take(std::size_t n = 1) noexcept {
        of_.bound_ -= bound();
        used_ += n;
        of_.used_ += n;
        of_.bound_ += bound();
    }
    /// At most what it has taken.
    void give(std::size_t n = 1) noexcept {
        of_.bound_ -= bound();
        used_ -= n;
        of_.used_ -= n;
        of_.bound_ += bound();
    }

  private:
    friend class Shared;
    [[nodiscard]] std::size_t bound() const noexcept { return used_ > of_.sure_ ? used_ : of_.sure_; }

    Shared& of_;
    std::size_t used_ = 0;
    Share* next_;
};

}  // namespace kmsgate::stream
