// SPDX-License-Identifier: BSD-3-Clause
// What a verdict does: answers, rewritten messages, and the event that tells of it.
#include <algorithm>
#include <array>

#include "dataplane/core/pipeline.hpp"
#include "dataplane/emit/datagram.hpp"
#include "dataplane/emit/redirect.hpp"
#include "dataplane/krr/names.hpp"
#include "dataplane/rewrite/rewrite.hpp"

namespace kmsgate::core {

namespace {

using policy::Cause;
using policy::decide::Decision;
using policy::decide::Reason;
using policy::decide::Verdict;

constexpr std::size_t kMaxMessage = 65535;
constexpr std::size_t kMaxPayload = 65535 - 20 - 8;  // of a datagram, also over IPv4

bool too_large(const inspect::Inspection& in, std::string_view body) noexcept {
    return body.size() > krr::kMaxBody || in.krr == nullptr || in.krr->depth + 1 > krr::kMaxDepth;
}

}  // namespace

Outcome outcome_of(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::forward:
            return Outcome::forward;
        case Verdict::redirect:
            return Outcome::redirect;
        case Verdict::reject:
            return Outcome::reject;
        case Verdict::rewrite:
            return Outcome::rewrite;
        case Verdict::absorb:
            return Outcome::absorb;
        case Verdict::drop:
        case Verdict::count_:
            break;
    }
    return Outcome::drop;
}

/// Makes the message that a rewrite sends on, also in shadow mode: whether it can be made is part of the
/// verdict.
void Pipeline::prepare(const Whole& whole, Decision& decision, const emit::KrrLists& lists) {
    changed_ = {};
    plain_changed_.reset();
    if (decision.effective() != Verdict::rewrite) return;
    const std::string_view root = inspection_.krr != nullptr ? inspection_.krr->root : std::string_view();
    const std::uint64_t id = key().low + key().high + 1;
    if (lists.ok && !whole.packet.tunnelled) {
        krr::Pieces pieces =
            emit::krr_pieces(decision, inspection_, *judge_->table, lists, id, krr_time_, root);
        pieces.time_text = clock_.text(krr_time_);
        const auto& plain = plain_changed_.emplace(whole.payload, inspection_, decision, pieces);
        if (plain && plain.size() <= kMaxPayload) return;
        plain_changed_.reset();
    }
    const auto body =
        emit::krr_body(decision, inspection_, *judge_->table, lists, id, krr_time_, root, arena_);
    if (!body.empty() && lists.ok && !too_large(inspection_, body) && !whole.packet.tunnelled)
        changed_ = rewrite::replace_krr(whole.payload, inspection_, body, arena_);
    if (changed_.empty() || changed_.size() > kMaxPayload) override_with(decision, Cause::unparsable_krr);
}

Outcome Pipeline::act(Whole& whole, Decision& decision, const emit::KrrLists& lists) {
    const bool malformed = decision.reason == Reason::cause && (decision.cause == Cause::malformed_sip ||
                                                                decision.cause == Cause::malformed_sip_mikey);
    switch (decision.verdict) {
        case Verdict::redirect: {
            if (redirect_plain(whole, decision, lists)) break;
            const auto body = emit::krr_body(decision, inspection_, *judge_->table, lists,
                                             key().low ^ key().high, krr_time_, {}, arena_);
            if (body.empty() || !lists.ok)
                counters_.add(
                    Counter::unsent_answers);  // better no answer than one that says less than the policy
            else
                send_response(whole, {488, "Not Acceptable Here", {}, {}, krr::names::content_type, body});
            break;
        }
        case Verdict::reject:
            if (inspection_.message.kind ==
                sip::Kind::response)  // empty-intersection: the 488 goes on without its KRR
                send_changed(whole, rewrite::without_body(inspection_.message, arena_));
            else if (malformed)
                send_response(whole, {400, "Bad Request", {}, reason_text(decision), {}, {}});
            else
                send_response(whole, {488, "Not Acceptable Here", {}, reason_text(decision), {}, {}});
            break;
        case Verdict::rewrite:
            if (!plain_changed_)
                send_changed(whole, changed_);
            else
                send_plain_changed(whole, *plain_changed_);
            break;
        case Verdict::absorb:
            if (inspection_.message.method == "CANCEL") send_response(whole, {200, "OK", {}, {}, {}, {}});
            break;
        default:
            break;
    }
    counters_.add(decision.verdict);
    return outcome_of(decision.verdict);
}

