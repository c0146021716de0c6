// SPDX-License-Identifier: BSD-3-Clause
// cold_bench ROUNDS [MESSAGES]: the whole path over more than the last cache holds, beside the same path over
// little, in turns. Prints JSON: CPU nanoseconds a message of every round, bytes gone over, calls for memory;
// with any of these it fails.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include "bench/cold/cold.hpp"

namespace {

unsigned number(std::string_view text) {
    unsigned n = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? n : 0;
}

}  // namespace

int main(int argc, char** argv) {
    kmsgate::bench::ColdPlan plan;
    const unsigned rounds = argc > 1 ? number(argv[1]) : 0;
    if (argc > 2) plan.messages = number(argv[2]);
    if (rounds == 0 || argc > 3 || plan.messages < 2 * kmsgate::bench::Cold::kSlice) {
        std::fputs("usage: cold_bench ROUNDS [MESSAGES, at least 2048]\n", stderr);
        return 2;
    }
    try {
        kmsgate::bench::Cold bench(plan);
        std::vector<double> warm, cold;
        for (unsigned i = 0; i < rounds; ++i) {
            warm.push_back(bench.warm());
            cold.push_back(bench.cold());
        }
        const double runs = 2.0 * rounds * kmsgate::bench::Cold::kSlice;
        fmt::print(
            "{{\"messages\": {}, \"rounds\": {}, \"message_bytes\": {}, \"tag_bytes\": {}, "
            "\"transaction_bytes\": {}, "
            "\"last_cache_bytes\": {},\n \"allocations\": {},\n \"warm_ns\": [{:.1f}],\n \"cold_ns\": "
            "[{:.1f}]}}\n",
            plan.messages, rounds, bench.message_bytes(), bench.tag_bytes(), bench.transaction_bytes(),
            sysconf(_SC_LEVEL3_CACHE_SIZE), static_cast<double>(bench.allocations()) / runs,
            fmt::join(warm, ", "), fmt::join(cold, ", "));
        if (bench.allocations() != 0) {
            fmt::print(stderr, "cold_bench: {} calls for memory on the packet path\n", bench.allocations());
            return 1;
        }
    } catch (const std::exception& e) {
        fmt::print(stderr, "cold_bench: {}\n", e.what());
        return 1;
    }
    return 0;
}
