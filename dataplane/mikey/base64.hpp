// SPDX-License-Identifier: BSD-3-Clause
// Incremental strict base64 (RFC 4648 4, RFC 8866 grammar): decodes as much as is asked for and remembers
// where it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/mikey/rule.hpp"

namespace kmsgate::mikey {

/// Storage that holds what `characters` of base64 decode to, padded or not.
[[nodiscard]] constexpr std::size_t base64_bytes(std::size_t characters) noexcept {
    return characters / 4 * 3 + (characters % 4 != 0 ? 3 : 0);
}

/// Decodes text piece by piece into storage that the caller owns. Errors are final and name a base64 rule.
/// Bits of the last group that no byte takes are not looked at (RFC 4648 3.5): an endpoint decodes the same
/// bytes.
class Base64Decoder {
  public:
    Base64Decoder(std::string_view text, std::span<std::uint8_t> out, RuleSet relax = {}) noexcept
        : text_(text), out_(out), relax_(relax) {}

    /// Decodes until at least `bytes` bytes stand in decoded() or the text ends. False after an error.
    [[nodiscard]] bool advance(std::size_t bytes) noexcept;
    /// Decodes all that is left; when the storage is full the rest is checked, not kept. False after an
    /// error.
    [[nodiscard]] bool finish() noexcept { return advance(out_.size() + 1); }

    [[nodiscard]] std::span<const std::uint8_t> decoded() const noexcept { return out_.first(used_); }
    /// The whole text has been decoded.
    [[nodiscard]] bool done() const noexcept { return done_; }
    /// The text held more than the storage: decoded() is its beginning only.
    [[nodiscard]] bool overflow() const noexcept { return overflow_; }
    [[nodiscard]] std::optional<Rule> error() const noexcept { return error_; }
    [[nodiscard]] RuleSet relaxed() const noexcept { return broken_; }

  private:
    void whole_groups(std::size_t bytes) noexcept;
    void one_group() noexcept;
    void padding(std::uint32_t bits, unsigned characters) noexcept;
    void end(std::uint32_t bits, unsigned characters) noexcept;
    void put(std::uint32_t bits, unsigned characters) noexcept;
    bool tolerate(Rule rule) noexcept;

    std::string_view text_;
    std::span<std::uint8_t> out_;
    std::size_t at_ = 0;
    std::size_t used_ = 0;
    RuleSet relax_;
    RuleSet broken_;
    std::optional<Rule> error_;
    bool done_ = false;
    bool overflow_ = false;
};

}  // namespace kmsgate::mikey
