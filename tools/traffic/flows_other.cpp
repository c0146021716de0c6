// SPDX-License-Identifier: BSD-3-Clause
// What is no signalling, or none that says anything.
#include <algorithm>
#include <array>

#include "tools/traffic/encode/text.hpp"
#include "tools/traffic/flows.hpp"
#include "tools/traffic/stream.hpp"

namespace kmsgate::traffic {

namespace {

void put16(std::string& out, std::size_t value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
}

std::string rtp(std::uint16_t number, std::uint32_t source, Random& random) {
    std::string out("\x80\x61", 2);
    put16(out, number);
    const std::size_t samples = std::size_t{number} * 320;
    put16(out, samples >> 16);
    put16(out, samples);
    put16(out, source >> 16);
    put16(out, source);
    return out + random.bytes(61);
}

/// A question for an A record and, with an address, its answer (RFC 1035 4).
std::string dns_message(std::uint16_t number, std::string_view host, bool answer) {
    std::string out;
    put16(out, number);
    put16(out, answer ? 0x8180 : 0x0100);
    put16(out, 1);
    put16(out, answer ? 1 : 0);
    put16(out, 0);
    put16(out, 0);
    while (!host.empty()) {
        const std::string_view label = host.substr(0, host.find('.'));
        out += static_cast<char>(label.size());
        out += label;
        host.remove_prefix(std::min(label.size() + 1, host.size()));
    }
    out += '\0';
    put16(out, 1);
    put16(out, 1);
    if (!answer) return out;
    put16(out, 0xC00C);
    put16(out, 1);
    put16(out, 1);
    put16(out, 0);
    put16(out, 300);
    put16(out, 4);
    out += "\x0A\x80\x01\x05";
    return out;
}

}  // namespace

void Flows::keep_alive(Time now) {
    const Conversation c(world_, now, false);
    std::vector<Frame> frames;
    write_udp(link_of(c, true), "\r\n\r\n", frames);
    push(c, now, true, std::move(frames.front()), plain("keep-alive", "keep-alive", 4, "keep-alive"));
}

void Flows::media(Time now) {
    constexpr Time kPacket = 20 * kMillisecond;
    Conversation c(world_, now, false);
    c.near.port = static_cast<std::uint16_t>(49152 + 2 * world_.random.below(4000));
    c.far.port = static_cast<std::uint16_t>(49152 + 2 * world_.random.below(4000));
    const auto source = static_cast<std::uint32_t>(world_.random.next());
    const auto first = static_cast<std::uint16_t>(world_.random.next());
    const std::size_t packets = std::max<std::size_t>(world_.profile.talk / 20, 1);
    for (std::size_t i = 0; i < 2 * packets; ++i) {
        const bool from_caller = i % 2 == 0;
        std::vector<Frame> frames;
        write_udp(
            link_of(c, from_caller),
            rtp(static_cast<std::uint16_t>(first + i / 2), source + (from_caller ? 0 : 1), world_.random),
            frames);
        push(c, now + i / 2 * kPacket + (from_caller ? 0 : 7 * kMillisecond), from_caller,
             std::move(frames.front()), plain("media", "RTP", 73));
    }
}

void Flows::web(Time now) {
    Conversation c(world_, now, true);
    c.far.port = 80;
    std::vector<Stream::Sent> sent;
    Stream tcp(c, world_, ids_);
    tcp.open(now, sent);
    const std::string ask = text_of("GET /map/", hex(world_.random, 8),
                                    ".tile HTTP/1.1\r\nHost: ", c.far.text, "\r\nAccept: */*\r\n\r\n");
    const std::string tile = world_.random.bytes(world_.random.between(500, 12'000));
    const std::string answer =
        text_of("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ", tile.size(),
                "\r\n\r\n", tile);
    tcp.send(std::max(now, sent.back().at) + kMillisecond, true, ask, {}, sent);
    tcp.send(sent.back().at + 2 * kMillisecond, false, answer, {}, sent);
    tcp.close(sent.back().at + kMillisecond, sent);
    for (Stream::Sent& s : sent) {
        NoteRef note = plain("web", s.data ? "HTTP" : "control", s.frame.size());
        push(c, s.at, s.from_caller, std::move(s.frame), std::move(note));
    }
}

void Flows::dns(Time now) {
    Conversation c(world_, now, false);
    c.near.port = static_cast<std::uint16_t>(world_.random.between(32768, 60999));
    c.far.port = 53;
    const auto number = static_cast<std::uint16_t>(world_.random.next());
    const std::string host =
        text_of("pcscf-", world_.random.below(100), ".", world_.population.domain_name(c.callee.domain));
    for (const bool answer : {false, true}) {
        std::vector<Frame> frames;
        const std::string text = dns_message(number, host, answer);
        write_udp(link_of(c, !answer), text, frames);
        push(c, now + (answer ? 5 : 0) * kMillisecond, !answer, std::move(frames.front()),
             plain("dns", "DNS", text.size()));
    }
}

void Flows::echo(Time now) {
    const Conversation c(world_, now, false);
    const auto number = static_cast<std::uint16_t>(world_.random.next());
    const std::string payload = world_.random.bytes(56);
    for (const bool reply : {false, true})
        push(c, now + (reply ? 2 : 0) * kMillisecond, !reply,
             write_echo(link_of(c, !reply), reply, number, payload), plain("echo", "echo", payload.size()));
}

void Flows::link(Time now) {
    const Conversation c(world_, now, false);
    if (world_.random.below(2) == 0) {
        constexpr std::array<std::uint8_t, 6> kNeighbours = {0x01, 0x80, 0xC2, 0, 0, 0x0E};
        // chassis id and port id (locally assigned), time to live, end (IEEE 802.1AB 8.4)
        constexpr std::array<std::uint8_t, 22> kBody = {0x02, 0x07, 0x07, 'c',  'o', 'r', 'e', '-',
                                                        '1',  0x04, 0x05, 0x07, 'g', 'e', '-', '0',
                                                        0x06, 0x02, 0,    120,  0,   0};
        push(c, now, true, write_ethernet(kNeighbours, c.near.mac, 0x88CC, kBody),
             plain("link", "LLDP", kBody.size()));
        return;
    }
    constexpr std::array<std::uint8_t, 6> kEverybody = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    Frame body = {0, 1, 8, 0, 6, 4, 0, 1};
    body.insert(body.end(), c.near.mac.begin(), c.near.mac.end());
    body.insert(body.end(), c.near.address.end() - 4, c.near.address.end());
    body.insert(body.end(), 6, 0);
    body.insert(body.end(), c.far.address.end() - 4, c.far.address.end());
    push(c, now, true, write_ethernet(kEverybody, c.near.mac, 0x0806, body),
         plain("link", "ARP", body.size()));
}

}  // namespace kmsgate::traffic
