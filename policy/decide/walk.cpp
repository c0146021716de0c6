// SPDX-License-Identifier: BSD-3-Clause
// The rule walk: first match per side; sets of rules where the user is not one known user.
#include <algorithm>
#include <limits>

#include "policy/decide/conditions.hpp"

namespace kmsgate::policy::decide {
namespace {

using table::kNone;
using table::RuleId;
using table::RuleRecord;
using table::Side;

/// All that a walk over the rules of one side needs.
struct SideWalk {
    const Facts& facts;
    const Sight& sight;
    const table::Table& table;
    Side side;
    RuleId first;
    std::span<const RuleRecord> rules;
    Trace trace;
};

std::uint64_t all_entries(std::size_t count) noexcept {
    return count >= table::kMaxAllow ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// Adds one rule to the set. The first that polices gives name and order; the others only take KMSs away.
void add(const table::Table& table, Ruling& set, RuleId id, const RuleRecord& rule) noexcept {
    if (rule.allow_any != 0) {
        if (set.rule == kNone) {
            set.rule = id;
            set.record = &rule;
        }
        return;
    }
    if (!set.policed) {
        set.rule = id;
        set.record = &rule;
        set.policed = true;
        set.whole = true;
        set.allowed = all_entries(rule.allow.count);
        return;
    }
    const auto list = table.kms_list(set.record->allow);
    for (std::size_t i = 0; i < list.size() && i < table::kMaxAllow; ++i) {
        const std::uint64_t entry = std::uint64_t{1} << i;
        if ((set.allowed & entry) == 0 || table.allows(rule, list[i])) continue;
        set.allowed &= ~entry;
        set.whole = false;
    }
}

void trace_rule(const SideWalk& w, const RuleRecord& rule, bool ok, std::string_view why) {
    const std::string_view name = w.table.text(rule.name);
    w.trace.add(Step::Kind::rule, 3, ok, {"rule ", name, ok ? ": " : ": no match, ", why});
}

/// Calls f(position) for the first rule that matches a known user, and for those before it that could. True
/// when there was one of the latter.
template <class F>
bool each_match(const SideWalk& w, const Candidate& user, bool traced, F&& f) {
    bool possible = false;
    for (std::size_t i = 0; i < w.rules.size(); ++i) {
        const Condition c = failing(w.table, w.sight, w.rules[i], &user);
        const bool could = c == Condition::none && only_possible(w.sight, w.rules[i]);
        if (traced && w.trace)
            trace_rule(w, w.rules[i], c == Condition::none,
                       could                  ? "could match, the visited network is not known"
                       : c == Condition::none ? "matches"
                                              : condition_text(c));
        if (c != Condition::none) continue;
        f(i);
        if (!could) break;
        possible = true;
    }
    return possible;
}

void trace_user(const SideWalk& w, const Candidate& user, bool ours) {
    std::string tags;
    const auto declared = w.table.tags();
    for (std::size_t bit = 0; bit < declared.size() && bit < table::kMaxTags; ++bit)
        if ((user.tags >> bit & 1U) != 0)
            tags.append(tags.empty() ? ", tags: " : " ").append(w.table.text(declared[bit]));
    w.trace.add(Step::Kind::user, 2, ours,
                {"user ", shown(user.uri), ours ? " of this domain" : " of another domain", tags});
}

/// The union of the first matches of every candidate. Walked twice, so that no set of rules has to be kept.
void walk_known(const SideWalk& w, std::span<const Candidate> candidates, bool ours, Ruling& set) {
    constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
    std::size_t first_policing = kNever;
    std::size_t first_any = kNever;
    bool possible = false;
    for (const Candidate& user : candidates) {
        if (w.trace) trace_user(w, user, ours);
        possible |= each_match(w, user, true, [&](std::size_t at) {
            std::size_t& first = w.rules[at].allow_any != 0 ? first_any : first_policing;
            first = std::min(first, at);
        });
    }
    const std::size_t base = first_policing != kNever ? first_policing : first_any;
    if (base == kNever) return;
    set.possible = possible;
    add(w.table, set, w.first + static_cast<RuleId>(base), w.rules[base]);
    if (candidates.size() < 2 && !possible) return;
    for (const Candidate& user : candidates)
        each_match(w, user, false, [&](std::size_t at) {
            add(w.table, set, w.first + static_cast<RuleId>(at), w.rules[at]);
        });
}

/// Every rule that some user could match: up to the first one that asks for no user.
void walk_unknown(const SideWalk& w, const table::EdgeRecord& edge, bool crowd, Ruling& set) {
    if (w.trace)
        w.trace.add(Step::Kind::user, 2, false, {"user unknown: every rule that some user could match"});
    bool user_matters =
        edge.proxy == table::Proxy::is;  // whose user it is decides whether the edge polices at all
    for (std::size_t i = 0; i < w.rules.size(); ++i) {
        const RuleRecord& rule = w.rules[i];
        const Condition c = failing(w.table, w.sight, rule, nullptr);
        if (c != Condition::none) {
            if (w.trace) trace_rule(w, rule, false, condition_text(c));
            continue;
        }
        const bool for_some = rule.needs_user != 0;
        const bool could = only_possible(w.sight, rule);
        if (w.trace) trace_rule(w, rule, true, for_some || could ? "could match" : "matches every user");
        user_matters = user_matters || for_some;
        set.possible = set.possible || could;
        add(w.table, set, w.first + static_cast<RuleId>(i), rule);
        if (!for_some && !could) break;
    }
    // Rules that police nothing need no user: whoever it is, nothing would be refused.
    if (!user_matters || !set.policed) return;
    set.unknown = w.table.action(edge, Cause::unknown_user);
    if (crowd && *set.unknown == Action::forward) set.unknown = Action::strictest;
    if (w.trace) w.trace.add(Step::Kind::cause, 3, false, {"cause unknown-user: ", to_string(*set.unknown)});
    if (set.unknown == Action::forward) {
        set.policed = false;
        set.rule = kNone;
        set.record = nullptr;
    }
}

/// Why a side is one that the edge could police, or empty when it is not.
std::string_view why_possible(const Facts& facts, const Sight& sight, const table::EdgeRecord& edge,
                              Side side, Sense sense) noexcept {
    if (edge.proxy == table::Proxy::cs) {
        const bool inside = facts.arrival == Arrival::inside;
        const bool initiator = sense == Sense::offer ? inside : !inside;
        if (initiator != (side == Side::initiator)) return {};
        if (sense == Sense::krr) return inside ? "a KRR from inside" : "a KRR from outside";
        return inside ? "sent from inside" : "sent from outside";
    }
    if (facts.message_class == MessageClass::unknown) return "whose message this is cannot be read";
    switch (sight.users[index(side)].state) {
        case User::State::ours:
            return "its user is of this domain";
        case User::State::unknown:
            return "its user could be of this domain";
        case User::State::other:
            break;
    }
    return {};
}

/// On an is edge an unreadable message tells nothing of its users that could be relied on.
bool user_known(const Facts& facts, const table::EdgeRecord& edge, const User& user) noexcept {
    if (user.state == User::State::unknown || user.candidates.empty()) return false;
    return edge.proxy == table::Proxy::cs || facts.message_class != MessageClass::unknown;
}

void walk_side(const SideWalk& w, const table::EdgeRecord& edge, Ruling& set) {
    const User& user = w.sight.users[index(w.side)];
    if (!user_known(w.facts, edge, user)) return walk_unknown(w, edge, user.crowd, set);
    const bool ours = user.state == User::State::ours;
    walk_known(w, ours ? user.candidates : user.candidates.first(1), ours, set);
}

void trace_side(Trace trace, const table::EdgeRecord& edge, Side side, std::string_view why) {
    if (!why.empty()) return trace.add(Step::Kind::side, 1, true, {side_text(side), " side: ", why});
    trace.add(Step::Kind::side, 1, false,
              {side_text(side), " side: not policed, ",
               edge.proxy == table::Proxy::cs ? "other direction" : "its user is of another domain"});
}

void trace_ruling(Trace trace, const table::Table& table, const Ruling& ruling) {
    if (ruling.policed)
        trace.add(Step::Kind::side, 2, true,
                  {"policed by ", table.text(ruling.record->name), ", allowed: ", list_text(table, ruling)});
    else
        trace.add(Step::Kind::side, 2, false,
                  {"not policed: ", ruling.rule != kNone ? "any KMS is allowed"
                                    : ruling.unknown     ? "unknown user"
                                                         : "no rule matches"});
}

}  // namespace

void walk(const Facts& facts, const table::Table& table, const table::EdgeRecord& edge, Sense sense,
          Trace trace, Rulings& rulings) {
    const Sight sight = sight_of(facts, sense);
    for (const Side side : kSides) {
        const std::string_view why = why_possible(facts, sight, edge, side, sense);
        if (trace) trace_side(trace, edge, side, why);
        if (why.empty()) continue;
        const auto rules = table.rules(edge, side);
        if (rules.empty()) {
            if (trace) trace.add(Step::Kind::rule, 2, false, {"no rules: not policed"});
            continue;
        }
        Ruling& ruling = rulings[index(side)];
        walk_side({facts, sight, table, side, edge.rules[index(side)].first, rules, trace}, edge, ruling);
        if (trace) trace_ruling(trace, table, ruling);
    }
}

bool allows(const table::Table& table, const Ruling& ruling, const KmsName& name) noexcept {
    if (!name.id || ruling.record == nullptr) return false;
    if (ruling.whole) return table.allows(*ruling.record, *name.id);
    const auto list = table.kms_list(ruling.record->allow);
    for (std::size_t i = 0; i < list.size() && i < table::kMaxAllow; ++i)
        if (list[i] == *name.id && (ruling.allowed >> i & 1U) != 0) return true;
    return false;
}

}  // namespace kmsgate::policy::decide
