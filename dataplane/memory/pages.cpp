// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/pages.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace kmsgate::memory {

namespace {

constexpr std::size_t kLarge = std::size_t{2} << 20;
constexpr std::size_t kSmall = 4096;

std::size_t rounded(std::size_t bytes, std::size_t page) noexcept {
    return (bytes + page - 1) / page * page;
}

void* map(std::size_t bytes, int flags) noexcept {
    return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/// A range that begins and ends with a large page: what is beyond it is given back.
void* map_aligned(std::size_t bytes) noexcept {
    void* const all = map(bytes + kLarge, 0);
    if (all == MAP_FAILED) return all;
    const auto start = reinterpret_cast<std::uintptr_t>(all);
    const std::uintptr_t at = rounded(start, kLarge);
    if (at != start) munmap(all, at - start);
    if (at + bytes != start + bytes + kLarge)
        munmap(reinterpret_cast<void*>(at + bytes), start + kLarge - at);  // NOLINT: a place in memory
    return reinterpret_cast<void*>(at);                                    // NOLINT
}

}  // namespace

void* take_pages(std::size_t bytes) {
    const bool large = bytes >= kLarge;
    void* at = MAP_FAILED;
    if (large) {
        at = map_aligned(rounded(bytes, kLarge));
        // Without transparent pages it is ordinary memory, which is slower and nothing else.
        if (at != MAP_FAILED) madvise(at, rounded(bytes, kLarge), MADV_HUGEPAGE);
    } else {
        at = map(rounded(bytes, kSmall), 0);
    }
    if (at == MAP_FAILED) throw std::bad_alloc();
    return at;
}

void give_pages(void* at, std::size_t bytes) noexcept {
    munmap(at, rounded(bytes, bytes >= kLarge ? kLarge : kSmall));
}

}  // namespace kmsgate::memory
