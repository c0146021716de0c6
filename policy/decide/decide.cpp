// SPDX-License-Identifier: BSD-3-Clause
// The order in which a message is judged, and how its findings become one decision.
#include "policy/decide/decide.hpp"

#include "policy/decide/findings.hpp"
#include "policy/decide/plain.hpp"

namespace kmsgate::policy::decide {
namespace {

using table::Side;

void trace_case(const Case& c) {
    const Facts& f = c.facts;
    c.trace.add(Step::Kind::edge, 0, true,
                {"edge ", c.table.text(c.edge.name), ": ", c.edge.proxy == table::Proxy::cs ? "cs" : "is",
                 " proxy, mode ", mode_text(f.mode)});
    c.trace.add(
        Step::Kind::message, 1, true,
        {class_text(f.message_class), " from ", f.arrival == Arrival::inside ? "inside" : "outside", ", ",
         std::to_string(f.messages.size()), f.messages.size() == 1 ? " I_MESSAGE" : " I_MESSAGEs",
         f.krr.state == Krr::State::none ? "" : ", a KRR", f.is_register ? ", REGISTER" : "",
         answerable(f) ? "" : ", cannot be answered"});
}

/// Nothing in it, nothing the matter with it: no rule could say anything of the message.
bool harmless(const Facts& f) noexcept {
    return f.messages.empty() && f.krr.state == Krr::State::none && !f.malformed_sip && !f.uninspectable &&
           !f.off_port && !f.tunnelled;
}

/// Is there anything that is judged as an offer, or as a fault that could hide one?
bool offer_concerns(const Facts& f) noexcept {
    return !f.messages.empty() || f.malformed_sip || f.uninspectable || f.off_port || f.tunnelled ||
           f.message_class != MessageClass::response;
}

/// A KRR concerns the sides against its direction. So does a response that was not read to its end: it could
/// hold one.
bool krr_concerns(const Facts& f) noexcept {
    if (f.message_class != MessageClass::response && f.message_class != MessageClass::unknown) return false;
    return f.krr.state != Krr::State::none || f.uninspectable ||
           (f.message_class == MessageClass::response && (f.off_port || f.tunnelled));
}

/// SIP where none is expected (off-port-sip, tunnelled): the policy may say not to judge it at all. True when
/// it does.
bool judge_transport(Case& c) {
    std::optional<Finding> unjudged;
    const auto apply = [&](bool present, Cause cause) {
        if (!present || c.findings.stop) return;
        const Action action = c.table.action(c.edge, cause);
        if (c.trace)
            c.trace.add(Step::Kind::cause, 1, action == Action::judge,
                        {"cause ", to_string(cause), ": ", to_string(action)});
        if (action == Action::judge) return;
        Finding f;
        f.cause = cause;
        f.verdict = verdict_of(action == Action::redirect ? Action::reject : action, c.facts);
        if (f.verdict != Verdict::forward)
            c.findings.stop = f;
        else if (!unjudged)
            unjudged = f;
    };
    apply(c.facts.off_port, Cause::off_port_sip);
    apply(c.facts.tunnelled, Cause::tunnelled);
    if (!c.findings.stop && unjudged) c.findings.pass = unjudged;
    return c.findings.stop || unjudged;
}

/// Verdict, reason and lists of the finding that gave the verdict.
void conclude(const Case& c, const Finding& f, Decision& d) {
    d.verdict = f.verdict;
    d.reason = f.reason;
    if (f.reason == Reason::cause) d.cause = f.cause;
    d.refused = f.message;
    if (f.verdict == Verdict::redirect) d.krr = redirect_lists(c, f);
}

/// The KRR's own result when nothing else was refused.
void conclude(const KrrResult& krr, Decision& d) {
    d.verdict = krr.verdict;
    d.reason = krr.reason;
    if (krr.reason == Reason::cause) d.cause = krr.cause;
    if (krr.verdict == Verdict::rewrite || krr.verdict == Verdict::redirect) d.krr = krr.lists;
}

/// Which sides are policed and by which rule. Where a response is judged in both senses, what it offers
/// comes first.
void name_rules(const Case& c, Decision& d) noexcept {
    for (std::size_t s = 0; s < d.policed.size(); ++s) {
        const Ruling& ruling = c.offer[s].rule != table::kNone ? c.offer[s] : c.krr[s];
        d.policed[s] = ruling.policed;
        d.rule[s] = ruling.rule;
        d.strictest =
            d.strictest || (ruling.policed && (ruling.possible || ruling.unknown == Action::strictest));
    }
}

/// What enforce mode does with the message.
Decision enforce(Case& c) {
    Decision d;
    if (harmless(c.facts)) return d;
    const bool has_krr = c.facts.krr.state != Krr::State::none;
    if (offer_concerns(c.facts)) walk(c.facts, c.table, c.edge, Sense::offer, c.trace, c.offer);
    if (krr_concerns(c.facts)) walk(c.facts, c.table, c.edge, Sense::krr, c.trace, c.krr);
    name_rules(c, d);
    const bool concerned = any_policed(c.offer) || any_policed(c.krr);
    std::optional<KrrResult> krr;
    if (!(concerned && judge_transport(c))) {
        if (!(concerned && judge_whole(c))) judge_offers(c);
        if (!c.findings.stop && has_krr) krr = judge_krr(c);
    }
    if (c.findings.stop) {
        conclude(c, *c.findings.stop, d);
    } else if (krr && (krr->verdict != Verdict::forward ||
                       (!c.findings.alarm && !c.findings.pass && krr->reason != Reason::no_rule))) {
        conclude(*krr, d);
    } else if (c.findings.alarm) {
        conclude(c, *c.findings.alarm, d);
        d.would = d.verdict;
        d.verdict = Verdict::forward;
        d.alarm = true;
    } else if (c.findings.pass) {
        conclude(c, *c.findings.pass, d);
    } else if (!c.facts.messages.empty() && any_rule(c.offer)) {
        d.reason = Reason::allowed;
    } else {
        // Nothing was judged: no side was policed, whatever the rules would have said.
        d = {};
        d.reason = !c.facts.messages.empty() || has_krr ? Reason::no_rule : Reason::no_mikey;
    }
    return d;
}

void trace_verdict(const Case& c, const Decision& d) {
    const Verdict real = d.would.value_or(d.verdict);
    if (real == Verdict::redirect || real == Verdict::rewrite)
        c.trace.add(
            Step::Kind::krr, 1, true,
            {real == Verdict::redirect ? "answered with a KRR: initiator " : "replaced by a KRR: initiator ",
             list_text(c, d, Side::initiator), ", receiver ", list_text(c, d, Side::receiver)});
    c.trace.add(Step::Kind::verdict, 1, real == Verdict::forward,
                {"verdict ", to_string(d.verdict), d.would ? ", would be " : "",
                 d.would ? to_string(*d.would) : "", ": ", reason_text(d), d.alarm ? ", alarm" : ""});
}

}  // namespace

namespace {

/// The whole way, with all that it finds.
[[gnu::noinline]] Decision walk_all(const Facts& facts, const table::Table& table,
                                    const table::EdgeRecord& edge, Record* record) {
    Case c{facts, table, edge, Trace(record), {}, {}, {}};
    if (c.trace) trace_case(c);
    Decision d;
    if (facts.mode == table::Mode::bypass) {
        d.reason = Reason::bypass;
    } else {
        d = enforce(c);
        if (facts.mode == table::Mode::shadow) {
            d.would = d.verdict;
            d.verdict = Verdict::forward;
        }
    }
    if (c.trace) trace_verdict(c, d);
    return d;
}

}  // namespace

Decision decide(const Facts& facts, const table::Table& table, Record* record) {
    const table::EdgeRecord& edge = table.edges()[facts.edge];
    if (record == nullptr && facts.mode != table::Mode::bypass) {
        Decision d;
        if (harmless(facts) || decide_plain(facts, table, edge, d)) {
            if (facts.mode == table::Mode::shadow) {
                d.would = d.verdict;
                d.verdict = Verdict::forward;
            }
            return d;
        }
    }
    return walk_all(facts, table, edge, record);
}

}  // namespace kmsgate::policy::decide
