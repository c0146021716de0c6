// SPDX-License-Identifier: BSD-3-Clause
// Does the policy make sense: names resolve, patterns do not tie, actions fit causes; and what an operator
// should hear.
#pragma once

#include "policy/language/model.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::check {

/// Adds every error and warning of meaning to `problems`, which read() has filled, and sorts them into file
/// order. Runs on a model with errors too, so that all faults are heard of at once; then no warnings are
/// added. `same_users`: a table of a policy with the same users of domains, of which a check had nothing to
/// say; they are not looked at again. True: nothing was to be said of the users.
bool check(const language::Policy& policy, language::Problems& problems,
           const table::Table* same_users = nullptr);

}  // namespace kmsgate::policy::check
