// SPDX-License-Identifier: BSD-3-Clause
#include "bench/swap/frames.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>

#include "bench/stages/i_message.hpp"
#include "bench/stages/random.hpp"
#include "policy/compile/compile.hpp"

namespace kmsgate::bench {

namespace {

constexpr std::string_view kMark = "swap-";
constexpr std::size_t kDigits = 10;

/// Ethernet, IPv4 and UDP (without checksum: RFC 768 allows it) around a payload.
std::vector<std::uint8_t> udp(std::string_view payload, std::uint16_t port) {
    const std::size_t ip = 28 + payload.size();
    std::vector<std::uint8_t> f = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0};
    const auto put16 = [&f](std::size_t v) {
        f.push_back(static_cast<std::uint8_t>(v >> 8));
        f.push_back(static_cast<std::uint8_t>(v));
    };
    put16(ip);
    constexpr std::array<std::uint8_t, 16> kRest = {0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
    f.insert(f.end(), kRest.begin(), kRest.end());
    unsigned long sum = 0;
    for (std::size_t i = 14; i < 34; i += 2) sum += static_cast<unsigned long>(f[i]) << 8 | f[i + 1];
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = ~(sum + (sum >> 16)) & 0xFFFF;
    f[24] = static_cast<std::uint8_t>(sum >> 8);
    f[25] = static_cast<std::uint8_t>(sum);
    put16(port);
    put16(port);
    put16(8 + payload.size());
    put16(0);
    f.insert(f.end(), payload.begin(), payload.end());
    return f;
}

std::vector<std::byte> compiled(std::string_view kms) {
    return policy::compile::compile_text(
               fmt::format("version: 1\nkms: {{A: kms.a.example, B: kms.b.example}}\n"
                           "domains:\n  mc1: {{users: [\"sip:*@mc1.example\"], home: A}}\n"
                           "edges:\n  e:\n    domain: mc1\n    proxy: cs\n"
                           "    limits: {{redirects-per-second: 4000000000, per-source: 4000000000}}\n"
                           "    rules: [{{name: only, side: initiator, allow: [{}]}}]\n",
                           kms))
        .blob;
}

}  // namespace

std::uint64_t number_in(std::string_view text) noexcept {
    std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
    const std::size_t at = text.find(kMark);
    if (at == std::string_view::npos || text.size() < at + kMark.size() + kDigits) return number;
    const char* first = text.data() + at + kMark.size();
    std::from_chars(first, first + kDigits, number);
    return number;
}

Frames::Frames() : other_(udp("no signalling, but a frame like any other", 40000)) {
    Random random(1);
    IMessage m;
    m.initiator = "sip:alice@mc1.example";
    m.receiver = "sip:bob@mc2.example";
    m.kmsi = m.kmsr = "kms.a.example";
    m.size = 620;
    const std::string sdp =
        "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=key-mgmt:mikey " +
        base64(encode(m, random)) + "\r\nm=audio 40000 RTP/SAVP 0\r\n";
    const std::string text = fmt::format(
        "INVITE sip:bob@mc2.example SIP/2.0\r\nVia: SIP/2.0/UDP "
        "10.0.0.1:5060;branch=z9hG4bKswap-0000000000\r\n"
        "From: <sip:alice@mc1.example>;tag=1\r\nTo: <sip:bob@mc2.example>\r\nCall-ID: "
        "swap-0000000000@bench\r\n"
        "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{}",
        sdp.size(), sdp);
    invite_ = udp(text, 5060);
    const std::string_view all(reinterpret_cast<const char*>(invite_.data()), invite_.size());
    for (std::size_t at = all.find(kMark); at != std::string_view::npos; at = all.find(kMark, at + 1))
        digits_.push_back(at + kMark.size());
}

std::span<const std::uint8_t> Frames::invite(std::uint64_t number) {
    for (const std::size_t at : digits_) {
        std::uint64_t rest = number;
        for (std::size_t i = kDigits; i-- > 0; rest /= 10)
            invite_[at + i] = static_cast<std::uint8_t>('0' + rest % 10);
    }
    return invite_;
}

std::pair<std::vector<std::byte>, std::vector<std::byte>> policies() {
    return {compiled("A"), compiled("B")};
}

}  // namespace kmsgate::bench
