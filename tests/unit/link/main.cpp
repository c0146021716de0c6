// SPDX-License-Identifier: BSD-3-Clause
// One DPDK environment for all of these tests, with telemetry under a prefix of its own.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "tests/unit/link/kit.hpp"

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    std::array<std::string, 8> words = {"test-link",
                                        "--no-huge",
                                        "-m",
                                        "192",
                                        "--no-pci",
                                        "--log-level=*:error",
                                        "--lcores=0@(0-1)",
                                        "--file-prefix=" + kmsgate::link::test::eal_prefix()};
    std::array<char*, words.size()> all{};
    for (std::size_t i = 0; i < words.size(); ++i) all[i] = words[i].data();
    if (rte_eal_init(static_cast<int>(all.size()), all.data()) < 0) {
        std::fprintf(stderr, "DPDK does not start: %s\n", rte_strerror(rte_errno));
        return 1;
    }
    // Behind the pools of the tests, which are made later and so freed earlier.
    std::atexit([] {
        const std::string folder = rte_eal_get_runtime_dir();
        rte_eal_cleanup();
        std::error_code ignored;
        if (folder.ends_with(kmsgate::link::test::eal_prefix())) std::filesystem::remove_all(folder, ignored);
    });
    return RUN_ALL_TESTS();
}
