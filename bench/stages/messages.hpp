// SPDX-License-Identifier: BSD-3-Clause
// The messages that everything in bench/stages is measured on: INVITEs of MC private calls, each another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/core/frame.hpp"
#include "dataplane/core/record.hpp"

namespace kmsgate::bench {

inline constexpr std::size_t kMessages = 128;
inline constexpr std::uint64_t kSeed = 20261121;
/// Bytes of a message (an MC INVITE with few headers and no token).
inline constexpr std::size_t kMinInvite = 2400, kMaxInvite = 2900;
/// Bytes of its I_MESSAGE before base64.
inline constexpr std::size_t kMinIMessage = 650, kMaxIMessage = 710;
/// When they arrive: 2026-11-21 12:00:00 UTC.
inline constexpr core::Time kNow = std::uint64_t{1'795'262'400} * core::kSecond;

/// One INVITE and how it arrives at an edge of policy.hpp.
struct Invite {
    std::string text;
    std::string edge;
    core::Arrival arrival = core::Arrival::inside;
    core::Endpoint source;
    core::Endpoint destination;
    std::string caller;  ///< normalised URI
    std::string callee;
    std::string caller_domain;
    bool roaming = false;  ///< the caller is tagged so in its domain
    bool hashed = false;   ///< the I_MESSAGE names both users by UID
    std::string kmsi;
    std::string kmsr;
    std::size_t i_message_size = 0;
};

/// `count` INVITEs, the same for the same seed. They differ in users, tags, domains, edges, KMSs, Call-ID,
/// branch, CSB ID, RAND, CS ID map, optional headers and size; every second one has hashed identities. Throws
/// std::logic_error when a size is out of its bounds.
[[nodiscard]] std::vector<Invite> make_invites(std::uint64_t seed = kSeed, std::size_t count = kMessages);

}  // namespace kmsgate::bench
