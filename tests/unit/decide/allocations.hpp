// SPDX-License-Identifier: BSD-3-Clause
// How often this program has asked for memory.
#pragma once

// Sanitizers bring an operator new of their own (the thread one, too). g++ says it with a macro, clang with a
// feature
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KMSGATE_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KMSGATE_ADDRESS_SANITIZER
#endif
#endif

#include <cstddef>

namespace kmsgate::policy::decide::testing {

/// Calls of operator new so far; always 0 where they are not counted (under a sanitizer).
[[nodiscard]] std::size_t allocations() noexcept;
[[nodiscard]] bool counts_allocations() noexcept;

}  // namespace kmsgate::policy::decide::testing
