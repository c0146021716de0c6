// SPDX-License-Identifier: BSD-3-Clause
#include "bench/hostile/stream_attacks.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "bench/hostile/stream_texts.hpp"

namespace kmsgate::bench {

namespace {

using stream::Flag;

/// Segments that fill what one direction may keep, and then some.
constexpr std::size_t kQuota = 3'300;
/// Connections that a worker keeps (stream::Limits).
constexpr std::size_t kFlows = 4'096;
constexpr std::size_t kFull = 1'400;

void say_bytes(Segments& out, std::string_view text, std::size_t from, std::size_t to, std::size_t step) {
    for (std::size_t at = from; at < to; at += step) out.say(at, text.substr(at, 1));
}
void opened(Segments& out, std::size_t) {
    out.connection(0);
    out.open();
}
/// The receiver takes no more than this message, the sender was told of more room (ours).
constexpr std::size_t kTaken = 5'000;
constexpr std::string_view kTiny = "A a SIP/2.0\r\nl:0\r\n\r\n";
constexpr std::size_t kPiece = 1'100;  // of which four are more than a sender may have outstanding
std::size_t shut_behind(Segments& out) {
    out.connection(0);
    out.open(kTaken);
    const std::string text = whole(kTaken - 100);
    for (std::size_t at = 0; at < text.size(); at += kPiece)
        out.say(at, std::string_view(text).substr(at, kPiece));
    return text.size();
}
void opened_shut(Segments& out, std::size_t) {
    static_cast<void>(shut_behind(out));
}

// ---- one message in one-byte segments

void in_order(Segments& out, std::size_t segments) {
    const std::string text = whole(segments);
    say_bytes(out, text, 0, text.size(), 1);
}
void backwards(Segments& out, std::size_t segments) {
    const std::string text = whole(segments);
    for (std::size_t at = text.size(); at-- > 0;) out.say(at, std::string_view(text).substr(at, 1));
}
void riffled(Segments& out, std::size_t segments) {
    const std::string text = whole(segments);
    say_bytes(out, text, 2, text.size(), 2);
    say_bytes(out, text, 1, text.size(), 2);
    say_bytes(out, text, 0, 1, 1);
}
/// All that came early is read with the first byte, which comes last.
void gap_filled(Segments& out, std::size_t segments) {
    const std::string text = endless(segments);
    say_bytes(out, text, 1, text.size(), 1);
    say_bytes(out, text, 0, 1, 1);
}

// ---- copies and overlaps

constexpr std::size_t kBehindGap = 1'000;

void behind_gap(Segments& out, std::size_t) {
    opened(out, 0);
    say_bytes(out, endless(kBehindGap), 1, kBehindGap, 1);
}
void copies_of_late(Segments& out, std::size_t segments) {
    const std::string text = endless(kBehindGap);
    for (std::size_t i = 0; i < segments; ++i) out.say(kBehindGap - 2, text.substr(kBehindGap - 2, 1));
}
void copies_of_all(Segments& out, std::size_t segments) {
    const std::string text = endless(kBehindGap);
    for (std::size_t i = 0; i < segments; ++i) out.say(1, text.substr(1));
}
void longer(Segments& out, std::size_t segments) {
    const std::string text = endless(segments);
    for (std::size_t end = 1; end <= segments; ++end) {
        const std::size_t from = end > kFull ? end - kFull : 0;
        out.say(from, std::string_view(text).substr(from, end - from));
    }
}
void fin_copies(Segments& out, std::size_t segments) {
    const std::string text = endless(kFull + 1);
    for (std::size_t i = 0; i < segments; ++i) out.say(1, text.substr(1), Flag::fin);
}
void held(Segments& out, std::size_t) {
    opened(out, 0);
    const std::string text = endless(2 * kFull);
    out.say(0, text.substr(0, kFull));
    out.say(kFull, text.substr(kFull));
}
void copies_of_held(Segments& out, std::size_t segments) {
    const std::string text = endless(kFull);
    for (std::size_t i = 0; i < segments; ++i) out.say(0, text);
}
/// Every segment begins within the one before; the receiver acknowledges none.
void straddling(Segments& out, std::size_t segments) {
    std::string text;
    while (text.size() < segments + 1) text += tiny();
    for (std::size_t at = 0; at < segments; ++at) out.say(at, std::string_view(text).substr(at, 2));
}

// ---- messages and what stands between them

void message_each(Segments& out, std::size_t segments) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < segments; ++i) {
        const std::string text = tiny();
        if (at + text.size() > 0xFFFF) break;
        out.say(at, text);
        at += text.size();
    }
}
void message_each_shut(Segments& out, std::size_t segments) {
    std::size_t at = whole(kTaken - 100).size();
    for (std::size_t i = 0; i < segments && at + kTiny.size() < 0xFFFF; ++i, at += kTiny.size())
        out.say(at, kTiny);
}
void messages_early(Segments& out, std::size_t segments) {
    const std::string first = tiny();
    std::size_t at = first.size();
    for (std::size_t i = 1; i < segments; ++i) {
        const std::string text = tiny();
        if (at + text.size() > 0xFFFF) break;
        out.say(at, text);
        at += text.size();
    }
    out.say(0, first);
}
void pipelined(Segments& out, std::size_t segments) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < segments; ++i) {
        std::string text;
        while (text.size() < kFull) text += tiny();
        out.say(at, text);
        at += text.size();
        out.acknowledge(at);
    }
}
void keep_alives(Segments& out, std::size_t segments) {
    for (std::size_t i = 0; i < segments; ++i) out.say(2 * i, "\r\n");
}
void endless_head(Segments& out, std::size_t segments) {
    constexpr std::size_t kSmall = 20;
    const std::string text = endless(kSmall * segments);
    for (std::size_t i = 0; i < segments; ++i)
        out.say(kSmall * i, std::string_view(text).substr(kSmall * i, kSmall));
}

