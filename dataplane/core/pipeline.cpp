// SPDX-License-Identifier: BSD-3-Clause
// Frames: from the burst to whole datagrams, and every way a frame ends.
#include "dataplane/core/pipeline.hpp"

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include <algorithm>

namespace kmsgate::core {

namespace {

constexpr std::size_t kBurst = 64;
constexpr std::size_t kArena = std::size_t{2} << 20;
constexpr std::size_t kMaxFrame = std::size_t{320} << 10;  // captures hold frames of up to 256 KiB

using classify::Kind;
using classify::Packet;
using policy::Action;
using policy::Cause;
using policy::table::Mode;
using reassemble::Added;

}  // namespace

Workspace::Workspace()
    : arena_storage(kArena), arena(arena_storage), frame(kMaxFrame), datagram(reassemble::kMaxDatagram + 1) {
    numbers.reserve(reassemble::kMaxFragments);
    packets.resize(kBurst);
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
      own_workspace_(config.workspace != nullptr ? nullptr : std::make_unique<Workspace>()),
      space_(config.workspace != nullptr ? *config.workspace : *own_workspace_),
      arena_(space_.arena),
      inspection_(space_.inspection) {}

void Pipeline::begin(const Judge& judge, Output& out) noexcept {
    judge_ = &judge;
    edge_ = judge.table != nullptr ? &judge.table->edges()[judge.edge] : nullptr;
    out_ = &out;
    tap_ = config_.tap != nullptr && config_.tap->watches() ? config_.tap : nullptr;
    if (config_.budget != 0) start_ = rte_rdtsc();
}

bool Pipeline::spent() const noexcept {
    return config_.budget != 0 && rte_rdtsc() - start_ > config_.budget;
}

void Pipeline::process(std::span<Mbuf> burst, const Judge& judge, Output& out) {
    if (burst.empty()) return;
    tick(meta(burst.front().get()).time, judge, out);
    find_ports();
    for (; burst.size() > kBurst; burst = burst.subspan(kBurst)) some(burst.first(kBurst));
    some(burst);
    judge_ = nullptr;
}

void Pipeline::find_ports() noexcept {
    udp_ports_.clear();
    tcp_ports_.clear();
    if (edge_ == nullptr) {
        udp_ports_.add(5060);
        tcp_ports_.add(5060);
        tcp_ports_.add(5061);
        return;
    }
    const policy::table::Table& table = *judge_->table;
    for (const std::uint16_t port : table.ports(edge_->udp_ports)) udp_ports_.add(port);
    for (const auto& range : {edge_->tcp_ports, edge_->tls_ports})
        for (const std::uint16_t port : table.ports(range)) tcp_ports_.add(port);
}

/// Headers are read for all of them first; what is no signalling has left before the first message is parsed,
/// and never waits for one.
void Pipeline::some(std::span<Mbuf> burst) {
    Packet* const packets = space_.packets.data();
    std::array<std::uint8_t, kBurst> later;  // NOLINT: as far as later_count it is written
    std::size_t later_count = 0;
    std::size_t media = 0;
    for (auto& to : out_->to) to.reserve(to.size() + burst.size());
    for (std::size_t i = 0; i < burst.size(); ++i) {
        if (i + 2 < burst.size()) rte_prefetch0(rte_pktmbuf_mtod(burst[i + 2].get(), const void*));
        rte_mbuf* const m = burst[i].get();
        if (m->nb_segs == 1 && classify::is_media({rte_pktmbuf_mtod(m, const std::uint8_t*), m->data_len},
                                                  udp_ports_, tcp_ports_)) {
            ++media;
            if (tap_ != nullptr) tap_->ended(m, edge_name(), Outcome::passed);
            out_->port(opposite(meta(m).arrival)).push_back(std::move(burst[i]));
            continue;
        }
        const auto bytes = linear(burst[i].get(), space_.frame);
        classify::read(bytes, packets[i]);
        if (bytes.empty() && burst[i]->pkt_len != 0)
            packets[i].kind = Kind::malformed;  // larger than any frame
        if (is_no_signalling(packets[i], bytes)) {
            end(std::move(burst[i]), Outcome::passed);
        } else {
            later[later_count++] = static_cast<std::uint8_t>(i);
        }
    }
    counters_.add(Counter::frames_in, burst.size());
    counters_.add(Counter::frames_out, media);
    counters_.add(Outcome::passed, media);
    work_off();  // what came before goes first
    for (std::size_t n = 0; n < later_count; ++n) {
        Mbuf frame = std::move(burst[later[n]]);
        if (!waiting_.empty() || spent()) {
            wait(std::move(frame));
            continue;
        }
        const auto bytes = linear(frame.get(), space_.frame);
        dispatch(std::move(frame), packets[later[n]], bytes);
    }
}

/// Sure of it, from this frame alone: media, web, whatever is no SIP.
bool Pipeline::is_no_signalling(const Packet& packet, std::span<const std::uint8_t> bytes) const noexcept {
    if (packet.kind == Kind::other) return true;
    if (packet.kind != Kind::udp && packet.kind != Kind::tcp) return false;
    const std::string_view payload = as_text(bytes.subspan(packet.payload, packet.payload_size));
    if (packet.kind == Kind::udp) return !could_be_sip(packet, payload, true);
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
        const Packet packet = classify::read(bytes);
        dispatch(std::move(frame), packet, bytes);
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
    fragments_.expire(now, [&](reassemble::Datagram& d) {
        const Time deadline = d.deadline;
        release(d, Outcome::fragment_timeout, deadline, true);
    });
    shared_.age(now);
}

void Pipeline::drain(Time now, const Judge& judge, Output& out) {
    begin(judge, out);
    while (!waiting_.empty()) work_off();
    fragments_.expire(~Time{0},
                      [&](reassemble::Datagram& d) { release(d, Outcome::capture_end, now, true); });
}

void Pipeline::dispatch(Mbuf frame, const Packet& packet, std::span<const std::uint8_t> bytes) {
    if (packet.kind == Kind::fragment && (!packet.tunnelled || concerns_peers(packet))) {
        fragment(std::move(frame), packet, bytes);
        return;
    }
    Whole whole;
    whole.packet = packet;
    whole.first = bytes;
    whole.link_size = packet.l3;
    whole.payload = as_text(bytes.subspan(packet.payload, packet.payload_size));
    whole.arrival = meta(frame.get()).arrival;
    whole.pair = meta(frame.get()).pair;
    whole.now = meta(frame.get()).time;
    meta(frame.get()).size = 1;  // it gives its message bytes
    whole.frames.push(std::move(frame));
    transport(packet.kind, whole);
}

Outcome Pipeline::transport(Kind kind, Whole& whole) {
    switch (kind) {
        case Kind::other:
            return end_all(std::move(whole.frames), Outcome::passed, whole.now, false);
        case Kind::malformed:
            return end_all(std::move(whole.frames), Outcome::ip_malformed, whole.now, true);
        case Kind::encrypted:
            if (!concerns_peers(whole.packet)) break;
            return by_cause(std::move(whole.frames), Cause::encrypted_transport, Outcome::encrypted_transport,
                            whole.now);
        case Kind::fragment:  // a fragment inside reassembled fragments: no host sends that
            if (whole.fragmented)
                return end_all(std::move(whole.frames), Outcome::ip_malformed, whole.now, true);
            [[fallthrough]];
        case Kind::tunnel:
            if (!concerns_peers(whole.packet)) break;
            return by_cause(std::move(whole.frames), Cause::tunnelled, Outcome::tunnelled, whole.now);
        case Kind::tcp: {
            const bool looks = sip::looks_like_sip(whole.payload, true) == sip::LooksLike::yes;
            if (whole.payload.empty()) break;
            if (looks || is_sip_port(whole.packet, true, false))
                return by_cause(std::move(whole.frames), Cause::tcp_uninspected, Outcome::tcp_uninspected,
                                whole.now);
            if (is_sip_port(whole.packet, true, true))
                return by_cause(std::move(whole.frames), Cause::encrypted_transport,
                                Outcome::encrypted_transport, whole.now);
            break;
        }
        case Kind::udp:
            if (!could_be_sip(whole.packet, whole.payload, true)) break;
            whole.off_port = !is_sip_port(whole.packet, false, false);
            return judge_message(whole);
    }
    return end_all(std::move(whole.frames), Outcome::passed, whole.now, false);
}

bool Pipeline::is_sip_port(const Packet& packet, bool tcp, bool tls) const noexcept {
    if (edge_ == nullptr) {
        const std::uint16_t port = tls ? 5061 : 5060;
        return packet.source_port == port || packet.destination_port == port;
    }
    const auto range = tls ? edge_->tls_ports : tcp ? edge_->tcp_ports : edge_->udp_ports;
    return std::ranges::any_of(judge_->table->ports(range), [&](std::uint16_t port) {
        return port == packet.source_port || port == packet.destination_port;
    });
}

bool Pipeline::could_be_sip(const Packet& packet, std::string_view payload, bool whole) const noexcept {
    return is_sip_port(packet, false, false) || sip::looks_like_sip(payload, whole) != sip::LooksLike::no;
}

void Pipeline::fragment(Mbuf frame, const Packet& packet, std::span<const std::uint8_t> bytes) {
    const Time now = meta(frame.get()).time;
    const auto [added, d] = fragments_.add(packet, bytes.subspan(packet.l4, packet.l4_size), frame, now);
    const auto refuse = [&](Outcome outcome) {
        FrameList frames;
        if (d != nullptr && d->state != reassemble::Datagram::State::dead) {
            while (!d->frames.empty()) frames.push(fragments_.take(*d));
            fragments_.kill(*d, outcome);
        }
        frames.push(std::move(frame));
        end_all(std::move(frames), outcome, now, true);
    };
    switch (added) {
        case Added::held:
            first_look(*d, now);
            break;
        case Added::whole:
            whole_datagram(*d, now);
            break;
        case Added::pass:
            end(std::move(frame), Outcome::passed);
            break;
        case Added::share:
        case Added::share_whole: {
            rte_mbuf* held = rte_mbuf_refcnt_read(frame.get()) > 1 ? frame.get() : nullptr;
            end(std::move(frame), d->outcome);
            if (held != nullptr) meta(held).left = true;
            if (added == Added::share_whole) whole_datagram(*d, now);
            break;
        }
        case Added::malformed:
            refuse(Outcome::ip_malformed);
            break;
        case Added::overlap:
            refuse(Outcome::fragment_overlap);
            break;
        case Added::budget:
            counters_.add(Cause::fragment_budget);
            if (edge_ != nullptr &&
                judge_->mode != Mode::enforce) {  // watching only: what cannot be held leaves unjudged
                if (d != nullptr) release(*d, Outcome::passed, now, false);
                end(std::move(frame), Outcome::passed);
            } else {
                refuse(Outcome::fragment_budget);
            }
            break;
        case Added::dead:
            refuse(d->outcome);
            break;
    }
}

void Pipeline::first_look(reassemble::Datagram& d, Time now) {
    if (!d.have_first || d.is_signalling) return;
    constexpr std::uint8_t kTcp = 6, kUdp = 17, kEsp = 50, kGre = 47, kIpInIp = 4, kIpv6InIp = 41;
    Packet p = d.first;
    switch (p.protocol) {
        case kUdp:
        case kTcp:
            break;
        case kGre:
        case kIpInIp:
        case kIpv6InIp:
            if (concerns_peers(p)) {
                d.is_signalling = true;  // read when whole
                return;
            }
            release(d, Outcome::passed, now, false);
            return;
        case kEsp: {
            FrameList frames;
            fragments_.pass(d);
            while (!d.frames.empty()) frames.push(fragments_.take(d));
            if (!concerns_peers(p)) {
                end_all(std::move(frames), Outcome::passed, now, false);
                return;
            }
            const Outcome o =
                by_cause(std::move(frames), Cause::encrypted_transport, Outcome::encrypted_transport, now);
            if (fate(o) == Fate::dropped) fragments_.kill(d, o);
            return;
        }
        case 0:
        case 43:
        case 44:
        case 51:
        case 60:
        case 135:
        case 139:
        case 140:
            d.is_signalling = true;
            return;  // headers in front of the transport: read when whole
        default:
            release(d, Outcome::passed, now, false);
            return;
    }
    auto bytes = reassemble::Fragments::start(d);
    if (bytes.size() < 8) bytes = reassemble::Fragments::gather(d, space_.datagram);
    if (bytes.size() < 8) return;
    p.source_port = static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
    p.destination_port = static_cast<std::uint16_t>(bytes[2] << 8 | bytes[3]);
    if (p.protocol == kTcp ? is_sip_port(p, true, false) || is_sip_port(p, true, true)
                           : is_sip_port(p, false, false)) {
        d.is_signalling = true;
        return;
    }
    // A TCP header of up to 60 bytes stands in front of the payload; a SIP stream in fragments is told when
    // whole.
    if (p.protocol == kTcp) {
        d.is_signalling = true;
        return;
    }
    bytes = reassemble::Fragments::gather(d, space_.datagram);
    const auto looks = sip::looks_like_sip(as_text(bytes.subspan(8)), false);
    d.is_signalling = looks == sip::LooksLike::yes;
    if (looks == sip::LooksLike::no) release(d, Outcome::passed, now, false);
}

void Pipeline::whole_datagram(reassemble::Datagram& d, Time now) {
    const auto bytes = reassemble::Fragments::gather(d, space_.datagram);
    Whole whole;
    whole.packet = d.first;
    whole.link_size = d.first.l3;
    for (rte_mbuf* m = d.frames.front(); m != nullptr; m = FrameList::after(m)) {
        if (meta(m).offset == 0 && meta(m).size != 0)
            whole.first = {rte_pktmbuf_mtod(m, const std::uint8_t*), m->data_len};
        whole.pair = meta(m).pair;
    }
    const Kind kind = classify::read_transport(bytes, whole.packet);
    if (kind == Kind::udp || kind == Kind::tcp)
        whole.payload = as_text(bytes.subspan(whole.packet.payload, whole.packet.payload_size));
    if (kind == Kind::udp && whole.packet.payload == memory::BulkHash::kStart)
        whole.digest = shared_.hash().payload(fragments_.sum(d, bytes), bytes);
    whole.fragmented = true;
    whole.arrival = d.key.arrival;
    whole.now = now;
    fragments_.remember(d);
    while (!d.frames.empty()) whole.frames.push(fragments_.take(d));
    fragments_.settle(d, transport(kind, whole), now);
}

/// Tunnels and encryption matter between signalling peers; a policy that names no peers means everybody. What
/// stands in front of IP (MPLS, PPPoE) shows no address and may be anybody's.
bool Pipeline::concerns_peers(const Packet& packet) const noexcept {
    if (edge_ == nullptr || judge_->table->peers().empty() || packet.source == policy::table::Address{})
        return true;
    return judge_->table->find_peer(packet.source) != nullptr ||
           judge_->table->find_peer(packet.destination) != nullptr;
}

Outcome Pipeline::by_cause(FrameList frames, Cause cause, Outcome dropped, Time now) {
    counters_.add(cause);
    if (edge_ == nullptr) {
        const bool signalling = cause == Cause::tcp_uninspected;
        return end_all(std::move(frames), signalling ? Outcome::no_table : Outcome::passed, now, signalling);
    }
    const Action action = judge_->table->action(*edge_, cause);
    const bool out = judge_->mode != Mode::enforce || action == Action::forward || action == Action::judge;
    return end_all(std::move(frames), out ? Outcome::passed : dropped, now, !out);
}

void Pipeline::release(reassemble::Datagram& d, Outcome outcome, Time now, bool line) {
    if (outcome == Outcome::passed) fragments_.pass(d);
    FrameList frames;
    while (!d.frames.empty()) frames.push(fragments_.take(d));
    end_all(std::move(frames), outcome, now, line);
}

std::string_view Pipeline::edge_name() const noexcept {
    return edge_ != nullptr ? judge_->table->text(edge_->name) : std::string_view();
}

void Pipeline::send(Mbuf frame, Arrival port) {
    counters_.add(Counter::frames_out);
    out_->port(port).push_back(std::move(frame));
}

void Pipeline::end(Mbuf frame, Outcome outcome) {
    if (meta(frame.get()).left) return;  // sent and counted before
    counters_.add(outcome);
    if (tap_ != nullptr) tap_->ended(frame.get(), edge_name(), outcome);
    if (fate(outcome) != Fate::out) return;
    const Arrival to = opposite(meta(frame.get()).arrival);
    send(std::move(frame), to);
}

void Pipeline::end_frames(FrameList& frames, Outcome outcome) {
    while (!frames.empty()) end(frames.pop(), outcome);
}

Outcome Pipeline::end_all(FrameList frames, Outcome outcome, Time now, bool line) {
    if (frames.empty()) return outcome;
    const Arrival arrival = meta(frames.front()).arrival;
    space_.numbers.clear();
    for (rte_mbuf* m = frames.front(); m != nullptr; m = FrameList::after(m))
        if (!meta(m).left) space_.numbers.push_back(meta(m).number);
    while (!frames.empty()) end(frames.pop(), outcome);
    if (!line || space_.numbers.empty()) return outcome;
    std::ranges::sort(space_.numbers);
    sink_.drop({now, edge_name(), arrival, space_.numbers, to_string(outcome)});
    return outcome;
}

}  // namespace kmsgate::core
