// SPDX-License-Identifier: BSD-3-Clause
// The initiating KM client: a SIP user agent that sends MIKEY-SAKKE I_MESSAGEs, acts on KRRs, and gives up
// when it must. No I/O: SIP messages and the clock come in, SIP messages and events go out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/agent/event.hpp"
#include "tools/client/imessage/imessage.hpp"
#include "tools/client/keys/ring.hpp"
#include "tools/client/select/krr_store.hpp"
#include "tools/client/select/profile.hpp"

namespace kmsgate::client::agent {

/// Where a user agent stands on the network, as its SIP messages say it.
struct Local {
    std::string host;  ///< IPv4, [IPv6] or name for Via and Contact
    std::uint16_t port = 5060;
    bool reliable = false;  ///< TCP: no retransmissions, Via says TCP
};

/// What the SIP headers and the MC bodies of a request say about its users.
struct Naming {
    std::string from;  ///< URI of From
    std::string to;    ///< URI of To
    std::string request_uri;
    bool mcptt_info =
        true;  ///< mcptt-info (calling user) and resource-lists (called user) with their MC service IDs
    std::vector<std::string>
        extra_headers;  ///< whole lines without CRLF ("P-Visited-Network-ID: visited.example")
};

struct Call {
    std::string receiver;  ///< MC user URI (normal form) that the key is for
    imessage::Purpose purpose =
        imessage::Purpose::pck;  ///< pck: INVITE with SDP; gmk: MESSAGE with application/mikey
    Naming naming;
    Time talk = kSecond;  ///< pck: how long the call stands before BYE
};

class Initiator {
  public:
    /// All references outlive the object. `store` gets every KRR received.
    Initiator(const select::Profile& profile, const keys::Ring& ring, Local local, crypto::Random& random,
              select::KrrStore& store);
    ~Initiator();

    /// Starts a call; one at a time. The error says what is missing (a certificate, a key).
    [[nodiscard]] std::expected<void, std::string> start(const Call& call, Time now);
    /// One SIP message from the peer; anything else is ignored.
    void receive(std::string_view message, Time now);
    /// Runs the timers that are due.
    void tick(Time now);
    /// When tick() is needed next; nullopt: never.
    [[nodiscard]] std::optional<Time> next_timer() const noexcept;
    /// The call is over and nothing is left to answer or repeat (except within tick()'s last timer).
    [[nodiscard]] bool finished() const noexcept;

    /// SIP messages to send to the peer, in order; empties the list.
    [[nodiscard]] std::vector<std::string> take_output();
    [[nodiscard]] std::vector<Event> take_events();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kmsgate::client::agent
