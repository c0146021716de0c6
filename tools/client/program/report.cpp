// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/report.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace kmsgate::client::program {
namespace {

using agent::Event;
using nlohmann::ordered_json;

[[nodiscard]] std::string key_check(const Bytes& key) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    if (EVP_Digest(key.data(), key.size(), hash.data(), &size, EVP_sha256(), nullptr) != 1) return {};
    return fmt::format("{:02x}", fmt::join(hash.begin(), hash.begin() + 8, ""));
}

[[nodiscard]] std::string clock_text(Time time) {
    const auto seconds = static_cast<std::time_t>(time / kSecond);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return fmt::format("{:02}:{:02}:{:02}.{:03}", parts.tm_hour, parts.tm_min, parts.tm_sec,
                       time % kSecond / kMillisecond);
}

[[nodiscard]] std::string date_text(Time time) {
    const auto seconds = static_cast<std::time_t>(time / kSecond);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

[[nodiscard]] std::string list_text(const select::List& list) {
    return list ? fmt::format("[{}]", fmt::join(*list, ", ")) : "ANY";
}
[[nodiscard]] ordered_json list_json(const select::List& list) {
    return list ? ordered_json(*list) : ordered_json("ANY");
}

/// Bytes of the network on a terminal: nothing that steers it.
[[nodiscard]] std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) out += c >= 0x20 && c != 0x7F ? c : '?';
    return out;
}

[[nodiscard]] std::string pair_text(const select::Pair& pair) {
    return fmt::format("IDRkmsi {}, IDRkmsr {}", pair.kmsi, pair.kmsr);
}

/// One line: the object with its time put in front, as a number of nine decimals that no double can hold.
[[nodiscard]] std::string with_time(std::string_view name, Time time, const ordered_json& rest) {
    const std::string body = rest.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    return fmt::format(R"({{"event":"{}","time":{}.{:09}{}{})", name, time / kSecond, time % kSecond,
                       rest.empty() ? "" : ",", body.substr(1));
}

[[nodiscard]] bool has_lists(Event::Kind kind) {
    return kind == Event::Kind::sent_krr || kind == Event::Kind::received_krr;
}

[[nodiscard]] std::string standing(const select::Profile& profile, std::string_view kms, bool external) {
    if (select::contains(profile.refuse, kms)) return fmt::format("{} is refused by local policy", kms);
    return fmt::format("{} is neither {}", kms,
                       external ? "Home, Secondary nor External" : "Home nor Secondary");
}

}  // namespace

std::string explain(const select::Profile& profile, const Event& event) {
    if (event.kind == Event::Kind::sent_krr) {
        const auto known = [&](std::string_view kms, bool external) {
            if (select::contains(profile.refuse, kms)) return false;
            return select::same_kms(profile.home, kms) || select::contains(profile.secondary, kms) ||
                   (external && select::contains(profile.external, kms));
        };
        std::string why;
        if (!known(event.pair.kmsi, true)) why = "IDRkmsi " + standing(profile, event.pair.kmsi, true);
        if (!known(event.pair.kmsr, false))
            why += (why.empty() ? "" : "; ") + ("IDRkmsr " + standing(profile, event.pair.kmsr, false));
        return why.empty() ? "acceptable, but other KMSs are preferred" : why;
    }
    if (event.kind != Event::Kind::failed) return {};
    if (event.detail == "no-initiator-kms")
        return "no KMS of the initiator list is Home or Secondary: nothing more is sent";
    if (event.detail == "no-receiver-kms")
        return "no KMS of the receiver list is Home, Secondary or External: nothing more is sent";
    if (event.detail == "repeated") return "the same two KMSs were refused twice";
    if (event.detail == "too-many-attempts")
        return fmt::format("{} messages were refused, as many as the profile allows", profile.attempts);
    return {};
}

std::string as_line(const select::Profile& profile, const Event& event) {
    const std::string peer = event.peer.empty() ? "an unknown user" : event.peer;
    std::string out = clock_text(event.time) + "  ";
    switch (event.kind) {
        case Event::Kind::sent_mikey:
            out += fmt::format("sent MIKEY to {}: {}", peer, pair_text(event.pair));
            break;
        case Event::Kind::received_mikey:
            out += fmt::format("received MIKEY from {}: {}", peer, pair_text(event.pair));
            break;
        case Event::Kind::sent_krr:
            out += fmt::format("sent KRR to {}: initiator {}, receiver {}", peer,
                               list_text(event.lists.initiator), list_text(event.lists.receiver));
            break;
        case Event::Kind::received_krr:
            out += fmt::format("received KRR for {}: initiator {}, receiver {}", pair_text(event.pair),
                               list_text(event.lists.initiator), list_text(event.lists.receiver));
            break;
        case Event::Kind::refused:
            out += fmt::format("refused MIKEY from {}", peer);
            break;
        case Event::Kind::accepted:
            out += fmt::format("accepted the key of {}: {}, signature verified", peer, pair_text(event.pair));
            break;
        case Event::Kind::established:
            out += fmt::format("established with {}: {}", peer, pair_text(event.pair));
            break;
        case Event::Kind::failed:
            out += fmt::format("failed with {}", peer);
            break;
        case Event::Kind::ended:
            out += fmt::format("ended with {}", peer);
            break;
    }
    if (!event.detail.empty()) out += " (" + event.detail + ")";
    if (!event.key.empty()) out += ", key check " + key_check(event.key);
    if (const std::string why = explain(profile, event); !why.empty()) out += "; " + why;
    return printable(out);  // names and reasons come from the network
}

std::string as_json(const select::Profile& profile, const Event& event) {
    ordered_json out = {{"call_id", event.call_id}, {"peer", event.peer}};
    out["pair"] = event.pair.kmsi.empty() && event.pair.kmsr.empty()
                      ? ordered_json(nullptr)
                      : ordered_json{{"idrkmsi", event.pair.kmsi}, {"idrkmsr", event.pair.kmsr}};
    if (has_lists(event.kind))
        out["lists"] = {{"initiator", list_json(event.lists.initiator)},
                        {"receiver", list_json(event.lists.receiver)}};
    if (!event.detail.empty()) out["detail"] = event.detail;
    if (const std::string why = explain(profile, event); !why.empty()) out["why"] = why;
    if (!event.key.empty()) out["key_check"] = key_check(event.key);
    return with_time(to_string(event.kind), event.time, out);
}

std::string as_line(const select::KeptKrr& krr) {
    return printable(fmt::format("{:>4}  {}  to {}: {}; {} bytes, not yet heard of by {}", krr.number,
                                 date_text(krr.received), krr.peer, krr.outcome, krr.body.size(),
                                 krr.due.empty() ? "nobody" : fmt::format("{}", fmt::join(krr.due, ", "))));
}

std::string as_json(const select::KeptKrr& krr) {
    return with_time("krr", krr.received,
                     {{"number", krr.number},
                      {"user", krr.user},
                      {"call_id", krr.call_id},
                      {"peer", krr.peer},
                      {"outcome", krr.outcome},
                      {"due", krr.due},
                      {"body", krr.body}});
}

void Report::event(const agent::Event& event) const {
    fmt::print("{}\n", json_ ? as_json(profile_, event) : as_line(profile_, event));
    std::fflush(stdout);
}

void Report::listening(std::string_view transport, std::string_view address, Time now) const {
    if (json_)
        fmt::print("{}\n", with_time("listening", now, {{"transport", transport}, {"address", address}}));
    else
        fmt::print("{}  listening at {} {}\n", clock_text(now), transport, address);
    std::fflush(stdout);
}

}  // namespace kmsgate::client::program
