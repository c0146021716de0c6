// SPDX-License-Identifier: BSD-3-Clause
// The parts of the request path, each to be run alone on prepared input: the same code for times and for
// instruction counts.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "bench/stages/workload.hpp"

namespace kmsgate::bench {

/// One row of the table.
struct Stage {
    std::string_view name;
    std::string_view what;
    void (*run)(Workload&, std::size_t);
    /// Which messages: those it is asked yes for.
    bool (*takes)(const Invite&);
};
[[nodiscard]] std::span<const Stage> stages() noexcept;
/// The stage of that name, or null.
[[nodiscard]] const Stage* find_stage(std::string_view name) noexcept;
/// Indexes of the messages that a stage takes.
[[nodiscard]] std::vector<std::size_t> messages_of(const Stage& stage, const Workload& workload);

}  // namespace kmsgate::bench
