// SPDX-License-Identifier: BSD-3-Clause
// How long the control plane takes from a policy's text to a table that is proved sound: a large policy at
// first, and the same with one rule changed. Prints one JSON object.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "bench/flat/policy.hpp"
#include "policy/compile/compile.hpp"

namespace kmsgate::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Timed {
    double seconds = 0;
    std::vector<std::byte> blob;
};

Timed compile(std::string_view text) {
    const auto start = Clock::now();
    policy::compile::Compiled made = policy::compile::compile_text(text);
    Timed out{seconds_since(start), std::move(made.blob)};
    if (out.blob.empty()) throw std::runtime_error("the policy does not compile");
    return out;
}

/// The text with the allow list of one rule the other way round.
std::string changed(std::string text, std::size_t round) {
    const std::string name = fmt::format("  {}:\n", flat_edge(round));
    const std::size_t edge = text.find(name);
    const std::size_t list = text.find("allow: [", edge);
    const std::size_t end = text.find(']', list);
    if (edge == std::string::npos || list == std::string::npos) throw std::runtime_error("no such edge");
    const std::size_t first = list + std::string_view("allow: [").size();
    const std::size_t comma = text.find(',', first);
    return text.replace(first, end - first,
                        text.substr(comma + 2, end - comma - 2) + ", " + text.substr(first, comma - first));
}

int run(std::size_t patterns, std::size_t rounds) {
    constexpr std::size_t kKms = 1000, kEdges = 100;
    const std::string text = flat_policy_text(kKms, patterns, kEdges);
    const Timed whole = compile(text);
    std::vector<double> changes;
    for (std::size_t round = 0; round < rounds; ++round) {
        const Timed change = compile(changed(text, round));
        if (change.blob == whole.blob) throw std::runtime_error("the change changes nothing");
        changes.push_back(change.seconds * 1e3);
    }
    std::ranges::sort(changes);
    fmt::print(
        "{{\"patterns\": {}, \"kms\": {}, \"edges\": {}, \"text_bytes\": {}, \"table_bytes\": {}, "
        "\"seconds\": {:.3f}, \"change_ms\": {:.1f}, \"change_ms_max\": {:.1f}, \"rounds\": {}}}\n",
        patterns, kKms, kEdges, text.size(), whole.blob.size(), whole.seconds, changes[changes.size() / 2],
        changes.back(), rounds);
    return 0;
}

}  // namespace
}  // namespace kmsgate::bench

int main(int argc, char** argv) {
    std::size_t patterns = 0, rounds = 0;
    const auto read = [&](int at, std::size_t& out) {
        const std::string_view word = argv[at];
        return std::from_chars(word.data(), word.data() + word.size(), out).ec == std::errc();
    };
    if (argc != 3 || !read(1, patterns) || !read(2, rounds) || patterns < 10 || rounds == 0 || rounds > 100) {
        fmt::print(stderr, "usage: compile_bench PATTERNS ROUNDS\n");
        return 2;
    }
    try {
        return kmsgate::bench::run(patterns, rounds);
    } catch (const std::exception& e) {
        fmt::print(stderr, "compile_bench: {}\n", e.what());
        return 1;
    }
}
