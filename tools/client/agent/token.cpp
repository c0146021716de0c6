// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/token.hpp"

#include <fmt/format.h>

namespace kmsgate::client::agent {

std::string token(crypto::Random& random, std::size_t bytes) {
    std::string out;
    for (const std::uint8_t byte : random.bytes(bytes)) out += fmt::format("{:02x}", byte);
    return out;
}

std::string new_branch(crypto::Random& random) {
    return "z9hG4bK" + token(random);
}

}  // namespace kmsgate::client::agent
