// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/rule.hpp"

#include <array>

namespace kmsgate::mikey {
namespace {

struct Entry {
    std::string_view name;
    bool relaxable;
};

constexpr std::array<Entry, kRules> kTable{{
#define X(name, text, relaxable, meaning) {text, relaxable},
#include "dataplane/mikey/rule.def"
#undef X
}};

static_assert(kRules <= 64, "a RuleSet holds 64 rules");

}  // namespace

std::string_view to_string(Rule rule) noexcept {
    const auto i = static_cast<std::size_t>(rule);
    return i < kRules ? kTable[i].name : std::string_view{};
}

std::optional<Rule> rule_from_string(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kRules; ++i)
        if (kTable[i].name == name) return static_cast<Rule>(i);
    return std::nullopt;
}

bool relaxable(Rule rule) noexcept {
    const auto i = static_cast<std::size_t>(rule);
    return i < kRules && kTable[i].relaxable;
}

}  // namespace kmsgate::mikey
