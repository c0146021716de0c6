// SPDX-License-Identifier: BSD-3-Clause
// What bench/swap sends: INVITEs that differ in their number alone, and frames of something else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace kmsgate::bench {

/// The number in `swap-0000000042@` anywhere in a text; the largest number where there is none.
[[nodiscard]] std::uint64_t number_in(std::string_view text) noexcept;

class Frames {
  public:
    Frames();
    /// An INVITE with an I_MESSAGE that names KMS A; the next call overwrites it.
    [[nodiscard]] std::span<const std::uint8_t> invite(std::uint64_t number);
    /// A UDP frame that is no signalling.
    [[nodiscard]] std::span<const std::uint8_t> other() const { return other_; }

  private:
    std::vector<std::uint8_t> invite_, other_;
    std::vector<std::size_t> digits_;  ///< where the number stands in invite_
};

/// Two sealed tables with an edge `e`: the first lets A through, the second refuses it.
[[nodiscard]] std::pair<std::vector<std::byte>, std::vector<std::byte>> policies();

}  // namespace kmsgate::bench
