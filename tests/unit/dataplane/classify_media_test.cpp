// SPDX-License-Identifier: BSD-3-Clause
// media_of() at every level against the definition, byte by byte, and against the full readers: on frames
// whose first line ends anywhere, and on all frames of the captures of tests/cases.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>

#include "dataplane/classify/packet.hpp"
#include "dataplane/sip/message.hpp"
#include "tests/unit/dataplane/media_of.hpp"

namespace kmsgate::classify {
namespace {

using namespace kmsgate::test;

Ports ports_of(std::initializer_list<std::uint16_t> list) {
    Ports out;
    for (const std::uint16_t port : list) out.add(port);
    return out;
}
const Ports kUdpPorts = ports_of({5060, 5070}), kTcpPorts = ports_of({5060, 5061});

const auto kNone = std::make_unique<Watched>();

/// The definition: no ".0" stands in the line that a lenient reader begins with.
bool plainly_no_sip(std::string_view payload) {
    const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    while (!payload.empty() && blank(payload.front())) payload.remove_prefix(1);
    return !payload.substr(0, payload.find_first_of("\r\n")).contains(".0");
}

/// What all levels say.
bool all_say(const Bytes& frame, const Ports& udp_ports, const Ports& tcp_ports,
             const Watched& watched = *kNone) {
    const bool said = is_media(portable::media_of, frame, udp_ports, tcp_ports, watched);
    for (const MediaOf of : media_levels())
        EXPECT_EQ(is_media(of, frame, udp_ports, tcp_ports, watched), said);
    return said;
}

/// True when it was media.
bool check(const Bytes& frame) {
    const bool said = all_say(frame, kUdpPorts, kTcpPorts);
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

TEST(MediaOf, FirstLinesOfEveryLengthAndEnd) {
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

/// A payload in a frame of each kind: the headers move it against what is read at once.
std::vector<Bytes> framed(const Bytes& payload) {
    return {ether(0x0800, ipv4({}, udp(40000, 40002, payload))),
            ether(0x86DD, ipv6({}, udp(40000, 40002, payload))),
            ether(0x0800, ipv4({.protocol = 6}, tcp(40000, 80, payload))),
            ether(0x0800, ipv4({.protocol = 6}, tcp(40000, 80, payload, 8))),
            ether(0x86DD, ipv6({.next = 6}, tcp(40000, 80, payload)))};
}

/// Never media while it looks like SIP, always while no ".0" stands in its first line.
void check_text(std::string_view text) {
    const bool sip = sip::looks_like_sip(text, true) != sip::LooksLike::no;
    EXPECT_FALSE(sip && plainly_no_sip(text));
    for (const Bytes& frame : framed(bytes(text))) EXPECT_EQ(check(frame), plainly_no_sip(text));
    if (testing::Test::HasFailure()) FAIL() << testing::PrintToString(text);
}

constexpr std::string_view kLineEnds[] = {"\r\n", "\n", "\r", "", " ", "\t\r\n", " \x01\x1F \n", "\0\0\r"};
using namespace std::string_view_literals;

TEST(MediaOf, FirstLinesOfSipAtEveryDistance) {
    unsigned seen = 0;
    for (const std::string_view line :
         {"SIP/2.0"sv, "sIp/2.0"sv, "INVITE sip:a@b SIP/2.0"sv, "\xFF\x80 sip/2.0"sv, "SIP/2.0 200 OK"sv,
          "SiP/2.0\0"sv, "BYE 0.0.0 0 SIP/2.0"sv})
        for (std::size_t size = 0; size <= 200; ++size) {
            const std::string_view end = kLineEnds[seen++ % std::size(kLineEnds)];
            const std::string_view more = seen % 3 == 0 ? "Via: x\r\n\r\n" : "";
            for (const char fill : {' ', '\n', '\0', '\x9A', '0'}) {
                std::string text(size, fill);
                text.append(line).append(end).append(more);
                check_text(text);
                if (fill == '\x9A' && size > 0) {  // a line in front of it: it is not the first any more
                    text[size - 1] = '\r';
                    check_text(text);
                }
            }
            if (HasFatalFailure()) return;
        }
}

TEST(MediaOf, EachByteOfAFirstLineCounts) {
    constexpr std::string_view kLine = "x SIP/2.0";
    for (std::size_t size = 0; size <= 140; ++size)
        for (std::size_t i = 2; i < kLine.size(); ++i)
            for (const int other :
                 {kLine[i] ^ 0x20, kLine[i] ^ 0x80, kLine[i] - 1, kLine[i] + 0x10, int{'\n'}, 0}) {
                std::string text = std::string(size, '\xE0') + std::string(kLine);
                text[size + i] = static_cast<char>(other);
                check_text(text + std::string(kLineEnds[(size + i) % std::size(kLineEnds)]));
                if (HasFatalFailure()) return;
            }
}

TEST(MediaOf, ZerosThatAreNoVersion) {
    std::mt19937 random(3);
    for (std::size_t size = 1; size <= 300; ++size)
        for (int round = 0; round < 20; ++round) {
            std::string text(size, '\x90');
            for (char& c : text) c = "0000.....\n\x90 "sv[random() % 12];
            check_text(text);
            for (char& c : text)
                if (c == '.') c = '/';
            check_text(text);
            if (HasFatalFailure()) return;
        }
}

TEST(MediaOf, LengthsOfEveryKind) {
    const Bytes payload(60, 0x90);
    unsigned media = 0, all = 0;
    const auto same_as_read = [&](const Bytes& frame) {
        const Packet p = read(frame);
        const bool good = (p.kind == Kind::udp || p.kind == Kind::tcp) && !p.tcp_syn;
        EXPECT_EQ(check(frame), good) << testing::PrintToString(frame);
        media += good ? 1 : 0;
        ++all;
    };
    for (std::size_t total = 0; total <= 120; ++total)
        for (const std::size_t length : {total - 20, total - 21, total - 40, total, std::size_t{68}}) {
            const Bytes datagram = udp(40000, 40002, payload, length & 0xFFFF);
            same_as_read(ether(0x0800, ipv4({.total = total}, datagram)));
            same_as_read(ether(0x86DD, ipv6({.length = total}, datagram)));
            same_as_read(ether(0x86DD, ipv6({.length = total}, udp(40000, 40002, payload, total))));
        }
    for (std::size_t total = 0; total <= 120; ++total)
        for (std::size_t words = 0; words < 16; ++words) {
            Bytes segment = tcp(40000, 80, payload);
            segment[12] = static_cast<std::uint8_t>(words << 4 | (total & 15U));
            same_as_read(ether(0x0800, ipv4({.protocol = 6, .total = total}, segment)));
            same_as_read(ether(0x86DD, ipv6({.next = 6, .length = total}, segment)));
        }
    // frames that end anywhere
    for (const Bytes& frame : framed(payload))
        for (std::size_t size = 0; size <= frame.size(); ++size) {
            const Bytes cut = part(frame, 0, size);
            EXPECT_EQ(check(cut), size == frame.size());
        }
    EXPECT_GT(media, 500U);
    EXPECT_GT(all, 2 * media);
}

TEST(MediaOf, HeaderChecksums) {
    std::mt19937 random(4);
    Bytes frame = framed(Bytes(20, 0x90)).front();
    for (unsigned sum = 0; sum <= 0xFFFF; ++sum) {
        frame[24] = static_cast<std::uint8_t>(sum >> 8);
        frame[25] = static_cast<std::uint8_t>(sum);
        ASSERT_EQ(check(frame), read(frame).kind == Kind::udp) << sum;
    }
    // sums that carry out of every word, and both spellings of zero
    unsigned good = 0;
    for (int round = 0; round < 50'000; ++round) {
        for (const std::size_t at : {15U, 18U, 19U, 22U, 26U, 27U, 28U, 29U, 30U, 31U, 32U, 33U})
            frame[at] =
                std::array<std::uint8_t, 4>{0, 0xFF, 0xFE, static_cast<std::uint8_t>(random())}[random() % 4];
        frame[24] = frame[25] = 0;
        const std::uint16_t rest = ones_sum(part(frame, 14, 20));
        const auto sum = static_cast<std::uint16_t>(~rest - (round % 3 == 2 ? 1 : 0));
        frame[24] = static_cast<std::uint8_t>(sum >> 8);
        frame[25] = static_cast<std::uint8_t>(sum);
        if (sum == 0 && round % 2 == 0) frame[24] = frame[25] = 0xFF;
        ASSERT_EQ(check(frame), read(frame).kind == Kind::udp) << round;
        good += read(frame).kind == Kind::udp ? 1 : 0;
    }
    EXPECT_GT(good, 30'000U);
    EXPECT_LT(good, 40'000U);
}

TEST(MediaOf, NoSignallingPortInEitherPlace) {
    const Bytes payload = bytes("\x80 media");
    Ports ports, none;
    std::vector<std::size_t> list;
    for (std::size_t i = 0; i < Ports::kMost; ++i) {
        list.push_back(0x1234 + 0x111 * i);
        ports.add(static_cast<std::uint16_t>(list.back()));
    }
    const auto of = [&](bool is_tcp, std::size_t source, std::size_t destination) {
        return is_tcp ? ether(0x0800, ipv4({.protocol = 6}, tcp(source, destination, payload)))
                      : ether(0x0800, ipv4({}, udp(source, destination, payload)));
    };
    for (const bool is_tcp : {false, true}) {
        const auto media = [&](std::size_t source, std::size_t destination) {
            const Bytes frame = of(is_tcp, source, destination);
            EXPECT_TRUE(all_say(frame, is_tcp ? ports : none, is_tcp ? none : ports));  // the other's ports
            return all_say(frame, is_tcp ? none : ports, is_tcp ? ports : none);
        };
        for (const std::size_t port : list) {
            EXPECT_FALSE(media(port, 40000));
            EXPECT_FALSE(media(40000, port));
            EXPECT_FALSE(media(port, port));
            EXPECT_TRUE(media(port ^ 0x0100, 40000));
            EXPECT_TRUE(media(40000, port ^ 1));
            EXPECT_TRUE(media((port & 0xFF) << 8 | port >> 8, 40000));
        }
    }
    // what a tunnel may be in
    EXPECT_FALSE(all_say(of(false, 40000, 2152), none, none));
    EXPECT_FALSE(all_say(of(false, 40000, 4789), none, none));
    EXPECT_TRUE(all_say(of(false, 2152, 40000), none, none));
    EXPECT_TRUE(all_say(of(false, 4789, 40000), none, none));
    // one more than it can tell
    ports.add(1);
    EXPECT_FALSE(all_say(of(false, 40000, 40002), ports, none));
    EXPECT_TRUE(all_say(of(true, 40000, 40002), ports, none));
    EXPECT_FALSE(all_say(of(true, 40000, 40002), none, ports));
    EXPECT_TRUE(all_say(of(false, 40000, 40002), none, ports));
    ports.clear();
    EXPECT_TRUE(all_say(of(false, list[0], 40002), ports, ports));
    ports.add(40002);
    EXPECT_FALSE(all_say(of(false, list[0], 40002), ports, ports));
    EXPECT_TRUE(all_say(of(false, list[0], list[1]), ports, ports));
}

TEST(MediaOf, ConnectionsThatAreWatched) {
    const auto watched = std::make_unique<Watched>();
    const Bytes payload = bytes("\x80 media");
    const auto to = tcp(40000, 80, payload), from = tcp(80, 40000, payload), syn = tcp(40000, 80, {}, 5, 2);
    const V4 there{.protocol = 6}, back{.source = kB4, .destination = kA4, .protocol = 6};
    const V6 there6{.next = 6}, back6{.source = kB6, .destination = kA6, .next = 6};
    const std::vector<Bytes> v4 = {ether(0x0800, ipv4(there, to)), ether(0x0800, ipv4(back, from))};
    const std::vector<Bytes> v6 = {ether(0x86DD, ipv6(there6, to)), ether(0x86DD, ipv6(back6, from))};
    EXPECT_FALSE(all_say(ether(0x0800, ipv4(there, syn)), {}, {}, *watched));
    EXPECT_FALSE(all_say(ether(0x86DD, ipv6(there6, syn)), {}, {}, *watched));
    const auto ports = static_cast<std::uint16_t>(40000 ^ 80);
    const std::uint32_t words = std::byteswap(ports) * 0x10001U;
    const auto xor_of = [](const auto& a, const auto& b) {
        std::uint32_t all = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            all ^= static_cast<std::uint32_t>(a[i] ^ b[i]) << i % 4 * 8;
        return all;
    };
    for (const bool is_v6 : {false, true}) {
        const std::uint32_t place = Watched::place(is_v6 ? xor_of(kA6, kB6) : xor_of(kA4, kB4), words);
        for (const Bytes& frame : is_v6 ? v6 : v4) EXPECT_TRUE(all_say(frame, {}, {}, *watched));
        watched->add(place);
        for (const Bytes& frame : is_v6 ? v6 : v4) EXPECT_FALSE(all_say(frame, {}, {}, *watched));
        watched->remove(place);
        for (const Bytes& frame : is_v6 ? v6 : v4) EXPECT_TRUE(all_say(frame, {}, {}, *watched));
    }
}

TEST(MediaOf, EachFrameOfABurst) {
    std::vector<Bytes> frames(kMostAtOnce, frame4(bytes("\x80 media"), 40000, 40002));
    std::vector<rte_mbuf> buffers;
    for (Bytes& frame : frames) buffers.push_back(buffer_of(frame));
    std::mt19937_64 random(5);
    for (std::size_t size = 0; size <= kMostAtOnce; ++size)
        for (int round = 0; round < 30; ++round) {
            const std::uint64_t all = size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << size) - 1;
            const std::uint64_t want = all & (round == 0 ? all : random() | (round % 3 == 0 ? random() : 0));
            std::vector<rte_mbuf*> burst(size);  // no pointer stands behind the last
            for (std::size_t i = 0; i < size; ++i) {
                burst[i] = &buffers[i];
                const bool media = (want >> i & 1) != 0;
                buffers[i].nb_segs = !media && round % 2 == 0 ? 2 : 1;
                frames[i][23] = !media && round % 2 == 1 ? 18 : 17;
            }
            for (const MediaOf of : media_levels()) ASSERT_EQ(of(burst, kUdpPorts, kTcpPorts, *kNone), want);
        }
}

std::uint32_t le32(const Bytes& b, std::size_t at) {
    return b[at] | std::uint32_t{b[at + 1]} << 8 | std::uint32_t{b[at + 2]} << 16 |
           std::uint32_t{b[at + 3]} << 24;
}

TEST(MediaOf, CapturedFrames) {
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
