// SPDX-License-Identifier: BSD-3-Clause
// What is said of users that cannot be tagged, and of names that nothing bears.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "control/link/fault.hpp"
#include "dataplane/sip/user.hpp"

namespace kmsgate::control {

[[nodiscard]] Fault user_fault(std::string name, std::string message, Json data = Json::object());
[[nodiscard]] Fault no_policy();
/// The user in normal form; `bad-user` for what is none, and for patterns.
[[nodiscard]] std::expected<sip::UserUri, Fault> one_user(std::string_view given);
/// The dataplane's answer says that it had no room.
[[nodiscard]] Fault tags_full(const Json& answer);

}  // namespace kmsgate::control
