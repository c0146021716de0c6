// SPDX-License-Identifier: BSD-3-Clause
// swap_bench [--json] [COMMITS [MESSAGES-PER-SECOND]]: what policy changes cost the traffic.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/swap/swap.hpp"
#include "tools/replay/eal.hpp"

namespace {

using kmsgate::bench::SwapResult;
using kmsgate::bench::Tail;

double us(std::uint64_t ns) noexcept {
    return static_cast<double>(ns) / 1e3;
}

void print(const char* what, const Tail& t) {
    fmt::print("| {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |\n", what, us(t.median), us(t.p99), us(t.p999),
               us(t.worst));
}

std::string json(const Tail& t) {
    return fmt::format(R"({{"median": {}, "p99": {}, "p999": {}, "worst": {}}})", us(t.median), us(t.p99),
                       us(t.p999), us(t.worst));
}

void print_json(const SwapResult& r) {
    fmt::print(
        R"({{"commits": {}, "seconds": {:.3f}, "publish_us": {:.1f}, "messages": {}, "forwarded": {}, "answered": {}, )"
        R"("others": {}, "lost": {}, "wrong": {}, "unaccounted": "{}", "quiet_us": {}, "swapping_us": {}}})"
        "\n",
        r.commits, r.seconds, r.publish_median_us, r.messages, r.forwarded, r.answered, r.others, r.lost,
        r.wrong, r.unaccounted, json(r.quiet), json(r.swapping));
}

void print_table(const SwapResult& r) {
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
}

}  // namespace

int main(int argc, char** argv) {
    kmsgate::bench::SwapPlan plan;
    const bool as_json = argc > 1 && std::string_view(argv[1]) == "--json";
    const int first = as_json ? 2 : 1;
    if (argc > first) plan.commits = static_cast<unsigned>(std::strtoul(argv[first], nullptr, 10));
    if (argc > first + 1)
        plan.messages_per_second = static_cast<unsigned>(std::strtoul(argv[first + 1], nullptr, 10));
    if (plan.commits == 0 || plan.messages_per_second == 0) {
        fmt::print(stderr, "usage: swap_bench [--json] [COMMITS [MESSAGES-PER-SECOND]]\n");
        return 2;
    }
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
    (as_json ? print_json : print_table)(r);
    return r.lost == 0 && r.wrong == 0 && r.unaccounted.empty() ? 0 : 1;
}
