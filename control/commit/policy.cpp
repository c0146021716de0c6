// SPDX-License-Identifier: BSD-3-Clause
#include "control/commit/policy.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

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

PolicyPtr describe(std::string text, policy::compile::SealedPtr sealed) {
    auto out = std::make_shared<Policy>();
    const table::Table& table = sealed->table;
    out->text = std::move(text);
    out->blob = BytesPtr(sealed, &sealed->blob);
    out->digest = table.digest();
    for (const table::Text tag : table.tags()) out->tags.emplace(table.text(tag));
    for (const table::DomainRecord& domain : table.domains()) out->domains.emplace(table.text(domain.name));
    for (const table::EdgeRecord& edge : table.edges())
        out->edges.push_back({std::string(table.text(edge.name)), std::string(word(edge.mode)),
                              std::string(table.text(table.domains()[edge.domain].name)),
                              edge.proxy == table::Proxy::cs ? "cs" : "is"});
    out->sealed = std::move(sealed);
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

Made make_policy(policy::compile::Compiler& compiler, std::string text, const std::string& file,
                 const std::vector<std::string>& served) {
    policy::compile::Compiler::Outcome compiled = compiler.compile_text(text);
    Made out;
    if (compiled.sealed) {
        out.policy = describe(std::move(text), std::move(compiled.sealed));
        for (const std::string& edge : served)
            if (out.policy->edge(edge) == nullptr)
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
    const table::Table* const before = running != nullptr ? &running->sealed->table : nullptr;
    for (const explain::Change& change : explain::diff(before, next.sealed->table)) {
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
