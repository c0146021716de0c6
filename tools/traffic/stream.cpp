// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/stream.hpp"

#include <algorithm>

namespace kmsgate::traffic {

namespace {
constexpr Time kSegmentGap = 12'000, kRoundTrip = 400'000;
}

Stream::Stream(const Conversation& c, std::size_t mtu, Ids& ids, Random& random)
    : c_(c), mtu_(mtu), ids_(ids) {
    for (std::size_t side = 0; side < 2; ++side) {
        next_[side] = static_cast<std::uint32_t>(random.next());
        clock_[side] = static_cast<std::uint32_t>(random.next());
        stamp_[side] = 0;
    }
    start_ = c.now;
}

Link Stream::link(bool from_caller) {
    return c_.link(from_caller, from_caller ? ids_.next(c_.near, c_.far) : ids_.next(c_.far, c_.near), mtu_);
}

void Stream::segment(Time at, bool from_caller, std::uint8_t flags, std::string_view payload,
                     std::vector<Sent>& out) {
    const std::size_t me = from_caller ? 0 : 1, other = 1 - me;
    const Link link = this->link(from_caller);
    Segment s;
    s.sequence = next_[me];
    s.acknowledgement = (flags & kAck) != 0 ? next_[other] : 0;
    s.flags = flags;
    s.stamp = stamp_[me] = clock_[me] + static_cast<std::uint32_t>((at - start_) / kMillisecond);
    s.echo = (flags & kAck) != 0 ? stamp_[other] : 0;
    // the option takes its bytes from the payload, not from the MSS that is said (RFC 6691)
    if ((flags & kSyn) != 0) s.mss = static_cast<std::uint16_t>(largest_segment(link) + kTcpOptions);
    s.payload = payload;
    Frame frame = write_tcp(link, s);
    s.payload = {};
    out.push_back({at, from_caller, !payload.empty(), sent_[me], sent_[me] + payload.size(), sent_[other], s,
                   Altered::none, std::move(frame)});
    next_[me] += static_cast<std::uint32_t>(payload.size()) + ((flags & (kSyn | kFin)) != 0 ? 1U : 0U);
    sent_[me] += payload.size();
}

void Stream::open(Time at, std::vector<Sent>& out) {
    segment(at, true, kSyn, {}, out);
    segment(at + kRoundTrip, false, kSyn | kAck, {}, out);
    segment(at + kRoundTrip + kSegmentGap, true, kAck, {}, out);
}

void Stream::send(Time at, bool from_caller, std::string_view bytes, const std::vector<std::size_t>& cuts,
                  std::vector<Sent>& out) {
    const std::size_t most = largest_segment(c_.link(from_caller, 0, mtu_));
    auto cut = cuts.begin();
    unsigned unacknowledged = 0;
    for (std::size_t from = 0; from < bytes.size();) {
        while (cut != cuts.end() && *cut <= from) ++cut;
        std::size_t to = std::min(from + most, bytes.size());
        if (cut != cuts.end()) to = std::min(to, *cut);
        const bool last = to == bytes.size();
        segment(at, from_caller, last ? kAck | kPsh : kAck, bytes.substr(from, to - from), out);
        at += kSegmentGap;
        from = to;
        if (++unacknowledged < 2 && !last) continue;
        segment(at, !from_caller, kAck, {}, out);
        at += kSegmentGap;
        unacknowledged = 0;
    }
}

void Stream::close(Time at, std::vector<Sent>& out) {
    segment(at, true, kFin | kAck, {}, out);
    segment(at + kRoundTrip, false, kFin | kAck, {}, out);
    segment(at + kRoundTrip + kSegmentGap, true, kAck, {}, out);
}

Stream::Sent Stream::syn_with_data(Time at, std::string_view bytes) {
    const Link link = this->link(true);
    Segment s;
    s.sequence = next_[0];
    s.flags = kSyn;
    s.stamp = stamp_[0] = clock_[0] + static_cast<std::uint32_t>((at - start_) / kMillisecond);
    s.mss = static_cast<std::uint16_t>(largest_segment(link) + kTcpOptions);
    s.payload = bytes.substr(0, std::min(bytes.size(), largest_segment(link) - kTcpOptions));
    Sent out{at, true, true, 0, s.payload.size(), 0, s, Altered::none, write_tcp(link, s)};
    out.header.payload = {};
    return out;
}

Stream::Sent Stream::altered(Time at, const Sent& like, Altered how) {
    constexpr std::uint32_t kLongAgo = 1'000'000, kBeyond = std::uint32_t{1} << 29;
    constexpr std::size_t kChecksum = 16;
    const Link link = this->link(like.from_caller);
    std::string bytes(like.frame.end() - static_cast<std::ptrdiff_t>(like.end - like.begin),
                      like.frame.end());
    if (how != Altered::urgent)
        for (char& c : bytes) c = static_cast<char>(c ^ 1);
    Sent out = like;
    out.at = at;
    out.altered = how;
    if (how == Altered::old) out.header.stamp -= kLongAgo;
    if (how == Altered::outside) out.header.sequence += kBeyond;
    if (how == Altered::urgent) out.header.flags |= kUrg;
    Segment s = out.header;
    s.payload = bytes;
    out.frame = write_tcp(link, s);
    if (how == Altered::checksum) {
        const std::size_t tcp = out.frame.size() - bytes.size() - kTcpHeader - kTcpOptions;
        out.frame[tcp + kChecksum] ^= 0x55;
    }
    return out;
}

}  // namespace kmsgate::traffic
