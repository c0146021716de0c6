// SPDX-License-Identifier: BSD-3-Clause
// Times of the stages. One iteration is one pass over all messages of a stage; `messages` says how many those
// are.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <string>

#include "bench/stages/allocations.hpp"
#include "bench/stages/stages.hpp"

namespace {

using namespace kmsgate;

void run_stage(benchmark::State& state, const bench::Stage& stage, bench::Workload& workload) {
    const auto messages = bench::messages_of(stage, workload);
    for (const std::size_t i : messages) stage.run(workload, i);
    const bench::Allocations before = bench::allocations();
    for ([[maybe_unused]] auto pass : state)
        for (const std::size_t i : messages) stage.run(workload, i);
    const bench::Allocations after = bench::allocations();
    const double count = static_cast<double>(messages.size());
    const double runs = static_cast<double>(state.iterations()) * count;
    state.counters["messages"] = count;
    state.counters["new_per_message"] = static_cast<double>(after.by_new - before.by_new) / runs;
    state.counters["malloc_per_message"] = static_cast<double>(after.by_malloc - before.by_malloc) / runs;
    state.SetItemsProcessed(static_cast<std::int64_t>(runs));
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    try {
        bench::Workload workload;
        benchmark::AddCustomContext("refused", std::to_string(workload.refused()));
        for (const bench::Stage& stage : bench::stages())
            benchmark::RegisterBenchmark(
                std::string(stage.name).c_str(),
                [&stage, &workload](benchmark::State& state) { run_stage(state, stage, workload); });
        benchmark::RunSpecifiedBenchmarks();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "stages_bench: %s\n", e.what());
        return 1;
    }
    return 0;
}
