// SPDX-License-Identifier: BSD-3-Clause
// Fragments: from what reassembly says of each to whole datagrams.
#include "dataplane/core/pipeline.hpp"

namespace kmsgate::core {

using classify::Kind;
using classify::Packet;
using policy::Cause;
using policy::table::Mode;
using reassemble::Added;

void Pipeline::fragment(Mbuf frame, const Workspace::Later& later, std::span<const std::uint8_t> bytes) {
    const Packet& packet = later.packet;
    const auto data = bytes.subspan(packet.l4, packet.l4_size);
    const Time now = meta(frame.get()).time;
    auto [added, d] = fragments_.add(later.place, packet, data, frame, now);
    if (added == Added::late) {  // the timers have not come to it yet
        release(*d, Outcome::fragment_timeout, d->deadline, true);
        fragments_.forget(*d);
        const auto anew = fragments_.add(later.place, packet, data, frame, now);
        added = anew.added;
        d = anew.datagram;
    }
    const auto refuse = [&, of = d](Outcome outcome) {
        FrameList frames;
        if (of != nullptr && of->state != reassemble::Datagram::State::dead) {
            while (!of->frames.empty()) frames.push(fragments_.take(*of));
            fragments_.kill(*of, outcome);
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
        case Added::late:  // forgotten above
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
            fragments_.pass(d, space_.datagram);
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
    const auto bytes = fragments_.assemble(d, space_.datagram);
    Packet packet = d.first;  // which a second copy will need as it is
    Whole whole(packet);
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
        whole.digest = fragments_.digest(d, bytes);
    whole.fragmented = true;
    whole.arrival = d.key.arrival();
    whole.now = now;
    whole.frames = fragments_.take_all(d);
    fragments_.settle(d, transport(kind, whole), now);
}

void Pipeline::release(reassemble::Datagram& d, Outcome outcome, Time now, bool line) {
    if (outcome == Outcome::passed) fragments_.pass(d, space_.datagram);
    end_all(fragments_.take_all(d), outcome, now, line);
}

}  // namespace kmsgate::core
