// SPDX-License-Identifier: BSD-3-Clause
// What every room of control speaks in: JSON by pointer, faults for operators, who somebody is.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace kmsgate::control {

using Json = nlohmann::json;
using JsonPtr = std::shared_ptr<const Json>;

/// Codes of JSON-RPC errors; refused and unreached are also exit codes of kmsgatectl.
enum class Code : int {
    parse = -32700,
    request = -32600,
    method = -32601,
    params = -32602,
    internal = -32603,
    refused = 1,
    unreached = 3,  ///< the dataplane
};

/// Why something was not done; nothing was changed.
struct Fault {
    Code code = Code::refused;
    std::string name;     ///< for scripts: "confirm-pending"
    std::string message;  ///< what is wrong; what would be right
    JsonPtr data;         ///< further members of `data`, an object; or null
};

/// What a call gives: a JSON object.
using Result = std::expected<JsonPtr, Fault>;
/// Called exactly once.
using Reply = std::function<void(Result)>;

/// Who did something.
struct Who {
    uid_t uid = 0;
    std::string user;  ///< name of the account; the number where there is none
    pid_t pid = 0;
};

/// Seconds since 1970.
[[nodiscard]] double wall_seconds();
/// Name of an account; its number where it has none.
[[nodiscard]] std::string user_name(uid_t uid);
/// This process.
[[nodiscard]] Who myself();

/// {"uid","user","pid","since"}.
[[nodiscard]] Json holder_json(const Who& who, double since);

}  // namespace kmsgate::control