// ---- more than there is room for

void crowd(Segments& out, std::size_t segments) {
    opened(out, 0);
    say_bytes(out, endless(segments + kQuota), segments, segments + kQuota, 1);
}
void behind_crowd(Segments& out, std::size_t segments) {
    say_bytes(out, endless(segments), 0, segments, 1);
}
void far_ahead(Segments& out, std::size_t segments) {
    const std::string text = endless(60'000);
    for (std::size_t at = 0; at < segments / 2; ++at) {
        out.say(59'000, text.substr(59'000, 1));
        out.say(at, text.substr(at, 1));
    }
}
/// Every other connection has a byte of a message waiting.
void many_waiting(Segments& out, std::size_t) {
    for (std::size_t i = 0; i < kFlows; ++i) {
        out.connection(i);
        out.open();
        out.say(0, "A");
    }
}
void one_of_many(Segments& out, std::size_t segments) {
    for (std::size_t i = 0; i < segments; ++i) {
        out.connection(i % kFlows);
        out.say(1 + i / kFlows, "A");
    }
}
void all_open(Segments& out, std::size_t) {
    for (std::size_t i = 0; i < kFlows; ++i) {
        out.connection(i);
        out.open();
    }
}
void all_opening(Segments& out, std::size_t) {
    for (std::size_t i = 0; i < kFlows; ++i) {
        out.connection(i);
        out.syn();
    }
}
void syns(Segments& out, std::size_t segments) {
    for (std::size_t i = 0; i < segments; ++i) {
        out.connection(kFlows + i);
        out.syn();
    }
}

// ---- acknowledgements and windows

constexpr std::size_t kOurs = 6'000;

