// SPDX-License-Identifier: BSD-3-Clause
// AES-128 of one block (FIPS 197), with the CPU's instructions or without: the same either way.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/memory/siphash.hpp"

namespace kmsgate::memory {

class Aes128 {
  public:
    /// `instructions`: use those of the CPU where it has them.
    explicit Aes128(const Hash128& key, bool instructions = true) noexcept;
    [[nodiscard]] Hash128 encrypt(const Hash128& block) const noexcept { return encrypt_(rounds_, block); }

    /// A block or a round's key: bytes in the order of FIPS 197, the first one in the lowest bits of `low`.
    using Block = std::array<std::uint8_t, 16>;
    struct alignas(16) Rounds {
        std::array<Block, 11> keys;
    };

  private:
    Rounds rounds_;
    Hash128 (*encrypt_)(const Rounds& rounds, const Hash128& block) noexcept;
};

}  // namespace kmsgate::memory
