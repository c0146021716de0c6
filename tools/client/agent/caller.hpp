// SPDX-License-Identifier: BSD-3-Clause
// The SIP half of the initiator: one call's requests, answers and dialogs. It knows nothing of KMSs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/agent/answering.hpp"
#include "tools/client/agent/client_transaction.hpp"
#include "tools/client/agent/dialog.hpp"

namespace kmsgate::client::agent {

/// Sends one offer after the other under one Call-ID, ends the call, and tells what became of the last offer.
class Caller {
  public:
    Caller(Local local, crypto::Random& random);

    /// A new call: Call-ID and From tag of its own. Repeats of the one before are still answered.
    void begin(std::string_view from);
    /// Sends an offer: branch, From, Call-ID and CSeq are filled in (8.1.3.5: the CSeq number grows by one,
    /// the rest stays).
    void offer(Request request, Time now);
    /// Ends the call with a BYE.
    void hang_up(Time now);

    /// What the peer did. The response of refused stands as long as the message given to receive() does.
    enum class What : std::uint8_t {
        nothing,
        accepted,    ///< the last offer got its 2xx
        refused,     ///< the last offer got another final response
        timeout,     ///< the last offer got none
        peer_bye,    ///< the peer ended the call
        bye_done,    ///< our BYE was answered
        bye_timeout  ///< or it was not
    };
    [[nodiscard]] What receive(Incoming& message, Time now);
    /// Runs the timers that are due; call it until it says nothing.
    [[nodiscard]] What tick(Time now);
    [[nodiscard]] std::optional<Time> next_timer() const noexcept;

    [[nodiscard]] const std::string& call_id() const noexcept { return call_id_; }
    [[nodiscard]] Output& output() noexcept { return out_; }

  private:
    enum class Role : std::uint8_t { offer, bye, fork_bye, cancel };
    struct Exchange {
        ClientTransaction transaction;
        Role role;
    };
    /// A 2xx to an INVITE and its ACK, which every repeat of the 2xx gets again (13.2.2.4).
    struct Session {
        Dialog dialog;
        std::string branch;  // of the INVITE
        std::string ack;
        Time forget = 0;    // no repeat of the 2xx is on its way any more
        bool live = true;   // no BYE yet
        bool main = false;  // the call's own, not another branch of a fork
    };
    [[nodiscard]] What on_response(Incoming& response, Time now);
    [[nodiscard]] What on_success(Incoming& response, Time now);
    [[nodiscard]] What on_request(Incoming& request, Time now);
    [[nodiscard]] bool pending(const Request& request) const noexcept {
        return pending_ && request.branch == branch_;
    }
    [[nodiscard]] Session* main_session() noexcept;
    void bye(Session& session, Role role, Time now);
    void send(Request request, Role role, Time now);
    void give_up(Time now);

    Local local_;
    crypto::Random& random_;
    Answering answering_;
    Output out_;

    std::string call_id_;
    std::string from_tag_;
    std::string from_;
    std::uint32_t cseq_ = 0;
    std::string branch_;         // of the last offer
    bool pending_ = false;       // it has no final answer yet
    std::vector<Request> sent_;  // INVITEs, for 2xx that come late
    std::vector<Exchange> exchanges_;
    std::vector<Session> sessions_;
    std::optional<Time> patience_;
};

}  // namespace kmsgate::client::agent
