// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <unordered_set>

#include "policy/compile/image.hpp"
#include "policy/table/pattern.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::compile {

void add_patterns(Build& build) {
    Image& image = build.image;
    std::vector<table::PatternRecord> odd;
    std::unordered_set<std::string> taken;  // one domain may write a pattern twice, or in two spellings
    for (std::size_t id = 0; id < build.policy.domains.size(); ++id) {
        for (const language::Word& user : build.policy.domains[id].users) {
            const auto pattern = table::make_pattern(user.text);
            if (!pattern || !taken.insert(table::to_glob(*pattern)).second) continue;
            table::PatternRecord record;
            record.text = image.strings.add(pattern->text);
            record.domain = static_cast<std::uint32_t>(id);
            record.shape = pattern->shape;
            record.rank = pattern->rank;
            (pattern->shape == table::Shape::odd ? odd : image.patterns).push_back(record);
            if (pattern->shape != table::Shape::odd)
                table::add_length(image.header.lengths[static_cast<std::size_t>(pattern->shape)],
                                  pattern->text.size());
        }
    }
    // A lookup stops at the first odd pattern that cannot do better than what it has.
    std::stable_sort(odd.begin(), odd.end(), [](const auto& a, const auto& b) { return a.rank > b.rank; });
    image.header.odd_first = static_cast<std::uint32_t>(image.patterns.size());
    image.header.odd_count = static_cast<std::uint32_t>(odd.size());
    image.patterns.insert(image.patterns.end(), odd.begin(), odd.end());
}

}  // namespace kmsgate::policy::compile
