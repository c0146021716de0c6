// SPDX-License-Identifier: BSD-3-Clause
// One TCP connection in the hands of hostile ends. The input says which segments come: every one with a right
// checksum, everything else as it likes. Whatever comes, at one place of a stream only one byte ever leaves;
// what has left is blank lines and messages that were judged and accepted, in order, or the records of TLS
// that may pass; every frame ends once; all buffers come back.
#include <rte_mempool.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/emit/checksum.hpp"
#include "dataplane/stream/streams.hpp"
#include "tools/replay/eal.hpp"

using namespace kmsgate;
using namespace kmsgate::stream;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

rte_mempool* the_pool() {
    static const auto pool = [] {
        auto started = replay::start_eal(256);
        require(started.has_value());
        auto made = replay::make_pool("fuzz-stream", 8191);
        require(made.has_value());
        return std::move(*made);
    }();
    return pool.get();
}

/// Takes the input apart.
class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
    [[nodiscard]] bool empty() const { return at_ == end_; }
    std::uint8_t byte() { return at_ == end_ ? std::uint8_t{0} : *at_++; }
    std::uint32_t wide() { return byte() | std::uint32_t{byte()} << 8; }
    std::string text(std::size_t n) {
        n = std::min<std::size_t>(n, static_cast<std::size_t>(end_ - at_));
        std::string out(reinterpret_cast<const char*>(at_), n);
        at_ += n;
        return out;
    }

  private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

class FuzzHost final : public Host {
  public:
    Judged judge(const StreamMessage& message) override {
        last_ = message.text;
        from_ = static_cast<std::size_t>(message.arrival);
        forward_ = last_.find("no") == std::string::npos || watches;
        return {forward_, "SIP/2.0 488 N\r\nl: 0\r\n\r\n"};
    }
    Outcome conclude(bool) override {
        if (forward_) accepted[from_].push_back(last_);
        return forward_ ? Outcome::forward : Outcome::redirect;
    }
    void leave(Mbuf frame, Outcome outcome) override {
        const auto& m = core::meta(frame.get());
        require(!m.left);
        ++ended;
        if (core::fate(outcome) == core::Fate::out && !watches)
            note(static_cast<std::size_t>(m.arrival),
                 {rte_pktmbuf_mtod(frame.get(), const std::uint8_t*), frame->data_len});
    }
    void made(Mbuf frame, Arrival port, Arrival, Time, std::uint16_t) override {
        require(frame->nb_segs == 1);
        const std::span<const std::uint8_t> bytes{rte_pktmbuf_mtod(frame.get(), const std::uint8_t*),
                                                  frame->data_len};
        const classify::Packet packet = classify::read(bytes);
        require(packet.kind == classify::Kind::tcp);
        require(checksum(packet.source, packet.destination, packet.v6,
                         bytes.subspan(packet.l4, packet.l4_size)) == 0);
        // an answer stands in its own place; what is sent again is what stood there
        const std::string_view payload = core::as_text(bytes.subspan(packet.payload));
        if (!payload.starts_with("SIP/2.0 488 N"))
            note(static_cast<std::size_t>(core::opposite(port)), bytes);
    }
    void line(Time, Arrival, std::span<const std::uint64_t>, Outcome) override {}
    policy::Action cause(policy::Cause c) override {
        if (c != policy::Cause::encrypted_transport) return action;
        tls = tls || (secret && !watches && !over[0] && !over[1]);
        return secret ? policy::Action::forward : policy::Action::drop;
    }
    void count(core::Counter) override {}
    [[nodiscard]] bool watching() const override { return watches; }
    [[nodiscard]] rte_mempool* pool() const override { return the_pool(); }
    [[nodiscard]] sip::Arena& arena() override { return arena_; }

    /// What has left of the stream of one side, by place.
    std::array<std::map<std::int64_t, char>, 2> out;
    std::array<std::vector<std::string>, 2> accepted;
    std::array<Sequence, 2> start{};
    std::array<Sequence, 2> acked{};  ///< by the other side: what stands before it matters to nobody
    std::array<bool, 2> over{};       ///< the other side has another connection now, or none
    std::size_t ended = 0;
    policy::Action action = policy::Action::reset;
    bool watches = false;
    bool secret = false;  ///< TLS may pass
    bool tls = false;     ///< and has shown itself

