// SPDX-License-Identifier: BSD-3-Clause
// What is remembered of a message, and what was remembered of others that it belongs to.
#include <algorithm>

#include "dataplane/core/pipeline.hpp"

namespace kmsgate::core {

namespace {

using policy::Cause;
using policy::decide::Decision;
using policy::decide::Verdict;

/// Really answered: in shadow mode nothing is.
bool answered(const Decision& d) noexcept {
    return d.verdict == Verdict::redirect || d.verdict == Verdict::reject;
}

std::uint64_t tag_hash(std::string_view tag, const memory::BulkHash& hash) noexcept {
    return tag.empty() ? 0 : hash.fields({tag}, 0).low | 1;
}

}  // namespace

/// Is it the ACK or CANCEL of a request that was answered here (RFC 3261 9.2, 17.1.1.3)?
bool Pipeline::is_own_answer(const Whole& whole) {
    const sip::Message& m = inspection_.message;
    if (m.kind != sip::Kind::request || !m.answerable()) return false;
    const bool ack = m.method == "ACK";
    if (!ack && m.method != "CANCEL") return false;
    if (ack && m.to_tag.size() == emit::ToTag{}.size()) {
        const emit::ToTag tag = emit::to_tag(key());
        if (m.to_tag == std::string_view(tag.data(), tag.size())) return true;
    }
    const memory::Transaction* t = shard_->transactions.find(entry_, whole.now);
    if (t == nullptr || !t->invite || t->let_through) return false;
    // The ACK of a refused re-INVITE carries the dialog's own To tag.
    return !ack || (t->to_tag != 0 && t->to_tag == tag_hash(m.to_tag, shared_.hash()));
}

void Pipeline::remember(const Whole& whole, Decision& decision) {
    const sip::Message& m = inspection_.message;
    memory::Transaction* const first = known_;
    const bool alive = first != nullptr && first->expires > whole.now;
    const bool other_copy = alive && first->request && first->digest != digest(whole);
    if (other_copy) first->let_through = first->let_through || !answered(decision);
    auto& transactions = shard_->transactions;
    memory::Transaction* t = other_copy ? transactions.put(memory::copy_key(entry_, digest(whole)), whole.now)
                                        : transactions.put(first, entry_, whole.now);
    if (t == nullptr) {
        override_with(decision, Cause::table_full);
        return;
    }
    t->digest = digest(whole);
    t->generation = judge_->generation;
    t->krr_time = krr_time_;
    if (!alive || other_copy) t->rewrite_time = 0;
    t->request = true;
    t->set_method(m.method);
    t->invite = m.method == "INVITE";
    t->to_tag = tag_hash(m.to_tag, shared_.hash());
    t->let_through = !answered(decision);
    t->mode = judge_->mode;
    const Time end =
        whole.now + (t->invite && t->let_through ? memory::kInviteLife : memory::kTransactionLife);
    t->expires = alive && !other_copy ? std::max(t->expires, end) : end;
    t->decision = decision;
    fresh_ = t;
    // Whose call it is stands with the first copy, for as long as any copy may be answered.
    memory::Transaction* const base = other_copy ? first : t;
    base->expires = std::max(base->expires, end);
    // Events of the way back tell of the sides that have rules.
    using policy::table::Side;
    const auto has_rules = [this](Side side) {
        return edge_->rules[static_cast<std::size_t>(side)].count != 0 &&
               policy::decide::may_police(*edge_, side, arrived_.arrival);
    };
    complete_users({has_rules(Side::initiator), has_rules(Side::receiver)});
    const auto& facts = inspection_.facts;
    shard_->transactions.parties(*base).add(facts.users, facts.visited, facts.visited_known);
    shard_->transactions.set_branch(*base, branch_);
}

/// The users of these sides, where no rule asked for them: somebody wants to know.
void Pipeline::complete_users(const std::array<bool, 2>& sides) {
    inspect::resolve_open_users(sides, arrived_, context_, arena_, inspection_);
}

/// A response is judged by whose request it answers. The client knows it by the branch alone, so what else it
/// says must not choose among the requests of that branch: all of them count.
void Pipeline::look_back() {
    if (!inspect::needs_back(inspection_)) return;
    memory::Callers callers = shard_->transactions.callers(branch_, arrived_.now);
    const memory::Transaction* t = shard_->transactions.find(entry_, arrived_.now);
    const memory::Parties* own = t != nullptr ? &shard_->transactions.parties(*t) : nullptr;
    if (own != nullptr && own->empty()) own = nullptr;  // only kept for the time of its KRR
    if (own != nullptr) callers.put_first(own);
    inspect::Asked asked;
    asked.requests = callers.all();
    asked.crowd = callers.crowd;
    asked.mismatch = own == nullptr && asked.known();
    if (asked.mismatch) counters_.add(Counter::response_mismatch);
    inspect::resolve_back(asked, arrived_, context_, arena_, inspection_);
}

/// The final response of a forwarded INVITE has passed: its entry lives on for late copies only. The KRR of a
/// response that is rewritten carries the time of its first copy.
void Pipeline::note_response(const Decision& decision, Time now) {
    const sip::Message& m = inspection_.message;
    memory::Transaction* t = shard_->transactions.find(entry_, now);
    // One that nobody gets to see ends nothing: its sender could otherwise make us forget whose call it is.
    const bool passed = decision.verdict == Verdict::forward || decision.verdict == Verdict::rewrite;
    if (passed && m.status >= 200 && t != nullptr && t->invite && m.method == "INVITE")
        t->expires = std::min(t->expires, now + memory::kTransactionLife);
    if (inspection_.facts.krr.state != policy::decide::Krr::State::read) return;
    if (t == nullptr) {
        t = shard_->transactions.put(entry_, now);
        if (t == nullptr) return;
        t->expires = now + memory::kTransactionLife;
        t->set_method(m.method);
    }
    if (t->rewrite_time == 0) t->rewrite_time = now / kSecond;
    krr_time_ = t->rewrite_time;
}

/// In-dialog request of which every I_MESSAGE was accepted in this dialog before (`in-dialog: grandfather`).
bool Pipeline::accepted_before() const {
    const sip::Message& m = inspection_.message;
    if (edge_->in_dialog != policy::table::InDialog::grandfather || m.kind != sip::Kind::request ||
        m.to_tag.empty() || inspection_.contents.carriages.empty())
        return false;
    return std::ranges::all_of(inspection_.contents.carriages, [&](const sip::Carriage& c) {
        return shared_.accepted().has(m.call_id, inspection_.facts.arrival, c.data);
    });
}

void Pipeline::note_accepted(const Whole& whole) {
    if (edge_->in_dialog != policy::table::InDialog::grandfather) return;
    for (const sip::Carriage& c : inspection_.contents.carriages)
        shared_.accepted().add(inspection_.message.call_id, whole.arrival, c.data, whole.now);
}

}  // namespace kmsgate::core
