// SPDX-License-Identifier: BSD-3-Clause
// The policies of bench/flat and bench/compile, of any size.
#pragma once

#include <cstddef>
#include <string>

#include "policy/language/model.hpp"

namespace kmsgate::bench {

inline constexpr std::size_t kFlatDomains = 4;
/// KMSs that a rule allows.
inline constexpr std::size_t kAllowed = 5;

/// Names of the parts, all of one length whatever the number.
[[nodiscard]] std::string flat_kms(std::size_t number);
[[nodiscard]] std::string flat_edge(std::size_t number);
[[nodiscard]] std::string flat_domain(std::size_t number);
/// The host of users whom pattern `number` stands for.
[[nodiscard]] std::string flat_host(std::size_t number);
/// The pattern: of every ten four are sip:*@host, three sip:*@*.suffix, two tel:+prefix*, one a whole URI.
[[nodiscard]] std::string flat_pattern(std::size_t number);
/// Does the pattern stand for the users of a host?
[[nodiscard]] bool of_host(std::size_t number) noexcept;
/// The domain whose pattern it is.
[[nodiscard]] std::size_t domain_of(std::size_t number) noexcept;

/// is edges of domain 0, each with a rule for roamers, one for the others and one for receivers.
[[nodiscard]] policy::language::Policy flat_policy(std::size_t kms, std::size_t patterns, std::size_t edges);
/// The same as an operator writes it.
[[nodiscard]] std::string flat_policy_text(std::size_t kms, std::size_t patterns, std::size_t edges);

}  // namespace kmsgate::bench
