// SPDX-License-Identifier: BSD-3-Clause
// One stage, N passes over its messages, inside a function of known name: for `valgrind --tool=callgrind
// --toggle-collect=kmsgate_bench_counted`. Prints how many messages that were.
#include <charconv>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

#include "bench/stages/stages.hpp"

using kmsgate::bench::Stage;
using kmsgate::bench::Workload;

/// What callgrind counts: a loop of a few instructions a message around the stage.
extern "C" [[gnu::noinline]] void kmsgate_bench_counted(Workload& workload, const Stage& stage,
                                                        std::span<const std::size_t> messages,
                                                        unsigned passes);
void kmsgate_bench_counted(Workload& workload, const Stage& stage, std::span<const std::size_t> messages,
                           unsigned passes) {
    for (unsigned pass = 0; pass < passes; ++pass)
        for (const std::size_t i : messages) stage.run(workload, i);
}

namespace {

int usage() {
    std::fputs("usage: stages_count STAGE PASSES | --list\n", stderr);
    return 2;
}

int list() {
    for (const Stage& s : kmsgate::bench::stages())
        std::printf("%.*s\t%.*s\n", static_cast<int>(s.name.size()), s.name.data(),
                    static_cast<int>(s.what.size()), s.what.data());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--list") return list();
    if (argc != 3) return usage();
    const Stage* stage = kmsgate::bench::find_stage(argv[1]);
    const std::string_view number = argv[2];
    unsigned passes = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), passes);
    if (stage == nullptr || read.ec != std::errc() || read.ptr != number.data() + number.size() ||
        passes == 0)
        return usage();
    try {
        Workload workload;
        const auto messages = kmsgate::bench::messages_of(*stage, workload);
        for (const std::size_t i : messages) stage->run(workload, i);  // what is done once is done now
        kmsgate_bench_counted(workload, *stage, messages, passes);
        std::printf("%zu\n", messages.size() * passes);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "stages_count: %s\n", e.what());
        return 1;
    }
    return 0;
}
