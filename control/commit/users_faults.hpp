// SPDX-License-Identifier: BSD-3-Clause
// What is said of users that cannot be tagged. Inside this room only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "control/link/fault.hpp"

namespace kmsgate::control {

[[nodiscard]] Fault user_fault(std::string name, std::string message, Json data = Json::object());
[[nodiscard]] Fault no_policy();
/// The dataplane's answer says that it had no room.
[[nodiscard]] Fault tags_full(const Json& answer);

}  // namespace kmsgate::control
