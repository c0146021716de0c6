// SPDX-License-Identifier: BSD-3-Clause
// Workers need packet buffers: one DPDK environment for all of these tests, started as the program starts it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "dataplane/main/eal.hpp"

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    kmsgate::startup::Startup startup;
    startup.workers = 2;
    startup.memory_megabytes = 400;
    startup.state = "/tmp/kmsgate-test-worker-" + std::to_string(getpid());
    if (const auto started = kmsgate::box::start_eal(kmsgate::box::plan_eal(startup)); !started) {
        std::fprintf(stderr, "%s\n", started.error().c_str());
        return 1;
    }
    // behind the pools of the tests, which are made later and so freed earlier
    std::atexit([] { kmsgate::box::end_eal(); });
    return RUN_ALL_TESTS();
}
