// SPDX-License-Identifier: BSD-3-Clause
// The policy's meaning a second time: over the model as it is written, with strings, vectors and no
// cleverness. Says what decide() must say; shares nothing with it but the words of verdicts and causes.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/decide/facts.hpp"
#include "policy/language/model.hpp"

namespace kmsgate::naive {

using policy::Action;
using policy::Cause;
using policy::decide::Arrival;
using policy::decide::IMessage;
using policy::decide::Krr;
using policy::decide::MessageClass;
using UserState = policy::decide::User::State;

struct Person {
    std::string uri;
    std::string alias;  ///< the same user as a telephone number; may be empty
    std::set<std::string> tags;
};
struct User {
    UserState state = UserState::unknown;
    std::vector<Person> candidates;
};
struct Offer {
    IMessage::State state = IMessage::State::read;
    std::array<std::optional<std::string>, 2> kms;  ///< IDRkmsi, IDRkmsr
};
using Names = std::optional<std::vector<std::string>>;  ///< nullopt: ANY

/// A message as people would describe it.
struct Message {
    policy::table::Mode mode{};
    Arrival arrival{};
    MessageClass kind{};
    bool unanswerable = false, is_register = false, grandfathered = false, malformed = false, claim = false,
         uninspectable = false, off_port = false, tunnelled = false;
    std::vector<Offer> offers;
    std::array<User, 2> users;
    std::string peer;
    std::vector<std::string> visited;
    Krr::State krr{};
    std::array<Names, 2> lists;
};

struct Answer {
    std::string verdict, would, reason;
    std::array<std::string, 2> rule;
    std::array<bool, 2> policed{};
    std::array<std::string, 2> lists;  ///< when a KRR leaves or would leave
    bool alarm = false, strictest = false;
    friend bool operator==(const Answer&, const Answer&) = default;
};
[[nodiscard]] std::string to_string(const Answer& answer);

[[nodiscard]] Answer judge(const policy::language::Policy& policy, const policy::language::Edge& edge,
                           const Message& message);

/// Would every rule that the message's side falls under allow this name? Only asked of sides that are
/// policed.
[[nodiscard]] bool allowed(const policy::language::Policy& policy, const policy::language::Edge& edge,
                           const Message& message, int side, bool as_krr, const std::string& name);

}  // namespace kmsgate::naive
