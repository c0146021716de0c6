// SPDX-License-Identifier: BSD-3-Clause
// The plain case: a request with sound I_MESSAGEs by known users, each side under one rule. What it says is
// what the walk would say (tests/property holds them together); all else is left to the walk.
#include "policy/decide/plain.hpp"

#include "policy/decide/conditions.hpp"

namespace kmsgate::policy::decide {
namespace {

using table::RuleRecord;
using table::Side;

bool is_plain(const Facts& f) noexcept {
    const unsigned odd =
        unsigned{f.malformed_sip} | f.uninspectable | f.off_port | f.tunnelled | f.grandfathered;
    return odd == 0 && f.message_class == MessageClass::request && !f.messages.empty() &&
           f.krr.state == Krr::State::none;
}

/// Whom the rules of a side are asked about.
struct Asked {
    bool known = true;                ///< false: the walk has to say
    bool policed = true;              ///< the side's rules count at all
    const Candidate* user = nullptr;  ///< null: no rule asks
};

[[gnu::always_inline]] inline Asked ask(const Facts& facts, const table::EdgeRecord& edge,
                                        Side side) noexcept {
    if (!may_police(edge, side, facts.arrival)) return {true, false, nullptr};
    const User& user = facts.users[index(side)];
    if (edge.proxy == table::Proxy::is && user.state == User::State::other) return {true, false, nullptr};
    if (!table::Table::asks(edge, table::Ask::user, side)) return {};
    // One user, who is known: more than one fall under several rules at once.
    if (user.state == User::State::unknown || user.candidates.empty()) return {false, false, nullptr};
    if (user.state == User::State::ours && user.candidates.size() != 1) return {false, false, nullptr};
    return {true, true, &user.candidates.front()};
}

/// The rules that matched.
struct Matched {
    std::array<const RuleRecord*, 2> rule{};  ///< of a side that is policed, else null
    std::array<table::RuleId, 2> id = {table::kNone, table::kNone};
};

enum class Answer : std::uint8_t { no, yes, unsure };

/// A rule that asks for something.
[[gnu::noinline]] Answer answer(const Facts& facts, const table::Table& table, const RuleRecord& rule,
                                const Candidate* user) noexcept {
    const Sight sight = sight_of(facts, Sense::offer);
    if (only_possible(sight, rule)) return Answer::unsure;
    return failing(table, sight, rule, user) == Condition::none ? Answer::yes : Answer::no;
}

/// The first rule of the side that matches. False: the walk has to say.
template <Side side>
[[gnu::always_inline]] inline bool match(const Facts& facts, const table::Table& table,
                                         const table::EdgeRecord& edge, Matched& matched) noexcept {
    const Asked asked = ask(facts, edge, side);
    if (!asked.known) return false;
    if (!asked.policed) return true;
    table::RuleId id = edge.rules[index(side)].first;
    for (const RuleRecord& rule : table.rules(edge, side)) {
        const bool asks = (rule.tags | rule.users.count | rule.peers.count | rule.visited.count) != 0;
        const Answer said = asks ? answer(facts, table, rule, asked.user) : Answer::yes;
        if (said == Answer::unsure) return false;
        if (said == Answer::yes) {
            matched.id[index(side)] = id;
            matched.rule[index(side)] = rule.allow_any == 0 ? &rule : nullptr;
            return true;
        }
        ++id;
    }
    return true;
}

const KmsName& name_of(const IMessage& message, Side side) noexcept {
    return side == Side::initiator ? message.kmsi : message.kmsr;
}

/// The redirect that names what the rules allow; of a side without one, what the message named where the
/// refusing rule says so.
void refuse(const Matched& matched, const IMessage& message, std::size_t at, Side side,
            Decision& d) noexcept {
    d.verdict = Verdict::redirect;
    d.reason = side == Side::initiator ? Reason::initiator_kms_not_allowed : Reason::receiver_kms_not_allowed;
    d.refused = at;
    for (const Side each : kSides) {
        ListOut& list = d.krr[index(each)];
        if (matched.rule[index(each)] != nullptr) {
            list.kind = ListOut::Kind::rule;
            list.rule = matched.id[index(each)];
        } else if (matched.rule[index(side)]->other == table::Other::copy && name_of(message, each).present) {
            list.kind = ListOut::Kind::copy;
        }
    }
}

/// One name against the rule of its side.
template <Side side>
[[gnu::always_inline]] inline Answer allows(const table::Table& table, const Matched& matched,
                                            const IMessage& message) noexcept {
    const RuleRecord* rule = matched.rule[index(side)];
    if (rule == nullptr) return Answer::yes;
    const KmsName& name = name_of(message, side);
    if (!name.present) return Answer::unsure;
    return name.id && table.allows(*rule, *name.id) ? Answer::yes : Answer::no;
}

/// Every I_MESSAGE against the rules, up to the first name that is refused. False: the walk has to say.
[[gnu::always_inline]] inline bool judge(const Facts& facts, const table::Table& table,
                                         const table::EdgeRecord& edge, const Matched& matched,
                                         Decision& d) noexcept {
    for (std::size_t at = 0; at < facts.messages.size(); ++at) {
        const IMessage& message = facts.messages[at];
        if (message.state != IMessage::State::read) return false;
        Side side = Side::initiator;
        Answer said = allows<Side::initiator>(table, matched, message);
        if (said == Answer::yes) {
            side = Side::receiver;
            said = allows<Side::receiver>(table, matched, message);
        }
        if (said == Answer::yes) continue;
        if (said == Answer::unsure || facts.unanswerable ||
            (facts.is_register && edge.on_register == table::Register::alarm))
            return false;
        refuse(matched, message, at, side, d);
        return true;
    }
    return true;
}

}  // namespace

bool decide_plain(const Facts& facts, const table::Table& table, const table::EdgeRecord& edge,
                  Decision& decision) noexcept {
    if (!is_plain(facts)) return false;
    Matched matched;
    if (!match<Side::initiator>(facts, table, edge, matched) ||
        !match<Side::receiver>(facts, table, edge, matched))
        return false;
    const bool any = matched.id[0] != table::kNone || matched.id[1] != table::kNone;
    decision.reason = any ? Reason::allowed : Reason::no_rule;
    const bool policed = matched.rule[0] != nullptr || matched.rule[1] != nullptr;
    if (policed && !judge(facts, table, edge, matched, decision)) return false;
    decision.rule = matched.id;
    decision.policed = {matched.rule[0] != nullptr, matched.rule[1] != nullptr};
    return true;
}

}  // namespace kmsgate::policy::decide
