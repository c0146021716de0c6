// SPDX-License-Identifier: BSD-3-Clause
// A run as a picture or as data.
#pragma once

#include <string>

#include "tools/lab/result.hpp"

namespace kmsgate::lab {

/// A ladder for a terminal, at most `width` columns: one lifeline an actor, arrows with what they carry, and
/// below it what came out and how it differs from what was expected.
[[nodiscard]] std::string draw_text(const Scenario& scenario, const Result& result, std::size_t width = 120,
                                    bool colour = false);
/// A mermaid sequenceDiagram.
[[nodiscard]] std::string draw_mermaid(const Scenario& scenario, const Result& result);
/// A stand-alone SVG document.
[[nodiscard]] std::string draw_svg(const Scenario& scenario, const Result& result);
/// One JSON object on one line: scenario, variant, passed, outcome, kms names, steps, counts, faults.
[[nodiscard]] std::string to_json(const Scenario& scenario, const Result& result);

}  // namespace kmsgate::lab
