// SPDX-License-Identifier: BSD-3-Clause
// Bursts: what is no signalling leaves at once, the rest goes on frame by frame.
#include "dataplane/core/pipeline.hpp"

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <array>
#include <memory>

namespace kmsgate::core {

namespace {

constexpr std::size_t kBurst = classify::kMostAtOnce;
constexpr std::size_t kAhead = classify::kAhead;
constexpr std::size_t kArena = std::size_t{2} << 20;
constexpr std::size_t kMaxFrame = std::size_t{320} << 10;  // captures hold frames of up to 256 KiB

using classify::Kind;
using classify::Packet;
using policy::table::Mode;

}  // namespace

Workspace::Workspace(const stream::Limits& limits)
    : arena_storage(kArena),
      arena(arena_storage),
      frame(kMaxFrame),
      datagram(reassemble::kMaxDatagram + 1),
      streams(limits) {
    numbers.reserve(reassemble::kMaxFragments);
    later.resize(kBurst + 1);  // one more to read headers into
}

Pipeline::Pipeline(const Config& config, EventSink& sink)
    : config_(config),
      tag_hash_(config.tag_key),
      sink_(sink),
      own_shared_(config.shared != nullptr
                      ? nullptr
                      : std::make_unique<memory::Shared>(
                            memory::SharedSizes{config.transactions, config.sources, 1}, config.table_key)),
      shared_(config.shared != nullptr ? *config.shared : *own_shared_),
      fragments_(config.fragments, config.table_key, &shared_.hash()),
      own_workspace_(config.workspace != nullptr ? nullptr : std::make_unique<Workspace>(config.streams)),
      space_(config.workspace != nullptr ? *config.workspace : *own_workspace_),
      streams_(config.streams, space_.streams, shared_.hash(), config.salt),
      arena_(space_.arena),
      inspection_(space_.inspection) {}

void Pipeline::begin(const Judge& judge, Output& out) noexcept {
    judge_ = &judge;
    edge_ = judge.table != nullptr ? &judge.table->edges()[judge.edge] : nullptr;
    out_ = &out;
    tap_ = config_.tap != nullptr && config_.tap->watches() ? config_.tap : nullptr;
    if (config_.budget != 0) start_ = rte_rdtsc();
    find_ports();
}

bool Pipeline::spent() const noexcept {
    return config_.budget != 0 && rte_rdtsc() - start_ > config_.budget;
}

void Pipeline::process(std::span<Batch> batches, const Judge& judge, Output& out) {
    if (batches.empty()) return;
    tick(batches.front().time, judge, out);
    for (Batch& b : batches) {
        b.passed = 0;
        for (std::size_t from = 0; from < b.frames.size();) {
            if (later_ == kBurst) dispatch_later();
            const std::size_t size = std::min(b.frames.size() - from, kBurst - later_);
            const std::size_t kept = sift(b.frames.subspan(from, size), &b, from);
            if (b.passed != from) std::copy_n(b.frames.data() + from, kept, b.frames.data() + b.passed);
            b.passed += kept;
            from += size;
        }
    }
    dispatch_later();
    judge_ = nullptr;
}

void Pipeline::process(std::span<Mbuf> burst, const Judge& judge, Output& out) {
    if (burst.empty()) return;
    tick(meta(burst.front().get()).time, judge, out);
    for (; !burst.empty(); burst = burst.subspan(std::min(burst.size(), kBurst))) {
        std::array<rte_mbuf*, kBurst> raw;  // NOLINT: written as far as it is read
        const std::size_t size = std::min(burst.size(), kBurst);
        for (std::size_t i = 0; i < size; ++i) raw[i] = burst[i].release();
        const std::size_t kept = sift(std::span(raw).first(size), nullptr, 0);
        for (rte_mbuf* const m : std::span(raw).first(kept))
            out.port(opposite(meta(m).arrival)).emplace_back(m);
        dispatch_later();
    }
    judge_ = nullptr;
}

void Pipeline::find_ports() noexcept {
    // a table's digest tells what it says: one that has taken another's place in memory has another
    const bool same = edge_ != nullptr ? ports_edge_ == judge_->edge && ports_table_ == judge_->table->seal()
                                       : ports_edge_ == kNoEdge;
    if (same) return;
    ports_edge_ = edge_ != nullptr ? judge_->edge : kNoEdge;
    if (edge_ != nullptr) ports_table_ = judge_->table->seal();
    for (classify::Ports* p : {&udp_ports_, &tcp_ports_, &tls_ports_, &stream_ports_}) p->clear();
    const auto stream = [this](classify::Ports& ports, std::uint16_t port) {
        ports.add(port);
        stream_ports_.add(port);
    };
    if (edge_ == nullptr) {
        udp_ports_.add(5060);
        stream(tcp_ports_, 5060);
        stream(tls_ports_, 5061);
        return;
    }
    const policy::table::Table& table = *judge_->table;
    for (const std::uint16_t port : table.ports(edge_->udp_ports)) udp_ports_.add(port);
    for (const std::uint16_t port : table.ports(edge_->tcp_ports)) stream(tcp_ports_, port);
    for (const std::uint16_t port : table.ports(edge_->tls_ports)) stream(tls_ports_, port);
}

/// Headers are read for all of them first; what is no signalling has left before the first message is parsed,
/// and never waits for one. How many leave so: they stand in front then. `batch`: says what the frames are
/// and who is the first of them; null: they say it themselves.
std::size_t Pipeline::sift(std::span<rte_mbuf*> frames, const Batch* batch, std::size_t first) {
    for (rte_mbuf* const m : frames.first(std::min(frames.size(), kAhead)))
        rte_prefetch0(rte_pktmbuf_mtod(m, const void*));
    const auto media_from = [&](std::size_t i) {
        return classify::media_of(frames.subspan(i), udp_ports_, stream_ports_, streams_.watched()) << i;
    };
    std::uint64_t media = media_from(0);
    const bool all = media == ~std::uint64_t{0} >> (kBurst - frames.size());
    std::size_t passed = all && tap_ == nullptr ? frames.size() : 0;
    for (std::size_t i = passed; i < frames.size(); ++i) {
        rte_mbuf* const m = frames[i];
        const bool is_media = (media >> i & 1) != 0;
        if (batch != nullptr && (!is_media || tap_ != nullptr)) stamp(m, *batch, first + i);
        const std::size_t streams = noted_streams_;
        if (!is_media && !is_no_signalling(m)) {
            space_.later[later_++].frame = m;
            continue;
        }
        if (tap_ != nullptr) tap_->ended(m, edge_name(), Outcome::passed);
        frames[passed++] = m;
        // what belongs to a connection that has just begun is not media any more
        if (streams != noted_streams_ && i + 1 < frames.size()) media = media_from(i + 1);
    }
    counters_.add(Counter::frames_in, frames.size());
    counters_.add(Counter::frames_out, passed);
    counters_.add(Outcome::passed, passed);
    return passed;
}

void Pipeline::stamp(rte_mbuf* frame, const Batch& batch, std::size_t place) noexcept {
    FrameMeta& m = *std::construct_at(&meta(frame));
    m.time = batch.time;
    m.number = batch.number + place;
    m.arrival = batch.arrival;
    m.pair = batch.pair;
}

void Pipeline::dispatch_later() {
    work_off();  // what came before goes first
    for (std::size_t n = 0; n < std::min(later_, kAhead); ++n) fetch(n);
    for (std::size_t n = 0; n < later_; ++n) {
        if (n + kAhead < later_) fetch(n + kAhead);
        Workspace::Later& l = space_.later[n];
        Mbuf frame(l.frame);
        if (!waiting_.empty() || spent()) {
            wait(std::move(frame));
            continue;
        }
        const auto bytes = linear(frame.get(), space_.frame);
        dispatch(std::move(frame), l, bytes);
    }
    later_ = 0;
}

/// What its message is read from, and the datagram that a fragment belongs to.
void Pipeline::fetch(std::size_t later) const noexcept {
    const Workspace::Later& l = space_.later[later];
    const auto* const data = rte_pktmbuf_mtod(l.frame, const char*);
    for (std::size_t at = 64; at < l.frame->data_len; at += 256)  // beyond the end there is no harm
        for (std::size_t i = 0; i < 4; ++i) rte_prefetch0(data + at + 64 * i);
    if (l.packet.kind == Kind::fragment) fragments_.prefetch(l.place);
}

/// The same of any frame; where the headers lie stands in the packet behind those that are dispatched later.
bool Pipeline::is_no_signalling(rte_mbuf* frame) noexcept {
    Workspace::Later& later = space_.later[later_];
    Packet& packet = later.packet;
    const auto bytes = linear(frame, space_.frame);
    classify::read(bytes, packet);
    if (bytes.empty() && frame->pkt_len != 0) packet.kind = Kind::malformed;  // larger than any frame
    if (packet.kind == Kind::fragment) {
        later.place = fragments_.place(packet, meta(frame).arrival);
        return false;
    }
    if (packet.kind == Kind::tcp && packet.tcp_syn && packet.payload_size == 0 && !packet.tunnelled &&
        !is_sip_port(packet, true, false) && !is_sip_port(packet, true, true)) {
        // at once, or what comes behind it in this burst would overtake it
        ++noted_streams_;
        return note_stream(packet, bytes, meta(frame));
    }
    return is_no_signalling(packet, bytes);
}

/// Sure of it, from this frame alone: media, web, whatever is no SIP.
bool Pipeline::is_no_signalling(const Packet& packet, std::span<const std::uint8_t> bytes) const noexcept {
    if (packet.kind == Kind::other) return true;
    if (packet.kind != Kind::udp && packet.kind != Kind::tcp) return false;
    const std::string_view payload = as_text(bytes.subspan(packet.payload, packet.payload_size));
    if (packet.kind == Kind::udp) return !could_be_sip(packet, payload, true);
    if (is_stream(packet, bytes)) return false;
    if (payload.empty()) return true;
    return !is_sip_port(packet, true, false) && !is_sip_port(packet, true, true) &&
           sip::looks_like_sip(payload, true) != sip::LooksLike::yes;
}

void Pipeline::resume(const Judge& judge, Output& out) {
    begin(judge, out);
    work_off();
    judge_ = nullptr;
}

/// At least one frame a call, or a budget that one message exceeds would stop everything.
void Pipeline::work_off() {
    while (!waiting_.empty()) {
        Mbuf frame = waiting_.pop();
        const auto bytes = linear(frame.get(), space_.frame);
        Workspace::Later later;
        later.packet = classify::read(bytes);
        if (later.packet.kind == Kind::fragment)
            later.place = fragments_.place(later.packet, meta(frame.get()).arrival);
        dispatch(std::move(frame), later, bytes);
        if (spent()) break;
    }
}

void Pipeline::wait(Mbuf frame) {
    if (waiting_.size() < config_.waiting) {
        waiting_.push(std::move(frame));
        return;
    }
    const Time now = meta(frame.get()).time;
    const bool watching = edge_ != nullptr && judge_->mode != Mode::enforce;
    FrameList frames;
    frames.push(std::move(frame));
    end_all(std::move(frames), watching ? Outcome::passed : Outcome::inspect_budget, now, !watching);
}

void Pipeline::tick(Time now, const Judge& judge, Output& out) {
    begin(judge, out);
    fragments_.expire(
        now,
        [&](reassemble::Datagram& d) {
            const Time deadline = d.deadline;
            release(d, Outcome::fragment_timeout, deadline, true);
        },
        reassemble::kExpired);
    tick_streams(now);
    shared_.age(now);
}

void Pipeline::drain(Time now, const Judge& judge, Output& out) {
    begin(judge, out);
    while (!waiting_.empty()) work_off();
    fragments_.expire(~Time{0},
                      [&](reassemble::Datagram& d) { release(d, Outcome::capture_end, now, true); });
    drain_streams(now);
}

}  // namespace kmsgate::core
