// SPDX-License-Identifier: BSD-3-Clause
// flood_bench CAPTURE [OTHERS-PER-SECOND [SECONDS]]: a flood of the capture's frames by one port of a worker,
// others by the other. Prints JSON.
#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "bench/flood/flood.hpp"
#include "tools/replay/eal.hpp"

namespace {

using kmsgate::bench::Tail;

std::expected<std::vector<std::vector<std::uint8_t>>, std::string> read(const char* path) {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    const std::unique_ptr<pcap_t, void (*)(pcap_t*)> file(pcap_open_offline(path, error.data()), pcap_close);
    if (!file) return std::unexpected(std::string(error.data()));
    std::vector<std::vector<std::uint8_t>> frames;
    pcap_pkthdr* header = nullptr;
    const std::uint8_t* bytes = nullptr;
    int got = 0;
    while ((got = pcap_next_ex(file.get(), &header, &bytes)) == 1)
        frames.emplace_back(bytes, bytes + header->caplen);
    if (got == PCAP_ERROR) return std::unexpected(std::string(pcap_geterr(file.get())));
    return frames;
}

std::string json(const Tail& t) {
    const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e3; };
    return fmt::format(R"({{"median": {}, "p99": {}, "p999": {}, "worst": {}}})", us(t.median), us(t.p99),
                       us(t.p999), us(t.worst));
}

}  // namespace

int main(int argc, char** argv) {
    kmsgate::bench::FloodPlan plan;
    if (argc > 2) plan.others_per_second = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    if (argc > 3) plan.seconds = std::strtod(argv[3], nullptr);
    if (argc < 2 || argc > 4 || plan.others_per_second == 0 || !(plan.seconds > 0)) {
        fmt::print(stderr, "usage: flood_bench CAPTURE [OTHERS-PER-SECOND [SECONDS]]\n");
        return 2;
    }
    auto frames = read(argv[1]);
    if (!frames) {
        fmt::print(stderr, "flood_bench: {}: {}\n", argv[1], frames.error());
        return 3;
    }
    plan.flood = std::move(*frames);
    if (const auto eal = kmsgate::replay::start_eal(); !eal) {
        fmt::print(stderr, "flood_bench: {}\n", eal.error());
        return 3;
    }
    const auto result = kmsgate::bench::flood_beside_others(plan);
    if (!result) {
        fmt::print(stderr, "flood_bench: {}\n", result.error());
        return 3;
    }
    const auto& r = *result;
    fmt::print(
        R"({{"others_per_second": {}, "seconds": {:.3f}, "others": {}, "lost": {}, "tx_dropped": {}, "flood_taken": {}, "flood_dropped": {}, )"
        R"("longest_gap_calm_us": {}, "longest_gap_us": {}, "calm_us": {}, "flooded_us": {}}})"
        "\n",
        plan.others_per_second, r.seconds, r.others, r.lost, r.tx_dropped, r.flood_taken, r.flood_dropped,
        static_cast<double>(r.longest_gap_calm) / 1e3, static_cast<double>(r.longest_gap) / 1e3, json(r.calm),
        json(r.flooded));
    return 0;
}
