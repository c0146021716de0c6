// SPDX-License-Identifier: BSD-3-Clause
// The policy as it is written: every name still text, every value with the place it stands at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/table/cause.hpp"
#include "policy/table/format.hpp"

namespace kmsgate::policy::language {

/// Line and column in the policy file, counted from 1; 0 where there is none.
struct Mark {
    int line = 0;
    int column = 0;
};
struct Word {
    std::string text;
    Mark mark;
};

struct Kms {
    Word name;
    Word uri;
    std::uint64_t key_period = 2592000;
    std::uint64_t key_offset = 0;
    std::vector<Word> aliases;
};
struct Domain {
    Word name;
    std::vector<Word> users;
    Word home;
    std::vector<Word> secondary;
    std::vector<Word> external;
};
/// Keys ANDed, listed values ORed, an empty list = no condition.
struct When {
    std::vector<Word> tag;
    std::vector<Word> user;
    std::vector<Word> peer;
    std::vector<Word> visited;
};
struct Rule {
    Word name;
    table::Side side = table::Side::initiator;
    When when;
    std::vector<Word> allow;            ///< KMS names, or `any`, `home`
    std::optional<table::Other> other;  ///< as written
    Mark mark;
    bool side_unknown = false;  ///< `side` was missing or no side (an error was reported)
};
struct Limits {
    std::optional<std::uint32_t> redirects_per_second;
    std::optional<std::uint32_t> per_source;
};
struct Failure {
    Cause cause{};
    Action action{};
    Mark mark;
};
struct Edge {
    Word name;
    Word domain;
    Word processor;  ///< URI written into KRRs; empty: urn:x-kmsgate:edge:NAME
    table::Proxy proxy = table::Proxy::cs;
    table::Mode mode = table::Mode::enforce;
    table::InDialog in_dialog = table::InDialog::enforce;
    table::Register on_register = table::Register::redirect;
    std::vector<std::uint16_t> udp{5060}, tcp{5060}, tls{5061};
    std::vector<Rule> rules;
    std::vector<Failure> failure;
    Limits limits;
};
struct Peer {
    Word name;
    std::vector<Word> addresses;
    bool trusted = false;
    std::vector<Word> relax;
};
struct Policy {
    std::vector<Word> tags;
    std::vector<Kms> kms;
    std::vector<Domain> domains;
    std::vector<Edge> edges;
    std::vector<Failure> failure;
    Limits limits;
    std::vector<Peer> peers;
};

/// A fault or a warning, as an operator reads it.
struct Problem {
    bool warning = false;
    Mark mark;
    std::string what;    ///< what is wrong
    std::string remedy;  ///< what would be right
};
using Problems = std::vector<Problem>;

/// "policy.yaml:12:7: error: unknown KMS `D`; declare it under kms: (known: A, B, C)", one a line.
[[nodiscard]] std::string to_string(const Problem& problem, std::string_view file);
[[nodiscard]] bool has_errors(const Problems& problems) noexcept;

/// Defaults of `limits` when neither the edge nor the policy says otherwise (per second of packet time).
inline constexpr std::uint32_t kDefaultRedirectsPerSecond = 100000;
inline constexpr std::uint32_t kDefaultPerSource = 1000;

/// Reads the YAML text. All structural faults are reported at once; the model is complete only without
/// errors. Never throws; input is bounded (16 MiB, nesting 16, 10,000 aliases, 4,000,000 values with
/// aliases expanded).
[[nodiscard]] Policy read(std::string_view yaml, Problems& problems);

}  // namespace kmsgate::policy::language
