// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/outcome_text.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace kmsgate::traffic {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 4> kPercentiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}}};

std::string latency(std::string_view name, const Histogram& h) {
    if (h.count() == 0) return {};
    std::string out = fmt::format("{:<11}", name);
    for (const auto& [label, share] : kPercentiles)
        out += fmt::format("{} {:.1f}  ", label, static_cast<double>(h.percentile(share)) / 1e3);
    return out + fmt::format("max {:.1f} us, of {}\n", static_cast<double>(h.most()) / 1e3, h.count());
}

nlohmann::ordered_json latency(const Histogram& h) {
    nlohmann::ordered_json out = {{"count", h.count()}};
    for (const auto& [label, share] : kPercentiles) out[std::string(label)] = h.percentile(share);
    out["max"] = h.most();
    return out;
}

Counts fates(const Outcome& o) {
    Counts out;
    for (std::size_t i = 0; i < o.fates.size(); ++i)
        if (o.fates[i] != 0) count(out, to_string(static_cast<Fate>(i)), o.fates[i]);
    return out;
}

}  // namespace

std::string to_text(const Outcome& o, bool timed) {
    std::string out = fmt::format(
        "sent       {} datagrams in {} frames; {} frames came out\n"
        "lost       {} ({:.4f} %); {} duplicates, {} reordered, {} frames that nobody sent\n"
        "verdicts   {} not as expected; {}\n           {}\n",
        o.sent, o.frames_sent, o.frames_received, o.lost, loss(o), o.duplicates, o.reordered, o.unexpected,
        o.mismatches, to_text(fates(o)), to_text(o.verdicts));
    if (o.made.resets + o.made.acknowledgements + o.made.answers != 0)
        out += fmt::format("over TCP   {} answers, {} resets, {} acknowledgements of the box\n",
                           o.made.answers, o.made.resets, o.made.acknowledgements);
    if (!o.krr_lists.empty()) out += fmt::format("KRRs       {}\n", to_text(o.krr_lists));
    if (timed) out += latency("forwarded", o.forward) + latency("answered", o.answer);
    for (const std::string& one : o.examples) out += fmt::format("  {}\n", one);
    return out;
}

nlohmann::ordered_json to_json(const Outcome& o, bool timed) {
    nlohmann::ordered_json out = {{"sent", o.sent},
                                  {"frames_sent", o.frames_sent},
                                  {"frames_received", o.frames_received},
                                  {"lost", o.lost},
                                  {"loss", loss(o)},
                                  {"duplicates", o.duplicates},
                                  {"reordered", o.reordered},
                                  {"unexpected", o.unexpected},
                                  {"mismatches", o.mismatches},
                                  {"made",
                                   {{"answers", o.made.answers},
                                    {"resets", o.made.resets},
                                    {"acknowledgements", o.made.acknowledgements}}},
                                  {"fates", fates(o)},
                                  {"verdicts", o.verdicts},
                                  {"krr_lists", o.krr_lists},
                                  {"examples", o.examples}};
    if (timed) out["latency_ns"] = {{"forwarded", latency(o.forward)}, {"answered", latency(o.answer)}};
    return out;
}

}  // namespace kmsgate::traffic
