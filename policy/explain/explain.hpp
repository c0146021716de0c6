// SPDX-License-Identifier: BSD-3-Clause
// Prints decide()'s record for people.
#pragma once

#include <string>

#include "policy/decide/decide.hpp"

namespace kmsgate::policy::explain {

/// The record as a tree of lines (UTF-8 box drawing), each ending in a line feed.
[[nodiscard]] std::string tree(const decide::Record& record);

}  // namespace kmsgate::policy::explain
