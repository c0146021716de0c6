// SPDX-License-Identifier: BSD-3-Clause
// Server transactions (RFC 3261 17.2): one request, one answer, however often either is sent.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/sip/message.hpp"
#include "tools/client/agent/client_transaction.hpp"

namespace kmsgate::client::agent {

/// All server transactions of one user agent, at most kMostServerTransactions. A transaction exists from its
/// final answer on: this user agent answers at once and never needs a 1xx.
class ServerTransactions {
  public:
    explicit ServerTransactions(bool reliable) : reliable_(reliable) {}

    /// The request was seen before (17.2.3): its answer goes out once more, byte for byte, unless the ACK
    /// came.
    [[nodiscard]] bool repeated(const sip::Message& request, Output& out);
    /// The same request has come on another way (8.2.2.2).
    [[nodiscard]] bool merged(const sip::Message& request) const;
    /// A CANCEL's INVITE is known (9.2).
    [[nodiscard]] bool has_invite_of(const sip::Message& cancel) const;
    /// There is room for one more, after the oldest finished one was dropped.
    [[nodiscard]] bool make_room();
    /// Sends the final answer to a request and keeps it. `to_tag` is the tag that stands in it.
    void answer(const sip::Message& request, unsigned status, std::string_view to_tag, std::string bytes,
                Time now, Output& out);
    /// ACK: of a refused INVITE by its branch, of an accepted one by its dialog. True: the first one of an
    /// accepted INVITE.
    bool acknowledged(const sip::Message& ack, Time now);

    /// An INVITE whose 2xx nobody acknowledged in time: its session should be ended (13.3.1.4).
    struct Lapsed {
        std::string call_id;
        std::string to_tag;
    };
    /// Runs the timers that are due.
    [[nodiscard]] std::vector<Lapsed> tick(Time now, Output& out);
    [[nodiscard]] std::optional<Time> next_timer() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  private:
    enum class State : std::uint8_t {
        refused,       ///< INVITE, final but 2xx; timers G and H ("Completed")
        confirmed,     ///< its ACK came; timer I
        accepted,      ///< INVITE, 2xx; repeated until the ACK comes (13.3.1.4)
        acknowledged,  ///< its ACK came; repeats of the INVITE are swallowed
        answered,      ///< other methods; timer J
    };
    struct Entry {
        std::string key;  // without the method, so that ACK and CANCEL find their INVITE
        std::string method;
        std::string call_id;
        std::string from_tag;
        std::string to_tag;
        std::uint32_t cseq = 0;
        std::string bytes;
        State state = State::answered;
        Time interval = kT1;
        std::optional<Time> repeat;
        Time ends = 0;
    };
    [[nodiscard]] static std::string key_of(const sip::Message& request);
    [[nodiscard]] static bool finished(State state) noexcept {
        return state != State::refused && state != State::accepted;
    }

    bool reliable_;
    std::list<Entry> entries_;  // oldest first
};

}  // namespace kmsgate::client::agent
