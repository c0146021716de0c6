// SPDX-License-Identifier: BSD-3-Clause
// Inside of the compiler: the users of a policy's domains as they were written, to tell whether others are
// the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/language/model.hpp"

namespace kmsgate::policy::compile {

/// All texts, by domain and in order; no digest of them that could ever fit others.
class Users {
  public:
    Users() = default;
    explicit Users(const language::Policy& policy);
    /// The same texts in the same order in as many domains?
    [[nodiscard]] bool are_those_of(const language::Policy& policy) const;

  private:
    std::string texts_;                 ///< one behind the other
    std::vector<std::uint32_t> sizes_;  ///< of each domain the number of users, then the size of each text
};

}  // namespace kmsgate::policy::compile
