// SPDX-License-Identifier: BSD-3-Clause
// Messages: from a whole datagram on a signalling flow to its verdict. What the verdict does stands in
// pipeline_act.cpp.
#include <algorithm>
#include <array>

#include "dataplane/core/pipeline.hpp"

namespace kmsgate::core {

namespace {

using policy::Action;
using policy::Cause;
using policy::decide::Decision;
using policy::decide::MessageClass;
using policy::decide::Reason;
using policy::decide::Verdict;
using policy::table::Mode;

/// RFC 3261 7.5 and RFC 5626 keep-alives: line ends, or nothing at all.
bool is_keep_alive(std::string_view payload) noexcept {
    return std::ranges::all_of(payload, [](char c) { return c == '\r' || c == '\n'; });
}

/// Answered instead of forwarded, or would be in shadow mode. A REGISTER under `alarm` goes through.
bool refused(const Decision& d) noexcept {
    if (d.alarm) return false;
    return d.effective() == Verdict::redirect || d.effective() == Verdict::reject;
}

void note(policy::decide::Record* record, std::string_view text, std::string_view more = {}) {
    if (record == nullptr) return;
    record->add({policy::decide::Step::Kind::verdict, 0, true, std::string(text).append(more)});
}

/// Really answered: in shadow mode nothing is.
bool answered(const Decision& d) noexcept {
    return d.verdict == Verdict::redirect || d.verdict == Verdict::reject;
}

std::uint64_t tag_hash(std::string_view tag, const memory::BulkHash& hash) noexcept {
    return tag.empty() ? 0 : hash.fields({tag}, 0).low | 1;
}

}  // namespace

Outcome Pipeline::judge_message(Whole& whole) {
    if (is_keep_alive(whole.payload))
        return end_all(std::move(whole.frames), Outcome::keep_alive, whole.now, false);
    if (edge_ == nullptr) {
        counters_.add(Cause::no_table);
        return end_all(std::move(whole.frames), Outcome::no_table, whole.now, true);
    }
    arena_.reset();
    inspect::Arrived arrived;
    arrived.now = whole.now;
    arrived.arrival = whole.arrival;
    arrived.source = {whole.packet.source, whole.packet.source_port, whole.packet.v6};
    arrived.destination = {whole.packet.destination, whole.packet.destination_port, whole.packet.v6};
    arrived.off_port = whole.off_port;
    arrived.tunnelled = whole.packet.tunnelled;
    arrived.payload = whole.payload;
    const inspect::Context context{judge_->table,  judge_->edge, judge_->mode,    judge_->tags,
                                   judge_->roster, judge_->odd,  judge_->tag_bits};
    inspect::inspect(arrived, context, arena_, inspection_);
    counters_.add(inspection_.plain ? Counter::plain_messages : Counter::full_messages);
    key_.reset();
    digest_ = whole.digest;
    // Each port has its transactions: what one side's rules said is no verdict of the other's. A response
    // belongs to the request that came in by the other port.
    const bool response = inspection_.message.kind == sip::Kind::response;
    entry_ = emit::entry_key(inspection_.message, shared_.hash());
    const Arrival asked = response ? opposite(whole.arrival) : whole.arrival;
    if (asked == Arrival::outside) entry_.high = ~entry_.high;
    entry_.low ^= config_.salt;
    branch_ = emit::branch_key(inspection_.message, asked, shared_.hash());
    if (branch_ != 0) branch_ = std::max<std::uint64_t>(branch_ ^ config_.salt, 1);
    const auto held = shared_.hold(branch_ != 0 ? branch_ : entry_.low);
    shard_ = &*held;
    shard_->transactions.prefetch(entry_);
    krr_time_ = whole.now / kSecond;
    look_back(arrived, context);

    Decision decision;
    std::optional<emit::Said> recalled;
    fresh_ = nullptr;
    policy::decide::Record* record = sink_.recorder();
    if (judge_->mode == Mode::enforce && is_own_answer(whole)) {
        decision.verdict = Verdict::absorb;
        decision.reason = Reason::own_answer;
        note(record, "ACK or CANCEL of a request that was answered here: absorb");
    } else {
        recalled = decide_message(whole, decision, record);
        limit(whole, decision);
    }
    const emit::KrrLists lists =
        recalled ? recalled->lists
                 : emit::krr_lists(decision, inspection_, *judge_->table, arena_, emit::Names::no);
    if (fresh_ != nullptr) fresh_->said = keep(decision, lists);
    prepare(whole, decision, lists);
    if (tap_ == nullptr) {
        const Outcome outcome = act(whole, decision, lists);
        report(whole, decision, recalled ? &*recalled : nullptr);
        end_frames(whole.frames, outcome);
        return outcome;
    }
    const auto sent = [this] {
        return std::array{out_->port(Arrival::inside).size(), out_->port(Arrival::outside).size()};
    };
    const auto before = sent();
    const Outcome outcome = act(whole, decision, lists);
    const auto after = sent();
    report(whole, decision, recalled ? &*recalled : nullptr);
    end_frames(whole.frames, outcome);
    // A capture shows what was made behind what caused it.
    for (const Arrival port : {Arrival::inside, Arrival::outside})
        for (std::size_t i = before[static_cast<std::size_t>(port)];
             i < after[static_cast<std::size_t>(port)]; ++i)
            tap_->made(out_->port(port)[i].get(), edge_name());
    return outcome;
}

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

std::optional<emit::Said> Pipeline::decide_message(const Whole& whole, Decision& decision,
                                                   policy::decide::Record* record) {
    const sip::Message& m = inspection_.message;
    counters_.add(Counter::relaxed, inspection_.relaxed);
    if (!inspection_.facts.krr.unknown.empty()) counters_.add(Counter::unknown_kms_in_krr);
    for (const auto& user : inspection_.facts.users)
        if (user.disagreement) {
            counters_.add(Counter::disagreements);
            break;
        }
    const bool tracked = m.kind == sip::Kind::request && m.answerable() && judge_->mode != Mode::bypass;
    if (tracked) {
        const memory::Transaction* t = shard_->transactions.find(entry_, whole.now);
        if (t != nullptr && t->request && t->digest != digest(whole)) {
            const bool changed = t->method_is(m.method);
            t = shard_->transactions.find(memory::copy_key(entry_, digest(whole)), whole.now);
            if (t == nullptr && changed) counters_.add(Counter::changed_copies);
        }
        const bool copy = t != nullptr && t->request && t->digest == digest(whole) &&
                          (t->mode == judge_->mode || judge_->mode == Mode::enforce);
        const bool same_table = copy && t->generation == judge_->generation;
        const auto said = copy ? shard_->snapshots.get(t->said) : std::nullopt;
        if (same_table || said) {
            counters_.add(Counter::retransmissions);
            decision = t->decision;
            krr_time_ = t->krr_time;
            note(record, "copy of a request that was judged before: the same verdict, ",
                 to_string(decision.effective()));
            if (same_table) return std::nullopt;
            decision.rule = {policy::table::kNone, policy::table::kNone};  // numbers of a table that is gone
            return emit::from_text(*said, arena_);
        }
    }
    inspection_.facts.grandfathered = accepted_before();
    decision = policy::decide::decide(inspection_.facts, *judge_->table, record);
    if (inspection_.facts.grandfathered && decision.verdict == Verdict::forward)
        counters_.add(Counter::grandfathered);
    if (judge_->mode != Mode::bypass && decision.effective() == Verdict::forward) note_accepted(whole);
    if (decision.reason == Reason::cause) counters_.add(decision.cause);
    if (decision.alarm) counters_.add(Counter::register_alarms);
    if (decision.strictest && m.kind == sip::Kind::response) counters_.add(Counter::krr_unknown_user);
    // ACK and CANCEL share the key of their INVITE and must not take its place.
    const bool own_entry = tracked && m.method != "ACK" && m.method != "CANCEL";
    if (own_entry && (!inspection_.facts.messages.empty() || refused(decision))) remember(whole, decision);
    if (m.kind == sip::Kind::response) note_response(decision, whole.now);
    return std::nullopt;
}

const memory::Hash128& Pipeline::key() noexcept {
    if (!key_) key_ = emit::transaction_key(inspection_.message, tag_hash_);
    return *key_;
}

const memory::Hash128& Pipeline::digest(const Whole& whole) noexcept {
    if (!digest_) digest_ = shared_.hash().message(whole.payload);
    return *digest_;
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

void Pipeline::remember(const Whole& whole, Decision& decision) {
    const sip::Message& m = inspection_.message;
    memory::Transaction* first = shard_->transactions.find(entry_, whole.now);
    const bool alive = first != nullptr;
    const bool other_copy = alive && first->request && first->digest != digest(whole);
    if (other_copy) first->let_through = first->let_through || !answered(decision);
    memory::Transaction* t =
        shard_->transactions.put(other_copy ? memory::copy_key(entry_, digest(whole)) : entry_, whole.now);
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
    const auto& facts = inspection_.facts;
    shard_->transactions.parties(*base).add(facts.users, facts.visited, facts.visited_known);
    shard_->transactions.set_branch(*base, branch_);
}

/// A response is judged by whose request it answers. The client knows it by the branch alone, so what else it
/// says must not choose among the requests of that branch: all of them count.
void Pipeline::look_back(const inspect::Arrived& arrived, const inspect::Context& context) {
    if (!inspect::needs_back(inspection_)) return;
    memory::Callers callers = shard_->transactions.callers(branch_, arrived.now);
    const memory::Transaction* t = shard_->transactions.find(entry_, arrived.now);
    const memory::Parties* own = t != nullptr ? &shard_->transactions.parties(*t) : nullptr;
    if (own != nullptr && own->empty()) own = nullptr;  // only kept for the time of its KRR
    if (own != nullptr) callers.put_first(own);
    inspect::Asked asked;
    asked.requests = callers.all();
    asked.crowd = callers.crowd;
    asked.mismatch = own == nullptr && asked.known();
    if (asked.mismatch) counters_.add(Counter::response_mismatch);
    inspect::resolve_back(asked, arrived, context, arena_, inspection_);
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

void Pipeline::limit(const Whole& whole, Decision& decision) {
    if (judge_->mode == Mode::bypass || !refused(decision)) return;
    const bool allowed = shared_.limiter().allow(whole.packet.source, edge_->redirects_per_second,
                                                 edge_->per_source, whole.now);
    if (!allowed) override_with(decision, Cause::redirect_limit);
}

/// A cause that the pipeline itself meets takes the place of the verdict. Only unparsable-krr may say
/// forward.
void Pipeline::override_with(Decision& decision, Cause cause) {
    counters_.add(cause);
    const Action action = judge_->table->action(*edge_, cause);
    const bool silent =
        inspection_.facts.unanswerable || inspection_.facts.message_class != MessageClass::request;
    Verdict verdict = action == Action::forward ? Verdict::forward : Verdict::drop;
    if (action == Action::reject && !silent) verdict = Verdict::reject;
    if (action == Action::redirect && !silent)
        verdict = refused(decision) ? decision.effective() : Verdict::reject;
    (decision.would ? *decision.would : decision.verdict) = verdict;
    decision.reason = Reason::cause;
    decision.cause = cause;
}

}  // namespace kmsgate::core
