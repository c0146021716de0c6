// SPDX-License-Identifier: BSD-3-Clause
// A file of its own: seen together with its callers, the compiler takes malloc and delete for a mismatch.
#include "tests/unit/decide/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
std::size_t count = 0;
}

#ifdef KMSGATE_ADDRESS_SANITIZER
constexpr bool kCounts = false;
#else
constexpr bool kCounts = true;

// NOLINTBEGIN(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
void* operator new(std::size_t size) {
    ++count;
    if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
    std::abort();
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}
// NOLINTEND(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
#endif

namespace kmsgate::policy::decide::testing {

std::size_t allocations() noexcept {
    return count;
}
bool counts_allocations() noexcept {
    return kCounts;
}

}  // namespace kmsgate::policy::decide::testing
