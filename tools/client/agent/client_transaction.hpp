// SPDX-License-Identifier: BSD-3-Clause
// A client transaction (RFC 3261 17.1): repeats a request until it is answered, and acknowledges refusals.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dataplane/sip/message.hpp"
#include "tools/client/agent/request.hpp"
#include "tools/client/agent/timers.hpp"

namespace kmsgate::client::agent {

/// Messages on their way out, in order.
using Output = std::vector<std::string>;

/// INVITE (17.1.1) or any other method (17.1.2). A 2xx to an INVITE ends the transaction at once: its ACK
/// is the user agent's (13.2.2.4).
class ClientTransaction {
  public:
    /// Sends the request.
    ClientTransaction(Request request, const Local& local, Time now, Output& out);

    /// Top Via branch and CSeq fit (17.1.3).
    [[nodiscard]] bool fits(const sip::Message& response) const noexcept;

    enum class Got : std::uint8_t {
        nothing,      ///< a repeat, or nothing that changes anything
        provisional,  ///< 1xx
        final,        ///< told once
    };
    /// A response that fits. `to`: its To, for the ACK.
    [[nodiscard]] Got receive(const sip::Message& response, std::string to, Time now, Output& out);

    /// Runs the timers that are due. True: no final response came in time (timer B or F); told once.
    [[nodiscard]] bool tick(Time now, Output& out);
    [[nodiscard]] std::optional<Time> next_timer() const noexcept;
    [[nodiscard]] bool terminated() const noexcept { return state_ == State::terminated; }

    /// An INVITE that was cancelled waits for its final response until then (9.1), and tells nothing.
    void wait_until(Time when) noexcept { deadline_ = when; }
    /// An INVITE that has seen a 1xx and no final response.
    [[nodiscard]] bool proceeding() const noexcept { return state_ == State::proceeding; }
    [[nodiscard]] const Request& request() const noexcept { return request_; }

  private:
    enum class State : std::uint8_t { calling, proceeding, completed, terminated };
    void complete(Time now) noexcept;

    Request request_;
    Local local_;
    std::string bytes_;
    std::string ack_;
    bool invite_;
    State state_ = State::calling;  // "trying" for other methods
    Time interval_ = kT1;
    std::optional<Time> repeat_;    // timer A or E
    std::optional<Time> deadline_;  // timer B or F; completed: D or K
};

}  // namespace kmsgate::client::agent
