// SPDX-License-Identifier: BSD-3-Clause
// An event as one line for people. Inside this room only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/cli/text.hpp"

namespace kmsgate::control::cli {

/// "03:30:49.123 mc1-edge inside redirect initiator-kms-not-allowed INVITE sip:a@x > .. ", cut to the
/// terminal. An event of a kind that is not known here stands as JSON.
[[nodiscard]] std::string event_line(const nlohmann::json& event, const Terminal& terminal);

/// What an event says and what a tree below it shows, for explain and trace.
void print_explained(Terminal& terminal, const nlohmann::json& event, const std::string& tree);

}  // namespace kmsgate::control::cli
