// SPDX-License-Identifier: BSD-3-Clause
// The whole path, frames in and out. `count STAGE PASSES` for `valgrind --tool=callgrind
// --toggle-collect=kmsgate_path_counted`: prints how many messages that were. `times ROUNDS`: stages and
// floor in turns; fails when a stage asks for memory.
#include <fmt/format.h>
#include <rte_cycles.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include "bench/stages/allocations.hpp"
#include "bench/stages/path.hpp"

namespace {

using namespace kmsgate;

}  // namespace

/// What callgrind counts: one burst.
extern "C" [[gnu::noinline]] void kmsgate_path_counted(bench::Path& path, bench::PathBurst& burst);
void kmsgate_path_counted(bench::Path& path, bench::PathBurst& burst) {
    path.run(burst);
}

namespace {

constexpr unsigned kFloorRuns = 8;

int usage() {
    std::fputs("usage: path_stages --list | count STAGE PASSES [--cold] | times ROUNDS [--cold]\n", stderr);
    return 2;
}

unsigned number(std::string_view text) {
    unsigned n = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? n : 0;
}

void count(bench::Workload& workload, const bench::PathStage& stage, unsigned passes, bench::Memory memory) {
    bench::Path path(workload, stage, memory);
    for (unsigned i = 0; i < passes; ++i)
        for (bench::PathBurst& burst : path.pass()) {
            kmsgate_path_counted(path, burst);
            path.check(burst);
        }
    fmt::print("{}\n", passes * path.messages());
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// Nanoseconds a message of a stage and of the floor, round by round.
bool times(bench::Workload& workload, const bench::PathStage& stage, unsigned rounds, bench::Memory memory) {
    bench::Path path(workload, stage, memory);
    const double hz = static_cast<double>(rte_get_tsc_hz());
    std::vector<double> ours, floors, ratios;
    for (bench::PathBurst& burst : path.pass()) {  // what grows once has grown
        path.run(burst);
        path.check(burst);
    }
    bench::Allocations taken;
    for (unsigned round = 0; round < rounds; ++round) {
        std::uint64_t cycles = 0, floor = 0;
        for (bench::PathBurst& burst : path.pass()) {
            const bench::Allocations before = bench::allocations();
            std::uint64_t start = rte_rdtsc_precise();
            path.run(burst);
            cycles += rte_rdtsc_precise() - start;
            const bench::Allocations after = bench::allocations();
            taken.by_new += after.by_new - before.by_new;
            taken.by_malloc += after.by_malloc - before.by_malloc;
            path.check(burst);
            path.floor(burst);
            start = rte_rdtsc_precise();
            for (unsigned i = 0; i < kFloorRuns; ++i) path.floor(burst);
            floor += (rte_rdtsc_precise() - start) / kFloorRuns;
        }
        const double per = 1e9 / hz / static_cast<double>(path.messages());
        ours.push_back(static_cast<double>(cycles) * per);
        floors.push_back(static_cast<double>(floor) * per);
        ratios.push_back(ours.back() / floors.back());
    }
    const double runs = static_cast<double>(rounds) * static_cast<double>(path.messages());
    fmt::print(
        "{:<13} {:>4} messages  {:>8.0f} ns  floor {:>5.0f} ns  ratio {:>6.2f}  new {:.3f}  malloc {:.3f}\n",
        stage.name, path.messages(), median(ours), median(floors), median(ratios),
        static_cast<double>(taken.by_new) / runs, static_cast<double>(taken.by_malloc) / runs);
    return taken.by_new + taken.by_malloc == 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto all = bench::path_stages();
    if (words == std::vector<std::string_view>{"--list"}) {
        for (const auto& s : all) fmt::print("{}\t{}\n", s.name, s.what);
        return 0;
    }
    if (words.size() < 2) return usage();
    const bench::Memory memory = words.back() == "--cold" ? bench::Memory::cold : bench::Memory::warm;
    try {
        if (words[0] == "count" && words.size() >= 3) {
            const auto stage = std::ranges::find(all, words[1], &bench::PathStage::name);
            if (stage == all.end() || number(words[2]) == 0) return usage();
            bench::Workload workload;
            count(workload, *stage, number(words[2]), memory);
            return 0;
        }
        if (words[0] != "times" || number(words[1]) == 0) return usage();
        bench::Workload workload;
        bool clean = true;
        for (const auto& stage : all) clean = times(workload, stage, number(words[1]), memory) && clean;
        if (!clean) std::fputs("path_stages: a stage asks for memory\n", stderr);
        return clean ? 0 : 1;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "path_stages: %s\n", e.what());
        return 1;
    }
}
