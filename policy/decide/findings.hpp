// SPDX-License-Identifier: BSD-3-Clause
// What was found against a message, and which finding gives the verdict.
#pragma once

#include <cstddef>
#include <optional>

#include "policy/decide/ruling.hpp"

namespace kmsgate::policy::decide {

/// One thing found against a message: what it is and what shall happen.
struct Finding {
    Reason reason = Reason::cause;
    Cause cause{};  ///< when reason is cause
    Verdict verdict = Verdict::forward;
    table::Side side{};       ///< the side that refused; of a fault of the message itself: any policed one
    std::size_t message = 0;  ///< index of the I_MESSAGE
    bool names_read = false;  ///< the I_MESSAGE's names can be said in the KRR (`other: copy`)
};

/// The findings of a message in the order in which they were met. The first that stops ends the looking.
struct Findings {
    std::optional<Finding> stop;   ///< refused
    std::optional<Finding> alarm;  ///< refused, but a REGISTER that is let through with an alarm
    std::optional<Finding> pass;   ///< a cause that the policy forwards
};

/// A message before its edge, and all that has been worked out of it.
struct Case {
    const Facts& facts;
    const table::Table& table;
    const table::EdgeRecord& edge;
    Trace trace;
    Rulings offer;  ///< of what the message offers
    Rulings krr;    ///< of the KRR that it carries or could hide (responses)
    Findings findings;
};

/// An answer to the sender is possible (RFC 3261 8.2.6, 17.1.1.3: ACK and responses have none).
[[nodiscard]] bool answerable(const Facts& facts) noexcept;

/// The verdict that an action comes to for this message: what cannot be answered is dropped.
[[nodiscard]] Verdict verdict_of(Action action, const Facts& facts) noexcept;

/// Notes a finding and says whether it ends the looking.
bool note(Findings& findings, const Finding& finding) noexcept;

/// Faults of the message as a whole (malformed-sip, uninspectable-body). True when one of them refuses.
bool judge_whole(Case& c);

/// The I_MESSAGEs, in message order, initiator before receiver.
void judge_offers(Case& c);

/// The two lists of the KRR with which a finding is answered.
[[nodiscard]] std::array<ListOut, 2> redirect_lists(const Case& c, const Finding& finding) noexcept;

/// "[kms.a.example]" or "ANY", for people: a list as it came, and one of the decision.
[[nodiscard]] std::string list_text(const List& list);
[[nodiscard]] std::string list_text(const Case& c, const Decision& d, table::Side side);

/// What becomes of the KRR in a message.
struct KrrResult {
    Verdict verdict = Verdict::forward;
    Reason reason = Reason::no_rule;
    Cause cause{};
    std::array<ListOut, 2> lists;  ///< rewrite
};
[[nodiscard]] KrrResult judge_krr(const Case& c);

}  // namespace kmsgate::policy::decide
