// SPDX-License-Identifier: BSD-3-Clause
// How often this program has asked for memory.
#pragma once

#include <cstddef>

namespace kmsgate::policy::decide::testing {

/// Calls of operator new so far; always 0 where they are not counted (under a sanitizer).
[[nodiscard]] std::size_t allocations() noexcept;
[[nodiscard]] bool counts_allocations() noexcept;

}  // namespace kmsgate::policy::decide::testing
