// SPDX-License-Identifier: BSD-3-Clause
// How often this process has asked for memory. Linking allocations.cpp replaces operator new and malloc.
#pragma once

#include <cstdint>

namespace kmsgate::bench {

/// Calls since the start. Counted without locks: for programs of one thread.
struct Allocations {
    std::uint64_t by_new = 0;  ///< operator new, any form
    std::uint64_t by_malloc =
        0;  ///< malloc, calloc, realloc from C code (libcrypto, libxml2); 0 where it cannot be told
};
[[nodiscard]] Allocations allocations() noexcept;

}  // namespace kmsgate::bench
