// SPDX-License-Identifier: BSD-3-Clause
// KRR bytes to values with libxml2: no DTD, no entities but the five predefined, no network, hard bounds.
#pragma once

#include <expected>
#include <string_view>

#include "dataplane/krr/document.hpp"

namespace kmsgate::krr {

/// Reads a KRR body (with or without XML declaration, white space around the root allowed). Slow path:
/// allocates.
[[nodiscard]] std::expected<Document, Fault> parse(std::string_view body);

}  // namespace kmsgate::krr
