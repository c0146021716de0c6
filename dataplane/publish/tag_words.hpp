// SPDX-License-Identifier: BSD-3-Clause
// Tag words by the bits of the tag table: they stay the same while policies come and go.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kmsgate::publish {

/// At most 32 words at a time, and how many users have each. Link thread only.
class TagWords {
  public:
    [[nodiscard]] std::optional<std::uint8_t> find(std::string_view word) const noexcept;
    /// The word's bit, a free one when it is new; nullopt: all are taken.
    [[nodiscard]] std::optional<std::uint8_t> add(std::string_view word);
    /// Gives a bit back: the caller has cleared it of every user.
    void remove(std::uint8_t bit);
    [[nodiscard]] std::string_view word(std::uint8_t bit) const noexcept { return words_[bit]; }
    /// Bits that stand for a word.
    [[nodiscard]] std::uint32_t used() const noexcept;

    /// A user's bits have changed (0: has none, or is gone): whoever writes the tag table says so.
    void changed(std::uint32_t before, std::uint32_t after) noexcept;
    /// The tag table has been emptied.
    void cleared() noexcept { users_ = {}; }
    /// Bits that some user has.
    [[nodiscard]] std::uint32_t worn() const noexcept;

  private:
    std::array<std::string, 32> words_;
    std::array<std::uint64_t, 32> users_{};
};

}  // namespace kmsgate::publish
