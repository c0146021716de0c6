// SPDX-License-Identifier: BSD-3-Clause
// Names of the rules that a well-formed I_MESSAGE keeps, and sets of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kmsgate::mikey {

enum class Rule : std::uint8_t {
#define X(name, text, relaxable, meaning) name,
#include "dataplane/mikey/rule.def"
#undef X
    count_
};
inline constexpr std::size_t kRules = static_cast<std::size_t>(Rule::count_);

/// "idr-order", as in events and in the policy's `relax`.
[[nodiscard]] std::string_view to_string(Rule rule) noexcept;
/// The rule of that name, or nullopt.
[[nodiscard]] std::optional<Rule> rule_from_string(std::string_view name) noexcept;
/// May a policy relax it for a peer?
[[nodiscard]] bool relaxable(Rule rule) noexcept;

class RuleSet {
  public:
    constexpr RuleSet() noexcept = default;
    constexpr explicit RuleSet(std::uint64_t bits) noexcept : bits_(bits) {}
    constexpr void add(Rule r) noexcept { bits_ |= std::uint64_t{1} << static_cast<unsigned>(r); }
    [[nodiscard]] constexpr bool has(Rule r) const noexcept {
        return (bits_ >> static_cast<unsigned>(r) & 1U) != 0;
    }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
    friend constexpr bool operator==(RuleSet, RuleSet) noexcept = default;

  private:
    std::uint64_t bits_ = 0;
};

}  // namespace kmsgate::mikey
