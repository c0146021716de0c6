// SPDX-License-Identifier: BSD-3-Clause
// The ladder itself, in terminal cells.
#pragma once

#include <string>
#include <vector>

#include "tools/lab/canvas.hpp"
#include "tools/lab/rows.hpp"

namespace kmsgate::lab {

/// Draws heads, lifelines and rows below what is on the canvas. False, and nothing drawn, when the actors do
/// not fit beside each other.
[[nodiscard]] bool put_ladder(Canvas& canvas, const std::vector<Row>& rows,
                              const std::vector<std::string>& actors);

[[nodiscard]] Style row_style(const Row& row) noexcept;

}  // namespace kmsgate::lab
