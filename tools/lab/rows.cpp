// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/rows.hpp"

#include <fmt/format.h>

#include "tools/lab/words.hpp"

namespace kmsgate::lab {
namespace {

bool is_arrow(Step::Kind kind) {
    return kind == Step::Kind::mikey || kind == Step::Kind::krr || kind == Step::Kind::answer;
}

/// Does `next` carry on what `row`'s last hop brought?
bool goes_on(const Step& last, const Step& next, const Row& row) {
    if (last.kind != next.kind || last.to != next.from) return false;
    const bool same_way = (row.from < last.to) == (next.from < next.to);
    switch (next.kind) {
        case Step::Kind::mikey:
            return same_way && last.pair == next.pair;
        case Step::Kind::krr:
            return same_way && last.lists == next.lists && !next.created && !next.rewritten;
        case Step::Kind::answer:
            return same_way && last.text == next.text;
        default:
            return false;
    }
}

std::vector<std::string> pieces_of(const Scenario& scenario, const Step& step) {
    switch (step.kind) {
        case Step::Kind::mikey:
            return {clean("MIKEY " + scenario.to_text(step.pair))};
        case Step::Kind::krr:
            return {clean("KRR " + scenario.to_text(step.lists.initiator)),
                    clean("| " + scenario.to_text(step.lists.receiver))};
        case Step::Kind::accepted:
            return {clean("accepted " + scenario.to_text(step.pair) + (step.text.empty() ? "" : ": ") +
                          step.text)};
        case Step::Kind::failed:
            return {clean("gives up: " + step.text)};
        case Step::Kind::reset:
            return {clean(step.created ? "resets the connection" : "resets the connection: " + step.text)};
        case Step::Kind::answer:
        case Step::Kind::note:
            break;
    }
    return {clean(step.text)};
}

/// A final response that is no 2xx.
bool refuses(const Step& step) {
    if (step.kind == Step::Kind::krr) return step.created;
    return step.kind == Step::Kind::answer && !step.text.empty() && step.text[0] >= '3' &&
           step.text[0] <= '6';
}

void add_role(std::string& out, std::string_view role, const std::vector<std::string>& uris,
              const Scenario& scenario) {
    if (uris.empty()) return;
    out += out.empty() ? "" : "; ";
    out += role;
    for (std::size_t i = 0; i < uris.size(); ++i) {
        out += i == 0 ? " " : ", ";
        out += scenario.short_name(uris[i]);
    }
}

std::string person(const Client& client, const Scenario& scenario) {
    std::string roles;
    const client::select::Profile& p = client.profile;
    if (!p.home.empty()) add_role(roles, "home", {p.home}, scenario);
    add_role(roles, "secondary", p.secondary, scenario);
    add_role(roles, "external", p.external, scenario);
    add_role(roles, "prefers", p.prefer, scenario);
    add_role(roles, "refuses", p.refuse, scenario);
    return clean(fmt::format("{} {}: {}", client.label, p.user, roles));
}

}  // namespace

std::string Row::label() const {
    std::string out;
    for (const std::string& piece : pieces) {
        if (!out.empty()) out += ' ';
        out += piece;
    }
    return out;
}

std::vector<Row> make_rows(const Scenario& scenario, const Result& result) {
    std::vector<Row> rows;
    const Step* last = nullptr;  // of the row that may go on
    for (const Step& step : result.steps) {
        const bool arrow = is_arrow(step.kind);
        if (step.from >= result.actors.size() || (arrow && step.to >= result.actors.size())) continue;
        // Who refuses a message may note something before he answers.
        if (refuses(step))
            for (std::size_t i = rows.size(); i-- > 0;)
                if (rows[i].arrow()) {
                    rows[i].refused |= rows[i].kind == Step::Kind::mikey && rows[i].to == step.from;
                    break;
                }
        if (last != nullptr && arrow && goes_on(*last, step, rows.back())) {
            rows.back().to = step.to;
            last = &step;
            continue;
        }
        Row& row = rows.emplace_back();
        row.kind = step.kind;
        row.from = step.from;
        row.to = arrow ? step.to : step.from;
        if (step.kind == Step::Kind::krr && step.rewritten) row.start = Row::Start::rewritten;
        if (step.kind == Step::Kind::krr && step.created) row.start = Row::Start::created;
        row.pieces = pieces_of(scenario, step);
        last = row.arrow() ? &step : nullptr;
    }
    return rows;
}

std::vector<std::string> actor_labels(const Result& result) {
    std::vector<std::string> out;
    for (const std::string& label : result.actors) out.push_back(label.empty() ? "-" : clean(label));
    return out;
}

std::string headline(const Scenario& scenario, const Result& result) {
    return clean(fmt::format("{}  {} ({})", scenario.name, scenario.title, result.variant.name()));
}

std::vector<std::string> people(const Scenario& scenario) {
    return {person(scenario.initiator, scenario), person(scenario.receiver, scenario)};
}

std::string outcome(const Scenario& scenario, const Result& result) {
    std::string out = result.accepted          ? "accepted " + scenario.to_text(result.final_pair)
                      : result.failure.empty() ? std::string("no outcome")
                                               : "failed (" + result.failure + ")";
    out += ": " + counted(result.mikeys, "message");
    if (result.created > 0) out += ", " + counted(result.created, "KRR") + " created";
    if (result.rewrites > 0) out += fmt::format(", {} rewritten", result.rewrites);
    return clean(out);
}

std::string verdict(const Result& result) {
    return result.passed() ? "as expected" : "not as expected:";
}

bool begins_round(const std::vector<Row>& rows, std::size_t i) {
    const auto notes = [&](std::size_t a, std::size_t b) {
        return rows[a].kind == Step::Kind::note && rows[b].kind == Step::Kind::mikey &&
               rows[a].from == rows[b].from;
    };
    if (rows[i].kind == Step::Kind::mikey) return i == 0 || !notes(i - 1, i);
    return i + 1 < rows.size() && notes(i, i + 1);
}

Legend legend(const std::vector<Row>& rows) {
    Legend out;
    for (const Row& row : rows) {
        out.passes |= row.from + 1 < row.to || row.to + 1 < row.from;
        out.refused |= row.refused;
        out.created |= row.start == Row::Start::created;
        out.rewritten |= row.start == Row::Start::rewritten;
    }
    return out;
}

}  // namespace kmsgate::lab
