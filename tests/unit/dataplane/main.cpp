// SPDX-License-Identifier: BSD-3-Clause
// The tests of the packet path need packet buffers: one DPDK environment for all of them.
#include <gtest/gtest.h>

#include <cstdio>

#include "tools/replay/eal.hpp"

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (const auto started = kmsgate::replay::start_eal(256); !started) {
        std::fprintf(stderr, "%s\n", started.error().c_str());
        return 1;
    }
    return RUN_ALL_TESTS();
}
