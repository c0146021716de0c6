// SPDX-License-Identifier: BSD-3-Clause
// The table for people.
#include <fmt/format.h>

#include <algorithm>

#include "dataplane/watch/event_json.hpp"
#include "tools/replay/sinks.hpp"

namespace kmsgate::replay {

namespace {

constexpr std::string_view kRow = "{:>4}  {:>13}  {:<8}{:<18}{:<44}{:<10}{}\n";

/// Text of a message made safe for a terminal: no control characters, not longer than `width`.
std::string shown(std::string_view text, std::size_t width) {
    std::string out;
    for (const char c : text) {
        if (out.size() == width) {
            out.resize(width - 1);
            out += '~';
            break;
        }
        out += c >= 0x20 && c < 0x7F ? c : '?';
    }
    return out;
}

std::string what(const sip::Message& m) {
    const std::string method = shown(m.method.empty() ? std::string_view("?") : m.method, 12);
    switch (m.kind) {
        case sip::Kind::request:
            return method;
        case sip::Kind::response:
            return fmt::format("{} {}", m.status, method);
        case sip::Kind::unknown:
            break;
    }
    return "(unreadable)";
}

std::string name(const core::Identity& id) {
    return id.present ? shown(id.bytes, 20) : "-";
}

std::string kms_names(const core::IMessageRecord& r) {
    if (!r.error.empty()) return fmt::format("malformed: {}", r.error);
    return fmt::format("{} / {}", name(r.idrkmsi), name(r.idrkmsr));
}

std::string why(const core::MessageRecord& r) {
    std::string out(policy::decide::reason_text(*r.decision));
    for (std::size_t side = 0; side < 2; ++side)
        if (!r.rules[side].empty())
            out += fmt::format("  [{} rule {}]", side == 0 ? "initiator" : "receiver", r.rules[side]);
    return out;
}

std::string list_text(const std::optional<std::span<const std::string_view>>& list) {
    if (!list) return "ANY";
    std::string out = "[";
    for (const std::string_view uri : *list) out += (out.size() > 1 ? ", " : "") + shown(uri, 60);
    return out + "]";
}

std::string krr_row(std::string_view label, const std::optional<core::KrrRecord>& krr) {
    if (!krr) return {};
    return fmt::format("{:>33}  initiator {}  receiver {}\n", label, list_text(krr->lists[0]),
                       list_text(krr->lists[1]));
}

}  // namespace

std::string pretty_head() {
    return fmt::format(kRow, "#", "time", "from", "message", "IDRkmsi / IDRkmsr", "verdict", "reason") +
           fmt::format(kRow, "----", "-------------", "-------", "-----------------", std::string(43, '-'),
                       "---------", "------");
}

std::string pretty_message(std::uint64_t number, const core::MessageRecord& r) {
    const auto& d = *r.decision;
    std::string time;
    watch::append_time(time, r.time);
    // The last 13 characters: seconds within a day matter to a reader, the epoch does not.
    time = time.substr(0, time.size() - 3);
    if (time.size() > 13) time = time.substr(time.size() - 13);
    const std::string verdict =
        d.would ? fmt::format("({})", to_string(*d.would)) : std::string(to_string(d.verdict));
    std::string out =
        fmt::format(kRow, number, time, r.arrival == core::Arrival::inside ? "inside" : "outside",
                    what(*r.message), r.mikey.empty() ? "" : kms_names(r.mikey[0]), verdict, why(r));
    for (std::size_t i = 1; i < r.mikey.size(); ++i)
        out += fmt::format(kRow, "", "", "", "", kms_names(r.mikey[i]), "", "");
    out += krr_row("KRR in:", r.krr_in);
    if (!r.krr_unknown.empty()) out += fmt::format("{:>33}  {}\n", "unknown KMS:", list_text(r.krr_unknown));
    out += krr_row("KRR out:", r.krr_out);
    return out;
}

std::string pretty_drop(const core::DropRecord& r) {
    return fmt::format(kRow, "", "", r.arrival == core::Arrival::inside ? "inside" : "outside",
                       r.frames.size() == 1 ? fmt::format("(frame {})", r.frames[0])
                                            : fmt::format("({} frames)", r.frames.size()),
                       "", "drop", r.reason);
}

}  // namespace kmsgate::replay
