// SPDX-License-Identifier: BSD-3-Clause
// What the operator of the machine reads: lines on standard error, with time and level.
#pragma once

#include <string_view>

namespace kmsgate::control {

/// Any thread.
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace kmsgate::control
