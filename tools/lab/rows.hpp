// SPDX-License-Identifier: BSD-3-Clause
// What every picture of a run shows, before it is drawn.
#pragma once

#include <string>
#include <vector>

#include "tools/lab/result.hpp"

namespace kmsgate::lab {

/// One arrow, or one mark at a lifeline. Hops of a message that nobody changes are one arrow.
struct Row {
    enum class Start : std::uint8_t { plain, created, rewritten };  ///< what `from` did to a KRR
    Step::Kind kind = Step::Kind::note;
    std::size_t from = 0;
    std::size_t to = 0;  ///< as `from` where there is no arrow
    Start start = Start::plain;
    bool refused = false;             ///< `to` answers it with a KRR or another refusal
    std::vector<std::string> pieces;  ///< of the label, clean; cut between them first

    [[nodiscard]] bool arrow() const noexcept { return from != to; }
    [[nodiscard]] std::string label() const;
};

/// Rows in order. A step that names an actor who is not there is left out.
[[nodiscard]] std::vector<Row> make_rows(const Scenario& scenario, const Result& result);

/// Is row `i` the first of a new attempt: a message, or the note of its sender right before it?
[[nodiscard]] bool begins_round(const std::vector<Row>& rows, std::size_t i);

/// Clean labels of the actors.
[[nodiscard]] std::vector<std::string> actor_labels(const Result& result);

/// "X.10  Initiator and receiver have migrated (hashed)".
[[nodiscard]] std::string headline(const Scenario& scenario, const Result& result);
/// "Initiator sip:alice@mc2.example: home A, secondary C, external X, Z" and the receiver's.
[[nodiscard]] std::vector<std::string> people(const Scenario& scenario);
/// "accepted (C, Z): 4 messages, 3 KRRs created, 5 rewritten".
[[nodiscard]] std::string outcome(const Scenario& scenario, const Result& result);
/// "as expected", or "not as expected:".
[[nodiscard]] std::string verdict(const Result& result);

/// What a mark means, for those that stand in the picture.
struct Legend {
    bool passes = false;
    bool refused = false;
    bool created = false;
    bool rewritten = false;
};
[[nodiscard]] Legend legend(const std::vector<Row>& rows);

}  // namespace kmsgate::lab
