// SPDX-License-Identifier: BSD-3-Clause
// The scenario file as a whole; its parts are read in read_clients.cpp, read_path.cpp and read_expect.cpp.
#include <fmt/format.h>

#include <array>

#include "policy/language/source.hpp"
#include "tools/lab/reading.hpp"

namespace kmsgate::lab {
namespace {

namespace language = policy::language;

constexpr std::array<std::string_view, 13> kTopKeys = {"version",   "name",     "title",     "kms",  "kind",
                                                       "initiator", "receiver", "policy",    "path", "tags",
                                                       "headers",   "expect",   "expect-tcp"};

void read_version(Reading& reading, const Node& node) {
    const std::optional<Word> word = reading.nodes().word(node, "`version`");
    if (word && word->text != "1")
        reading.error(word->mark, "`version` " + language::quote(word->text) + " is not known",
                      "write `version: 1`");
}

/// Path and what stands on it. A policy for all edges that no edge needs is a sign that the path was
/// forgotten.
void read_way(Reading& reading, const language::Fields& top) {
    Word shared;
    if (const Node* const node = top.find("policy"))
        if (std::optional<Word> word = reading.nodes().word(*node, "`policy`")) shared = *std::move(word);
    const Node* const path = top.find("path");
    if (path != nullptr)
        reading.read_path(*path, shared);
    else if (!shared.text.empty())
        reading.error(shared.mark, "`policy` is not used: there is no `path`",
                      "add the path's edges under `path`, or remove it");
}

void read_top(Reading& reading, const language::Fields& top) {
    language::Reader& nodes = reading.nodes();
    Scenario& out = reading.scenario();
    const std::string what = "the scenario";
    if (const Node* const node = nodes.need(top, "version", what)) read_version(reading, *node);
    if (const Node* const node = nodes.need(top, "name", what)) out.name = reading.text(*node, "`name`");
    if (const Node* const node = nodes.need(top, "title", what)) out.title = reading.text(*node, "`title`");
    if (const Node* const node = nodes.need(top, "kms", what))
        reading.read_kms(*node);
    else
        reading.kms_unknown = true;
    if (const Node* const node = top.find("kind"))
        out.gmk = nodes.choice<bool>(*node, "`kind`", {{"pck", false}, {"gmk", true}}).value_or(false);
    if (const Node* const node = nodes.need(top, "initiator", what)) reading.read_client(*node, false);
    if (const Node* const node = nodes.need(top, "receiver", what)) reading.read_client(*node, true);
    out.initiator.profile.gms = out.gmk;
    read_way(reading, top);
    if (const Node* const node = top.find("tags")) reading.read_tags(*node);
    if (const Node* const node = top.find("headers")) reading.read_headers(*node);
    if (const Node* const node = nodes.need(top, "expect", what))
        reading.read_expect(*node, "expect", out.expect);
    if (const Node* const node = top.find("expect-tcp"))
        reading.read_expect(*node, "expect-tcp", out.expect_tcp);
}

bool is_blank(std::string_view yaml) {
    for (std::size_t end = 0; !yaml.empty(); yaml.remove_prefix(std::min(end + 1, yaml.size()))) {
        end = std::min(yaml.find('\n'), yaml.size());
        const std::string_view line = yaml.substr(0, end);
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] != '#') return false;
    }
    return true;
}

/// The YAML tree speaks of policies, which is what it was made for.
void say_scenario(language::Problems& problems) {
    constexpr std::string_view kWord = "policy";
    for (language::Problem& problem : problems)
        if (const std::size_t at = problem.remedy.find(kWord); at != std::string::npos)
            problem.remedy.replace(at, kWord.size(), "scenario");
}

}  // namespace

std::expected<Scenario, std::vector<std::string>> read_scenario(std::string_view yaml,
                                                                const std::string& file) {
    Scenario scenario;
    scenario.file = file;
    language::Problems problems;
    language::Report report(problems);
    if (language::check_source(yaml, report)) {
        if (is_blank(yaml)) {
            report.error({1, 1}, "the file holds nothing", "a scenario begins with `version: 1`");
        } else if (const std::optional<language::Tree> tree = language::parse_tree(yaml, report)) {
            language::Reader nodes(*tree, report);
            Reading reading(nodes, scenario);
            const language::Fields top = nodes.fields(tree->root(), "the scenario", kTopKeys);
            if (tree->root().kind == Node::Kind::map) read_top(reading, top);
        } else {
            say_scenario(problems);
        }
    }
    if (problems.empty()) return scenario;
    language::sort(problems);
    std::vector<std::string> lines;
    lines.reserve(problems.size());
    for (const language::Problem& p : problems)
        lines.push_back(fmt::format("{}:{}:{}: {}; {}", file, p.mark.line, p.mark.column, p.what, p.remedy));
    return std::unexpected(std::move(lines));
}

}  // namespace kmsgate::lab
