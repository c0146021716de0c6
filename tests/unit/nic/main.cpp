// SPDX-License-Identifier: BSD-3-Clause
// Devices need DPDK: one environment for all of these tests, which plug in what they need.
#include <gtest/gtest.h>

#include <cstdio>

#include "tools/replay/eal.hpp"

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (const auto started = kmsgate::replay::start_eal(); !started) {
        std::fprintf(stderr, "%s\n", started.error().c_str());
        return 1;
    }
    return RUN_ALL_TESTS();
}
