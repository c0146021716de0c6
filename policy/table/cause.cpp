// SPDX-License-Identifier: BSD-3-Clause
#include "policy/table/cause.hpp"

#include <array>

namespace kmsgate::policy {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Action::count_)> kActions{
    "forward", "redirect", "reject", "drop", "strictest", "rewrite", "reset", "judge"};

struct Entry {
    std::string_view text;
    Action def;
    ActionMask allowed;
};

constexpr Action forward = Action::forward, redirect = Action::redirect, reject = Action::reject,
                 drop = Action::drop, strictest = Action::strictest, rewrite = Action::rewrite,
                 reset = Action::reset, judge = Action::judge;

constexpr std::array<Entry, kCauses> kTable{{
#define X(name, text, def, allowed) {text, def, static_cast<ActionMask>(allowed)},
#include "policy/table/cause.def"
#undef X
}};

constexpr bool defaults_allowed() noexcept {
    for (const Entry& e : kTable)
        if ((e.allowed & bit(e.def)) == 0) return false;
    return true;
}
static_assert(defaults_allowed(), "cause.def: each default must be among the allowed actions");

}  // namespace

std::string_view to_string(Action action) noexcept {
    const auto i = static_cast<std::size_t>(action);
    return i < kActions.size() ? kActions[i] : std::string_view{};
}

std::optional<Action> action_from_string(std::string_view text) noexcept {
    for (std::size_t i = 0; i < kActions.size(); ++i)
        if (kActions[i] == text) return static_cast<Action>(i);
    return std::nullopt;
}

std::string_view to_string(Cause cause) noexcept {
    const auto i = static_cast<std::size_t>(cause);
    return i < kCauses ? kTable[i].text : std::string_view{};
}

std::string_view reason_text(Cause cause) noexcept {
    return to_string(cause == Cause::malformed_sip_mikey ? Cause::malformed_sip : cause);
}

std::optional<Cause> cause_from_string(std::string_view text) noexcept {
    for (std::size_t i = 0; i < kCauses; ++i)
        if (kTable[i].text == text) return static_cast<Cause>(i);
    return std::nullopt;
}

Action default_action(Cause cause) noexcept {
    const auto i = static_cast<std::size_t>(cause);
    return i < kCauses ? kTable[i].def : Action::drop;
}

ActionMask allowed_actions(Cause cause) noexcept {
    const auto i = static_cast<std::size_t>(cause);
    return i < kCauses ? kTable[i].allowed : ActionMask{0};
}

}  // namespace kmsgate::policy
