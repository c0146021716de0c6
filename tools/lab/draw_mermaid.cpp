// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>

#include "dataplane/sip/ascii.hpp"
#include "tools/lab/draw.hpp"
#include "tools/lab/rows.hpp"
#include "tools/lab/words.hpp"

namespace kmsgate::lab {
namespace {

/// Clean text that means nothing to mermaid: its statements end at ; and #, % begins comments, and what is
/// left is shown as HTML.
std::string escape(std::string_view text) {
    struct Entity {
        char c;
        std::string_view code;
    };
    constexpr std::array<Entity, 9> kEntities = {{{'#', "#35;"},
                                                  {';', "#59;"},
                                                  {'%', "#37;"},
                                                  {'<', "#lt;"},
                                                  {'>', "#gt;"},
                                                  {'&', "#amp;"},
                                                  {'"', "#quot;"},
                                                  {'{', "#123;"},
                                                  {'}', "#125;"}}};
    std::string out;
    // "wrap:" at the start of a text is an order to wrap it.
    bool word_order = text.starts_with(':');
    for (const std::string_view order : {"wrap:", "nowrap:"}) word_order |= sip::istarts_with(text, order);
    for (const char c : text) {
        std::string_view code;
        for (const Entity& e : kEntities)
            if (e.c == c) code = e.code;
        if (word_order && c == ':') code = "#58;";
        if (code.empty())
            out += c;
        else
            out += code;
    }
    return out;
}

std::string name(std::size_t actor) {
    return fmt::format("p{}", actor);
}

/// A solid arrow for messages (with a cross where it is refused), a dotted one for answers.
std::string arrow(const Row& row) {
    if (row.kind != Step::Kind::mikey) return "-->>";
    return row.refused ? "-x" : "->>";
}

void put_arrow(std::string& out, const Row& row) {
    std::string label = row.label();
    if (row.start == Row::Start::created) label += " (created)";
    if (row.start == Row::Start::rewritten) label += " (rewritten)";
    const std::size_t apart = row.from < row.to ? row.to - row.from : row.from - row.to;
    if (apart > 1) label += fmt::format(" (passes {})", counted(apart - 1, "edge"));
    out += fmt::format("    {}{}{}: {}\n", name(row.from), arrow(row), name(row.to), escape(label));
}

}  // namespace

std::string draw_mermaid(const Scenario& scenario, const Result& result) {
    std::string out = "sequenceDiagram\n";
    out += fmt::format("    title {}\n", escape(headline(scenario, result)));
    const std::vector<std::string> actors = actor_labels(result);
    for (std::size_t i = 0; i < actors.size(); ++i)
        out += fmt::format("    participant {} as {}\n", name(i), escape(actors[i]));
    for (const Row& row : make_rows(scenario, result)) {
        if (row.arrow())
            put_arrow(out, row);
        else
            out += fmt::format("    Note over {}: {}\n", name(row.from), escape(row.label()));
    }
    if (actors.empty()) return out;
    const auto note = [&](const std::string& text) {
        out += fmt::format("    Note over {}{}: {}\n", name(0),
                           actors.size() > 1 ? "," + name(actors.size() - 1) : "", escape(text));
    };
    note(outcome(scenario, result) + "; " + verdict(result));
    for (const std::string& fault : result.faults) note(clean(fault));
    return out;
}

}  // namespace kmsgate::lab