/// The gate has acknowledged all of it in its receiver's name, who acknowledges nothing.
void promised(Segments& out, std::size_t) {
    opened(out, 0);
    const std::string text = whole(kOurs);
    for (std::size_t at = 0; at < text.size(); at += kFull)
        out.say(at, std::string_view(text).substr(at, kFull));
}
void same_again(Segments& out, std::size_t segments) {
    for (std::size_t i = 0; i < segments; ++i) out.acknowledge(0);
}
void byte_by_byte(Segments& out, std::size_t segments) {
    for (std::size_t i = 0; i < 4; ++i) out.acknowledge(0);
    for (std::size_t i = 1; i < segments - 3; ++i) out.acknowledge(i);
}
void blocked(Segments& out, std::size_t) {
    opened_shut(out, 0);
    message_each_shut(out, 1'500);
}
void opens_slowly(Segments& out, std::size_t segments) {
    for (std::size_t i = 0; i < segments; ++i) out.acknowledge(0, static_cast<std::uint16_t>(kTaken + i));
}

// ---- another port

/// On connections one after the other.
void first_lines(Segments& out, std::size_t segments, std::string_view text) {
    constexpr std::size_t kLine = 1'000;
    for (std::size_t i = 0; i < segments; ++i) {
        out.connection(i / kLine, 8080);
        out.say(i % kLine, text.substr(i % kLine, 1));
    }
}
void first_line(Segments& out, std::size_t segments) {
    first_lines(out, segments, "INVITE sip:" + std::string(1'000, 'a'));
}
void first_blanks(Segments& out, std::size_t segments) {
    first_lines(out, segments, std::string(1'000, '\r'));
}
void other_port(Segments& out, std::size_t) {
    for (std::size_t i = 0; i < 4; ++i) {
        out.connection(i, 8080);
        out.open();
    }
}

constexpr auto kAttacks = std::to_array<StreamAttack>({
    {"in-order", "a message in one-byte segments", opened, in_order},
    {"backwards", "the same, last byte first", opened, backwards},
    {"riffled", "the same, every other byte, then those between, then the first", opened, riffled},
    {"gap-filled", "a head without end in one-byte segments, first byte last", opened, gap_filled},
    {"late-copies", "copies of a byte behind 1,000 segments that came early", behind_gap, copies_of_late},
    {"wide-copies", "copies of all bytes of 1,000 segments that came early", behind_gap, copies_of_all},
    {"longer", "each segment a byte longer than the one before", opened, longer},
    {"fin-copies", "copies of the last segment of a stream, behind a gap", opened, fin_copies},
    {"held-copies", "copies of a segment that is held", held, copies_of_held},
    {"straddling", "tiny messages in segments of two bytes, one of which came before", opened, straddling},
    {"message-each", "a tiny message in each segment, none acknowledged", opened, message_each},
    {"shut", "the same, and their receiver has no room", opened_shut, message_each_shut},
    {"early-messages", "the same, the first one last", opened, messages_early},
    {"pipelined", "segments full of tiny messages", opened, pipelined},
    {"keep-alives", "line ends between messages", opened, keep_alives},
    {"endless", "a head without end in small segments", opened, endless_head},
    {"crowd", "bytes in order beside as many early ones as are kept", crowd, behind_crowd},
    {"far-ahead", "bytes in order, each behind an early one", opened, far_ahead},
    {"waiting", "a byte for each of 4,096 connections, all of which wait", many_waiting, one_of_many},
    {"syns", "SYNs while all connections are open", all_open, syns},
    {"opening", "SYNs while all connections are opening", all_opening, syns},
    {"same-acks", "the same acknowledgement while bytes of ours are under way", promised, same_again},
    {"byte-acks", "acknowledgements of a byte each after a loss", promised, byte_by_byte},
    {"byte-windows", "a window that opens byte by byte", blocked, opens_slowly},
    {"first-line", "a first line in one-byte segments on another port", other_port, first_line},
    {"first-blanks", "line ends in front of it, one by one", other_port, first_blanks},
});

}  // namespace

std::span<const StreamAttack> stream_attacks() noexcept {
    return kAttacks;
}

const StreamAttack* find_stream_attack(std::string_view name) noexcept {
    const auto at = std::ranges::find(kAttacks, name, &StreamAttack::name);
    return at == kAttacks.end() ? nullptr : &*at;
}

}  // namespace kmsgate::bench
