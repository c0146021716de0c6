// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace kmsgate::traffic {

void Tally::add(const Emitted& f, bool whole) {
    const Note& note = *f.note;
    if (frames++ == 0) first = f.time;
    last = f.time;
    bytes += f.bytes.size();
    if (!f.outside) ++inside;
    std::size_t at = 12;
    const auto type = [&] { return f.bytes[at] << 8 | f.bytes[at + 1]; };
    if (type() == 0x8100 || type() == 0x88A8) ++tagged;
    while (type() == 0x8100 || type() == 0x88A8) at += 4;
    if (type() == 0x86DD) {
        ++ipv6;
        if (f.bytes[at + 8] == 44) ++fragments;
    } else if (type() == 0x0800 && ((f.bytes[at + 8] & 0x3F) != 0 || f.bytes[at + 9] != 0)) {
        ++fragments;
    }
    count(kinds, note.kind);
    if (!note.outcome.empty()) count(outcomes, note.outcome);
    for (const std::string& label : note.carried) {
        ++streamed;
        count(labels, label);
    }
    made.answers += note.made.answers;
    made.resets += note.made.resets;
    made.acknowledgements += note.made.acknowledgements;
    if (!whole) return;
    if (!note.message) return;
    ++messages;
    message_bytes += note.size;
    largest = std::max<std::uint64_t>(largest, note.size);
    count(labels, note.label);
    add(note);
}

void Tally::add(const Note& note) {
    if (!note.message) return;
    ++judged;
    if (!note.expected) return;
    count(verdicts, policy::decide::to_string(note.expected->verdict));
    count(reasons, note.expected->reason);
}

std::string to_text(const Counts& counts) {
    std::vector<std::pair<std::uint64_t, std::string_view>> all;
    for (const auto& [name, n] : counts) all.emplace_back(n, name);
    std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string out;
    for (const auto& [n, name] : all) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, n);
    return out.empty() ? "none" : out;
}

nlohmann::ordered_json to_json(const Tally& t, bool policy) {
    nlohmann::ordered_json out = {
        {"frames", t.frames},       {"bytes", t.bytes},
        {"inside", t.inside},       {"outside", t.frames - t.inside},
        {"fragments", t.fragments}, {"ipv6", t.ipv6},
        {"vlan", t.tagged},         {"seconds", static_cast<double>(t.last - t.first) / 1e9},
        {"messages", t.messages},   {"streamed", t.streamed},
        {"largest", t.largest},     {"kinds", t.kinds},
        {"labels", t.labels}};
    if (!policy) return out;
    out["judged"] = t.judged;
    out["made"] = {{"answers", t.made.answers},
                   {"resets", t.made.resets},
                   {"acknowledgements", t.made.acknowledgements}};
    out["verdicts"] = t.verdicts;
    out["reasons"] = t.reasons;
    out["outcomes"] = t.outcomes;
    return out;
}

std::string to_text(const Tally& t, bool policy) {
    const double seconds = static_cast<double>(t.last - t.first) / 1e9;
    std::string out = fmt::format(
        "{} frames, {} bytes, {:.3f} s: {} arrive inside, {} outside; {} are fragments, {} IPv6, {} tagged\n"
        "messages:  {} in datagrams (largest {} bytes, {:.0f} on average), {} in streams\n"
        "           {}\nframes of: {}\n",
        t.frames, t.bytes, seconds, t.inside, t.frames - t.inside, t.fragments, t.ipv6, t.tagged, t.messages,
        t.largest,
        t.messages == 0 ? 0.0 : static_cast<double>(t.message_bytes) / static_cast<double>(t.messages),
        t.streamed, to_text(t.labels), to_text(t.kinds));
    if (!policy) return out;
    return out + fmt::format(
                     "judged:    {}; over TCP {} answers, {} resets and {} acknowledgements are made\n"
                     "verdicts:  {}\nreasons:   {}\noutcomes:  {}\n",
                     t.judged, t.made.answers, t.made.resets, t.made.acknowledgements, to_text(t.verdicts),
                     to_text(t.reasons), to_text(t.outcomes));
}

}  // namespace kmsgate::traffic
