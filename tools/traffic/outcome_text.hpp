// SPDX-License-Identifier: BSD-3-Clause
// What came of a run, for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/traffic/match.hpp"

namespace kmsgate::traffic {

/// `timed`: latencies mean something (live).
[[nodiscard]] std::string to_text(const Outcome& outcome, bool timed);
[[nodiscard]] nlohmann::ordered_json to_json(const Outcome& outcome, bool timed);
/// Per cent of what was sent.
[[nodiscard]] inline double loss(const Outcome& o) noexcept {
    return o.sent == 0 ? 0.0 : 100.0 * static_cast<double>(o.lost) / static_cast<double>(o.sent);
}

}  // namespace kmsgate::traffic