  private:
    void note(std::size_t side, std::span<const std::uint8_t> bytes) {
        const classify::Packet packet = classify::read(bytes);
        Segment s;
        if (over[side] || read_segment(bytes, packet, s) != Unsound::none || s.has(Flag::syn)) return;
        for (std::uint32_t i = 0; i < s.size; ++i) {
            const Sequence at = s.seq + i;
            if (before(at, acked[side]) || before(at, start[side])) continue;
            const auto place = static_cast<std::int64_t>(at - start[side]);
            const auto [entry, fresh] = out[side].emplace(place, static_cast<char>(bytes[s.payload + i]));
            require(fresh || entry->second == static_cast<char>(bytes[s.payload + i]));
        }
    }

    std::string last_;
    std::size_t from_ = 0;
    bool forward_ = true;
    std::vector<std::byte> storage_ = std::vector<std::byte>(1 << 18);
    sip::Arena arena_{storage_};
};

std::vector<std::uint8_t> frame_of(std::size_t side, Sequence seq, Sequence ack, std::uint8_t flags,
                                   std::uint16_t window, const std::string& options,
                                   const std::string& payload) {
    std::vector<std::uint8_t> f(14 + 20 + 20 + options.size() + payload.size());
    f[12] = 0x08;
    std::uint8_t* const ip = f.data() + 14;
    ip[0] = 0x45;
    emit::put16(ip + 2, f.size() - 14);
    ip[8] = 64;
    ip[9] = 6;
    ip[12] = ip[16] = 10;
    ip[15] = static_cast<std::uint8_t>(1 + side);
    ip[19] = static_cast<std::uint8_t>(2 - side);
    emit::put16(ip + 10, emit::checksum_fold(emit::checksum_add(0, {ip, 20})));
    std::uint8_t* const tcp = ip + 20;
    emit::put16(tcp, side == 0 ? 4000 : 5060);
    emit::put16(tcp + 2, side == 0 ? 5060 : 4000);
    emit::put32(tcp + 4, seq);
    emit::put32(tcp + 8, ack);
    tcp[12] = static_cast<std::uint8_t>((20 + options.size()) / 4 << 4);
    tcp[13] = flags;
    emit::put16(tcp + 14, window);
    std::copy(options.begin(), options.end(), tcp + 20);
    std::copy(payload.begin(), payload.end(), tcp + 20 + options.size());
    const classify::Packet packet = classify::read(f);
    require(packet.kind == classify::Kind::tcp);
    emit::put16(tcp + 16, checksum(packet.source, packet.destination, false, std::span(f).subspan(34)));
    return f;
}

/// Blank lines and accepted messages in order, as far as bytes have left without a gap.
void check(const std::map<std::int64_t, char>& out, const std::vector<std::string>& accepted,
           std::int64_t from) {
    std::string text;
    for (auto at = out.find(from); at != out.end() && at->first == from; ++at, ++from) text += at->second;
    std::size_t at = 0;
    for (const std::string& message : accepted) {
        while (at < text.size() && (text[at] == '\r' || text[at] == '\n')) ++at;
        if (at == text.size()) return;
        const std::string_view rest = std::string_view(text).substr(at);
        require(rest.substr(0, message.size()) == std::string_view(message).substr(0, rest.size()));
        at += std::min(message.size(), rest.size());
    }
    require(text.find_first_not_of("\r\n", at) == std::string::npos);
}

