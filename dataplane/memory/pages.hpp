// SPDX-License-Identifier: BSD-3-Clause
// Memory for tables that messages look into at random: on large pages where the kernel has them.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace kmsgate::memory {

/// `bytes` of zeros, aligned to a page. From 2 MB on the kernel is asked for transparent hugepages; where it
/// has none, and below, it is ordinary memory. (Reserved hugepages are DPDK's.) Throws std::bad_alloc when
/// there is none at all. Pages that nobody touches are not taken.
[[nodiscard]] void* take_pages(std::size_t bytes);
/// Gives back what take_pages(bytes) gave.
void give_pages(void* at, std::size_t bytes) noexcept;

/// An array of fixed size in such memory. What needs no constructor is not touched: it is all zeros.
template <class T>
class PagedArray {
  public:
    explicit PagedArray(std::size_t size)
        : data_(static_cast<T*>(take_pages(size * sizeof(T)))), size_(size) {
        if constexpr (std::is_trivially_default_constructible_v<T>)
            std::uninitialized_default_construct_n(data_, size);
        else
            std::uninitialized_value_construct_n(data_, size);
    }
    ~PagedArray() {
        std::destroy_n(data_, size_);
        give_pages(data_, size_ * sizeof(T));
    }
    PagedArray(const PagedArray&) = delete;
    PagedArray& operator=(const PagedArray&) = delete;

    [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_[i]; }
    [[nodiscard]] T* data() noexcept { return data_; }
    [[nodiscard]] const T* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    T* data_;
    std::size_t size_;
};

}  // namespace kmsgate::memory
