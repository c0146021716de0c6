// SPDX-License-Identifier: BSD-3-Clause
// How long control takes from a policy's text to a table that is proved sound and a list of what changes, as
// for a commit: a large policy at first, then the same with one rule changed, then with one user more. Prints
// one JSON object.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "bench/flat/policy.hpp"
#include "control/commit/policy.hpp"
#include "policy/compile/compile.hpp"

namespace kmsgate::bench {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The text with the allow list of one rule the other way round.
std::string with_other_rule(std::string text, std::size_t round) {
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

std::string with_more_users(std::string text, std::size_t round) {
    const std::size_t list = text.find("    users:\n");
    if (list == std::string::npos) throw std::runtime_error("no users");
    return text.insert(list + std::string_view("    users:\n").size(),
                       fmt::format("      - \"sip:*@new{}.example\"\n", round));
}

/// What a commit does before the table is pushed, with what was kept from the commit before.
class Commits {
  public:
    struct Timed {
        double milliseconds = 0;
        control::PolicyPtr policy;
    };
    Timed commit(std::string text) {
        const auto start = Clock::now();
        const control::Made made = control::make_policy(compiler_, std::move(text), "policy.yaml", {});
        if (!made.policy) throw std::runtime_error("the policy does not compile");
        const control::Plan plan = control::make_plan(running_.get(), *made.policy);
        const Timed out{milliseconds_since(start), made.policy};
        if (plan.none) throw std::runtime_error("the change changes nothing");
        // The same bytes as from nothing, or the time is worth nothing.
        if (policy::compile::compile_text(made.policy->text).blob != *made.policy->blob)
            throw std::runtime_error("the table is not the one that is made from nothing");
        running_ = made.policy;
        return out;
    }

  private:
    policy::compile::Compiler compiler_;
    control::PolicyPtr running_;
};

struct Spread {
    double median = 0;
    double most = 0;
};
Spread spread(std::vector<double> times) {
    std::ranges::sort(times);
    return {times[times.size() / 2], times.back()};
}

int run(std::size_t patterns, std::size_t rounds) {
    constexpr std::size_t kKms = 1000, kEdges = 100;
    const std::string text = flat_policy_text(kKms, patterns, kEdges);
    Commits commits;
    const Commits::Timed whole = commits.commit(text);
    std::vector<double> rules, users;
    for (std::size_t round = 0; round < rounds; ++round)
        rules.push_back(commits.commit(with_other_rule(text, round)).milliseconds);
    for (std::size_t round = 0; round < rounds; ++round)
        users.push_back(commits.commit(with_more_users(text, round)).milliseconds);
    const auto [change, change_max] = spread(rules);
    const auto [user, user_max] = spread(users);
    fmt::print(
        "{{\"patterns\": {}, \"kms\": {}, \"edges\": {}, \"text_bytes\": {}, \"table_bytes\": {}, "
        "\"seconds\": {:.3f}, \"change_ms\": {:.1f}, \"change_ms_max\": {:.1f}, \"user_ms\": {:.1f}, "
        "\"user_ms_max\": {:.1f}, \"rounds\": {}}}\n",
        patterns, kKms, kEdges, text.size(), whole.policy->blob->size(), whole.milliseconds / 1e3, change,
        change_max, user, user_max, rounds);
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
