// SPDX-License-Identifier: BSD-3-Clause
// What every user agent does with a request before it looks at what the request wants (RFC 3261 8.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/agent/incoming.hpp"
#include "tools/client/agent/response.hpp"
#include "tools/client/agent/server_transactions.hpp"
#include "tools/client/crypto/random.hpp"

namespace kmsgate::client::agent {

/// The server half of a user agent. It deals with repeats, ACK, CANCEL, OPTIONS, malformed requests (400),
/// extensions that are required (420), merged requests (482) and methods not allowed (405) or unknown (501).
class Answering {
  public:
    /// `allows`: the methods taken, as they stand in Allow.
    Answering(Local local, crypto::Random& random, std::string_view allows);

    /// True: a new request of an allowed method, in order; its owner must answer it.
    [[nodiscard]] bool take(Incoming& request, Time now, Output& out);
    /// Answers it; `to_tag` is used when the request has none, see new_tag().
    void answer(Incoming& request, const Answer& answer, std::string_view to_tag, Time now, Output& out);
    [[nodiscard]] std::string new_tag();

    [[nodiscard]] std::vector<ServerTransactions::Lapsed> tick(Time now, Output& out) {
        return transactions_.tick(now, out);
    }
    [[nodiscard]] std::optional<Time> next_timer() const noexcept { return transactions_.next_timer(); }
    [[nodiscard]] std::size_t transactions() const noexcept { return transactions_.size(); }

  private:
    void answer_stateless(Incoming& request, const Answer& answer, Output& out);
    [[nodiscard]] std::optional<Answer> generic(Incoming& request);

    Local local_;
    crypto::Random& random_;
    std::string allows_;
    std::string secret_;
    ServerTransactions transactions_;
};

}  // namespace kmsgate::client::agent
