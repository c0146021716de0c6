// SPDX-License-Identifier: BSD-3-Clause
// Per-pipeline counters: written by one worker, read by anyone at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/core/outcome.hpp"
#include "policy/decide/decide.hpp"

namespace kmsgate::core {

enum class Counter : std::uint8_t {
#define X(name, text, meaning) name,
#include "dataplane/core/counter.def"
#undef X
    count_
};
inline constexpr std::size_t kCounters = static_cast<std::size_t>(Counter::count_);
[[nodiscard]] std::string_view to_string(Counter counter) noexcept;

/// A number with one writer: adding costs what a plain addition costs.
class Count {
  public:
    Count() = default;
    Count(const Count& o) noexcept : value_(o.get()) {}
    Count& operator=(const Count& o) noexcept {
        set(o.get());
        return *this;
    }
    ~Count() = default;
    void add(std::uint64_t n = 1) noexcept { set(get() + n); }
    void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }
    operator std::uint64_t() const noexcept { return get(); }  // NOLINT: reads like the number that it is

  private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// How often a rule matched, and how often its refusal was only noted (shadow mode, alarms).
struct RuleHits {
    Count hit;
    Count would;
};

struct Counters {
    std::array<Count, kCounters> value{};
    std::array<Count, kOutcomes> outcome{};
    std::array<Count, static_cast<std::size_t>(policy::decide::Verdict::count_)> verdict{};
    std::array<Count, policy::kCauses> cause{};

    void add(Counter c, std::uint64_t n = 1) noexcept { value[static_cast<std::size_t>(c)].add(n); }
    void add(Outcome o, std::uint64_t n = 1) noexcept { outcome[static_cast<std::size_t>(o)].add(n); }
    void add(policy::decide::Verdict v) noexcept { verdict[static_cast<std::size_t>(v)].add(); }
    void add(policy::Cause c) noexcept { cause[static_cast<std::size_t>(c)].add(); }
    [[nodiscard]] std::uint64_t get(Counter c) const noexcept { return value[static_cast<std::size_t>(c)]; }
    /// Input frames that ended with this fate.
    [[nodiscard]] std::uint64_t frames(Fate f) const noexcept;
    /// frames_in + generated = frames_out + absorbed + dropped + held.
    [[nodiscard]] bool identity_holds() const noexcept;
};

}  // namespace kmsgate::core
