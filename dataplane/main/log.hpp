// SPDX-License-Identifier: BSD-3-Clause
// Words for the operator: one line each on standard error, with a level in front.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace kmsgate::box {

enum class Level { info, warning, error };

/// Writes "LEVEL: text" and a line end in one piece; any thread. Line ends inside become blanks.
void log(Level level, std::string_view text);

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    log(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
    log(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void fail(fmt::format_string<Args...> format, Args&&... args) {
    log(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace kmsgate::box
