// SPDX-License-Identifier: BSD-3-Clause
// A bounded ring of records of any size between one writer and one reader. Nobody ever waits for the other; a
// record stands in one piece or not at all.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace kmsgate::watch {

class ByteRing {
  public:
    /// Room for that many bytes at least, 8 of them per record its own; allocated here, never again.
    explicit ByteRing(std::size_t bytes)
        : size_(std::bit_ceil(std::max<std::size_t>(bytes, 64))),
          bytes_(std::make_unique<Word[]>(size_ / kWord)) {}

    /// Writer: room for a record; empty when there is none. The record is seen after commit().
    [[nodiscard]] std::span<std::byte> reserve(std::size_t size) noexcept {
        if (size > size_ / 2) return {};
        const std::size_t need = kWord + round_up(size);
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        const std::size_t to_end = size_ - at(head);
        const std::size_t skip = to_end < need ? to_end : 0;
        if (size_ - (head - tail_.load(std::memory_order_acquire)) < skip + need) return {};
        if (skip != 0) put_size(head, kSkip);
        next_ = head + skip;
        put_size(next_, size);
        next_ += need;
        return {place(next_ - need + kWord), size};
    }
    /// Writer: what was reserved last has been written.
    void commit() noexcept { head_.store(next_, std::memory_order_release); }

    /// Reader: the oldest record; its data() is null when there is none. Stays until pop().
    [[nodiscard]] std::span<const std::byte> front() noexcept {
        const std::uint64_t head = head_.load(std::memory_order_acquire);
        std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (tail == head) return {};
        if (size_at(tail) == kSkip) {
            tail += size_ - at(tail);
            tail_.store(tail, std::memory_order_release);
        }
        return {place(tail + kWord), static_cast<std::size_t>(size_at(tail))};
    }
    /// Reader: front() has been read. Only after a front() that gave a record.
    void pop() noexcept {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        tail_.store(tail + kWord + round_up(static_cast<std::size_t>(size_at(tail))),
                    std::memory_order_release);
    }

  private:
    using Word = std::uint64_t;
    static constexpr std::size_t kWord = sizeof(Word);
    static constexpr Word kSkip = ~Word{0};  ///< nothing more up to the end; go on at the start

    [[nodiscard]] static std::size_t round_up(std::size_t n) noexcept {
        return (n + kWord - 1) / kWord * kWord;
    }
    [[nodiscard]] std::size_t at(std::uint64_t position) const noexcept {
        return static_cast<std::size_t>(position & (size_ - 1));
    }
    [[nodiscard]] std::byte* place(std::uint64_t position) noexcept {
        return reinterpret_cast<std::byte*>(bytes_.get()) + at(position);
    }
    void put_size(std::uint64_t position, Word size) noexcept { bytes_[at(position) / kWord] = size; }
    [[nodiscard]] Word size_at(std::uint64_t position) const noexcept { return bytes_[at(position) / kWord]; }

    static constexpr std::size_t kLine = 64;
    const std::size_t size_;
    const std::unique_ptr<Word[]> bytes_;
    alignas(kLine) std::atomic<std::uint64_t> head_ = 0;  ///< bytes ever written, skipped ones too
    std::uint64_t next_ = 0;                              ///< head_ after commit(); of the writer
    alignas(kLine) std::atomic<std::uint64_t> tail_ = 0;  ///< bytes ever read
};

}  // namespace kmsgate::watch
