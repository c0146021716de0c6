// SPDX-License-Identifier: BSD-3-Clause
// What a message offers: the faults that make it unjudgeable, and each I_MESSAGE against the rules of each
// side.
#include "policy/decide/findings.hpp"

namespace kmsgate::policy::decide {
namespace {

using table::Side;

/// What judging one I_MESSAGE found, before REGISTER and responses get their own treatment.
struct Refusal {
    Finding finding;
    bool by_policy = false;       ///< a KMS name was read and refused, or missed
    bool alarm_suffices = false;  ///< `register: alarm` covers it
};

/// A refused offer in a response cannot be answered: its own cause says what happens (spec facts 2.3).
bool settle(Case& c, Refusal refusal) {
    Finding& f = refusal.finding;
    if (refusal.by_policy && f.verdict != Verdict::forward &&
        c.facts.message_class == MessageClass::response) {
        const Action action = c.table.action(c.edge, Cause::response_mikey);
        if (c.trace)
            c.trace.add(Step::Kind::cause, 3, false,
                        {"an offer in a response: cause response-mikey: ", to_string(action)});
        f.reason = Reason::cause;
        f.cause = Cause::response_mikey;
        f.verdict = action == Action::forward ? Verdict::forward : Verdict::drop;
    }
    const bool let_through = refusal.alarm_suffices && f.verdict != Verdict::forward && c.facts.is_register &&
                             c.facts.message_class == MessageClass::request &&
                             c.edge.on_register == table::Register::alarm;
    if (let_through) {
        if (c.trace) c.trace.add(Step::Kind::cause, 3, true, {"REGISTER: let through with an alarm"});
        if (!c.findings.alarm) c.findings.alarm = f;
        return false;
    }
    return note(c.findings, f);
}

Finding by_cause(const Case& c, Cause cause) {
    const Action action = c.table.action(c.edge, cause);
    if (c.trace)
        c.trace.add(Step::Kind::cause, 2, action == Action::forward,
                    {"cause ", to_string(cause), ": ", to_string(action)});
    Finding f;
    f.cause = cause;
    f.verdict = verdict_of(action, c.facts);
    return f;
}

void trace_name(const Case& c, Side side, const KmsName& name, const Ruling& ruling, bool ok) {
    c.trace.add(
        Step::Kind::kms, 2, ok,
        {side == Side::initiator ? "IDRkmsi " : "IDRkmsr ", name.present ? shown(name.text) : "absent",
         !name.present ? ": rule "
         : ok          ? ": allowed by "
         : name.id     ? ": not allowed by "
                       : ": unknown KMS, not allowed by ",
         c.table.text(ruling.record->name), ruling.unknown ? " (user unknown)" : "", " ",
         list_text(c.table, ruling)});
}

/// One name against the rules of its side. True when it ends the looking.
bool judge_name(Case& c, std::size_t at, Side side) {
    const Ruling& ruling = c.offer[index(side)];
    if (!ruling.policed) return false;
    const IMessage& message = c.facts.messages[at];
    const KmsName& name = side == Side::initiator ? message.kmsi : message.kmsr;
    Refusal r;
    if (ruling.refuses_unknown()) {
        r.finding = by_cause(c, Cause::unknown_user);
    } else if (!name.present) {
        if (c.trace) trace_name(c, side, name, ruling, false);
        r.finding = by_cause(c, Cause::missing_idr);
        r.alarm_suffices = true;
    } else {
        const bool ok = allows(c.table, ruling, name);
        if (c.trace) trace_name(c, side, name, ruling, ok);
        if (ok) return false;
        r.finding.verdict = verdict_of(Action::redirect, c.facts);
        r.finding.cause = Cause::unknown_user;
        if (!ruling.unknown)
            r.finding.reason = side == Side::initiator ? Reason::initiator_kms_not_allowed
                                                       : Reason::receiver_kms_not_allowed;
        r.alarm_suffices = true;
    }
    r.by_policy = true;
    r.finding.side = side;
    r.finding.message = at;
    r.finding.names_read = true;
    return settle(c, r);
}

std::optional<Cause> fault_of(IMessage::State state) noexcept {
    switch (state) {
        case IMessage::State::malformed:
            return Cause::malformed_mikey;
        case IMessage::State::duplicate_idr:
            return Cause::duplicate_idr;
        case IMessage::State::other_type:
            return Cause::mikey_other_type;
        case IMessage::State::read:
        case IMessage::State::passes:
            break;
    }
    return std::nullopt;
}

/// One I_MESSAGE. True when it ends the looking.
bool judge_message(Case& c, std::size_t at) {
    const IMessage& message = c.facts.messages[at];
    if (c.trace) c.trace.add(Step::Kind::imessage, 1, true, {"I_MESSAGE ", std::to_string(at + 1)});
    if (message.state == IMessage::State::passes) {
        if (c.trace) c.trace.add(Step::Kind::imessage, 2, true, {"of a data type that names no KMS: passes"});
        return false;
    }
    if (const auto cause = fault_of(message.state)) {
        Finding f = by_cause(c, *cause);
        f.message = at;
        f.side = c.offer[index(Side::initiator)].policed ? Side::initiator : Side::receiver;
        return note(c.findings, f);
    }
    return judge_name(c, at, Side::initiator) || judge_name(c, at, Side::receiver);
}

/// Users whom the policy lets go unjudged leave their cause as the reason.
void note_unjudged_users(Case& c) {
    for (const Side side : kSides) {
        if (c.offer[index(side)].unknown != Action::forward) continue;
        Finding f;
        f.cause = Cause::unknown_user;
        f.side = side;
        note(c.findings, f);
    }
}

}  // namespace

bool answerable(const Facts& facts) noexcept {
    return facts.message_class == MessageClass::request && !facts.unanswerable;
}

Verdict verdict_of(Action action, const Facts& facts) noexcept {
    switch (action) {
        case Action::forward:
            return Verdict::forward;
        case Action::redirect:
            return answerable(facts) ? Verdict::redirect : Verdict::drop;
        case Action::reject:
            return answerable(facts) ? Verdict::reject : Verdict::drop;
        default:
            return Verdict::drop;  // words that no cause of the judging path takes
    }
}

bool note(Findings& findings, const Finding& finding) noexcept {
    if (finding.verdict == Verdict::forward) {
        if (!findings.pass) findings.pass = finding;
        return false;
    }
    if (!findings.stop) findings.stop = finding;
    return true;
}

bool judge_whole(Case& c) {
    const Side side = c.offer[index(Side::initiator)].policed ? Side::initiator : Side::receiver;
    const bool has_krr = c.facts.krr.state != Krr::State::none;
    if (c.facts.malformed_sip && (any_policed(c.offer) || (has_krr && any_policed(c.krr)))) {
        const bool claim = c.facts.mikey_claim || !c.facts.messages.empty() || has_krr;
        Finding f = by_cause(c, claim ? Cause::malformed_sip_mikey : Cause::malformed_sip);
        f.side = side;
        if (note(c.findings, f)) return true;
    }
    if (c.facts.uninspectable) {
        Finding f = by_cause(c, Cause::uninspectable_body);
        f.side = side;
        if (note(c.findings, f)) return true;
    }
    return false;
}

void judge_offers(Case& c) {
    if (c.facts.messages.empty()) return;
    note_unjudged_users(c);
    if (!any_policed(c.offer)) return;
    if (c.facts.grandfathered && c.edge.in_dialog == table::InDialog::grandfather) {
        if (c.trace)
            c.trace.add(Step::Kind::imessage, 1, true, {"accepted in this dialog before: not judged again"});
        return;
    }
    for (std::size_t at = 0; at < c.facts.messages.size(); ++at)
        if (judge_message(c, at)) return;
}

}  // namespace kmsgate::policy::decide
