// SPDX-License-Identifier: BSD-3-Clause
// Generator and worker on CPUs of their own.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <thread>

namespace kmsgate::bench {

/// The worker gets the last CPU of those allowed that this thread is not on, where there are two.
inline void share_cpus(std::thread& worker) {
    // The EAL keeps its main thread on one CPU, and whoever it starts: ask for all, and see what is granted.
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(cpu, &allowed);
    pthread_setaffinity_np(worker.native_handle(), sizeof allowed, &allowed);
    pthread_getaffinity_np(worker.native_handle(), sizeof allowed, &allowed);
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu) {
        if (!CPU_ISSET(cpu, &allowed) || cpu == sched_getcpu()) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(worker.native_handle(), sizeof one, &one);
        return;
    }
}

}  // namespace kmsgate::bench
