// SPDX-License-Identifier: BSD-3-Clause
// Messages: from a whole datagram on a signalling flow to its verdict. What is remembered of it stands in
// pipeline_transactions.cpp. What the verdict does stands in
// pipeline_act.cpp.
#include <algorithm>
#include <array>

#include "dataplane/core/pipeline.hpp"
#include "dataplane/core/pipeline_keys.hpp"

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

/// Do the identities of a side disagree of which some rule asks? Who nobody asks for need not be known.
bool disagrees(const policy::decide::Facts& facts, const policy::table::EdgeRecord& edge) noexcept {
    using policy::table::Ask, policy::table::Side, policy::table::Table;
    return (facts.users[0].disagreement && Table::asks(edge, Ask::user, Side::initiator)) ||
           (facts.users[1].disagreement && Table::asks(edge, Ask::user, Side::receiver));
}

}  // namespace

Outcome Pipeline::judge_message(Whole& whole) {
    if (is_keep_alive(whole.payload))
        return end_all(std::move(whole.frames), Outcome::keep_alive, whole.now, false);
    if (edge_ == nullptr) {
        counters_.add(Cause::no_table);
        return end_all(std::move(whole.frames), Outcome::no_table, whole.now, true);
    }
    Decision decision;
    const Told told = weigh(whole, decision);
    if (!told.recalled && decision.verdict == Verdict::forward && !decision.would) {  // most: nothing is made
        counters_.add(decision.verdict);
        report(whole, decision, nullptr);
        end_frames(whole.frames, Outcome::forward);
        return Outcome::forward;
    }
    if (tap_ == nullptr) {
        const Outcome outcome = act(whole, decision, told.lists);
        report(whole, decision, told.by_name());
        end_frames(whole.frames, outcome);
        return outcome;
    }
    const auto sent = [this] {
        return std::array{out_->port(Arrival::inside).size(), out_->port(Arrival::outside).size()};
    };
    const auto before = sent();
    const Outcome outcome = act(whole, decision, told.lists);
    const auto after = sent();
    report(whole, decision, told.by_name());
    end_frames(whole.frames, outcome);
    // A capture shows what was made behind what caused it.
    for (const Arrival port : {Arrival::inside, Arrival::outside})
        for (std::size_t i = before[static_cast<std::size_t>(port)];
             i < after[static_cast<std::size_t>(port)]; ++i)
            tap_->made(out_->port(port)[i].get(), edge_name());
    return outcome;
}

/// From the bytes of a message to its verdict, and what is said of it.
Pipeline::Told Pipeline::weigh(const Whole& whole, Decision& decision) {
    arena_.reset();
    inspect::Arrived& arrived = arrived_;
    arrived.now = whole.now;
    arrived.arrival = whole.arrival;
    arrived.source = {whole.packet.source, whole.packet.source_port, whole.packet.v6};
    arrived.destination = {whole.packet.destination, whole.packet.destination_port, whole.packet.v6};
    arrived.off_port = whole.off_port;
    arrived.tunnelled = whole.packet.tunnelled;
    arrived.payload = whole.payload;
    policy::decide::Record* record = sink_.recorder();
    context_ = {judge_->table,  judge_->edge, judge_->mode,     judge_->tags,
                judge_->roster, judge_->odd,  judge_->tag_bits, record != nullptr};
    inspect::inspect(arrived, context_, arena_, inspection_);
    counters_.add(inspection_.plain ? Counter::plain_messages : Counter::full_messages);
    key_.reset();
    digest_ = whole.digest;
    // Each port has its transactions: what one side's rules said is no verdict of the other's. A response
    // belongs to the request that came in by the other port.
    const bool response = inspection_.message.kind == sip::Kind::response;
    const Arrival asked = response ? opposite(whole.arrival) : whole.arrival;
    const TransactionKeys keys = transaction_keys(inspection_.message, asked, shared_.hash());
    entry_ = keys.entry;
    if (asked == Arrival::outside) entry_.high = ~entry_.high;
    entry_.low ^= config_.salt;
    branch_ = keys.branch;
    if (branch_ != 0) branch_ = std::max<std::uint64_t>(branch_ ^ config_.salt, 1);
    const auto held = shared_.hold(branch_ != 0 ? branch_ : entry_.low);
    shard_ = &*held;
    shard_->transactions.prefetch(entry_, branch_);
    krr_time_ = whole.now / kSecond;
    look_back();

    Told told;
    fresh_ = nullptr;
    // Over TCP the refused request took its connection with it; its ACK says nothing to anybody.
    if (judge_->mode == Mode::enforce && !whole.stream && is_own_answer(whole)) {
        decision.verdict = Verdict::absorb;
        decision.reason = Reason::own_answer;
        note(record, "ACK or CANCEL of a request that was answered here: absorb");
    } else {
        told.recalled = decide_message(whole, decision, record);
        limit(whole, decision);
    }
    told.lists = told.recalled
                     ? told.recalled->lists
                     : emit::krr_lists(decision, inspection_, *judge_->table, arena_, emit::Names::no);
    if (fresh_ != nullptr) fresh_->said = keep(decision, told.lists);
    if (told.recalled || decision.verdict != Verdict::forward || decision.would)
        prepare(whole, decision, told.lists);
    return told;
}

std::optional<emit::Said> Pipeline::decide_message(const Whole& whole, Decision& decision,
                                                   policy::decide::Record* record) {
    const sip::Message& m = inspection_.message;
    counters_.add(Counter::relaxed, inspection_.relaxed);
    if (!inspection_.facts.krr.unknown.empty()) counters_.add(Counter::unknown_kms_in_krr);
    if (disagrees(inspection_.facts, *edge_)) counters_.add(Counter::disagreements);
    const bool tracked = m.kind == sip::Kind::request && m.answerable() && judge_->mode != Mode::bypass;
    known_ = nullptr;
    if (tracked) {
        known_ = shard_->transactions.look(entry_);
        const memory::Transaction* t = known_ != nullptr && known_->expires > whole.now ? known_ : nullptr;
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
