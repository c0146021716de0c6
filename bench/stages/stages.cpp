// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "bench/stages/floor.hpp"
#include "bench/stages/policy.hpp"
#include "dataplane/emit/answer.hpp"
#include "dataplane/emit/response.hpp"
#include "dataplane/krr/names.hpp"
#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/plain/plain.hpp"
#include "dataplane/rewrite/rewrite.hpp"
#include "dataplane/sip/plain/plain.hpp"
#include "policy/compile/compile.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::bench {

namespace {

constexpr std::size_t kArena = std::size_t{2} * 1024 * 1024;  // as a pipeline has it
constexpr std::size_t kPreparedArena = std::size_t{512} * 1024;
constexpr std::size_t kScratch = 4096;
constexpr memory::Key kTagKey = {0x6B6D736761746531, 0x6B6D736761746532};

/// Keeps the compiler from leaving out what nobody reads.
template <class T>
void keep(const T& value) noexcept {
    asm volatile("" : : "g"(&value) : "memory");
}

std::vector<std::byte> compiled() {
    auto made = policy::compile::compile_text(policy_text());
    if (made.blob.empty()) throw std::logic_error("the policy of bench/stages does not compile");
    return std::move(made.blob);
}

std::unique_ptr<policy::table::Table> opened(std::span<const std::byte> blob) {
    auto table = policy::table::Table::open(blob);
    if (!table) throw std::logic_error("table: " + table.error().what);
    if (table->edges().size() != kEdges || table->rules().size() != kRules ||
        table->kms().size() != kKmsCount)
        throw std::logic_error("the policy of bench/stages is not as large as it says");
    return std::make_unique<policy::table::Table>(*table);
}

policy::table::EdgeId edge_of(const policy::table::Table& table, std::string_view name) {
    const auto id = table.find_edge(name);
    if (!id) throw std::logic_error(fmt::format("the policy has no edge {}", name));
    return *id;
}

std::unique_ptr<memory::UserTags> made_tags() {
    if (!__builtin_cpu_supports("avx2")) throw std::logic_error("the floor needs a CPU with AVX2");
    if (const auto started = replay::start_eal(); !started) throw std::logic_error(started.error());
    auto made = memory::UserTags::create("bench", kMessages, kTagKey);
    if (!made) throw std::logic_error(made.error());
    return std::move(*made);
}

}  // namespace

Workload::Workload()
    : invites_(make_invites()),
      plain_(make_plain(invites_)),
      blob_(compiled()),
      table_(opened(blob_)),
      tags_(made_tags()),
      roster_(*tags_),
      prepared_(kMessages),
      arena_storage_(kArena),
      arena_(arena_storage_),
      tag_hash_(kTagKey),
      scratch_(kScratch) {
    const auto roaming = table_->find_tag("roaming");
    for (const Invite& in : invites_)
        if (in.roaming && roaming && !tags_->set(in.caller_domain, in.caller, 1U << *roaming))
            throw std::logic_error("tags");
    for (std::size_t i = 0; i < prepared_.size(); ++i) prepare(i);
    for (std::size_t i = 0; i < prepared_.size(); ++i) check(i);
    if (refused_ < kMessages / 4 || refused_ > kMessages * 3 / 4)
        throw std::logic_error(fmt::format("{} of {} messages are refused", refused_, kMessages));
}

void Workload::prepare(std::size_t i) {
    const Invite& in = invites_[i];
    Prepared& p = prepared_[i];
    p.arrived.now = kNow;
    p.arrived.arrival = in.arrival;
    p.arrived.source = in.source;
    p.arrived.destination = in.destination;
    p.arrived.payload = in.text;
    p.plain_arrived = p.arrived;
    p.plain_arrived.payload = plain_[i];
    p.context.table = table_.get();
    p.context.edge = edge_of(*table_, in.edge);
    p.context.tags = tags_.get();
    p.context.roster = &roster_;
    p.context.all = false;  // what the verdict needs
    const auto judge = [&](const inspect::Context& context, std::unique_ptr<std::byte[]>& storage,
                           inspect::Inspection& inspection) {
        storage = std::make_unique<std::byte[]>(kPreparedArena);
        sip::Arena arena({storage.get(), kPreparedArena});
        inspect::inspect(p.arrived, context, arena, inspection);
        if (arena.exhausted()) throw std::logic_error("arena");
        return policy::decide::decide(inspection.facts, *table_);
    };
    p.decision = judge(p.context, p.storage, p.inspection);
    const bool refused = p.decision.verdict == policy::decide::Verdict::redirect;
    refused_ += refused ? 1 : 0;
    inspect::Context other = p.context;
    other.all = true;
    if (!refused) other.edge = edge_of(*table_, kIsolatedEdge);
    p.refused_decision = judge(other, p.refused_storage, p.refused_inspection);
    prepare_response(p, other);
}

