// SPDX-License-Identifier: BSD-3-Clause
// Causes and actions: what happens to a message that cannot be judged (policy key `failure`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kmsgate::policy {

enum class Action : std::uint8_t {
    forward,
    redirect,
    reject,
    drop,
    strictest,
    rewrite,
    reset,
    judge,
    count_
};
[[nodiscard]] std::string_view to_string(Action action) noexcept;
[[nodiscard]] std::optional<Action> action_from_string(std::string_view text) noexcept;

using ActionMask = std::uint8_t;
[[nodiscard]] constexpr ActionMask bit(Action a) noexcept {
    return static_cast<ActionMask>(1U << static_cast<unsigned>(a));
}
inline constexpr ActionMask kNoForward = bit(Action::redirect) | bit(Action::reject) | bit(Action::drop);
inline constexpr ActionMask kBasic = kNoForward | bit(Action::forward);

enum class Cause : std::uint8_t {
#define X(name, text, def, allowed) name,
#include "policy/table/cause.def"
#undef X
    count_
};
inline constexpr std::size_t kCauses = static_cast<std::size_t>(Cause::count_);

/// Key in the policy's `failure` map.
[[nodiscard]] std::string_view to_string(Cause cause) noexcept;
/// Reason in events: the key, but malformed-sip for both malformed-sip causes.
[[nodiscard]] std::string_view reason_text(Cause cause) noexcept;
[[nodiscard]] std::optional<Cause> cause_from_string(std::string_view text) noexcept;
[[nodiscard]] Action default_action(Cause cause) noexcept;
[[nodiscard]] ActionMask allowed_actions(Cause cause) noexcept;

}  // namespace kmsgate::policy
