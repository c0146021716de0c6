// SPDX-License-Identifier: BSD-3-Clause
// The section `control`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataplane/startup/reading.hpp"

namespace kmsgate::startup {
namespace {

namespace language = policy::language;

constexpr std::array<std::string_view, 4> kControlKeys = {"policy", "events", "audit", "roles"};
constexpr std::array<std::string_view, 3> kEventKeys = {"file", "mode", "per-second"};
constexpr std::array<std::string_view, 3> kRoleKeys = {"read", "operate", "admin"};
constexpr std::uint64_t kMostEvents = 1'000'000;

}  // namespace

std::vector<std::string> Reading::read_accounts(const Node& node, const std::string& what) {
    std::vector<std::string> out;
    for (const Word& word : nodes_.words(node, what, policy::language::Reader::Lone::taken)) {
        if (const std::optional<Fault> bad = account_fault(word.text))
            fault(word, what + " holds", *bad);
        else if (std::ranges::find(out, word.text) != out.end())
            error(word.mark, fmt::format("{} names {} twice", what, language::quote(word.text)),
                  "name each account and group once");
        else
            out.push_back(word.text);
    }
    return out;
}

void Reading::read_events(const Node& node) {
    const std::string owner = "events";
    const Fields fields = nodes_.fields(node, "`events` of `control`", kEventKeys);
    if (const Node* const file = fields.find("file")) {
        const bool word = file->text == "stdout" || file->text == "syslog";
        startup_.control.events_file = word ? file->text : read_file_path(*file, name_of("file", owner));
    }
    if (const Node* const mode = fields.find("mode"))
        if (const auto value = nodes_.choice<EventsMode>(
                *mode, name_of("mode", owner),
                {{"refusals", EventsMode::refusals}, {"all", EventsMode::all}, {"none", EventsMode::none}}))
            startup_.control.events_mode = *value;
    read_number(fields, "per-second", owner, 1, kMostEvents, startup_.control.events_per_second);
}

void Reading::read_control(const Node* node) {
    const std::string owner = "control";
    const Fields fields = node != nullptr ? nodes_.fields(*node, "`control`", kControlKeys) : Fields{};
    Control& control = startup_.control;
    if (const Node* const policy = fields.find("policy"))
        control.policy = read_file_path(*policy, name_of("policy", owner));
    if (const Node* const events = fields.find("events")) read_events(*events);
    if (const Node* const audit = fields.find("audit"))
        control.audit = read_file_path(*audit, name_of("audit", owner));
    else if (!startup_.state.empty())
        control.audit = (std::filesystem::path(startup_.state) / "audit.jsonl").string();
    const Node* const roles = fields.find("roles");
    if (roles == nullptr) return;
    const Fields lists = nodes_.fields(*roles, "`roles` of `control`", kRoleKeys);
    for (const auto& [key, list] :
         {std::pair{"read", &control.read}, {"operate", &control.operate}, {"admin", &control.admin}})
        if (const Node* const names = lists.find(key)) *list = read_accounts(*names, name_of(key, "roles"));
}

}  // namespace kmsgate::startup
