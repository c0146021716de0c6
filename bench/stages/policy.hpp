// SPDX-License-Identifier: BSD-3-Clause
// The policy that the messages are judged by, and the names that both share.
#pragma once

#include <cstddef>
#include <string>

namespace kmsgate::bench {

inline constexpr std::size_t kDomains = 4;
inline constexpr std::size_t kKmsCount = 50;
inline constexpr std::size_t kEdges = 10;
inline constexpr std::size_t kRules = 20;
/// KMSs of one domain: number d (from 0) has those from d * kKmsOfDomain on. What is left over belongs to
/// partners.
inline constexpr std::size_t kKmsOfDomain = 10;
/// Polices both directions and allows only KMSs that no message names.
inline constexpr const char* kIsolatedEdge = "mc1-isolated";

/// "mc2" for domain 1.
[[nodiscard]] std::string domain_name(std::size_t domain);
/// "kms07.mc1.example", "kms43.partner.example" (counted from 1 in the name).
[[nodiscard]] std::string kms_name(std::size_t kms);

/// YAML: 10 edges, 20 rules, 50 KMSs, 4 domains. Each domain has a cs edge (`mc1-access`: rules for roaming
/// and attached initiators) and an is edge (`mc1-home`: initiator and receiver); two more edges of mc1 look
/// at the visited network
/// (`mc1-visitors`) and refuse everything (`mc1-isolated`).
[[nodiscard]] std::string policy_text();

}  // namespace kmsgate::bench
