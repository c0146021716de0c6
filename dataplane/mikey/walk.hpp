// SPDX-License-Identifier: BSD-3-Clause
// The walk over one message, payload by payload, under the rules of rule.def. Inside this room only.
#pragma once

#include "dataplane/mikey/input.hpp"
#include "dataplane/mikey/message.hpp"

namespace kmsgate::mikey {

/// Walks `in` to its end or to the first rule broken and not relaxed. `too_long`: the data exceeds what is
/// read; only the header is then looked at, so that version and data type are told apart at any length.
[[nodiscard]] Message walk(Input& in, bool too_long, RuleSet relax) noexcept;

}  // namespace kmsgate::mikey
