// SPDX-License-Identifier: BSD-3-Clause
// What decide() is told of a message: names interned, users resolved, nothing left to parse.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/mikey/rule.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::decide {

/// Which port a message came in by: inside is the port toward the clients that the edge serves.
enum class Arrival : std::uint8_t { inside, outside };

/// Could the edge police that side of what a message by that port offers? An is edge is asked by its users;
/// on a cs edge the direction says it.
[[nodiscard]] constexpr bool may_police(const table::EdgeRecord& edge, table::Side side,
                                        Arrival arrival) noexcept {
    return edge.proxy == table::Proxy::is || (arrival == Arrival::inside) == (side == table::Side::initiator);
}

/// What kind of message it is, as far as the answer depends on it.
enum class MessageClass : std::uint8_t {
    request,   ///< can be answered unless Facts::unanswerable
    ack,       ///< never answered
    response,  ///< never answered; the sender of the response is the initiator of what it carries
    unknown,   ///< no SIP could be read; never answered
};

/// A KMS as an I_MESSAGE or a KRR list names it.
struct KmsName {
    bool present = false;
    /// nullopt: no KMS of the policy; in an I_MESSAGE also of a side that no rule of the edge could judge.
    std::optional<table::KmsId> id;
    std::string_view text;  ///< as written; empty when absent
};

/// One I_MESSAGE.
struct IMessage {
    enum class State : std::uint8_t {
        read,           ///< kmsi and kmsr are valid
        malformed,      ///< `rule` broken (cause malformed-mikey)
        duplicate_idr,  ///< cause duplicate-idr
        other_type,     ///< cause mikey-other-type
        passes,         ///< a data type that no policy is about (responses: 3, 5, 6, 27)
    };
    State state = State::read;
    mikey::Rule rule{};
    KmsName kmsi;
    KmsName kmsr;
};

/// One identity that places a side's user somewhere.
struct Candidate {
    std::string_view uri;  ///< normal form
    std::string_view
        alias;  ///< tel:+N of a sip:+N@h;user=phone, which user conditions may name too; else empty
    std::uint32_t tags = 0;  ///< bits set for (edge's domain, this user)
};

/// The user of one side, resolved (see dataplane/inspect): union of all sources.
struct User {
    enum class State : std::uint8_t {
        unknown,  ///< no source tells whose user this is
        ours,     ///< `candidates` are users of the edge's domain (more than one: the sources disagree)
        other,    ///< a clear identity of another domain; candidates[0] is it
    };
    State state = State::unknown;
    std::span<const Candidate> candidates;
    bool disagreement = false;  ///< sources place the user in different domains or name different users
    bool crowd = false;  ///< unknown because more was named than can be kept: never let go as unknown-user
};

/// Of the request that a response with a KRR answers, as far as it is known: what the rules are asked about
/// on the way back.
struct Back {
    std::array<User, 2> users;  ///< by side of the request
    table::Address peer{};      ///< the neighbour that gets the response
    std::span<const std::string_view> visited;
    bool visited_known = true;  ///< false: a `visited` condition may have held or not
};

/// A KRR list.
struct List {
    bool any = true;
    std::span<const KmsName> names;
};

/// A KRR on its way back, and how it was found.
struct Krr {
    enum class State : std::uint8_t { none, read, unparsable, out_of_place };
    State state = State::none;
    std::array<List, 2> lists;  ///< by side
    /// Names in the lists that are no KMS of the policy, each once; some of them when there are many.
    std::span<const std::string_view> unknown;
};

struct Facts {
    table::EdgeId edge = 0;
    table::Mode mode = table::Mode::enforce;
    Arrival arrival = Arrival::inside;
    MessageClass message_class = MessageClass::request;
    bool unanswerable =
        false;  ///< no answer may or can be sent (maddr elsewhere, in a tunnel, unreadable headers)
    bool is_register = false;
    bool grandfathered = false;  ///< in-dialog, and each I_MESSAGE was accepted in this dialog before
    bool malformed_sip = false;
    bool mikey_claim = false;
    bool uninspectable = false;
    bool off_port = false;  ///< SIP on a port that the edge does not list
    bool tunnelled = false;
    std::span<const IMessage> messages;         ///< in message order
    std::array<User, 2> users;                  ///< by side of what the message offers
    table::Address peer{};                      ///< the neighbour that sent the message
    std::span<const std::string_view> visited;  ///< values of P-Visited-Network-ID and P-Access-Network-Info
    bool visited_known = true;  ///< false: there were more; a `visited` condition may hold or not
    Krr krr;
    Back back;  ///< by this the KRR is judged; and a response that could hide one
};

}  // namespace kmsgate::policy::decide
