// SPDX-License-Identifier: BSD-3-Clause
// What the maker of a message knows of it: what a reader should find.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decide/facts.hpp"

namespace kmsgate::traffic {

/// One identity of one side, in normal form; `mc`: of MIKEY or an MC document, not of a SIP header.
struct Identity {
    std::string uri;
    bool mc = true;
    std::uint32_t tags = 0;  ///< bits of the edge's policy
};

/// Whose message it is: identities by side, as a reader comes by them (MIKEY, documents, SIP headers).
using Parties = std::array<std::vector<Identity>, 2>;

struct Truth {
    policy::decide::Arrival arrival = policy::decide::Arrival::inside;
    policy::decide::MessageClass message_class = policy::decide::MessageClass::request;
    bool is_register = false;
    bool unanswerable = false;
    bool malformed_sip = false;
    bool mikey_claim = false;
    bool uninspectable = false;

    /// An I_MESSAGE: its state, and the names in it; empty: no such IDR.
    struct Key {
        policy::decide::IMessage::State state = policy::decide::IMessage::State::read;
        std::string kmsi, kmsr;
    };
    std::vector<Key> keys;
    Parties parties;                ///< of a response with a KRR: those of its request
    policy::table::Address peer{};  ///< who sent it
    policy::table::Address gets{};  ///< who gets it
    std::vector<std::string>
        visited;  ///< values of the headers that tell of a visited network; of a KRR, its request's
    bool visited_known = true;  ///< of a KRR: its request was seen
    /// A KRR, by side; an empty list reads as ANY.
    std::optional<std::array<std::vector<std::string>, 2>> krr;
    /// A KRR that cannot be read, or stands where none may.
    std::optional<policy::decide::Krr::State> krr_fault;
};

}  // namespace kmsgate::traffic
