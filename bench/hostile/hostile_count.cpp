// SPDX-License-Identifier: BSD-3-Clause
// Every attack in every size once, each between two marks that callgrind understands: one run counts them
// all. Prints a line a mark: attack, bytes of the message, frames, what became of it. Without valgrind it
// runs, too.
#include <valgrind/callgrind.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "bench/hostile/attacks.hpp"
#include "bench/hostile/gate.hpp"

namespace {

int usage() {
    std::fputs("usage: hostile_count BYTES... [-- ATTACK...] | --list | --write ATTACK BYTES\n", stderr);
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
        std::printf("%s\t%zu\t%zu\t%zu\t%s\n", attack.name.data(), bytes, text.size(), in,
                    gate.last().c_str());
    }
}

}  // namespace

int main(int argc, char** argv) {
    using namespace kmsgate::bench;
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (words.size() == 1 && words[0] == "--list") {
        for (const Attack& a : attacks()) std::printf("%s\t%s\n", a.name.data(), a.what.data());
        return 0;
    }
    if (words.size() == 3 && words[0] == "--write") {
        const Attack* attack = find_attack(words[1]);
        if (attack == nullptr || number(words[2]) == 0) return usage();
        const std::string text = attack->make(number(words[2]));
        return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
    }
    std::vector<std::size_t> sizes;
    std::vector<const Attack*> chosen;
    bool names = false;
    for (const std::string_view word : words) {
        if (word == "--") {
            names = true;
        } else if (names) {
            chosen.push_back(find_attack(word));
            if (chosen.back() == nullptr) return usage();
        } else {
            sizes.push_back(number(word));
            if (sizes.back() == 0) return usage();
        }
    }
    if (sizes.empty()) return usage();
    if (chosen.empty())
        for (const Attack& a : attacks()) chosen.push_back(&a);
    try {
        HostileGate gate;
        for (const Attack* attack : chosen)
            for (const std::size_t bytes : sizes) count(gate, *attack, bytes);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "hostile_count: %s\n", e.what());
        return 1;
    }
    return 0;
}
