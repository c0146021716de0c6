// SPDX-License-Identifier: BSD-3-Clause
// The record as lines: each step under the last one of a smaller depth.
#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "policy/explain/explain.hpp"

namespace kmsgate::policy::explain {
namespace {

constexpr std::size_t kMaxDepth = 16;

/// A step can hang at most one level below the one before it, whatever depth it claims.
std::vector<std::size_t> levels(std::span<const decide::Step> steps) {
    std::vector<std::size_t> out;
    out.reserve(steps.size());
    for (const decide::Step& step : steps) {
        const std::size_t deepest = out.empty() ? 0 : std::min(out.back() + 1, kMaxDepth);
        out.push_back(std::min<std::size_t>(step.depth, deepest));
    }
    return out;
}

/// open[i][level]: behind step i stands another one of that level before the parent's level comes back.
std::vector<std::vector<bool>> open_branches(std::span<const std::size_t> level) {
    std::vector<std::vector<bool>> out(level.size());
    std::vector<bool> later(kMaxDepth + 1, false);
    for (std::size_t i = level.size(); i-- > 0;) {
        out[i] = later;
        for (std::size_t d = level[i] + 1; d <= kMaxDepth; ++d) later[d] = false;
        later[level[i]] = true;
    }
    return out;
}

}  // namespace

std::string tree(const decide::Record& record) {
    const auto steps = record.steps();
    const auto level = levels(steps);
    const auto open = open_branches(level);
    std::string out;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (std::size_t d = 1; d < level[i]; ++d) out += open[i][d] ? "│  " : "   ";
        if (level[i] > 0) out += open[i][level[i]] ? "├─ " : "└─ ";
        out += steps[i].text;
        out += '\n';
    }
    return out;
}

}  // namespace kmsgate::policy::explain
