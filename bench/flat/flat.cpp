// SPDX-License-Identifier: BSD-3-Clause
// What a verdict costs as the box grows. Prints one JSON object a line for each size of the axes asked for.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bench/flat/steps.hpp"
#include "bench/flat/world.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::bench {
namespace {

struct Axis {
    std::string_view name;
    std::size_t Sizes::* size;
    std::array<std::size_t, 4> sizes;
    std::size_t count;  ///< of the sizes
};

constexpr std::array<Axis, 5> kAxes{{
    {"tags", &Sizes::tags, {1'000, 100'000, 10'000'000, 0}, 3},
    {"kms", &Sizes::kms, {10, 100, 1'000, 10'000}, 4},
    {"patterns", &Sizes::patterns, {10, 1'000, 10'000, 100'000}, 4},
    {"edges", &Sizes::edges, {1, 10, 100, 1'000}, 4},
    {"transactions", &Sizes::transactions, {1'000, 10'000, 100'000, 1'000'000}, 4},
}};

double now_ns() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// The same few messages of every world, of each kind that there is.
std::vector<std::size_t> counted_messages(std::size_t count) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(i * (kFlatMessages / count) + i);
    return out;
}

struct Counted {
    World* world;
    std::span<const std::size_t> messages;
};

double instructions(World& world, std::span<const std::size_t> messages) {
    for (const std::size_t i : messages) world.verdict(i);
    Counted what{&world, messages};
    const std::uint64_t all = count_steps(
        [](void* p) {
            const auto& counted = *static_cast<const Counted*>(p);
            for (const std::size_t i : counted.messages) counted.world->verdict(i);
        },
        &what);
    return static_cast<double>(all) / static_cast<double>(messages.size());
}

void measure(const Axis& axis, bool quick) {
    std::vector<std::unique_ptr<World>> worlds;
    for (std::size_t i = 0; i < axis.count; ++i) {
        Sizes sizes;
        sizes.*axis.size = axis.sizes[i];
        worlds.push_back(std::make_unique<World>(sizes));
    }
    const auto messages = counted_messages(quick ? 8 : 16);
    std::vector<std::vector<double>> times(worlds.size());
    const std::size_t rounds = quick ? 9 : 21;
    for (auto& world : worlds) static_cast<void>(world->refused());
    // In turns, so that a slow moment of the machine meets all sizes.
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t w = 0; w < worlds.size(); ++w) {
            const std::size_t at = (w + round) % worlds.size();
            const double start = now_ns();
            for (std::size_t i = 0; i < kFlatMessages; ++i) worlds[at]->verdict(i);
            times[at].push_back((now_ns() - start) / kFlatMessages);
        }
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        auto& t = times[w];
        std::ranges::sort(t);
        fmt::print(
            "{{\"axis\": \"{}\", \"size\": {}, \"instructions\": {:.1f}, \"ns\": {:.1f}, \"ns_min\": {:.1f}, "
            "\"ns_max\": {:.1f}, \"bytes\": {}, \"refused\": {:.3f}}}\n",
            axis.name, axis.sizes[w], instructions(*worlds[w], messages), t[t.size() / 2], t.front(),
            t.back(), worlds[w]->bytes(std::string(axis.name)),
            static_cast<double>(worlds[w]->refused()) / kFlatMessages);
    }
}

int run(std::span<char*> words) {
    bool quick = false;
    std::vector<std::string_view> wanted;
    for (const std::string_view word : words) {
        if (word == "--quick")
            quick = true;
        else if (std::ranges::find(kAxes, word, &Axis::name) != kAxes.end())
            wanted.push_back(word);
        else {
            fmt::print(stderr, "usage: flat_bench [--quick] [tags|kms|patterns|edges|transactions]...\n");
            return 2;
        }
    }
    const auto asked = [&](std::string_view name) {
        return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
    };
    // The tags of ten million users and of two smaller tables. All of it is taken, and cleared, at the start.
    const std::size_t megabytes = asked("tags") ? 1100 : 64;
    if (const auto started = replay::start_eal(megabytes); !started) {
        fmt::print(stderr, "flat_bench: {}\n", started.error());
        return 1;
    }
    for (const Axis& axis : kAxes)
        if (asked(axis.name)) measure(axis, quick);
    return 0;
}

}  // namespace
}  // namespace kmsgate::bench

int main(int argc, char** argv) {
    try {
        return kmsgate::bench::run({argv + 1, static_cast<std::size_t>(argc - 1)});
    } catch (const std::exception& e) {
        fmt::print(stderr, "flat_bench: {}\n", e.what());
        return 1;
    }
}
