// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/allocations.hpp"

#include <cstdlib>
#include <new>

// The C library's allocator stays in use under our malloc, so that free() needs no replacement. Sanitizers
// bring a malloc of their own, which must stay.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define KMSGATE_COUNTS_MALLOC 1
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;                     // NOLINT: glibc's name
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;  // NOLINT
void* __libc_realloc(void* at, std::size_t size) noexcept;          // NOLINT
}
#endif

namespace {

constinit kmsgate::bench::Allocations counted;

void* take(std::size_t size) noexcept {
    ++counted.by_new;
    if (size == 0) size = 1;
#ifdef KMSGATE_COUNTS_MALLOC
    return __libc_malloc(size);
#else
    return std::malloc(size);
#endif
}

void* take_aligned(std::size_t size, std::align_val_t alignment) noexcept {
    ++counted.by_new;
    const auto align = static_cast<std::size_t>(alignment);
    return std::aligned_alloc(align, (size + align - 1) / align * align);
}

void* or_throw(void* at) {
    if (at == nullptr) throw std::bad_alloc();
    return at;
}

}  // namespace

namespace kmsgate::bench {

Allocations allocations() noexcept {
    return counted;
}

}  // namespace kmsgate::bench

#ifdef KMSGATE_COUNTS_MALLOC
extern "C" {
void* malloc(std::size_t size) noexcept {
    ++counted.by_malloc;
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
    ++counted.by_malloc;
    return __libc_calloc(count, size);
}
void* realloc(void* at, std::size_t size) noexcept {
    ++counted.by_malloc;
    return __libc_realloc(at, size);
}
}
#endif

// The forms for arrays and the sized deletes of the library end in these.
void* operator new(std::size_t size) {
    return or_throw(take(size));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return take(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return or_throw(take_aligned(size, alignment));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return take_aligned(size, alignment);
}
void operator delete(void* at) noexcept {
    std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
    std::free(at);
}
void operator delete(void* at, std::align_val_t) noexcept {
    std::free(at);
}
void operator delete(void* at, std::size_t, std::align_val_t) noexcept {
    std::free(at);
}
