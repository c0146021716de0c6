// SPDX-License-Identifier: BSD-3-Clause
// Base64 (RFC 4648 4) by OpenSSL.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::control {

[[nodiscard]] std::string to_base64(std::span<const std::byte> bytes);
/// nullopt: not base64, or without its padding.
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace kmsgate::control
