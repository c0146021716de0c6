// SPDX-License-Identifier: BSD-3-Clause
#include "control/commit/policy.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "policy/compile/compile.hpp"
#include "policy/explain/diff.hpp"
#include "policy/language/problem.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::control {
namespace {

namespace explain = policy::explain;
namespace language = policy::language;
namespace table = policy::table;

Json problem_json(const language::Problem& p, const std::string& file) {
    return {{"severity", p.warning ? "warning" : "error"},
            {"file", file},
            {"line", p.mark.line},
            {"column", p.mark.column},
            {"what", p.what},
            {"remedy", p.remedy},
            {"text", language::to_string(p, file)}};
}

std::string_view word(table::Mode mode) {
    constexpr std::array<std::string_view, 3> kWords = {"enforce", "shadow", "bypass"};
    return kWords[std::to_underlying(mode)];
}

PolicyPtr describe(std::string text, std::vector<std::byte> blob) {
    auto out = std::make_shared<Policy>();
    out->text = std::move(text);
    out->blob = std::make_shared<const Bytes>(std::move(blob));
    const auto opened = table::Table::open(*out->blob);
    if (!opened) return nullptr;
    out->digest = opened->digest();
    for (const table::Text tag : opened->tags()) out->tags.emplace(opened->text(tag));
    for (const table::DomainRecord& domain : opened->domains())
        out->domains.emplace(opened->text(domain.name));
    for (const table::EdgeRecord& edge : opened->edges())
        out->edges.push_back({std::string(opened->text(edge.name)), std::string(word(edge.mode)),
                              std::string(opened->text(opened->domains()[edge.domain].name)),
                              edge.proxy == table::Proxy::cs ? "cs" : "is"});
    return out;
}

Json or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

Json change_json(const explain::Change& change) {
    Json side;
    if (change.side) side = *change.side == table::Side::initiator ? "initiator" : "receiver";
    return {{"kind", explain::to_string(change.kind)},
            {"what", explain::to_string(change.what)},
            {"name", change.name},
            {"edge", or_null(change.edge)},
            {"side", std::move(side)},
            {"field", or_null(change.field)},
            {"from", or_null(change.from)},
            {"to", or_null(change.to)},
            {"added", change.added},
            {"removed", change.removed},
            {"effect", explain::to_string(change.effect)},
            {"text", change.text}};
}

}  // namespace

const Policy::Edge* Policy::edge(std::string_view name) const {
    const auto at = std::ranges::find(edges, name, &Edge::name);
    return at == edges.end() ? nullptr : &*at;
}

Made make_policy(std::string text, const std::string& file, const std::vector<std::string>& served) {
    policy::compile::Compiled compiled = policy::compile::compile_text(text);
    Made out;
    if (!compiled.blob.empty()) {
        out.policy = describe(std::move(text), std::move(compiled.blob));
        if (!out.policy)
            compiled.problems.push_back({false,
                                         {},
                                         "the compiled table does not verify",
                                         "this is a fault of kmsgate; please report it with the policy"});
        for (const std::string& edge : served)
            if (out.policy && out.policy->edge(edge) == nullptr)
                compiled.problems.push_back(
                    {false,
                     {},
                     "edge " + language::quote(edge) + " is missing, and kmsgate.yaml has ports for it",
                     "declare it under edges:, or take it out of kmsgate.yaml"});
    }
    if (language::has_errors(compiled.problems)) out.policy = nullptr;
    auto problems = std::make_shared<Json>(Json::array());
    for (const language::Problem& problem : compiled.problems) {
        problems->push_back(problem_json(problem, file));
        ++(problem.warning ? out.warnings : out.errors);
    }
    out.problems = std::move(problems);
    return out;
}

Plan make_plan(const Policy* running, const Policy& next) {
    Plan out;
    auto list = std::make_shared<Json>(Json::array());
    const auto after = table::Table::open(*next.blob);
    std::optional<table::Table> before;
    if (running != nullptr)
        if (const auto opened = table::Table::open(*running->blob)) before = *opened;
    if (after)
        for (const explain::Change& change : explain::diff(before ? &*before : nullptr, *after)) {
            out.none = false;
            if (!change.edge.empty()) out.edges.insert(change.edge);
            if (list->size() < kMostChanges)
                list->push_back(change_json(change));
            else
                ++out.more;
        }
    out.changes = std::move(list);
    return out;
}

std::string sha256(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    ::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
    std::string out = "sha256:";
    for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
    return out;
}

}  // namespace kmsgate::control
