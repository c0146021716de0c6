// SPDX-License-Identifier: BSD-3-Clause
// completion, and the names that completion asks the daemon for.
#include <set>

#include "control/cli/commands.hpp"
#include "control/cli/completion.hpp"
#include "policy/language/model.hpp"

namespace kmsgate::control::cli {
namespace {

using nlohmann::json;
namespace language = policy::language;

/// A name that a shell's word can hold; others are not offered.
bool plain(std::string_view name) {
    return !name.empty() && name.find_first_of(" \t\r\n\"'\\`$") == std::string_view::npos &&
           safe(name) == name;
}

std::set<std::string> names_of(Context& c, const std::string& kind) {
    std::set<std::string> out;
    if (kind == "edges") {
        if (const auto r = c.client.ask("edge.list", json::object()))
            for (const json& e : member(*r, "edges")) out.insert(text(e, "name"));
    } else if (kind == "generations") {
        if (const auto r = c.client.ask("policy.history", {{"limit", 50}}))
            for (const json& g : member(*r, "generations"))
                out.insert(std::to_string(whole(g, "generation")));
    } else if (const auto r = c.client.ask("policy.show", json::object())) {
        language::Problems problems;
        const language::Policy policy = language::read(text(*r, "text"), problems);
        if (kind == "tags")
            for (const auto& tag : policy.tags) out.insert(tag.text);
        else
            for (const auto& domain : policy.domains) out.insert(domain.name.text);
    }
    return out;
}

}  // namespace

int do_completion(Context& c) {
    c.terminal.out << (c.line.get("SHELL") == "bash" ? bash_completion() : zsh_completion());
    return 0;
}

int do_complete(Context& c) {
    for (const std::string& name : names_of(c, c.line.get("KIND")))
        if (plain(name)) c.terminal.out << name << '\n';
    return 0;
}

}  // namespace kmsgate::control::cli