/// Records, as far as bytes have left without a gap. The first six of these bytes, or none.
std::vector<unsigned> check_records(const std::map<std::int64_t, char>& out) {
    std::vector<unsigned> bytes;
    for (auto at = out.find(0); at != out.end() && at->first == static_cast<std::int64_t>(bytes.size()); ++at)
        bytes.push_back(static_cast<unsigned char>(at->second));
    for (std::size_t at = 0; bytes.size() - std::min(at, bytes.size()) >= 5;) {
        require(bytes[at] >= 20 && bytes[at] <= 24 && bytes[at + 1] == 3 && bytes[at + 2] <= 4);
        const std::size_t size = bytes[at + 3] << 8 | bytes[at + 4];
        require(size != 0 && size <= 18'432);
        at += 5 + size;
    }
    bytes.resize(bytes.size() < 6 ? 0 : 6);
    return bytes;
}

/// Who began said a ClientHello; what the other one said first is a ServerHello or an alert.
void check_tls(const std::array<std::map<std::int64_t, char>, 2>& out) {
    const std::array<std::vector<unsigned>, 2> first = {check_records(out[0]), check_records(out[1])};
    const auto opens = [](const auto& f) { return f.empty() || (f[0] == 22 && f[5] == 1); };
    const auto answers = [](const auto& f) { return f.empty() || f[0] == 21 || (f[0] == 22 && f[5] == 2); };
    require((opens(first[0]) && answers(first[1])) || (answers(first[0]) && opens(first[1])));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    rte_mempool* const pool = the_pool();
    Input in(data, size);
    Limits limits;
    limits.flows = 4;
    limits.frames = 256;
    const std::uint8_t how = in.byte();
    static const memory::BulkHash hash(memory::Key{1, 2});
    FuzzHost host;
    host.watches = (how & 1) != 0;
    host.secret = (how & 32) != 0;
    host.action = (how & 2) != 0 ? policy::Action::judge : policy::Action::reset;
    Room room(limits);
    auto streams = std::make_unique<Streams>(limits, room, hash, 0);
    Time now = core::kSecond;
    std::array<Sequence, 2> next = {100, 0xFFFFFFF0};
    std::array<Sequence, 2> furthest = next;
    std::size_t sent = 0;
    const auto send = [&](std::size_t side, Sequence seq, Sequence ack, std::uint8_t flags,
                          std::uint16_t window, const std::string& options, const std::string& payload) {
        const auto bytes = frame_of(side, seq, ack, flags, window, options, payload);
        Mbuf frame = core::make_frame(pool, bytes);
        require(frame != nullptr);
        auto& m = core::meta(frame.get());
        m.time = now;
        m.number = ++sent;
        m.arrival = side == 0 ? Arrival::inside : Arrival::outside;
        const classify::Packet packet = classify::read(bytes);
        const std::span<const std::uint8_t> linear{rte_pktmbuf_mtod(frame.get(), const std::uint8_t*),
                                                   frame->data_len};
        streams->segment(std::move(frame), packet, linear, Port::sip, host);
    };
    const std::string options =
        (how & 4) != 0 ? std::string("\x02\x04\x05\xb4\x03\x03\x02\x01", 8) : std::string();
    if ((how & 8) == 0) {
        send(0, next[0]++, 0, Flag::syn, 0xFFFF, options, {});
        send(1, next[1]++, next[0], Flag::syn | Flag::ack, (how & 16) != 0 ? 200 : 0xFFFF, options, {});
    }
    host.start = host.acked = furthest = next;
    while (!in.empty() && sent < 400) {
        const std::uint8_t kind = in.byte();
        const std::size_t side = kind & 1;
        const auto offset = static_cast<std::int8_t>((kind & 2) != 0 ? in.byte() : 0);
        const std::uint8_t flags = (kind & 4) != 0 ? in.byte() : std::uint8_t{Flag::ack};
        const std::string payload = in.text((kind & 8) != 0 ? in.byte() : 0U);
        const auto behind = static_cast<std::int8_t>((kind & 16) != 0 ? in.byte() : 0);
        if ((kind & 32) != 0) {
            now += Time{in.byte()} * 50 * core::kMillisecond;
            streams->tick(now, host);
        }
        const Sequence seq = next[side] + static_cast<Sequence>(offset);
        const Sequence ack = next[1 - side] + static_cast<Sequence>(behind);
        furthest[side] = later(furthest[side], seq + static_cast<Sequence>(payload.size()));
        if ((flags & Flag::ack) != 0 && !after(ack, furthest[1 - side]))
            host.acked[1 - side] = later(host.acked[1 - side], ack);
        if ((flags & (Flag::rst | Flag::syn)) != 0) host.over[1 - side] = true;
        send(side, seq, ack, flags, static_cast<std::uint16_t>((kind & 64) != 0 ? in.wide() : 0xFFFF), {},
             payload);
        if ((kind & 128) == 0) next[side] = later(next[side], seq + static_cast<Sequence>(payload.size()));
    }
    if ((how & 8) == 0 && !host.watches && host.tls) check_tls(host.out);
    if ((how & 8) == 0 && !host.watches && !host.tls)
        for (std::size_t side = 0; side < 2; ++side) check(host.out[side], host.accepted[side], 0);
    streams->drain(now, host);
    require(streams->held() == 0);
    require(host.ended == sent);
    streams.reset();
    require(rte_mempool_in_use_count(pool) == 0);
    return 0;
}
