// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/event_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "control/cli/commands.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;

std::string clock_time(double seconds) {
    const std::string day = date(seconds);
    if (day.empty()) return "-";
    const auto millis = static_cast<unsigned>((seconds - std::floor(seconds)) * 1000);
    return fmt::format("{}.{:03}", day.substr(11, 8), std::min(millis, 999U));
}

std::string one_or_dash(const json& value) {
    return value.is_null() ? "-" : shown(value);
}

/// "kms.a.example>kms.b.example" of the first I_MESSAGE; what is wrong with it where it could not be read.
std::string kms_of(const json& event) {
    const json& list = member(event, "mikey");
    if (!list.is_array() || list.empty()) return {};
    const json& first = list.front();
    if (const std::string error = text(first, "error"); !error.empty()) return "(" + safe(error) + ")";
    std::string out = one_or_dash(member(first, "idrkmsi")) + ">" + one_or_dash(member(first, "idrkmsr"));
    if (list.size() > 1) out += fmt::format(" and {} more", list.size() - 1);
    return out;
}

std::string what_of(const json& event) {
    const json& status = member(event, "status");
    const std::string method = text(event, "method");
    if (status.is_number()) return status.dump() + (method.empty() ? "" : " " + safe(method));
    return method.empty() ? "-" : safe(method);
}

std::string users_of(const json& event) {
    const json& users = member(event, "user");
    const std::string i = text(users, "initiator");
    const std::string r = text(users, "receiver");
    if (i.empty() && r.empty()) return {};
    return (i.empty() ? "-" : safe(i)) + ">" + (r.empty() ? "-" : safe(r));
}

std::string list_of(const json& list) {
    if (list.is_string()) return shown(list);
    return list.empty() ? "none" : shown(list);
}

}  // namespace

std::string event_line(const json& event, const Terminal& terminal) {
    const std::string kind = text(event, "event");
    const std::string time = clock_time(real(event, "time"));
    if (kind == "drop")
        return cut(fmt::format("{} {} {} frames dropped: {}", time, safe(text(event, "edge")),
                               safe(text(event, "port")), safe(text(event, "reason"))),
                   terminal.width == 0 ? std::string::npos : terminal.width);
    if (kind != "message") return safe(event.dump(-1, ' ', false, json::error_handler_t::replace));
    const std::string would = text(event, "would");
    const std::string verdict = text(event, "verdict");
    const std::string head =
        fmt::format("{} {:<10} {:<7} ", time, safe(text(event, "edge")), safe(text(event, "port")));
    const std::string middle = would.empty() ? verdict : verdict + " (" + would + ")";
    std::string tail = fmt::format(" {:<25} {}", safe(text(event, "reason")), what_of(event));
    for (const std::string& part : {users_of(event), kms_of(event), safe(text(event, "call_id"))})
        if (!part.empty()) tail += " " + part;
    const std::string word = fmt::format("{:<8}", safe(middle));
    const std::size_t used = columns(head) + columns(word);
    if (terminal.width > used) tail = cut(tail, terminal.width - used);
    return head + painted(word, paint_of(would.empty() ? verdict : would), terminal.out_colours) + tail;
}

void print_explained(Terminal& terminal, const json& event, const std::string& tree) {
    const std::string verdict = text(event, "verdict");
    terminal.out << painted(safe(verdict), paint_of(verdict), terminal.out_colours) << ": "
                 << safe(text(event, "reason"));
    if (const std::string would = text(event, "would"); !would.empty())
        terminal.out << "; enforced: " << safe(would);
    terminal.out << '\n';
    if (const std::string users = users_of(event); !users.empty()) terminal.out << "users  " << users << '\n';
    if (const std::string kms = kms_of(event); !kms.empty()) terminal.out << "KMSs   " << kms << '\n';
    if (const json& krr = member(event, "krr_out"); krr.is_object())
        terminal.out << "KRR    initiator: " << list_of(member(krr, "initiator"))
                     << "; receiver: " << list_of(member(krr, "receiver")) << '\n';
    terminal.out << safe_lines(tree);
    if (!tree.empty() && !tree.ends_with('\n')) terminal.out << '\n';
}

}  // namespace kmsgate::control::cli
