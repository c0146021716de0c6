// SPDX-License-Identifier: BSD-3-Clause
// What a thread gives to another one through DPDK, told to ThreadSanitizer, which cannot see the order that
// DPDK's own code keeps: it is built without it. In any other build there is nothing here.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define KMSGATE_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KMSGATE_THREAD_SANITIZER 1
#endif
#endif

#ifdef KMSGATE_THREAD_SANITIZER
extern "C" void __tsan_acquire(void* at);
extern "C" void __tsan_release(void* at);
#endif

namespace kmsgate::core {

/// Before a thread gives `thing` to DPDK: all that it did until now comes before taken_over() of the same
/// thing. To be called only where DPDK itself orders the two (a ring, a port's queue, the end of a lcore).
inline void handed_over([[maybe_unused]] void* thing) noexcept {
#ifdef KMSGATE_THREAD_SANITIZER
    __tsan_release(thing);
#endif
}
/// After a thread got `thing` from DPDK, before it looks at it.
inline void taken_over([[maybe_unused]] void* thing) noexcept {
#ifdef KMSGATE_THREAD_SANITIZER
    __tsan_acquire(thing);
#endif
}

}  // namespace kmsgate::core
