// SPDX-License-Identifier: BSD-3-Clause
// Event lines on their way to control: bounded, oldest lost first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace kmsgate::link {

class Backlog {
  public:
    explicit Backlog(std::size_t bytes = std::size_t{4} << 20) : limit_(bytes) {}

    /// Takes a line with its line end; when there is no room the oldest go.
    void add(std::string_view line) {
        while (size_ + line.size() > limit_ && !batches_.empty()) drop_oldest();
        if (line.size() > limit_) {
            ++lost_;
            return;
        }
        if (batches_.empty() || batches_.back().text.size() + line.size() > kBatch) batches_.emplace_back();
        batches_.back().text += line;
        ++batches_.back().lines;
        size_ += line.size();
    }
    [[nodiscard]] bool empty() const noexcept { return batches_.empty(); }
    /// The oldest lines, some at once.
    [[nodiscard]] std::string take() {
        std::string out = std::move(batches_.front().text);
        batches_.pop_front();
        size_ -= out.size();
        return out;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Lines that found no room.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

  private:
    struct Batch {
        std::string text;
        std::uint64_t lines = 0;
    };
    static constexpr std::size_t kBatch = std::size_t{64} << 10;

    void drop_oldest() {
        lost_ += batches_.front().lines;
        size_ -= batches_.front().text.size();
        batches_.pop_front();
    }
    std::size_t limit_;
    std::size_t size_ = 0;
    std::uint64_t lost_ = 0;
    std::deque<Batch> batches_;
};

}  // namespace kmsgate::link
