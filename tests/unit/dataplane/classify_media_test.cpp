// SPDX-License-Identifier: BSD-3-Clause
// is_media() at every level against the definition, byte by byte, and against the full readers: on frames
// whose first line ends anywhere, and on all frames of the captures of tests/cases.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "dataplane/classify/media.hpp"
#include "dataplane/classify/packet.hpp"
#include "dataplane/sip/message.hpp"
#include "tests/unit/dataplane/frames.hpp"

namespace kmsgate::classify {
namespace {

using namespace kmsgate::test;

Ports ports_of(std::initializer_list<std::uint16_t> list) {
    Ports out;
    for (const std::uint16_t port : list) out.add(port);
    return out;
}
const Ports kUdpPorts = ports_of({5060, 5070}), kTcpPorts = ports_of({5060, 5061});

std::vector<IsMedia> levels() {
    std::vector<IsMedia> out = {&portable::is_media};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) out.push_back(&avx2::is_media);
#endif
    return out;
}

/// The definition: no ".0" stands in the line that a lenient reader begins with.
bool plainly_no_sip(std::string_view payload) {
    const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    while (!payload.empty() && blank(payload.front())) payload.remove_prefix(1);
    return !payload.substr(0, payload.find_first_of("\r\n")).contains(".0");
}

/// True when it was media. `frame` has no byte beyond its end, so that a sanitizer sees every one read there.
bool check(Bytes frame) {
    frame.shrink_to_fit();
    bool said = false;
    for (const IsMedia is_media_at : levels()) {
        const bool media = is_media_at(frame, kUdpPorts, kTcpPorts);
        if (is_media_at != &portable::is_media) {
            EXPECT_EQ(media, said);
        }
        said = media;
    }
    if (!said) return false;
    const Packet p = read(frame);
    const auto payload = std::string_view(reinterpret_cast<const char*>(frame.data()), frame.size())
                             .substr(p.payload, p.payload_size);
    const bool udp = p.kind == Kind::udp;
    EXPECT_TRUE(udp || p.kind == Kind::tcp);
    for (const std::uint16_t port : {p.source_port, p.destination_port}) {
        EXPECT_FALSE(udp && (port == 5060 || port == 5070));
        EXPECT_FALSE(!udp && !payload.empty() && (port == 5060 || port == 5061));
    }
    EXPECT_EQ(sip::looks_like_sip(payload, true), sip::LooksLike::no);
    EXPECT_TRUE(plainly_no_sip(payload) || (!udp && payload.empty()));
    return true;
}

TEST(IsMediaLevels, FirstLinesOfEveryLengthAndEnd) {
    std::mt19937 random(1);
    unsigned media = 0, all = 0;
    for (std::size_t size = 0; size < 400; ++size)
        for (int round = 0; round < 60; ++round, ++all) {
            Bytes payload(size);
            // bytes that end no line; then one that does, what stands in front of it, and what starts it
            for (auto& b : payload) {
                b = static_cast<std::uint8_t>(random());
                if (b == '\r' || b == '\n') b = 0x80;
            }
            constexpr std::string_view kEnds[] = {"0\r", "0 \t\n", "SIP/2.0\r\n", "0",       "\r",
                                                  "\n",  "1\n",    "0\0\r",       "SIP/2.0", "x\r"};
            if (size != 0 && round % 4 != 0) {
                const std::string_view end = kEnds[random() % std::size(kEnds)];
                const std::size_t at = random() % size;
                std::copy_n(end.begin(), std::min(end.size(), size - at),
                            payload.begin() + static_cast<std::ptrdiff_t>(at));
            }
            if (size != 0 && round % 7 == 0) payload[0] = "sS0 \r\n\0x"[random() % 8];
            const bool tcp_frame = round % 3 == 0;
            const Bytes l4 = tcp_frame ? tcp(40000, 80, payload, 5, 16) : udp(40000, 40002, payload);
            const bool v6 = round % 5 == 0;
            const unsigned protocol = tcp_frame ? 6U : 17U;
            const Bytes frame = v6 ? ether(0x86DD, ipv6({.next = protocol}, l4))
                                   : ether(0x0800, ipv4({.protocol = protocol}, l4));
            const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
            const bool is = check(frame);
            EXPECT_EQ(is, plainly_no_sip(text) || (tcp_frame && text.empty()));
            media += is ? 1 : 0;
            if (testing::Test::HasFailure()) FAIL() << "payload of " << size << ", round " << round;
        }
    EXPECT_GT(media, all / 2);
    EXPECT_LT(media, all);
}

std::uint32_t le32(const Bytes& b, std::size_t at) {
    return b[at] | std::uint32_t{b[at + 1]} << 8 | std::uint32_t{b[at + 2]} << 16 |
           std::uint32_t{b[at + 3]} << 24;
}

TEST(IsMediaLevels, CapturedFrames) {
    std::size_t frames = 0, media = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(KMSGATE_CASES)) {
        if (entry.path().extension() != ".pcap") continue;
        std::ifstream in(entry.path(), std::ios::binary);
        const Bytes file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
        const std::uint32_t magic = file.size() < 24 ? 0 : le32(file, 0);
        if (magic != 0xA1B2C3D4 && magic != 0xA1B23C4D) continue;  // written here: little-endian
        for (std::size_t at = 24; at + 16 <= file.size();) {
            const std::size_t size = le32(file, at + 8);
            if (size > file.size() - at - 16) break;
            media += check(part(file, at + 16, size)) ? 1 : 0;
            ++frames;
            if (testing::Test::HasFailure()) FAIL() << entry.path() << " at " << at;
            at += 16 + size;
        }
    }
    EXPECT_GT(frames, 1000U);
    EXPECT_GT(media, 10U);
}

}  // namespace
}  // namespace kmsgate::classify
