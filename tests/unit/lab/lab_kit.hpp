// SPDX-License-Identifier: BSD-3-Clause
// Scenarios and hand-made runs of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tools/lab/result.hpp"

namespace kmsgate::lab::testing {

inline const std::string kShipped = KMSGATE_SCENARIOS;

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The scenario, or a failed test.
inline Scenario read_good(std::string_view yaml, const std::string& file = "s.yaml") {
    auto scenario = read_scenario(yaml, file);
    if (scenario) return std::move(*scenario);
    for (const std::string& fault : scenario.error()) ADD_FAILURE() << fault;
    return {};
}

inline Scenario shipped(const std::string& stem) {
    const std::string file = kShipped + "/" + stem + ".yaml";
    return read_good(read_file(file), file);
}

/// The run that a scenario expects, hop by hop, as an engine would report it.
inline Result play(const Scenario& s) {
    Result out;
    out.actors.push_back(s.initiator.label);
    for (const Stop& stop : s.path) out.actors.push_back(stop.label);
    out.actors.push_back(s.receiver.label);
    const std::size_t last = out.actors.size() - 1;
    const auto actor = [&](const std::string& by) {
        for (std::size_t i = 0; i < s.path.size(); ++i)
            if (s.path[i].edge == by) return i + 1;
        return last;
    };
    for (std::size_t i = 0; i < s.expect.size(); ++i) {
        const Expected& line = s.expect[i];
        const Expected* const next = i + 1 < s.expect.size() ? &s.expect[i + 1] : nullptr;
        Step step;
        step.time = static_cast<double>(i);
        step.pair = line.pair;
        step.lists = line.lists;
        switch (line.kind) {
            case Expected::Kind::mikey: {
                step.kind = Step::Kind::mikey;
                ++out.mikeys;
                const std::size_t end =
                    next != nullptr && next->kind == Expected::Kind::krr ? actor(next->by) : last;
                for (step.from = 0; step.from < end; ++step.from) {
                    step.to = step.from + 1;
                    out.steps.push_back(step);
                }
                break;
            }
            case Expected::Kind::krr:
            case Expected::Kind::rewrite: {
                step.kind = Step::Kind::krr;
                step.created = line.kind == Expected::Kind::krr;
                step.rewritten = !step.created;
                step.krr = "<KmsRedirectResponse/>";
                ++(step.created ? out.created : out.rewrites);
                const std::size_t end =
                    next != nullptr && next->kind == Expected::Kind::rewrite ? actor(next->by) : 0;
                for (step.from = actor(line.by); step.from > end; --step.from) {
                    step.to = step.from - 1;
                    out.steps.push_back(step);
                    step.created = step.rewritten = false;
                }
                break;
            }
            case Expected::Kind::accept:
                step.kind = Step::Kind::accepted;
                step.from = step.to = last;
                out.steps.push_back(step);
                out.accepted = true;
                out.final_pair = line.pair;
                break;
            case Expected::Kind::reset:
                step.kind = Step::Kind::reset;
                step.from = step.to = actor(line.by);
                out.steps.push_back(step);
                break;
            case Expected::Kind::fail:
                step.kind = Step::Kind::failed;
                step.text = out.failure = line.detail;
                out.steps.push_back(step);
                break;
        }
    }
    return out;
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

inline std::size_t count(std::string_view text, std::string_view part) {
    std::size_t out = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++out;
    return out;
}

inline std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace kmsgate::lab::testing
