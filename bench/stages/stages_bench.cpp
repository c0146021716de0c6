// SPDX-License-Identifier: BSD-3-Clause
// stages_bench ROUNDS MICROSECONDS STAGE...: times of stages beside the floor. In every round each stage runs
// right after the floor, each for about that long, so that a slow moment of the machine meets both. Prints
// JSON: nanoseconds of CPU a message, one number a round, and how often memory was asked for.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/stages/allocations.hpp"
#include "bench/stages/stages.hpp"

namespace {

using kmsgate::bench::Allocations;
using kmsgate::bench::Stage;
using kmsgate::bench::Workload;

std::uint64_t cpu_ns() noexcept {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

/// One stage over its messages, as many passes as a batch takes.
class Batch {
  public:
    Batch(const Stage& stage, Workload& workload, std::uint64_t least_ns)
        : stage_(stage), workload_(workload), messages_(kmsgate::bench::messages_of(stage, workload)) {
        run();  // what is done once is done now
        while (time_once() < least_ns && passes_ < 1'000'000) passes_ *= 2;
    }
    /// Nanoseconds a message.
    double measure() {
        return static_cast<double>(time_once()) / static_cast<double>(passes_ * messages_.size());
    }
    /// Calls for memory of one pass.
    Allocations allocations() {
        const Allocations before = kmsgate::bench::allocations();
        pass();
        const Allocations after = kmsgate::bench::allocations();
        return {after.by_new - before.by_new, after.by_malloc - before.by_malloc};
    }
    [[nodiscard]] std::size_t messages() const noexcept { return messages_.size(); }

  private:
    void pass() {
        for (const std::size_t i : messages_) stage_.run(workload_, i);
    }
    void run() {
        for (std::uint64_t n = 0; n < passes_; ++n) pass();
    }
    std::uint64_t time_once() {
        const std::uint64_t start = cpu_ns();
        run();
        return cpu_ns() - start;
    }

    const Stage& stage_;
    Workload& workload_;
    std::vector<std::size_t> messages_;
    std::uint64_t passes_ = 1;
};

struct Row {
    const Stage* stage;
    Batch batch;
    std::vector<double> ns, floor_ns;
};

void print(Row& row, bool last) {
    const Allocations asked = row.batch.allocations();
    const auto count = static_cast<double>(row.batch.messages());
    fmt::print(
        "  {{\"stage\": \"{}\", \"what\": \"{}\", \"messages\": {}, \"new\": {}, \"malloc\": {},\n"
        "   \"ns\": [{:.1f}],\n   \"floor_ns\": [{:.1f}]}}{}\n",
        row.stage->name, row.stage->what, row.batch.messages(), static_cast<double>(asked.by_new) / count,
        static_cast<double>(asked.by_malloc) / count, fmt::join(row.ns, ", "), fmt::join(row.floor_ns, ", "),
        last ? "" : ",");
}

void measure(unsigned rounds, std::uint64_t batch_ns, const std::vector<const Stage*>& stages) {
    Workload workload;
    Batch floor(*kmsgate::bench::find_stage("floor"), workload, batch_ns);
    std::vector<Row> rows;
    rows.reserve(stages.size());
    for (const Stage* stage : stages) rows.push_back({stage, Batch(*stage, workload, batch_ns), {}, {}});
    for (unsigned round = 0; round < rounds; ++round)
        for (Row& row : rows) {
            row.floor_ns.push_back(floor.measure());
            row.ns.push_back(row.batch.measure());
        }
    fmt::print("{{\"refused\": {}, \"rounds\": {}, \"stages\": [\n", workload.refused(), rounds);
    for (Row& row : rows) print(row, &row == &rows.back());
    fmt::print("]}}\n");
}

std::optional<unsigned> number(std::string_view text) noexcept {
    unsigned value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value == 0) return std::nullopt;
    return value;
}

}  // namespace

int main(int argc, char** argv) {
    const auto rounds = argc > 3 ? number(argv[1]) : std::nullopt;
    const auto batch = argc > 3 ? number(argv[2]) : std::nullopt;
    std::vector<const Stage*> stages;
    for (int i = 3; i < argc; ++i) stages.push_back(kmsgate::bench::find_stage(argv[i]));
    if (!rounds || !batch || std::ranges::count(stages, nullptr) != 0) {
        std::fputs("usage: stages_bench ROUNDS MICROSECONDS STAGE...\n", stderr);
        return 2;
    }
    try {
        measure(*rounds, std::uint64_t{1'000} * *batch, stages);
    } catch (const std::exception& e) {
        fmt::print(stderr, "stages_bench: {}\n", e.what());
        return 1;
    }
    return 0;
}
