// SPDX-License-Identifier: BSD-3-Clause
#include "bench/flat/steps.hpp"

#include <csignal>
#include <stdexcept>

#if !defined(__x86_64__)
#error "the trap flag is x86's"
#endif

namespace kmsgate::bench {
namespace {

volatile std::uint64_t steps = 0;

void on_trap(int) {
    steps = steps + 1;
}

/// The trap flag of the processor (Intel SDM volume 3, 17.3.1.4). The stack moves first: what lies below it
/// is in use.
void trap(bool on) noexcept {
    if (on)
        asm volatile(
            "lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::
                : "memory", "cc");
    else
        asm volatile(
            "lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::
                : "memory", "cc");
}

std::uint64_t count(void (*call)(void*), void* what) {
    steps = 0;
    trap(true);
    call(what);
    trap(false);
    return steps;
}

}  // namespace

std::uint64_t count_steps(void (*call)(void*), void* what) {
    struct sigaction action{};
    struct sigaction before{};
    action.sa_handler = on_trap;
    if (sigaction(SIGTRAP, &action, &before) != 0) throw std::runtime_error("SIGTRAP cannot be handled");
    const std::uint64_t own = count([](void*) {}, nullptr);
    const std::uint64_t all = count(call, what);
    sigaction(SIGTRAP, &before, nullptr);
    return all - own;
}

}  // namespace kmsgate::bench
