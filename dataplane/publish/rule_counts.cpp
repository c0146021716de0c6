// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/rule_counts.hpp"

#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace kmsgate::publish {
namespace {

void add(std::vector<RuleCount>& to, RuleCounts::Rows rows) {
    for (const auto& row : rows)
        for (std::size_t i = 0; i < to.size() && i < row.size(); ++i) {
            to[i].hit += row[i].hit.get();
            to[i].would += row[i].would.get();
        }
}

[[nodiscard]] auto name_of(const RuleCount& r) noexcept {
    return std::tuple(std::string_view(r.edge), r.side, std::string_view(r.rule));
}

}  // namespace

void RuleCounts::carry(Rows rows) {
    add(before_, rows);
}

void RuleCounts::begin(const policy::table::Table& table) {
    std::map<decltype(name_of(RuleCount{})), const RuleCount*> known;
    for (const RuleCount& r : before_) known.emplace(name_of(r), &r);
    std::vector<RuleCount> fresh;
    fresh.reserve(table.rules().size());
    for (const auto& rule : table.rules()) {
        RuleCount r;
        r.edge = table.text(table.edges()[rule.edge].name);
        r.rule = table.text(rule.name);
        r.side = rule.side;
        if (const auto found = known.find(name_of(r)); found != known.end()) {
            r.hit = found->second->hit;
            r.would = found->second->would;
        }
        fresh.push_back(std::move(r));
    }
    before_ = std::move(fresh);
}

std::vector<RuleCount> RuleCounts::with(Rows rows) const {
    std::vector<RuleCount> out = before_;
    add(out, rows);
    return out;
}

}  // namespace kmsgate::publish
