// SPDX-License-Identifier: BSD-3-Clause
// The keyed hash of what leaves the box: To tags, and the Ids of KRRs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/memory/aes.hpp"
#include "dataplane/memory/bulk_hash.hpp"

namespace kmsgate::memory {

/// Hash, then PRF (README.md says why that is sound): the NH sum of four texts and a number under words of
/// its own, and AES-128 of its sixteen bytes. Depends on the key alone: every worker, and the next start of
/// the program, say the same.
class TagHash {
  public:
    using Texts = std::array<std::string_view, 4>;

    explicit TagHash(const Key& key, BulkHash::Level level = BulkHash::best());

    [[nodiscard]] Hash128 operator()(const Texts& texts, std::uint64_t number) const noexcept;

  private:
    struct alignas(64) Line {
        std::array<std::uint64_t, 8> words;
    };
    Key key_;  ///< for texts too long for the words
    Aes128 aes_;
    std::unique_ptr<Line[]> lines_;
    Hash128 (*texts_)(const std::uint64_t* words, std::span<const std::string_view> texts,
                      std::uint64_t number) noexcept;
};

}  // namespace kmsgate::memory
