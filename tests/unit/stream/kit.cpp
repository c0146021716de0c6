// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/stream/kit.hpp"

#include <algorithm>

#include "dataplane/core/frame.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::stream::test {

namespace {

constexpr std::string_view kFlags = "FSRPAU";

std::string be16(std::size_t v) {
    return {static_cast<char>(v >> 8 & 0xFF), static_cast<char>(v & 0xFF)};
}
std::string be32(std::uint32_t v) {
    return be16(v >> 16) + be16(v & 0xFFFF);
}
std::size_t get16(std::string_view b, std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(b.at(at))) << 8 |
           static_cast<unsigned char>(b.at(at + 1));
}
std::uint32_t get32(std::string_view b, std::size_t at) {
    return static_cast<std::uint32_t>(get16(b, at) << 16 | get16(b, at + 2));
}
/// RFC 1071, word by word.
std::size_t sum(std::string_view b) {
    std::size_t s = 0;
    for (std::size_t i = 0; i < b.size(); ++i)
        s += static_cast<std::size_t>(static_cast<unsigned char>(b[i])) << (i % 2 == 0 ? 8 : 0);
    while (s > 0xFFFF) s = s % 0x10000 + s / 0x10000;
    return s;
}
std::string_view view(const rte_mbuf* m) {
    static std::vector<std::uint8_t> scratch(1 << 17);
    return core::as_text(core::linear(m, scratch));
}

}  // namespace

std::string frame_of(const Wire& w) {
    const bool inside = w.from == Arrival::inside;
    const std::string a{"\x0a\x00\x00\x01", 4};
    const std::string b{"\x0a\x00\x00\x02", 4};
    const std::string client = be16(w.client_port);
    const std::string server = be16(w.server_port);
    std::size_t flags = 0;
    for (const char c : w.flags) flags |= std::size_t{1} << kFlags.find(c);
    std::string tcp = (inside ? client + server : server + client) + be32(w.seq) + be32(w.ack) +
                      be16((5 + w.options.size() / 4) << 12 | flags) + be16(w.window) + be16(0) + be16(0) +
                      w.options + w.payload;
    const std::string ends = inside ? a + b : b + a;
    std::size_t check = 0xFFFF - sum(ends + be16(6) + be16(tcp.size()) + tcp);
    if (w.bad_checksum) check ^= 0x0101;
    tcp.replace(16, 2, be16(check));
    std::string ip = std::string("\x45\x00", 2) + be16(20 + tcp.size()) + std::string("\x12\x34\x40\x00", 4) +
                     std::string(1, static_cast<char>(w.ttl)) + std::string("\x06", 1) + be16(0) + ends;
    ip.replace(10, 2, be16(0xFFFF - sum(ip)));
    const std::string mac_a = "\x02\x01\x01\x01\x01\x0a";
    const std::string mac_b = "\x02\x01\x01\x01\x01\x0b";
    return (inside ? mac_b + mac_a : mac_a + mac_b) + std::string("\x08\x00", 2) + ip + tcp;
}

Wire read_back(std::string_view frame) {
    Wire w;
    const std::string_view ip = frame.substr(14);
    const std::size_t total = get16(ip, 2);
    EXPECT_EQ(total, ip.size());
    EXPECT_EQ(sum(ip.substr(0, 20)), 0xFFFFU);
    const std::string_view tcp = ip.substr(20, total - 20);
    EXPECT_EQ(sum(std::string(ip.substr(12, 8)) + be16(6) + be16(tcp.size()) + std::string(tcp)), 0xFFFFU);
    w.from = get32(ip, 12) == 0x0a000001 ? Arrival::inside : Arrival::outside;
    w.client_port = static_cast<std::uint16_t>(get16(tcp, w.from == Arrival::inside ? 0 : 2));
    w.seq = get32(tcp, 4);
    w.ack = get32(tcp, 8);
    w.flags.clear();
    const std::size_t flags = get16(tcp, 12) & 0x3F;
    for (std::size_t i = 0; i < kFlags.size(); ++i)
        if ((flags >> i & 1) != 0) w.flags += kFlags[i];
    w.window = static_cast<std::uint16_t>(get16(tcp, 14));
    const std::size_t header = get16(tcp, 12) >> 12;
    w.options = tcp.substr(20, header * 4 - 20);
    w.payload = tcp.substr(header * 4);
    w.ttl = static_cast<std::uint8_t>(ip[8]);
    return w;
}

TestHost::TestHost(rte_mempool* pool) : pool_(pool), storage_(1 << 20), arena_(storage_) {}

Host::Judged TestHost::judge(const StreamMessage& message) {
    messages.emplace_back(message.text, std::vector(message.frames.begin(), message.frames.end()));
    const Judged judged = verdict(message.text);
    refused_ = judged.forward ? Outcome::forward : Outcome::redirect;
    return judged;
}

Outcome TestHost::conclude(bool was_answered) {
    answered.push_back(was_answered);
    return refused_;
}

