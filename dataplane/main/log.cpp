// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

namespace kmsgate::box {

void log(Level level, std::string_view text) {
    constexpr std::array<std::string_view, 3> kNames = {"info", "warning", "error"};
    std::string line = fmt::format("{}: {}", kNames[static_cast<std::size_t>(level)], text);
    std::ranges::replace(line, '\n', ' ');
    line += '\n';
    // one call, so that lines of several threads do not mix; nobody is left to tell when it fails
    static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));
}

}  // namespace kmsgate::box
