// SPDX-License-Identifier: BSD-3-Clause
// Words that nobody else has made: tags, branches, Call-IDs, boundaries.
#pragma once

#include <cstddef>
#include <string>

#include "tools/client/crypto/random.hpp"

namespace kmsgate::client::agent {

/// 2 * `bytes` hexadecimal digits from so many random bytes.
[[nodiscard]] std::string token(crypto::Random& random, std::size_t bytes = 8);
/// "z9hG4bK" and a token (RFC 3261 8.1.1.7).
[[nodiscard]] std::string new_branch(crypto::Random& random);

}  // namespace kmsgate::client::agent
