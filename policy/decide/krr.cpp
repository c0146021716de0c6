// SPDX-License-Identifier: BSD-3-Clause
// A KRR on its way back: each policed side's list is narrowed to what the edge accepts (spec facts 5.5).
#include <algorithm>

#include "policy/decide/findings.hpp"

namespace kmsgate::policy::decide {
namespace {

using table::Side;

/// What one side's list comes to.
enum class Narrowed : std::uint8_t { adheres, narrowed, empty };

struct SideResult {
    Narrowed what = Narrowed::adheres;
    ListOut list;
};

/// A list against the KMSs allowed. ANY never adheres: it says more than the policy does (use case X.6).
SideResult narrow(const table::Table& table, const List& list, const Ruling& ruling) noexcept {
    SideResult r;
    if (list.any) {
        r.list = allow_list(ruling);
        r.what = ruling.allowed == 0 ? Narrowed::empty : Narrowed::narrowed;
        return r;
    }
    // The parser takes no list of more names; whatever stood behind them would not be kept.
    const std::size_t names = std::min(list.names.size(), table::kMaxAllow);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < names; ++i) {
        if (!allows(table, ruling, list.names[i])) continue;
        r.list.keep |= std::uint64_t{1} << i;
        ++kept;
    }
    r.list.kind = ListOut::Kind::names;
    r.list.rule = ruling.rule;
    if (kept == list.names.size())
        r.what = Narrowed::adheres;
    else
        r.what = kept == 0 ? Narrowed::empty : Narrowed::narrowed;
    return r;
}

/// In a response nothing can be answered; but the 488 itself can go on without its body, when the KRR was
/// ours to judge.
Verdict response_verdict(Action action) noexcept {
    if (action == Action::forward) return Verdict::forward;
    if (action == Action::rewrite) return Verdict::rewrite;
    return action == Action::reject ? Verdict::reject : Verdict::drop;
}

void trace_side(const Case& c, Side side, const Ruling& ruling, Narrowed what) {
    if (!c.trace) return;
    c.trace.add(Step::Kind::krr, 1, what == Narrowed::adheres,
                {"KRR, ", side_text(side), " list ", list_text(c.facts.krr.lists[index(side)]), ": ",
                 what == Narrowed::adheres    ? "adheres to "
                 : what == Narrowed::narrowed ? "narrowed by "
                                              : "nothing left by ",
                 c.table.text(ruling.record->name), " ", list_text(c.table, ruling)});
}

KrrResult by_cause(const Case& c, Cause cause, Verdict verdict, Action action) {
    c.trace.add(Step::Kind::cause, 1, verdict == Verdict::forward,
                {"KRR: cause ", to_string(cause), ": ", to_string(action)});
    KrrResult r;
    r.verdict = verdict;
    r.reason = Reason::cause;
    r.cause = cause;
    return r;
}

/// A KRR that cannot be read, or that stands where none belongs.
KrrResult judge_unfit(const Case& c) {
    if (c.edge.rules[0].count == 0 && c.edge.rules[1].count == 0) return {};
    const Cause cause =
        c.facts.krr.state == Krr::State::unparsable ? Cause::unparsable_krr : Cause::krr_out_of_place;
    const Action action = c.table.action(c.edge, cause);
    KrrResult r = by_cause(c, cause, verdict_of(action, c.facts), action);
    if (r.verdict != Verdict::redirect) return r;
    // A KRR that allows ANY on both sides would tell the sender nothing.
    if (!any_policed(c.offer)) r.verdict = Verdict::reject;
    Finding f;
    f.side = c.offer[index(Side::initiator)].policed ? Side::initiator : Side::receiver;
    r.lists = redirect_lists(c, f);
    return r;
}

/// A KRR that offers a KMS which nobody here has heard of may be an attacker's (use case X.11).
std::optional<KrrResult> judge_unknown(const Case& c) {
    if (c.facts.krr.unknown.empty() || !any_policed(c.krr)) return std::nullopt;
    const Action action = c.table.action(c.edge, Cause::unknown_kms_in_krr);
    if (c.trace) {
        std::string names;
        for (const std::string_view name : c.facts.krr.unknown)
            names.append(names.empty() ? "" : ", ").append(shown(name));
        c.trace.add(Step::Kind::krr, 1, false, {"KRR names KMSs that the policy does not know: ", names});
    }
    if (action != Action::drop) {
        c.trace.add(Step::Kind::cause, 1, true,
                    {"KRR: cause ", to_string(Cause::unknown_kms_in_krr), ": ", to_string(action)});
        return std::nullopt;
    }
    return by_cause(c, Cause::unknown_kms_in_krr, Verdict::drop, action);
}

}  // namespace

KrrResult judge_krr(const Case& c) {
    // A KRR that was read is one only in the 488 that brings it.
    if (c.facts.krr.state != Krr::State::read || c.facts.message_class != MessageClass::response)
        return judge_unfit(c);
    if (const auto foreign = judge_unknown(c)) return *foreign;
    KrrResult result;
    std::optional<KrrResult> let_go;  // a cause that the policy forwards
    for (std::size_t s = 0; s < c.krr.size(); ++s) {
        const Ruling& ruling = c.krr[s];
        const Side side = kSides[s];
        result.lists[s].kind = ListOut::Kind::copy;
        if (ruling.unknown == Action::forward && !let_go)
            let_go = by_cause(c, Cause::unknown_user, Verdict::forward, Action::forward);
        if (!ruling.policed) continue;
        if (ruling.refuses_unknown())
            return by_cause(c, Cause::unknown_user, Verdict::drop,
                            c.table.action(c.edge, Cause::unknown_user));
        const SideResult narrowed = narrow(c.table, c.facts.krr.lists[s], ruling);
        trace_side(c, side, ruling, narrowed.what);
        if (narrowed.what == Narrowed::adheres) {
            if (result.reason == Reason::no_rule) result.reason = Reason::krr_adheres;
            continue;
        }
        if (narrowed.what == Narrowed::empty) {
            const Action action = c.table.action(c.edge, Cause::empty_intersection);
            const KrrResult empty = by_cause(c, Cause::empty_intersection, response_verdict(action), action);
            if (action == Action::forward) {
                if (!let_go) let_go = empty;
                continue;
            }
            if (action != Action::rewrite) return empty;
            // The reason even when the other list was narrowed before: more is lost here.
            result.reason = Reason::cause;
            result.cause = Cause::empty_intersection;
        } else if (result.verdict != Verdict::rewrite) {
            result.reason =
                side == Side::initiator ? Reason::krr_initiator_narrowed : Reason::krr_receiver_narrowed;
        }
        result.lists[s] = narrowed.list;
        result.verdict = Verdict::rewrite;
    }
    if (result.verdict == Verdict::rewrite) return result;
    if (let_go) return *let_go;
    if (result.reason == Reason::no_rule && any_rule(c.krr)) result.reason = Reason::allowed;
    return result;
}

}  // namespace kmsgate::policy::decide
