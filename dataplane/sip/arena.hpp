// SPDX-License-Identifier: BSD-3-Clause
// A bump allocator over storage that the caller owns: what parsing a message needs, without the heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace kmsgate::sip {

/// Scratch memory of one message. Nothing taken from it is ever destroyed; reset() forgets all of it at once.
/// An exhausted arena hands out empty spans: the caller turns that into a named fault, never into a guess.
class Arena {
  public:
    explicit Arena(std::span<std::byte> storage) noexcept : storage_(aligned(storage)) {}

    /// `count` objects of T, value-initialised; empty when the storage is used up or count is 0.
    template <class T>
        requires std::is_trivially_destructible_v<T>
    [[nodiscard]] std::span<T> take(std::size_t count) noexcept {
        const std::span<T> taken = take_raw<T>(count);
        std::uninitialized_value_construct_n(taken.data(), taken.size());
        return taken;
    }

    /// The same for objects that are written before they are read: their storage holds anything.
    template <class T>
        requires std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>
    [[nodiscard]] std::span<T> take_raw(std::size_t count) noexcept {
        const std::span<T> taken = ahead<T>(count);
        if (!taken.empty()) take_to(taken.data() + count);
        return taken;
    }

    /// The same without taking it: who does not know yet how much it is says so by take_to().
    template <class T>
        requires std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>
    [[nodiscard]] std::span<T> ahead(std::size_t count) noexcept {
        const std::size_t at = (used_ + alignof(T) - 1) / alignof(T) * alignof(T);
        if (count == 0 || at > storage_.size() || count > (storage_.size() - at) / sizeof(T)) {
            exhausted_ = exhausted_ || count != 0;
            return {};
        }
        return {reinterpret_cast<T*>(storage_.data() + at), count};
    }
    /// Takes everything before `end`, which lies in what ahead() gave last, or behind its last element.
    template <class T>
    void take_to(const T* end) noexcept {
        used_ = static_cast<std::size_t>(reinterpret_cast<const std::byte*>(end) - storage_.data());
    }

    /// How full it is, to come back to: all that is taken later is forgotten then.
    struct Mark {
        std::size_t used;
        bool exhausted;
    };
    [[nodiscard]] Mark mark() const noexcept { return {used_, exhausted_}; }
    void rewind(Mark to) noexcept {
        used_ = to.used;
        exhausted_ = to.exhausted;
    }

    /// Gives back the tail of the span taken last: `keep` of its elements stay.
    template <class T>
    void shrink_last(std::span<T> last, std::size_t keep) noexcept {
        const auto* end = reinterpret_cast<const std::byte*>(last.data() + last.size());
        if (end == storage_.data() + used_) used_ -= (last.size() - keep) * sizeof(T);
    }

    void reset() noexcept {
        used_ = 0;
        exhausted_ = false;
    }
    [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    [[nodiscard]] std::size_t left() const noexcept { return storage_.size() - used_; }

  private:
    // Positions are aligned within the storage, so the storage itself has to start aligned.
    [[nodiscard]] static std::span<std::byte> aligned(std::span<std::byte> storage) noexcept {
        void* at = storage.data();
        std::size_t size = storage.size();
        if (std::align(alignof(std::max_align_t), 1, at, size) == nullptr) return {};
        return {static_cast<std::byte*>(at), size};
    }

    std::span<std::byte> storage_;
    std::size_t used_ = 0;
    bool exhausted_ = false;
};

}  // namespace kmsgate::sip
