// SPDX-License-Identifier: BSD-3-Clause
// stages_count STAGE... | --list: one pass of each stage over its messages, inside a function of known name,
// for `valgrind --tool=callgrind --toggle-collect=kmsgate_bench_counted --dump-after=kmsgate_bench_counted`,
// which leaves one profile a stage. Prints a line for each: name and messages.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>
#include <vector>

#include "bench/stages/stages.hpp"

using kmsgate::bench::Stage;
using kmsgate::bench::Workload;

/// What callgrind counts: a loop of a few instructions a message around the stage.
extern "C" [[gnu::noinline]] void kmsgate_bench_counted(Workload& workload, const Stage& stage,
                                                        std::span<const std::size_t> messages);
void kmsgate_bench_counted(Workload& workload, const Stage& stage, std::span<const std::size_t> messages) {
    for (const std::size_t i : messages) stage.run(workload, i);
}

namespace {

int list() {
    for (const Stage& s : kmsgate::bench::stages())
        std::printf("%.*s\t%.*s\n", static_cast<int>(s.name.size()), s.name.data(),
                    static_cast<int>(s.what.size()), s.what.data());
    return 0;
}

void count(std::span<const Stage* const> stages) {
    Workload workload;
    for (const Stage* stage : stages) {
        const auto messages = kmsgate::bench::messages_of(*stage, workload);
        for (const std::size_t i : messages) stage->run(workload, i);  // what is done once is done now
        kmsgate_bench_counted(workload, *stage, messages);
        std::printf("%.*s\t%zu\n", static_cast<int>(stage->name.size()), stage->name.data(), messages.size());
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--list") return list();
    std::vector<const Stage*> stages;
    for (int i = 1; i < argc; ++i) stages.push_back(kmsgate::bench::find_stage(argv[i]));
    if (stages.empty() || std::ranges::count(stages, nullptr) != 0) {
        std::fputs("usage: stages_count STAGE... | --list\n", stderr);
        return 2;
    }
    try {
        count(stages);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "stages_count: %s\n", e.what());
        return 1;
    }
    return 0;
}
