// SPDX-License-Identifier: BSD-3-Clause
// Does the policy make sense: names resolve, patterns do not tie, actions fit causes; and what an operator
// should hear.
#pragma once

#include "policy/language/model.hpp"

namespace kmsgate::policy::check {

/// Adds every error and warning of meaning to `problems`, which read() has filled, and sorts them into file
/// order. Runs on a model with errors too, so that all faults are heard of at once; then no warnings are
/// added.
void check(const language::Policy& policy, language::Problems& problems);

}  // namespace kmsgate::policy::check
