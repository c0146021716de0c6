// SPDX-License-Identifier: BSD-3-Clause
// What happened in one run of a scenario.
#pragma once

#include <string>
#include <vector>

#include "tools/lab/scenario.hpp"

namespace kmsgate::lab {

/// How a scenario is run.
struct Variant {
    bool hashed = false;          ///< users are named by UID only
    bool ruleless_edges = false;  ///< two edges without rules stand in a path that has none
    bool tcp = false;             ///< SIP over TCP, else over UDP
    [[nodiscard]] std::string name()
        const;  ///< "clear", "hashed", "through edges without rules", "clear, TCP", ..
};

/// One arrow or note of the ladder. Actors: 0 the initiator, 1..n the edges of the path, n + 1 the receiver.
struct Step {
    enum class Kind : std::uint8_t {
        mikey,     ///< I_MESSAGE from one actor to the next: pair
        krr,       ///< KRR on its way: lists; `created` or `rewritten` by `from`, else passed on unchanged
        answer,    ///< another final response: text ("200 OK")
        note,      ///< at `from`: text
        accepted,  ///< at `from`: the key was opened: pair
        failed,    ///< at `from`: text
        reset,     ///< `from` takes a TCP connection down: text; `created`: behind an answer of its own
    };
    Kind kind = Kind::note;
    double time = 0;  ///< seconds since the run's start
    std::size_t from = 0;
    std::size_t to = 0;
    bool created = false;
    bool rewritten = false;
    Pair pair;
    Lists lists;
    std::string text;
    std::string krr;  ///< the document's bytes, for krr steps
};

struct Result {
    Variant variant;
    std::vector<std::string> actors;  ///< labels
    std::vector<Step> steps;
    bool accepted = false;
    Pair final_pair;      ///< when accepted
    std::string failure;  ///< when not
    unsigned mikeys = 0, created = 0, rewrites = 0;
    std::vector<std::string>
        faults;  ///< where it differs from what was expected, and broken invariants; empty: passed
    [[nodiscard]] bool passed() const noexcept { return faults.empty(); }
};

/// Where the steps differ from the scenario's expected transcript: a line a difference, in words of the
/// scenario.
[[nodiscard]] std::vector<std::string> compare(const Scenario& scenario, const Result& result);

}  // namespace kmsgate::lab
