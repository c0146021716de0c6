// SPDX-License-Identifier: BSD-3-Clause
// The I_MESSAGEs of a request, before any key is touched.
#pragma once

#include <string>
#include <vector>

#include "tools/client/agent/incoming.hpp"
#include "tools/client/bytes.hpp"
#include "tools/client/select/profile.hpp"
#include "tools/client/select/select.hpp"

namespace kmsgate::client::agent {

/// I_MESSAGEs of one request that a receiver opens.
inline constexpr std::size_t kMostMikeys = 8;

struct ReceivedOffer {
    bool present = false;         ///< something in the request names itself a MIKEY
    std::string fault;            ///< why it is refused without KRR; empty: it can be judged
    std::vector<Bytes> messages;  ///< all of them count (RFC 4567 3.1)
    select::Pair pair;            ///< the KMSs that all of them name; as far as they could be read
    /// Normal form of the initiator, from IDRi, mcptt-info, P-Asserted-Identity or From, the first of these
    /// that can be read. Not verified.
    std::string initiator;
    /// Everybody who may be the initiator when only a UID stands there: all of these, and the contacts.
    std::vector<std::string> candidates;
};

[[nodiscard]] ReceivedOffer read_offer(Incoming& request, const select::Profile& profile);

}  // namespace kmsgate::client::agent
