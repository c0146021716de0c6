// SPDX-License-Identifier: BSD-3-Clause
// The contestants of one process, in turns: times as JSON; one pass each for callgrind; the messages as a
// file; what an application would see of messages that hide what they carry.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/common/messages.hpp"
#include "bench/peers/inproc/contestants.hpp"
#include "bench/peers/inproc/osip.hpp"
#include "bench/peers/inproc/sofia.hpp"
#include "bench/stages/allocations.hpp"

using namespace kmsgate;

/// What callgrind counts: a loop of a few instructions a message around the contestant.
extern "C" [[gnu::noinline]] void kmsgate_peers_counted(peers::Field& field,
                                                        const peers::Contestant& contestant,
                                                        std::size_t passes);
void kmsgate_peers_counted(peers::Field& field, const peers::Contestant& contestant, std::size_t passes) {
    for (std::size_t pass = 0; pass < passes; ++pass)
        for (std::size_t i = 0; i < field.messages(); ++i) contestant.run(field, i);
}

namespace {

constexpr double kSlice = 0.01;  // seconds of one turn, about

int usage() {
    std::fputs(
        "usage: peers_bench rounds N | count | list | write FILE | sight sofia-sip|osip2 FILE KMS\n"
        "  rounds N  N rounds, in each of which every contestant has a turn of some 10 ms: JSON\n"
        "  count     every contestant once, in the order of list, inside kmsgate_peers_counted (for "
        "callgrind)\n"
        "  write     the messages: each its size (4 bytes, little-endian) and its bytes\n"
        "  sight     for each message of FILE what an application on that parser sees, when only KMS is "
        "allowed\n",
        stderr);
    return 2;
}

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Measured {
    std::size_t passes = 1;
    std::vector<double> ns;  ///< a message, one value a round
    double allocations = 0;  ///< a message: operator new and malloc
};

/// Passes that fill a turn.
std::size_t calibrated(peers::Field& field, const peers::Contestant& contestant) {
    for (std::size_t passes = 1;; passes *= 2) {
        const double start = cpu_seconds();
        kmsgate_peers_counted(field, contestant, passes);
        const double took = cpu_seconds() - start;
        if (took > kSlice / 2)
            return std::max<std::size_t>(
                1, static_cast<std::size_t>(static_cast<double>(passes) * kSlice / took));
    }
}

void turn(peers::Field& field, const peers::Contestant& contestant, Measured& m) {
    const double count = static_cast<double>(m.passes * field.messages());
    const bench::Allocations before = bench::allocations();
    const double start = cpu_seconds();
    kmsgate_peers_counted(field, contestant, m.passes);
    m.ns.push_back((cpu_seconds() - start) / count * 1e9);
    const bench::Allocations after = bench::allocations();
    m.allocations =
        static_cast<double>(after.by_new - before.by_new + after.by_malloc - before.by_malloc) / count;
}

int rounds(std::size_t count) {
    peers::Field field;
    const auto all = peers::contestants();
    std::vector<Measured> measured(all.size());
    for (std::size_t c = 0; c < all.size(); ++c) measured[c].passes = calibrated(field, all[c]);
    for (std::size_t round = 0; round < count; ++round)
        for (std::size_t k = 0; k < all.size(); ++k) {
            const std::size_t c = (k + round) % all.size();
            turn(field, all[c], measured[c]);
        }
    std::string out = "[";
    for (std::size_t c = 0; c < all.size(); ++c)
        out += fmt::format(
            "{}{{\"name\": \"{}\", \"what\": \"{}\", \"messages\": {}, \"allocations\": {}, \"ns\": "
            "[{:.1f}]}}",
            c == 0 ? "" : ",\n ", all[c].name, all[c].what, field.messages(), measured[c].allocations,
            fmt::join(measured[c].ns, ", "));
    std::puts((out + "]").c_str());
    return 0;
}

int count() {
    peers::Field field;
    for (const peers::Contestant& c : peers::contestants()) {
        for (std::size_t i = 0; i < field.messages(); ++i) c.run(field, i);  // what is done once is done now
        kmsgate_peers_counted(field, c, 1);
    }
    std::printf("%zu\n", field.messages());
    return 0;
}

int list() {
    for (const peers::Contestant& c : peers::contestants())
        std::puts(fmt::format("{}\t{}", c.name, c.what).c_str());
    return 0;
}

int failed(const std::string& what) {
    std::fputs(fmt::format("peers_bench: {}\n", what).c_str(), stderr);
    return 1;
}

int write(const std::string& path) {
    std::vector<std::string> texts;
    for (const bench::Invite& in : bench::make_invites()) texts.push_back(in.text);
    const auto written = peers::write_messages(path, texts);
    return written ? 0 : failed(written.error());
}

int sight(std::string_view parser, const std::string& path, std::string_view kms) {
    const peers::Keys keys = parser == "sofia-sip" ? peers::sofia_keys
                             : parser == "osip2"   ? peers::osip_keys
                                                   : nullptr;
    if (keys == nullptr) return usage();
    const auto messages = peers::read_messages(path);
    if (!messages) return failed(messages.error());
    for (const std::string& m : *messages) switch (peers::sight(keys, m, kms)) {
            case peers::Sight::nothing:
                std::puts("nothing");
                break;
            case peers::Sight::allowed:
                std::puts("allowed");
                break;
            case peers::Sight::stopped:
                std::puts("stopped");
                break;
            case peers::Sight::unparsable:
                std::puts("unparsable");
        }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    try {
        if (words.size() == 1 && words[0] == "list") return list();
        if (words.size() == 1 && words[0] == "count") return count();
        if (words.size() == 2 && words[0] == "write") return write(words[1]);
        if (words.size() == 4 && words[0] == "sight") return sight(words[1], words[2], words[3]);
        if (words.size() == 2 && words[0] == "rounds") {
            std::size_t number = 0;
            const char* end = words[1].data() + words[1].size();
            const auto read = std::from_chars(words[1].data(), end, number);
            if (read.ec == std::errc() && read.ptr == end && number > 0) return rounds(number);
        }
    } catch (const std::exception& e) {
        return failed(e.what());
    }
    return usage();
}