std::string_view Pipeline::response_text(const Whole& whole, const Decision& decision,
                                         const emit::KrrLists& lists) {
    if (!inspection_.message.answerable() || inspection_.facts.unanswerable ||
        inspection_.message.kind != sip::Kind::request)
        return {};
    const bool malformed = decision.reason == Reason::cause && (decision.cause == Cause::malformed_sip ||
                                                                decision.cause == Cause::malformed_sip_mikey);
    emit::ResponseParts parts{488, "Not Acceptable Here", {}, {}, {}, {}};
    if (decision.verdict == Verdict::redirect) {
        parts.body = emit::krr_body(decision, inspection_, *judge_->table, lists, key().low ^ key().high,
                                    krr_time_, {}, arena_);
        if (parts.body.empty() || !lists.ok) return {};
        parts.content_type = krr::names::content_type;
    } else if (decision.verdict == Verdict::reject) {
        if (malformed) parts = {400, "Bad Request", {}, {}, {}, {}};
        parts.warning = reason_text(decision);
    } else {
        return {};
    }
    const emit::ToTag tag = emit::to_tag(key());
    parts.tag = {tag.data(), tag.size()};
    const auto storage = arena_.take_raw<char>(
        std::min<std::size_t>(inspection_.message.head.size() + parts.body.size() + 4096, kMaxMessage));
    return emit::write_response(inspection_.message,
                                {whole.packet.source, whole.packet.source_port, whole.packet.v6}, parts,
                                storage);
}

/// Around an answer to the sender.
emit::Envelope Pipeline::back_to(const Whole& whole, const Endpoint& destination) {
    emit::Envelope envelope;
    envelope.link = whole.first.first(whole.link_size);
    envelope.swap_link = true;
    envelope.source = {whole.packet.destination, whole.packet.destination_port, whole.packet.v6};
    envelope.destination = destination;
    envelope.packet_id = ++packet_id_;
    return envelope;
}

/// The 488 of a plain request, from prepared pieces into the frame that leaves. False: it takes the long way.
bool Pipeline::redirect_plain(const Whole& whole, const Decision& decision, const emit::KrrLists& lists) {
    if (!inspection_.plain || !lists.ok) return false;
    const Endpoint source{whole.packet.source, whole.packet.source_port, whole.packet.v6};
    const auto destination = emit::answer_destination(inspection_.message, source);
    if (!destination) return false;
    krr::Pieces krr =
        emit::krr_pieces(decision, inspection_, *judge_->table, lists, key().low ^ key().high, krr_time_, {});
    krr.time_text = clock_.text(krr_time_);
    for (const std::string_view text : {krr.initiator, krr.receiver, krr.initiator_kms, krr.receiver_kms})
        if (text.size() > emit::kMaxRepeated) return false;
    const emit::ToTag tag = emit::to_tag(key());
    const emit::PlainRedirect answer(inspection_.message, source, {tag.data(), tag.size()}, krr);
    if (answer.most() == 0 || answer.most() > kMaxMessage) return false;
    FrameList frames;
    emit::Envelope envelope = back_to(whole, *destination);
    if (emit::Blank blank = emit::blank_frame(envelope, answer.most(), config_.mtu, config_.pool);
        blank.frame) {
        const std::size_t size = answer.write(blank.payload);
        if (size != 0) {
            emit::finish_frame(envelope, blank, size);
            frames.push(std::move(blank.frame));
        }
    } else if (const auto out = arena_.take_raw<char>(answer.most()); !out.empty()) {
        const std::size_t size = answer.write(out.data());
        if (size != 0 &&
            !emit::write_datagram(envelope, {out.data(), size}, config_.mtu, config_.pool, frames))
            frames.clear();
    }
    if (frames.empty()) {
        --packet_id_;
        return false;
    }
    send_all(std::move(frames), whole, whole.arrival);
    return true;
}

void Pipeline::send_response(const Whole& whole, const emit::ResponseParts& parts) {
    const Endpoint source{whole.packet.source, whole.packet.source_port, whole.packet.v6};
    const auto destination = emit::answer_destination(inspection_.message, source);
    const auto storage = arena_.take_raw<char>(
        std::min<std::size_t>(inspection_.message.head.size() + parts.body.size() + 4096, kMaxMessage));
    const emit::ToTag tag = emit::to_tag(key());
    emit::ResponseParts full = parts;
    full.tag = {tag.data(), tag.size()};
    const std::string_view text =
        destination ? emit::write_response(inspection_.message, source, full, storage) : std::string_view();
    const emit::Envelope envelope = back_to(whole, destination.value_or(source));
    FrameList frames;
    if (text.empty() || !emit::write_datagram(envelope, text, config_.mtu, config_.pool, frames)) {
        counters_.add(Counter::unsent_answers);
        return;
    }
    send_all(std::move(frames), whole, whole.arrival);
}

/// The same where the payload is put together in the frame that leaves.
void Pipeline::send_plain_changed(const Whole& whole, const rewrite::PlainRewrite& payload) {
    if (!whole.fragmented && whole.packet.l4 - whole.link_size + 8 + payload.size() <= config_.mtu)
        if (Mbuf frame = rewrite::replace_plain(whole.first, whole.link_size, whole.packet.l4, payload,
                                                config_.pool)) {
            FrameList frames;
            frames.push(std::move(frame));
            return send_all(std::move(frames), whole, opposite(whole.arrival));
        }
    const auto out = arena_.take_raw<char>(payload.size());
    const bool written = !out.empty() && payload.write(out.data());
    send_changed(whole, written ? std::string_view(out.data(), out.size()) : std::string_view());
}

