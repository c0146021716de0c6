// SPDX-License-Identifier: BSD-3-Clause
// What a transaction is found by in our own memory.
#pragma once

#include <cstdint>

#include "dataplane/core/frame.hpp"
#include "dataplane/memory/bulk_hash.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::core {

struct TransactionKeys {
    /// Of all that makes a transaction: what emit::transaction_key() is made of, with a key of our own
    /// memory.
    memory::Hash128 entry;
    /// What a client knows the responses to its transaction by, whatever else they say (RFC 3261 17.1.3): the
    /// top Via branch, in any case of its letters, and which port its request came in by. 0: there is no
    /// branch that is unique for a transaction (8.1.1.7).
    std::uint64_t branch = 0;
};

/// `request`: the port that the request of this message came in by.
[[nodiscard]] TransactionKeys transaction_keys(const sip::Message& message, Arrival request,
                                               const memory::BulkHash& hash) noexcept;

}  // namespace kmsgate::core
