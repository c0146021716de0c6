// SPDX-License-Identifier: BSD-3-Clause
// A scenario: two clients, the edges between them, and what must happen, message by message.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/select/profile.hpp"
#include "tools/client/select/select.hpp"

namespace kmsgate::lab {

using client::select::List;
using client::select::Lists;
using client::select::Pair;

/// A short name of the scenario and the KMS URI it stands for.
struct Kms {
    std::string name;
    std::string uri;
};

struct Client {
    std::string label;  ///< for the ladder: "Initiator"
    client::select::Profile profile;
    std::optional<Lists> always;  ///< receiver only: answers everything with this KRR (an attacker)
};

/// An edge on the path, from the initiator on.
struct Stop {
    std::string edge;             ///< name in the policy
    std::string label;            ///< for the ladder: "Domain 1 CS Proxy"
    bool faces_initiator = true;  ///< its inside port is toward the initiator
    std::string where;            ///< "x05.yaml:9:5", for faults that show only beside the policy
    std::string policy;           ///< file, path as given resolved against the scenario's folder
};

struct TagLine {
    std::string domain;
    std::string user;
    std::vector<std::string> tags;
    std::string where;  ///< place in the scenario
};

/// One line of the expected transcript, in order.
struct Expected {
    enum class Kind : std::uint8_t {
        mikey,    ///< the initiator sends an I_MESSAGE: pair
        krr,      ///< `by` answers with a KRR of its own: lists
        rewrite,  ///< `by` lets the KRR go on narrowed: lists
        accept,   ///< the receiver opened the message: pair
        fail,     ///< the initiator gives up: detail
        reset,    ///< `by` takes the connection down and answers nothing (TCP)
    };
    Kind kind = Kind::mikey;
    std::string by;  ///< "receiver" or an edge's name; empty for mikey, accept, fail
    Pair pair;
    Lists lists;
    std::string detail;
};

struct Scenario {
    std::string file;
    std::string name;  ///< "X.10"
    std::string title;
    std::vector<Kms> kms;
    Client initiator;
    Client receiver;
    std::vector<Stop> path;
    std::vector<TagLine> tags;
    std::vector<std::string> extra_headers;  ///< of the initiator's requests
    bool gmk = false;                        ///< a GMK in MESSAGE in place of a PCK in INVITE
    std::vector<Expected> expect;
    std::vector<Expected> expect_tcp;  ///< over TCP, where it differs; empty: the same

    /// The short name of a KMS URI, or the URI itself.
    [[nodiscard]] std::string_view short_name(std::string_view uri) const noexcept;
    [[nodiscard]] std::string to_text(const List& list) const;  ///< "[C, D]", "ANY"
    [[nodiscard]] std::string to_text(const Pair& pair) const;  ///< "(C, A)"
};

/// Reads a scenario. All faults at once, each "file:line:column: what is wrong; what would be right".
[[nodiscard]] std::expected<Scenario, std::vector<std::string>> read_scenario(std::string_view yaml,
                                                                              const std::string& file);

/// The scenario file behind what the user typed: a path, or a name like x10, X.10; every shipped one for
/// `all`.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> find_scenarios(
    const std::vector<std::string>& asked, const std::string& shipped_folder);

}  // namespace kmsgate::lab
