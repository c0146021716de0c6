// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's numbers as telemetry shows them: the names of the registry, the values of numbers.hpp.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "dataplane/link/numbers.hpp"
#include "dataplane/watch/telemetry.hpp"

namespace kmsgate::link {

/// nullopt: the parameter names nothing. What exceeds an answer is cut: the parameter says where to go on.
[[nodiscard]] std::optional<watch::Rows> rows(const Box& box, const Watching& watching,
                                              std::chrono::steady_clock::time_point started,
                                              watch::Question question, std::string_view parameter);

}  // namespace kmsgate::link
