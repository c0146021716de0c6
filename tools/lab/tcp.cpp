// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/tcp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "dataplane/sip/ascii.hpp"
#include "tools/lab/octets.hpp"

namespace kmsgate::lab {

namespace {

constexpr std::size_t kHeader = 20;
constexpr std::uint16_t kMss = 1460, kDontFragment = 0x4000;
/// What a sender may have on its way at the start (RFC 6928).
constexpr std::uint32_t kFlight = 10 * kMss;

/// Where a stream begins: fixed, so that every run is the same.
std::uint32_t first_sequence(std::uint16_t port) noexcept {
    return 0xFFFF'F000U + port % 0x400U;  // wraps within the first message: everybody must live with that
}

}  // namespace

Frame send_segment(const Station& from, const Station& to, const TcpSegment& s, std::uint16_t id) {
    Frame tcp;
    const std::size_t header = kHeader + (s.mss != 0 ? 4 : 0);
    put16(tcp, s.source);
    put16(tcp, s.destination);
    put32(tcp, s.sequence);
    put32(tcp, s.acknowledgement);
    tcp.push_back(static_cast<std::uint8_t>(header / 4 << 4));
    tcp.push_back(s.flags);
    put16(tcp, s.window);
    put32(tcp, 0);
    if (s.mss != 0) {
        put16(tcp, 0x0204);
        put16(tcp, s.mss);
    }
    tcp.insert(tcp.end(), s.payload.begin(), s.payload.end());
    const std::uint16_t sum = transport_checksum(from.ip, to.ip, kProtocolTcp, tcp);
    tcp[16] = static_cast<std::uint8_t>(sum >> 8);
    tcp[17] = static_cast<std::uint8_t>(sum);
    return ip_frame(from, to, kProtocolTcp, id, kDontFragment, tcp);
}

bool is_tcp(View frame) noexcept {
    constexpr std::size_t kProtocolAt = 14 + 9;
    return frame.size() > kProtocolAt && get16(frame, 12) == 0x0800 && frame[kProtocolAt] == kProtocolTcp;
}

std::expected<TcpSegment, std::string> read_segment(View frame) {
    const auto ip = read_ip(frame);
    if (!ip) return std::unexpected(ip.error());
    if (ip->protocol != kProtocolTcp) return wrong("no TCP");
    if ((ip->fragment & ~kDontFragment) != 0) return wrong("a TCP segment in fragments");
    const View tcp = ip->data;
    if (tcp.size() < kHeader) return wrong("TCP header cut short");
    const std::size_t header = static_cast<std::size_t>(tcp[12] >> 4) * 4;
    if (header < kHeader || header > tcp.size()) return wrong("no TCP header");
    if (transport_checksum(ip->source, ip->destination, kProtocolTcp, tcp) != 0)
        return wrong("wrong TCP checksum");
    TcpSegment out;
    out.source = get16(tcp, 0);
    out.destination = get16(tcp, 2);
    out.sequence = get32(tcp, 4);
    out.acknowledgement = get32(tcp, 8);
    out.flags = tcp[13];
    out.window = get16(tcp, 14);
    // of options only the one that hosts here know
    if (header >= kHeader + 4 && get16(tcp, kHeader) == 0x0204) out.mss = get16(tcp, kHeader + 2);
    out.payload.assign(reinterpret_cast<const char*>(tcp.data()) + header, tcp.size() - header);
    return out;
}

std::expected<std::optional<std::string>, std::string> SipStream::next() {
    constexpr std::string_view kEnd = "\r\n\r\n";
    const std::size_t end = text_.find(kEnd);
    if (end == std::string::npos) return std::nullopt;
    const std::size_t head = end + kEnd.size();
    std::optional<std::size_t> length;
    for (std::string_view rest = std::string_view(text_).substr(0, end); !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !sip::iequal(line.substr(0, colon), "content-length"))
            continue;
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        std::size_t number = 0;
        if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc{})
            return wrong("a Content-Length that is no number");
        length = number;
    }
    if (!length) return wrong("a message without Content-Length in a stream");
    if (text_.size() - head < *length) return std::nullopt;
    std::string out = text_.substr(0, head + *length);
    text_.erase(0, out.size());
    return out;
}

std::expected<std::vector<std::string>, std::string> TcpEar::take(const TcpSegment& s) {
    std::vector<std::string> out;
    if (s.has(TcpSegment::kSyn)) {
        next_ = s.sequence + 1;
        stream_ = {};
        return out;
    }
    if (s.has(TcpSegment::kRst)) return out;
    if (!next_) return wrong("a segment of a connection that was not opened");
    if (static_cast<std::int32_t>(s.sequence - *next_) > 0) return wrong("bytes of a stream are missing");
    const std::uint32_t known = *next_ - s.sequence;
    const std::size_t size = s.payload.size() + (s.has(TcpSegment::kFin) ? 1 : 0);
    if (size <= known) return out;
    if (s.payload.size() > known) stream_.add(std::string_view(s.payload).substr(known));
    *next_ = s.sequence + static_cast<std::uint32_t>(size);
    for (;;) {
        auto message = stream_.next();
        if (!message) return std::unexpected(message.error());
        if (!*message) return out;
        out.push_back(**std::move(message));
    }
}

void TcpHost::emit(const Ports& ports, const Connection& c, std::uint8_t flags, std::string_view payload) {
    TcpSegment s;
    s.source = ports.first;
    s.destination = ports.second;
    s.sequence = c.next;
    s.flags = flags;
    if (s.has(TcpSegment::kAck)) s.acknowledgement = c.expects;
    if (s.has(TcpSegment::kSyn)) s.mss = kMss;
    s.payload = payload;
    frames_.push_back(send_segment(self_, peer_, s, ++id_));
}