/// Sends the datagram on with another payload.
void Pipeline::send_changed(const Whole& whole, std::string_view payload) {
    const std::size_t l3 = whole.link_size;
    const std::uint8_t* ip = whole.first.data() + l3;
    FrameList frames;
    const std::size_t headers = whole.packet.l4 - l3 + 8;
    if (!payload.empty() && !whole.fragmented && headers + payload.size() <= config_.mtu) {
        Mbuf frame =
            rewrite::replace_payload(whole.first, l3, whole.packet.l4, payload, config_.pool, arena_);
        if (frame) frames.push(std::move(frame));
    } else {
        emit::Envelope envelope;
        envelope.link = whole.first.first(l3);
        envelope.source = {whole.packet.source, whole.packet.source_port, whole.packet.v6};
        envelope.destination = {whole.packet.destination, whole.packet.destination_port, whole.packet.v6};
        envelope.traffic_class = whole.packet.v6 ? static_cast<std::uint8_t>(ip[0] << 4 | ip[1] >> 4) : ip[1];
        envelope.hop_limit = whole.packet.v6 ? ip[7] : ip[8];
        envelope.packet_id = ++packet_id_;
        if (payload.empty() || !emit::write_datagram(envelope, payload, config_.mtu, config_.pool, frames))
            frames.clear();
    }
    if (frames.empty()) counters_.add(Counter::unsent_answers);
    send_all(std::move(frames), whole, opposite(whole.arrival));
}

void Pipeline::send_all(FrameList frames, const Whole& whole, Arrival port) {
    while (!frames.empty()) {
        Mbuf frame = frames.pop();
        FrameMeta& m = meta(frame.get());
        m.time = whole.now;
        m.arrival = whole.arrival;
        m.pair = whole.pair;
        counters_.add(Counter::generated);
        send(std::move(frame), port);
    }
}

std::array<std::string_view, 2> Pipeline::rules_of(const Decision& decision) const noexcept {
    std::array<std::string_view, 2> names;
    for (std::size_t side = 0; side < 2; ++side)
        if (decision.rule[side] != policy::table::kNone)
            names[side] = judge_->table->text(judge_->table->rules()[decision.rule[side]].name);
    return names;
}

/// Keeps what the decision says by name, for copies that come when the table is gone. Most messages say what
/// others said lately.
memory::Snapshots::Ref Pipeline::keep(const Decision& decision, const emit::KrrLists& lists) {
    const memory::Snapshots::Key key{judge_->generation,
                                     {decision.rule[0], decision.rule[1], lists.said[0], lists.said[1]}};
    const bool alone = std::ranges::find(lists.said, emit::kSaidHere) == lists.said.end();
    if (alone)
        if (const auto* known = shard_->snapshots.find(key)) return *known;
    const std::string_view text = emit::to_text({rules_of(decision), lists}, arena_);
    return alone ? shard_->snapshots.put(key, text) : shard_->snapshots.put(text);
}

/// `said`: by name, where the decision is of another table.
void Pipeline::report(const Whole& whole, const Decision& decision, const emit::Said* said) {
    counters_.add(Counter::messages);
    for (const policy::table::RuleId rule : decision.rule) {
        if (rule >= judge_->rule_hits.size()) continue;
        judge_->rule_hits[rule].hit.add();
        if (decision.would) judge_->rule_hits[rule].would.add();
    }
    if (!sink_.wants(decision, whole.now)) return;
    if (!whole.stream) {
        space_.numbers.clear();
        for (rte_mbuf* m = whole.frames.front(); m != nullptr; m = FrameList::after(m))
            if (meta(m).size != 0) space_.numbers.push_back(meta(m).number);
        std::ranges::sort(space_.numbers);
    }
    MessageRecord r;
    r.time = whole.now;
    r.edge = judge_->table->text(edge_->name);
    r.table = judge_->digest;
    r.generation = judge_->generation;
    r.arrival = whole.arrival;
    r.frames = whole.stream ? whole.numbers : std::span<const std::uint64_t>(space_.numbers);
    r.transport = whole.stream ? "tcp" : "udp";
    r.source = {whole.packet.source, whole.packet.source_port, whole.packet.v6};
    r.destination = {whole.packet.destination, whole.packet.destination_port, whole.packet.v6};
    r.message = &inspection_.message;
    r.mikey = inspect::records_of(inspection_, arena_);
    const bool back = inspect::needs_back(inspection_);
    if (!back) complete_users(decision.policed);
    for (std::size_t side = 0; side < 2; ++side) {
        if (decision.policed[side]) r.users[side] = (back ? inspection_.back_users : inspection_.users)[side];
    }
    r.rules = said != nullptr ? said->rules : rules_of(decision);
    r.decision = &decision;
    if (inspection_.facts.krr.state == policy::decide::Krr::State::read)
        r.krr_in = emit::incoming_lists(inspection_.facts, arena_);
    r.krr_unknown = inspection_.facts.krr.unknown;
    const Verdict effective = decision.effective();
    if (effective == Verdict::redirect || effective == Verdict::rewrite)
        r.krr_out = said != nullptr ? said->lists.record
                                    : emit::krr_lists(decision, inspection_, *judge_->table, arena_).record;
    sink_.message(r);
}

}  // namespace kmsgate::core
