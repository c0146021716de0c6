// SPDX-License-Identifier: BSD-3-Clause
// swap_bench [COMMITS [MESSAGES-PER-SECOND]]: what policy changes cost the traffic, for people.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "bench/swap/swap.hpp"
#include "tools/replay/eal.hpp"

namespace {

void print(const char* what, const kmsgate::bench::Tail& t) {
    const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e3; };
    fmt::print("| {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |\n", what, us(t.median), us(t.p99), us(t.p999),
               us(t.worst));
}

}  // namespace

int main(int argc, char** argv) {
    kmsgate::bench::SwapPlan plan;
    if (argc > 1) plan.commits = static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10));
    if (argc > 2) plan.messages_per_second = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    if (const auto eal = kmsgate::replay::start_eal(); !eal) {
        fmt::print(stderr, "swap_bench: {}\n", eal.error());
        return 3;
    }
    const auto result = kmsgate::bench::swap_in_traffic(plan);
    if (!result) {
        fmt::print(stderr, "swap_bench: {}\n", result.error());
        return 3;
    }
    const auto& r = *result;
    fmt::print("{} commits in {:.1f} s, {:.0f} us each (median: verify, swap, wait for the worker)\n",
               r.commits, r.seconds, r.publish_median_us);
    fmt::print(
        "{} INVITEs ({} forwarded, {} answered) and {} other frames: {} lost, {} with a verdict that is not "
        "their generation's\n",
        r.messages, r.forwarded, r.answered, r.others, r.lost, r.wrong);
    fmt::print("counters: {}\n\n", r.unaccounted.empty() ? "all frames are accounted for" : r.unaccounted);
    fmt::print("| us from ring to ring | median | 99 % | 99.9 % | worst |\n|---|---|---|---|---|\n");
    print("no commits", r.quiet);
    print("commits all the time", r.swapping);
    return r.lost == 0 && r.wrong == 0 && r.unaccounted.empty() ? 0 : 1;
}
