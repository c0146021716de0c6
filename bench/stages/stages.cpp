// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/stages.hpp"

#include <algorithm>
#include <array>

#include "bench/stages/floor.hpp"
#include "dataplane/emit/answer.hpp"
#include "dataplane/emit/response.hpp"
#include "dataplane/krr/names.hpp"
#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/plain/plain.hpp"
#include "dataplane/rewrite/rewrite.hpp"
#include "dataplane/sip/plain/plain.hpp"

namespace kmsgate::bench {

namespace {

/// Keeps the compiler from leaving out what nobody reads.
template <class T>
void keep(const T& value) noexcept {
    asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace

policy::decide::Decision Workload::judge_response(const Prepared& p, inspect::Inspection& inspection,
                                                  sip::Arena& arena) const {
    inspect::inspect(p.response_arrived, p.response_context, arena, inspection);
    inspect::resolve_back(&p.parties, p.response_arrived, p.response_context, arena, inspection);
    return policy::decide::decide(inspection.facts, *table_);
}

std::string_view Workload::rewritten(const Prepared& p, const inspect::Inspection& inspection,
                                     const policy::decide::Decision& decision, sip::Arena& arena) const {
    if (!inspection.krr) return {};
    const auto lists = emit::krr_lists(decision, inspection, *table_, arena, emit::Names::no);
    const auto body = emit::krr_body(decision, inspection, *table_, lists, 1, kNow / core::kSecond,
                                     inspection.krr->root, arena);
    return rewrite::replace_krr(p.response, inspection, body, arena);
}

void Workload::floor(std::size_t i) noexcept {
    keep(floor_names(invites_[i].text, scratch_));
}

void Workload::verdict(std::size_t i) {
    arena_.reset();
    inspect::inspect(prepared_[i].arrived, prepared_[i].context, arena_, inspection_);
    keep(policy::decide::decide(inspection_.facts, *table_));
}

void Workload::verdict_plain(std::size_t i) {
    arena_.reset();
    inspect::inspect(prepared_[i].plain_arrived, prepared_[i].context, arena_, inspection_);
    keep(policy::decide::decide(inspection_.facts, *table_));
}

void Workload::sip_plain(std::size_t i) noexcept {
    arena_.reset();
    keep(sip::read_plain(invites_[i].text, arena_, inspection_.message, inspection_.contents));
}

void Workload::mikey_plain(std::size_t i) noexcept {
    mikey::Message out;
    keep(mikey::read_plain(prepared_[i].inspection.contents.carriages[0].data, scratch_, out));
    keep(out);
}

void Workload::sip_parse(std::size_t i) noexcept {
    arena_.reset();
    keep(sip::parse(invites_[i].text, arena_));
}

void Workload::look_into(std::size_t i) noexcept {
    arena_.reset();
    keep(sip::look_into(prepared_[i].inspection.message, arena_));
}

void Workload::mikey(std::size_t i) noexcept {
    keep(mikey::read_base64(prepared_[i].inspection.contents.carriages[0].data, scratch_));
}

void Workload::inspect(std::size_t i) {
    arena_.reset();
    inspect::inspect(prepared_[i].arrived, prepared_[i].context, arena_, inspection_);
    keep(inspection_);
}

void Workload::decide(std::size_t i) {
    keep(policy::decide::decide(prepared_[i].inspection.facts, *table_));
}

void Workload::krr_emit(std::size_t i) {
    const Prepared& p = prepared_[i];
    arena_.reset();
    const auto lists =
        emit::krr_lists(p.refused_decision, p.refused_inspection, *table_, arena_, emit::Names::no);
    keep(emit::krr_body(p.refused_decision, p.refused_inspection, *table_, lists, i, kNow / core::kSecond, {},
                        arena_));
}

void Workload::answer(std::size_t i) {
    const Prepared& p = prepared_[i];
    const sip::Message& m = p.refused_inspection.message;
    arena_.reset();
    const memory::Hash128 key = emit::transaction_key(m, tag_hash_);
    const auto lists =
        emit::krr_lists(p.refused_decision, p.refused_inspection, *table_, arena_, emit::Names::no);
    const auto body = emit::krr_body(p.refused_decision, p.refused_inspection, *table_, lists,
                                     key.low ^ key.high, kNow / core::kSecond, {}, arena_);
    keep(emit::answer_destination(m, p.arrived.source));
    const emit::ToTag tag = emit::to_tag(key);
    const auto out = arena_.take<char>(m.head.size() + body.size() + 4096);
    keep(emit::write_response(
        m, p.arrived.source,
        {488, "Not Acceptable Here", {tag.data(), tag.size()}, {}, krr::names::content_type, body}, out));
}

void Workload::remember(std::size_t i) noexcept {
    Prepared& p = prepared_[i];
    const auto& facts = p.refused_inspection.facts;
    p.parties.clear();
    p.parties.add(facts.users, facts.visited, facts.visited_known);
    keep(p.parties);
}

void Workload::krr_judge(std::size_t i) {
    arena_.reset();
    keep(judge_response(prepared_[i], inspection_, arena_));
}

void Workload::krr_rewrite(std::size_t i) {
    const Prepared& p = prepared_[i];
    arena_.reset();
    keep(rewritten(p, p.response_inspection, p.response_decision, arena_));
}

void Workload::rewrite(std::size_t i) {
    const Prepared& p = prepared_[i];
    arena_.reset();
    const auto decision = judge_response(p, inspection_, arena_);
    keep(rewritten(p, inspection_, decision, arena_));
}

namespace {

constexpr auto kAll = [](const Invite&) { return true; };
constexpr auto kHashed = [](const Invite& in) { return in.hashed; };
constexpr auto kClear = [](const Invite& in) { return !in.hashed; };

constexpr std::array<Stage, 18> kStages{{
    {"floor", "memmem, AVX2 base64 of the whole line and walk to IDRkmsr; nothing checked",
     [](Workload& w, std::size_t i) { w.floor(i); }, kAll},
    {"verdict", "inspect and decide: from an INVITE's bytes to the verdict",
     [](Workload& w, std::size_t i) { w.verdict(i); }, kAll},
    {"verdict-plain", "the same for SIP without MIKEY: BYE and OPTIONS of 600 to 700 bytes",
     [](Workload& w, std::size_t i) { w.verdict_plain(i); }, kAll},
    {"sip-plain", "sip::read_plain: what sip-parse and look-into do, for a plain message",
     [](Workload& w, std::size_t i) { w.sip_plain(i); }, kAll},
    {"mikey-plain", "mikey::read_plain: what mikey does, for a well-formed one",
     [](Workload& w, std::size_t i) { w.mikey_plain(i); }, kAll},
    {"sip-parse", "sip::parse: start line and headers", [](Workload& w, std::size_t i) { w.sip_parse(i); },
     kAll},
    {"look-into", "sip::look_into: every body, given the headers",
     [](Workload& w, std::size_t i) { w.look_into(i); }, kAll},
    {"mikey", "mikey::read_base64: one I_MESSAGE, given its text",
     [](Workload& w, std::size_t i) { w.mikey(i); }, kAll},
    {"inspect", "inspect::inspect: from bytes to facts, the three above included",
     [](Workload& w, std::size_t i) { w.inspect(i); }, kAll},
    {"inspect-clear", "the same, only messages that name their users",
     [](Workload& w, std::size_t i) { w.inspect(i); }, kClear},
    {"inspect-hashed", "the same, only messages that name their users by UID",
     [](Workload& w, std::size_t i) { w.inspect(i); }, kHashed},
    {"decide", "policy::decide::decide, given the facts", [](Workload& w, std::size_t i) { w.decide(i); },
     kAll},
    {"krr-emit", "emit::krr_lists and krr_body, given a refusal",
     [](Workload& w, std::size_t i) { w.krr_emit(i); }, kAll},
    {"answer", "the whole 488: transaction key, To tag, KRR, write_response",
     [](Workload& w, std::size_t i) { w.answer(i); }, kAll},
    {"remember", "memory::Parties: whose call the request is, for the KRR that comes back",
     [](Workload& w, std::size_t i) { w.remember(i); }, kAll},
    {"krr-judge", "a 488 with a KRR: from bytes (libxml2) to the decision",
     [](Workload& w, std::size_t i) { w.krr_judge(i); }, kAll},
    {"krr-rewrite", "the narrowed 488, given the decision: lists, document, splice, read back",
     [](Workload& w, std::size_t i) { w.krr_rewrite(i); }, kAll},
    {"rewrite", "the two above: from a 488's bytes to the narrowed 488",
     [](Workload& w, std::size_t i) { w.rewrite(i); }, kAll},
}};

}  // namespace

std::span<const Stage> stages() noexcept {
    return kStages;
}

const Stage* find_stage(std::string_view name) noexcept {
    const auto found = std::ranges::find(kStages, name, &Stage::name);
    return found == kStages.end() ? nullptr : &*found;
}

std::vector<std::size_t> messages_of(const Stage& stage, const Workload& workload) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < workload.invites().size(); ++i)
        if (stage.takes(workload.invites()[i])) out.push_back(i);
    return out;
}

}  // namespace kmsgate::bench