void TcpHost::send(std::string_view message) {
    auto at = std::ranges::find_if(connections_, [](const auto& entry) {
        return entry.second.state != Connection::State::ending && !entry.second.peer_ended;
    });
    if (at == connections_.end()) {
        const Ports ports{++last_port_, peer_.port};
        at = connections_.emplace(ports, Connection{}).first;
        at->second.next = at->second.acked = first_sequence(ports.first);
        emit(ports, at->second, TcpSegment::kSyn);
        ++at->second.next;
    }
    at->second.unsent += message;
    flush(at->first, at->second);
}

void TcpHost::flush(const Ports& ports, Connection& c) {
    if (c.state != Connection::State::open) return;
    const std::uint32_t most = std::min<std::uint32_t>(kFlight, c.window);
    while (!c.unsent.empty() && c.next - c.acked < most) {
        const std::size_t size = std::min({c.unsent.size(), c.mss, std::size_t{most - (c.next - c.acked)}});
        const bool last = size == c.unsent.size();
        emit(ports, c, TcpSegment::kAck | (last ? TcpSegment::kPush : 0),
             std::string_view(c.unsent).substr(0, size));
        c.next += static_cast<std::uint32_t>(size);
        c.unsent.erase(0, size);
    }
}

void TcpHost::close() {
    for (auto& [ports, c] : connections_)
        if (c.state == Connection::State::open && c.unsent.empty()) end(ports, c);
}

void TcpHost::end(const Ports& ports, Connection& c) {
    emit(ports, c, TcpSegment::kFin | TcpSegment::kAck);
    ++c.next;
    c.state = Connection::State::ending;
}

/// A segment of no connection: a SYN opens one, anything else but a reset is told so (RFC 9293 3.10.7.1).
void TcpHost::stranger(const TcpSegment& s) {
    const Ports ports{s.destination, s.source};
    if (s.has(TcpSegment::kRst)) return;
    Connection c;
    if (s.flags == TcpSegment::kSyn && s.destination == self_.port) {
        c.state = Connection::State::answered;
        c.next = c.acked = first_sequence(s.source) + 0x800;
        c.expects = s.sequence + 1;
        c.window = s.window;
        if (s.mss != 0) c.mss = s.mss;
        emit(ports, c, TcpSegment::kSyn | TcpSegment::kAck);
        ++c.next;
        connections_.emplace(ports, std::move(c));
        return;
    }
    c.next = s.acknowledgement;
    emit(ports, c, TcpSegment::kRst);
}

std::expected<void, std::string> TcpHost::take(View frame) {
    const auto read = read_segment(frame);
    if (!read) return std::unexpected(read.error());
    const TcpSegment& s = *read;
    const auto at = connections_.find({s.destination, s.source});
    if (at == connections_.end()) {
        stranger(s);
        return {};
    }
    Connection& c = at->second;
    if (s.has(TcpSegment::kRst)) {
        // only at the very place (RFC 5961 3.2)
        const bool there =
            c.state == Connection::State::called ? s.acknowledgement == c.next : s.sequence == c.expects;
        if (!there) return wrong("a reset beside its place");
        reset_ = true;
        connections_.erase(at);
        return {};
    }
    if (!s.has(TcpSegment::kAck)) return {};
    if (static_cast<std::int32_t>(s.acknowledgement - c.next) > 0)
        return wrong("an acknowledgement of what was never sent");
    if (c.state == Connection::State::called) {
        if (!s.has(TcpSegment::kSyn) || s.acknowledgement != c.next) return wrong("no answer to a SYN");
        c.expects = s.sequence + 1;
        if (s.mss != 0) c.mss = s.mss;
        c.state = Connection::State::open;
        emit(at->first, c, TcpSegment::kAck);
    } else if (c.state == Connection::State::answered && s.acknowledgement == c.next) {
        c.state = Connection::State::open;
    }
    if (static_cast<std::int32_t>(s.acknowledgement - c.acked) > 0) c.acked = s.acknowledgement;
    c.window = s.window;
    return data(at, s);
}

std::expected<void, std::string> TcpHost::data(At at, const TcpSegment& s) {
    const Ports ports = at->first;
    Connection& c = at->second;
    const bool fin = s.has(TcpSegment::kFin);
    if (!s.has(TcpSegment::kSyn) && (!s.payload.empty() || fin)) {
        const auto behind = static_cast<std::int32_t>(s.sequence + s.payload.size() - c.expects);
        if (s.sequence != c.expects && behind <= 0) {  // a copy of what has come
            emit(ports, c, TcpSegment::kAck);
            return {};
        }
        if (s.sequence != c.expects)
            return wrong(fmt::format("a segment at {}, expected {}", s.sequence, c.expects));
        c.expects += static_cast<std::uint32_t>(s.payload.size()) + (fin ? 1U : 0U);
        emit(ports, c, TcpSegment::kAck);
        c.in.add(s.payload);
        for (;;) {
            auto message = c.in.next();
            if (!message) return std::unexpected(message.error());
            if (!*message) break;
            messages_.push_back(**std::move(message));
        }
        if (fin) {
            c.peer_ended = true;
            if (c.state != Connection::State::ending) end(ports, c);
        }
    }
    flush(ports, c);
    if (c.state == Connection::State::ending && c.peer_ended && c.acked == c.next) connections_.erase(at);
    return {};
}

}  // namespace kmsgate::lab