/// The 488 of the far side: its KRR allows a list of KMSs of which the edge does not accept all.
void Workload::prepare_response(Prepared& p, const inspect::Context& context) {
    const sip::Message& asked = p.refused_inspection.message;
    const auto list = [](std::string_view element) {
        std::string out = fmt::format("<{}><KmsUri>kms.far.example</KmsUri>", element);
        for (const std::size_t k : {std::size_t{0}, std::size_t{5}, kKmsCount - 1})
            out += fmt::format("<KmsUri>{}</KmsUri>", kms_name(k));
        return out + fmt::format("</{}>", element);
    };
    const std::string body = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{0} xmlns=\"{1}\" Id=\"far\" Version=\"1.0.0\">"
        "<ProcessorUri>sip:far@far.example</ProcessorUri><Time>2026-11-21T12:00:00Z</Time>{2}{3}</{0}>",
        krr::names::root, krr::names::ns, list(krr::names::initiator_list), list(krr::names::receiver_list));
    p.response = "SIP/2.0 488 Not Acceptable Here\r\n";
    for (const sip::Header& h : asked.headers)
        if (h.id == sip::HeaderId::via || h.id == sip::HeaderId::from || h.id == sip::HeaderId::call_id ||
            h.id == sip::HeaderId::cseq || h.id == sip::HeaderId::to)
            p.response +=
                fmt::format("{}: {}{}\r\n", h.name, h.value, h.id == sip::HeaderId::to ? ";tag=far" : "");
    p.response += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n\r\n{}", krr::names::content_type,
                              body.size(), body);
    p.response_arrived = p.arrived;
    std::swap(p.response_arrived.source, p.response_arrived.destination);
    p.response_arrived.arrival =
        p.arrived.arrival == core::Arrival::inside ? core::Arrival::outside : core::Arrival::inside;
    p.response_arrived.payload = p.response;
    p.response_context = context;
    p.parties.clear();
    const auto& facts = p.refused_inspection.facts;
    p.parties.add(facts.users, facts.visited, facts.visited_known);
    p.response_storage = std::make_unique<std::byte[]>(kPreparedArena);
    sip::Arena arena({p.response_storage.get(), kPreparedArena});
    p.response_decision = judge_response(p, p.response_inspection, arena);
}

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

void Workload::check(std::size_t i) {
    using policy::decide::Reason;
    using policy::decide::Verdict;
    const Invite& in = invites_[i];
    const Prepared& p = prepared_[i];
    const inspect::Inspection& x = p.inspection;
    const auto expect = [&](bool ok, std::string_view what) {
        if (!ok) throw std::logic_error(fmt::format("message {}: {}", i, what));
    };
    expect(x.plain, "is not plain");
    expect(!x.facts.malformed_sip && !x.facts.uninspectable, "cannot be inspected");
    expect(x.message.answerable(), "cannot be answered");
    expect(x.contents.carriages.size() == 1 && x.mikey.size() == 1, "not one I_MESSAGE");
    expect(!x.mikey[0].fault, "its I_MESSAGE cannot be read");
    expect(
        x.mikey[0].text(mikey::Role::idrkmsi) == in.kmsi && x.mikey[0].text(mikey::Role::idrkmsr) == in.kmsr,
        "names other KMSs");
    expect(x.mikey[0].has(in.hashed ? mikey::Role::idruidi : mikey::Role::idri), "names no initiator");
    const FloorNames names = floor_names(in.text, scratch_);
    expect(names.kmsi == in.kmsi && names.kmsr == in.kmsr, "the floor finds other KMSs");
    check_plain(i);
    const bool allowed = p.decision.verdict == Verdict::forward && p.decision.reason == Reason::allowed;
    const bool passed = p.decision.verdict == Verdict::forward && p.decision.reason == Reason::no_rule;
    expect(allowed || passed || p.decision.verdict == Verdict::redirect, "is neither allowed nor redirected");
    expect(p.refused_decision.verdict == Verdict::redirect, "is not refused where nothing is allowed");
    arena_.reset();
    const auto lists =
        emit::krr_lists(p.refused_decision, p.refused_inspection, *table_, arena_, emit::Names::no);
    expect(lists.ok &&
               !emit::krr_body(p.refused_decision, p.refused_inspection, *table_, lists, 1, 1, {}, arena_)
                    .empty(),
           "has no KRR");
    arena_.reset();
    expect(p.response_decision.verdict == Verdict::rewrite, "its 488 is not narrowed");
    const std::string_view sent = rewritten(p, p.response_inspection, p.response_decision, arena_);
    expect(sent.find("<EmbeddedKrr>") != std::string_view::npos, "its 488 cannot be rewritten");
}

void Workload::check_plain(std::size_t i) {
    arena_.reset();
    inspect::inspect(prepared_[i].plain_arrived, prepared_[i].context, arena_, inspection_);
    const auto decision = policy::decide::decide(inspection_.facts, *table_);
    if (inspection_.facts.malformed_sip || !inspection_.contents.carriages.empty() ||
        decision.reason != policy::decide::Reason::no_mikey)
        throw std::logic_error(fmt::format("request {} without MIKEY is not judged so", i));
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