void TestHost::leave(Mbuf frame, Outcome outcome) {
    ended.push_back({outcome, std::string(view(frame.get()))});
}

void TestHost::made(Mbuf frame, Arrival port, Arrival, Time, std::uint16_t) {
    sent.emplace_back(port, view(frame.get()));
}

void TestHost::line(Time, Arrival, std::span<const std::uint64_t> frames, Outcome why) {
    lines.emplace_back(why, std::vector(frames.begin(), frames.end()));
}

policy::Action TestHost::cause(policy::Cause c) {
    causes.push_back(c);
    return action;
}

Gate::Gate() {
    static const auto made = replay::make_pool("stream-test", 4095);
    EXPECT_TRUE(made) << (made ? "" : made.error());
    pool = made->get();
    hash = std::make_unique<memory::BulkHash>(memory::Key{1, 2});
    build({});
}

Gate::~Gate() {
    host.reset();
    streams.reset();
    EXPECT_EQ(rte_mempool_in_use_count(pool), 0U) << "frames that nobody gave back";
}

void Gate::build(const Limits& limits) {
    streams.reset();
    host = std::make_unique<TestHost>(pool);
    room = std::make_unique<Room>(limits);
    streams = std::make_unique<Streams>(limits, *room, *hash, 7);
}

void Gate::send(const Wire& w) {
    const std::string bytes = frame_of(w);
    Mbuf frame = core::make_frame(pool, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    ASSERT_TRUE(frame);
    core::meta(frame.get()).time = now;
    core::meta(frame.get()).number = ++number;
    core::meta(frame.get()).arrival = w.from;
    std::vector<std::uint8_t> scratch(1 << 17);
    const auto linear = core::linear(frame.get(), scratch);
    const classify::Packet packet = classify::read(linear);
    ASSERT_EQ(packet.kind, classify::Kind::tcp);
    const Port port = w.server_port == 5060 ? Port::sip : w.server_port == 5061 ? Port::tls : Port::other;
    // what the pipeline never asks, or only tells of
    const bool syn = packet.tcp_syn && packet.payload_size == 0;
    if (port == Port::other &&
        (syn ? streams->note(packet, linear, w.from, now, *host)
             : !streams->wants(packet) && sip::looks_like_sip(w.payload, true) != sip::LooksLike::yes))
        return host->leave(std::move(frame), Outcome::passed);
    streams->segment(std::move(frame), packet, linear, port, *host);
}

void Gate::wire(Arrival from, Sequence seq, Sequence ack, std::string flags, std::string payload,
                std::uint16_t client, std::uint16_t server) {
    send({.from = from,
          .seq = seq,
          .ack = ack,
          .flags = std::move(flags),
          .payload = std::move(payload),
          .options = {},
          .client_port = client,
          .server_port = server});
}

void Gate::shake_hands(const std::string& options, std::uint16_t window) {
    send({.from = Arrival::inside,
          .seq = kClient,
          .flags = "S",
          .window = window,
          .payload = {},
          .options = options});
    send({.from = Arrival::outside,
          .seq = kServer,
          .ack = kClient + 1,
          .flags = "SA",
          .window = window,
          .payload = {},
          .options = options});
    send({.from = Arrival::inside,
          .seq = kClient + 1,
          .ack = kServer + 1,
          .flags = "A",
          .window = window,
          .payload = {},
          .options = {}});
}

void Gate::say(Arrival from, std::string payload, std::string flags) {
    const auto side = static_cast<std::size_t>(from);
    const auto size = static_cast<Sequence>(payload.size());
    send({.from = from,
          .seq = at[side],
          .ack = at[1 - side],
          .flags = std::move(flags),
          .payload = std::move(payload),
          .options = {}});
    at[side] += size;
}

void Gate::part(std::string_view of, std::size_t from, std::size_t to, std::string options) {
    send({.from = Arrival::inside,
          .seq = kClient + 1 + static_cast<Sequence>(from),
          .ack = at[1],
          .flags = "A",
          .payload = std::string(of.substr(from, to - from)),
          .options = std::move(options)});
}

void Gate::tick(Time later) {
    now += later;
    streams->tick(now, *host);
}

std::string Gate::passed_to(Arrival port) const {
    std::string out;
    for (const Left& left : host->ended) {
        if (core::fate(left.outcome) != core::Fate::out) continue;
        const Wire w = read_back(left.frame);
        if (w.from != port) out += w.payload;
    }
    return out;
}

std::vector<Wire> Gate::ours(Arrival port) const {
    std::vector<Wire> out;
    for (const auto& [to, frame] : host->sent)
        if (to == port) out.push_back(read_back(frame));
    return out;
}

unsigned Gate::ends(Outcome outcome) const {
    return static_cast<unsigned>(std::ranges::count(host->ended, outcome, &Left::outcome));
}

std::string message(std::string_view body, std::string_view more) {
    return "MESSAGE sip:b@mc1.example SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n" + std::string(more) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace kmsgate::stream::test
