// SPDX-License-Identifier: BSD-3-Clause
// From the model to the sealed table.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "policy/language/model.hpp"

namespace kmsgate::policy::compile {

/// The sealed blob of a checked policy. Deterministic: the same model gives the same bytes.
[[nodiscard]] std::vector<std::byte> compile(const language::Policy& policy);

/// read + check + compile + verify in one step. `blob` is empty when problems hold an error.
struct Compiled {
    language::Policy policy;
    language::Problems problems;
    std::vector<std::byte> blob;
};
[[nodiscard]] Compiled compile_text(std::string_view yaml);

}  // namespace kmsgate::policy::compile
