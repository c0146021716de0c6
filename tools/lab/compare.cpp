// SPDX-License-Identifier: BSD-3-Clause
// The expected transcript beside the one that came.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "dataplane/sip/ascii.hpp"
#include "tools/lab/result.hpp"
#include "tools/lab/words.hpp"

namespace kmsgate::lab {
namespace {

using Line = Expected;
using Kind = Expected::Kind;

std::string name_of(const Scenario& scenario, const Result& result, std::size_t actor) {
    if (actor + 1 == result.actors.size()) return "receiver";
    if (scenario.path.size() + 2 == result.actors.size() && actor > 0 && actor <= scenario.path.size())
        return scenario.path[actor - 1].edge;
    if (actor == 0) return "initiator";
    return actor < result.actors.size() ? result.actors[actor] : fmt::format("actor {}", actor);
}

/// The steps that a transcript speaks of, as its lines.
std::vector<Line> transcript(const Scenario& scenario, const Result& result) {
    std::vector<Line> out;
    for (const Step& step : result.steps) {
        const std::string by = name_of(scenario, result, step.from);
        switch (step.kind) {
            case Step::Kind::mikey:
                if (step.from == 0) out.push_back({Kind::mikey, {}, step.pair, {}, {}});
                break;
            case Step::Kind::krr:
                if (step.created) out.push_back({Kind::krr, by, {}, step.lists, {}});
                if (step.rewritten && !step.created) out.push_back({Kind::rewrite, by, {}, step.lists, {}});
                break;
            case Step::Kind::accepted:
                out.push_back({Kind::accept, {}, step.pair, {}, {}});
                break;
            case Step::Kind::reset:
                if (!step.created) out.push_back({Kind::reset, by, {}, {}, {}});
                break;
            case Step::Kind::failed:
                out.push_back({Kind::fail, {}, {}, {}, step.text});
                break;
            case Step::Kind::answer:
            case Step::Kind::note:
                break;
        }
    }
    return out;
}

bool same(const Pair& a, const Pair& b) {
    return sip::iequal(a.kmsi, b.kmsi) && sip::iequal(a.kmsr, b.kmsr);
}
bool same(const List& a, const List& b) {
    if (!a || !b) return !a && !b;
    return std::ranges::equal(*a, *b,
                              [](std::string_view x, std::string_view y) { return sip::iequal(x, y); });
}
bool same(const Line& a, const Line& b) {
    return a.kind == b.kind && a.by == b.by && same(a.pair, b.pair) &&
           same(a.lists.initiator, b.lists.initiator) && same(a.lists.receiver, b.lists.receiver) &&
           a.detail == b.detail;
}

std::string say(const Scenario& scenario, const Line& line) {
    const auto krr = [&](const char* done) {
        return fmt::format("KRR {} | {} {} {}", scenario.to_text(line.lists.initiator),
                           scenario.to_text(line.lists.receiver), done, line.by);
    };
    switch (line.kind) {
        case Kind::mikey:
            return "message " + scenario.to_text(line.pair);
        case Kind::krr:
            return krr("created by");
        case Kind::rewrite:
            return krr("rewritten by");
        case Kind::accept:
            return scenario.to_text(line.pair) + " accepted";
        case Kind::reset:
            return "connection reset by " + line.by;
        case Kind::fail:
            break;
    }
    return "failure " + line.detail;
}

/// A place in either transcript without its fellow in the other, or two that stand at the same place and
/// differ. Numbers count from 1; 0: there is none.
struct Difference {
    std::size_t expected = 0;
    std::size_t came = 0;
};

/// The fewest differences: a changed line costs as much as a missing one, and a line is never taken for one
/// of another kind.
std::vector<Difference> align(const std::vector<Line>& expected, const std::vector<Line>& came) {
    const std::size_t rows = expected.size() + 1;
    const std::size_t across = came.size() + 1;
    std::vector<std::size_t> cost(rows * across);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return cost[i * across + j]; };
    const auto step = [&](std::size_t i, std::size_t j) -> std::optional<std::size_t> {
        if (same(expected[i - 1], came[j - 1])) return at(i - 1, j - 1);
        if (expected[i - 1].kind != came[j - 1].kind) return std::nullopt;
        return at(i - 1, j - 1) + 1;
    };
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < across; ++j) {
            std::size_t best = i + j;
            if (i > 0) best = std::min(best, at(i - 1, j) + 1);
            if (j > 0) best = std::min(best, at(i, j - 1) + 1);
            if (i > 0 && j > 0) best = std::min(best, step(i, j).value_or(best));
            at(i, j) = best;
        }
    std::vector<Difference> out;
    for (std::size_t i = expected.size(), j = came.size(); i > 0 || j > 0;) {
        if (i > 0 && j > 0 && step(i, j) == at(i, j)) {
            if (!same(expected[i - 1], came[j - 1])) out.push_back({i, j});
            --i;
            --j;
        } else if (j > 0 && at(i, j - 1) + 1 == at(i, j)) {
            out.push_back({0, j--});
        } else {
            out.push_back({i--, 0});
        }
    }
    std::ranges::reverse(out);
    return out;
}

/// A line that is missing at one place and stands at another is one difference: it is in the wrong place.
void join_moved(std::vector<Difference>& found, const std::vector<Line>& expected,
                const std::vector<Line>& came) {
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].expected == 0 || found[i].came != 0) continue;
        const auto moved = std::ranges::find_if(found, [&](const Difference& d) {
            return d.expected == 0 && same(expected[found[i].expected - 1], came[d.came - 1]);
        });
        if (moved == found.end()) continue;
        const auto gone = static_cast<std::size_t>(moved - found.begin());
        found[i].came = moved->came;
        found.erase(moved);
        if (gone < i) --i;
    }
}

}  // namespace

std::vector<std::string> compare(const Scenario& scenario, const Result& result) {
    const bool differs = result.variant.tcp && !scenario.expect_tcp.empty();
    const std::vector<Line>& expected = differs ? scenario.expect_tcp : scenario.expect;
    const std::string_view list = differs ? "expect-tcp" : "expect";
    const std::vector<Line> came = transcript(scenario, result);
    std::vector<Difference> found = align(expected, came);
    join_moved(found, expected, came);
    std::vector<std::string> out;
    for (const Difference& d : found) {
        const std::string wanted = d.expected == 0 ? "" : say(scenario, expected[d.expected - 1]);
        const std::string is = d.came == 0 ? "" : say(scenario, came[d.came - 1]);
        if (d.came == 0)
            out.push_back(
                fmt::format("item {} of {}: expected {}, which did not come", d.expected, list, wanted));
        else if (d.expected == 0)
            out.push_back(fmt::format("came as number {}: {}, which was not expected", d.came, is));
        else if (same(expected[d.expected - 1], came[d.came - 1]))
            out.push_back(fmt::format("item {} of {}: expected {} here, which came as number {}", d.expected,
                                      list, wanted, d.came));
        else
            out.push_back(fmt::format("item {} of {}: expected {}, came {}", d.expected, list, wanted, is));
    }
    for (std::string& line : out) line = clean(line);
    return out;
}

}  // namespace kmsgate::lab
