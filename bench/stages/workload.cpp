// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/workload.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "bench/stages/floor.hpp"
#include "bench/stages/policy.hpp"
#include "dataplane/emit/answer.hpp"
#include "dataplane/krr/names.hpp"
#include "policy/compile/compile.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::bench {

namespace {

constexpr std::size_t kArena = std::size_t{2} * 1024 * 1024;  // as a pipeline has it
constexpr std::size_t kPreparedArena = std::size_t{512} * 1024;
constexpr std::size_t kScratch = 4096;
constexpr memory::Key kTagKey = {0x6B6D736761746531, 0x6B6D736761746532};

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

}  // namespace kmsgate::bench
