// SPDX-License-Identifier: BSD-3-Clause
// Conditions of events, traces, captures and counters. A condition that nothing can ever meet is refused with
// what could: otherwise its caller would wait in silence.
#pragma once

#include <optional>
#include <string>

#include "control/server/methods.hpp"
#include "control/server/params.hpp"

namespace kmsgate::control {

/// An edge that kmsgate.yaml has ports for, or the fault `unknown-edge` with those there are. Edges without
/// ports see no traffic.
[[nodiscard]] std::optional<Fault> edge_fault(const Rooms& rooms, const std::optional<std::string>& edge);

/// Parameter `verdict`: one of watch::verdicts().
[[nodiscard]] std::optional<std::string> verdict_of(Params& p);
/// Parameter `reason`: what a message line may say, and with `drops` what a drop line may.
[[nodiscard]] std::optional<std::string> reason_of(Params& p, bool drops);
/// Parameter `user`: in normal form, as events name users.
[[nodiscard]] std::optional<std::string> user_of(Params& p);
/// Parameter `method`: a token of RFC 3261. Those that are known stand in capitals.
[[nodiscard]] std::optional<std::string> method_of(Params& p);
/// Parameter `outcomes`: some of watch::outcomes().
[[nodiscard]] std::vector<std::string> outcomes_of(Params& p);

}  // namespace kmsgate::control
