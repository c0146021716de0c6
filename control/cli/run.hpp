// SPDX-License-Identifier: BSD-3-Clause
// kmsgatectl without its process: words in, text and an exit code out.
#pragma once

#include <span>
#include <string>

#include "control/cli/text.hpp"

namespace kmsgate::control::cli {

/// Does what the words say. 0 done, 1 refused, 2 usage, 3 daemon not reached. `socket`: where none is named.
[[nodiscard]] int run(std::span<const std::string> words, const std::string& socket, Terminal& terminal);

}  // namespace kmsgate::control::cli
