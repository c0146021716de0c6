// SPDX-License-Identifier: BSD-3-Clause
// Counts instructions without a performance counter and without valgrind, which would take minutes to fill a
// table of ten million users: the processor traps behind each one.
#pragma once

#include <cstdint>

namespace kmsgate::bench {

/// Instructions that `call(what)` takes in this process, its calls included; about a microsecond each. What
/// the kernel does for it counts one a system call. A repeated string instruction counts each time round.
[[nodiscard]] std::uint64_t count_steps(void (*call)(void*), void* what);

}  // namespace kmsgate::bench
