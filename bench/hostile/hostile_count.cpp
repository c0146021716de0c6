// SPDX-License-Identifier: BSD-3-Clause
// Every attack in every size once, each between two marks that callgrind understands: one run counts them
// all. Prints a line a mark: attack, size, what is counted (bytes of the message, segments of the stream),
// frames (of the message) or new bytes + old ones (of the stream), what became of it. Without valgrind it
// runs, too.
#include <fmt/format.h>
#include <valgrind/callgrind.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/hostile/attacks.hpp"
#include "bench/hostile/connection.hpp"
#include "bench/hostile/gate.hpp"
#include "bench/hostile/stream_attacks.hpp"

namespace {

int usage() {
    std::fputs(
        "usage: hostile_count BYTES... [-- ATTACK...]\n"
        "       hostile_count --segments SEGMENTS... [-- STREAM-ATTACK...]\n"
        "       hostile_count --list | --list-segments | --write ATTACK BYTES\n",
        stderr);
    return 2;
}

std::size_t number(std::string_view text) {
    std::size_t n = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? n : 0;
}

void count(kmsgate::bench::HostileGate& gate, const kmsgate::bench::Attack& attack, std::size_t bytes) {
    const std::string text = attack.make(bytes);
    // What is done once (tables of UIDs, pages touched first) is done in the first of two passes.
    for (const bool counted : {false, true}) {
        auto frames = gate.frames(text, attack.mtu);
        const std::size_t in = frames.size();
        if (counted) CALLGRIND_ZERO_STATS;
        gate.judge(frames);
        if (!counted) continue;
        CALLGRIND_DUMP_STATS_AT(attack.name.data());
        fmt::print("{}\t{}\t{}\t{}\t{}\n", attack.name, bytes, text.size(), in, gate.last());
    }
}

void count(kmsgate::bench::HostileGate& gate, const kmsgate::bench::StreamAttack& attack,
           std::size_t segments) {
    using kmsgate::bench::Segments;
    static std::size_t run = 0;
    gate.forget();
    Segments stream(gate, ++run);
    attack.before(stream, segments);
    stream.record();
    attack.attack(stream, segments);
    const std::size_t in = stream.recorded();
    CALLGRIND_ZERO_STATS;
    stream.feed();
    CALLGRIND_DUMP_STATS_AT(attack.name.data());
    fmt::print("{}\t{}\t{}\t{}+{}\t{}\n", attack.name, segments, in, stream.fresh(), stream.again(),
               gate.last());
}

/// What the command line asks for.
template <class Attack>
struct Asked {
    std::vector<std::size_t> sizes;
    std::vector<const Attack*> attacks;
};

/// Sizes, then names behind "--"; nothing: it says something else. Without names: `all`.
template <class Attack>
std::optional<Asked<Attack>> read(std::span<const std::string_view> words, std::span<const Attack> all,
                                  const Attack* (*find)(std::string_view)) {
    Asked<Attack> asked;
    bool names = false;
    for (const std::string_view word : words) {
        if (word == "--") {
            names = true;
        } else if (names) {
            asked.attacks.push_back(find(word));
            if (asked.attacks.back() == nullptr) return std::nullopt;
        } else {
            asked.sizes.push_back(number(word));
            if (asked.sizes.back() == 0) return std::nullopt;
        }
    }
    if (asked.sizes.empty()) return std::nullopt;
    if (asked.attacks.empty())
        for (const Attack& a : all) asked.attacks.push_back(&a);
    return asked;
}

template <class Attack>
int run(const std::optional<Asked<Attack>>& asked) {
    if (!asked) return usage();
    kmsgate::bench::HostileGate gate;
    for (const Attack* attack : asked->attacks)
        for (const std::size_t size : asked->sizes) count(gate, *attack, size);
    return 0;
}

template <class Attack>
int list(std::span<const Attack> all) {
    for (const Attack& a : all) fmt::print("{}\t{}\n", a.name, a.what);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace kmsgate::bench;
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const std::span asked(words);
    if (words.size() == 1 && words[0] == "--list") return list(attacks());
    if (words.size() == 1 && words[0] == "--list-segments") return list(stream_attacks());
    if (words.size() == 3 && words[0] == "--write") {
        const Attack* attack = find_attack(words[1]);
        if (attack == nullptr || number(words[2]) == 0) return usage();
        const std::string text = attack->make(number(words[2]));
        return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
    }
    try {
        if (!words.empty() && words[0] == "--segments")
            return run(read(asked.subspan(1), stream_attacks(), find_stream_attack));
        return run(read(asked, attacks(), find_attack));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "hostile_count: %s\n", e.what());
        return 1;
    }
}
