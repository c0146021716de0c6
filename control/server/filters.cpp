// SPDX-License-Identifier: BSD-3-Clause
#include "control/server/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "control/commit/users_faults.hpp"
#include "dataplane/sip/user.hpp"
#include "dataplane/watch/registry.hpp"
#include "policy/language/problem.hpp"

namespace kmsgate::control {
namespace {

using policy::language::one_of;
using policy::language::quote;

// RFC 3261 and those that later RFCs added.
constexpr auto kMethods =
    std::to_array<std::string_view>({"INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "PRACK",
                                     "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO", "REFER", "MESSAGE", "UPDATE"});

bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "-.!%*_+`'~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

void add(std::vector<std::string_view>& to, std::span<const watch::Word> words) {
    for (const watch::Word& word : words)
        if (std::ranges::find(to, word.text) == to.end()) to.push_back(word.text);
}

}  // namespace

std::optional<Fault> edge_fault(const Rooms& rooms, const std::optional<std::string>& edge) {
    if (!edge) return std::nullopt;
    std::vector<std::string> known;
    for (const startup::Pair& pair : rooms.startup.pairs)
        if (std::ranges::find(known, pair.edge) == known.end()) known.push_back(pair.edge);
    if (std::ranges::find(known, *edge) != known.end()) return std::nullopt;
    const std::vector<std::string_view> words(known.begin(), known.end());
    const PolicyPtr policy = rooms.committer.policy();
    const bool portless = policy && policy->edge(*edge) != nullptr;
    return user_fault("unknown-edge",
                      fmt::format("{} {}{}; {}", portless ? "edge" : "unknown edge", quote(*edge),
                                  portless ? " has no ports in kmsgate.yaml" : "", one_of(*edge, words)),
                      {{"known", known}});
}

std::optional<std::string> verdict_of(Params& p) {
    std::vector<std::string_view> known;
    add(known, watch::verdicts());
    return p.maybe_word("verdict", known);
}

std::optional<std::string> reason_of(Params& p, bool drops) {
    std::vector<std::string_view> known;
    add(known, watch::reasons());
    add(known, watch::causes());
    if (drops) add(known, watch::drop_reasons());
    return p.maybe_word("reason", known);
}

std::optional<std::string> user_of(Params& p) {
    const auto given = p.maybe_text("user");
    if (!given) return std::nullopt;
    const auto user = one_user(*given);
    if (user) return std::string(user->text());
    p.refuse("parameter `user`: " + user.error().message);
    return std::nullopt;
}

std::optional<std::string> method_of(Params& p) {
    auto given = p.maybe_text("method", 64);
    if (!given) return std::nullopt;
    std::string capitals = *given;
    for (char& c : capitals)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    const bool known = std::ranges::find(kMethods, capitals) != kMethods.end();
    if (!is_token(*given) || (known && capitals != *given))
        p.refuse(fmt::format("parameter `method` cannot be {} (letter case counts); {}", quote(*given),
                             one_of(capitals, kMethods)),
                 {kMethods.begin(), kMethods.end()});
    return given;
}

std::vector<std::string> outcomes_of(Params& p) {
    std::vector<std::string_view> known;
    add(known, watch::outcomes());
    auto given = p.texts("outcomes", known.size());
    for (const std::string& one : given)
        if (std::ranges::find(known, one) == known.end())
            p.refuse(fmt::format("parameter `outcomes` cannot hold {}; {}", quote(one), one_of(one, known)),
                     known);
    return given;
}

}  // namespace kmsgate::control
