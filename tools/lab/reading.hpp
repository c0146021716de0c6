// SPDX-License-Identifier: BSD-3-Clause
// Inside of the scenario reader: what its parts share. Everybody else includes scenario.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/language/fields.hpp"
#include "tools/lab/scenario.hpp"

namespace kmsgate::lab {

using policy::language::Mark;
using policy::language::Node;
using policy::language::Word;

/// Most edges of a path, lines of a transcript, KMSs, entries of a list, tag lines, headers.
inline constexpr std::size_t kMostStops = 16;
inline constexpr std::size_t kMostLines = 1000;
inline constexpr std::size_t kMostEntries = 64;
/// Longest name, title and label, in bytes, and longest header line (without its CRLF).
inline constexpr std::size_t kMostText = 255;
inline constexpr std::size_t kMostHeader = 998;

/// A reader of nodes that knows the scenario's KMSs.
class Reading {
  public:
    Reading(policy::language::Reader& nodes, Scenario& scenario) : nodes_(nodes), scenario_(scenario) {}

    [[nodiscard]] policy::language::Reader& nodes() { return nodes_; }
    [[nodiscard]] Scenario& scenario() { return scenario_; }
    void error(Mark mark, std::string what, std::string remedy) {
        nodes_.report().error(mark, std::move(what), std::move(remedy));
    }

    /// Text for people: no control characters, bounded.
    [[nodiscard]] std::string text(const Node& node, const std::string& what);
    /// The list's entries, at most `most` of them; the one too many is reported.
    [[nodiscard]] std::vector<const Node*> entries(const Node& node, const std::string& what,
                                                   std::size_t most = kMostEntries);
    /// The URI behind a short name; one that is not declared is reported.
    [[nodiscard]] std::optional<std::string> kms(const Node& node, const std::string& what);
    /// URIs of a list of short names, each at most once.
    [[nodiscard]] std::vector<std::string> kms_list(const Node& node, const std::string& what);
    /// A list of short names, or the word ANY.
    [[nodiscard]] List kms_list_or_any(const Node& node, const std::string& what);
    /// Exactly two short names: initiator's, receiver's.
    [[nodiscard]] Pair pair(const Node& node, const std::string& what);
    /// The keys `initiator` and `receiver` of a KRR.
    [[nodiscard]] Lists lists(const policy::language::Fields& fields, const std::string& what);
    /// A user's URI in normal form; empty after an error.
    [[nodiscard]] std::string user(const Node& node, const std::string& what);

    void read_kms(const Node& node);
    void read_client(const Node& node, bool receiver);
    void read_path(const Node& node, const Word& shared_policy);
    void read_tags(const Node& node);
    void read_headers(const Node& node);
    /// `key`: expect or expect-tcp, for what is wrong with it.
    void read_expect(const Node& node, std::string_view key, std::vector<Expected>& expect);

    /// Nothing is known of the KMSs: names that use them are not checked.
    bool kms_unknown = false;
    /// Nothing is known of the path: names of edges are not checked.
    bool path_unknown = false;

  private:
    /// "x05.yaml:9:5".
    [[nodiscard]] std::string place(Mark mark) const;
    void read_line(const Node& node, const std::string& what, Expected& out);
    [[nodiscard]] std::string author(const Node& node, const std::string& what, bool receiver_too);
    [[nodiscard]] std::vector<std::string_view> kms_names() const;

    policy::language::Reader& nodes_;
    Scenario& scenario_;
};

}  // namespace kmsgate::lab
