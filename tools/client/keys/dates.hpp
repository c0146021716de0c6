// SPDX-License-Identifier: BSD-3-Clause
// xsd:dateTime, as KMS files write their times, and the key periods that they bound.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::keys {

/// "2026-01-31T00:00:00Z", with fractions of a second and offsets (+01:00) as xsd:dateTime has them; without
/// an offset it is taken for UTC. Nothing for other texts and for times before 1970 or after 2500.
[[nodiscard]] std::optional<Time> parse_date_time(std::string_view text);
/// In UTC, whole seconds.
[[nodiscard]] std::string to_date_time(Time time);
/// The first moment of a key period (floor((NTP seconds - offset) / period) is `number` from then on);
/// nothing when it lies before 1970 or after 2500.
[[nodiscard]] std::optional<Time> start_of_period(std::uint64_t number, std::uint64_t period,
                                                  std::uint64_t offset);

}  // namespace kmsgate::client::keys
