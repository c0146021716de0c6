// SPDX-License-Identifier: BSD-3-Clause
// Per-pipeline counters: written by one worker, read by anyone (plain loads of aligned words).
#pragma once

#include <array>
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

struct Counters {
    std::array<std::uint64_t, kCounters> value{};
    std::array<std::uint64_t, kOutcomes> outcome{};
    std::array<std::uint64_t, static_cast<std::size_t>(policy::decide::Verdict::count_)> verdict{};
    std::array<std::uint64_t, policy::kCauses> cause{};

    void add(Counter c, std::uint64_t n = 1) noexcept { value[static_cast<std::size_t>(c)] += n; }
    void add(Outcome o) noexcept { ++outcome[static_cast<std::size_t>(o)]; }
    void add(policy::decide::Verdict v) noexcept { ++verdict[static_cast<std::size_t>(v)]; }
    void add(policy::Cause c) noexcept { ++cause[static_cast<std::size_t>(c)]; }
    [[nodiscard]] std::uint64_t get(Counter c) const noexcept { return value[static_cast<std::size_t>(c)]; }
    /// Input frames that ended with this fate.
    [[nodiscard]] std::uint64_t frames(Fate f) const noexcept;
    /// frames_in + generated = frames_out + absorbed + dropped + held.
    [[nodiscard]] bool identity_holds() const noexcept;
};

}  // namespace kmsgate::core
