// SPDX-License-Identifier: BSD-3-Clause
// User patterns. Linear over all of them but the odd ones, of which there are few.
#include <fmt/format.h>

#include <unordered_map>

#include "policy/check/context.hpp"

namespace kmsgate::policy::check {
namespace {

using language::quote;

/// A sound pattern and where it comes from.
struct Placed {
    const language::Word* word;
    std::size_t domain;
    std::string_view glob;  ///< normal form
};

class Ties {
  public:
    Ties(Context& context, std::size_t count) : context_(context) { seen_.reserve(count); }

    void add(const language::Word& word, std::size_t domain, const table::Pattern& pattern) {
        const auto [at, fresh] = seen_.try_emplace(table::to_glob(pattern));
        const Placed placed{&word, domain, at->first};
        if (fresh) at->second = placed;
        if (!fresh) {
            same(at->second, placed);
        } else if (pattern.shape == table::Shape::odd) {
            odd(placed, pattern.rank);
        }
    }

  private:
    void same(const Placed& earlier, const Placed& later) {
        if (earlier.domain != later.domain) return tie(earlier, later);
        context_.report.warning(
            later.word->mark,
            fmt::format("pattern {} stands in domain {} already ({})", quote(later.word->text), name(later),
                        language::place(earlier.word->mark)),
            "remove it once");
    }

    void odd(const Placed& placed, std::uint64_t rank) {
        if (++odd_count_ > table::kMaxOdd) {
            if (odd_count_ == table::kMaxOdd + 1)
                context_.report.error(
                    placed.word->mark,
                    fmt::format("pattern {} is number {} of an uncommon shape", quote(placed.word->text),
                                odd_count_),
                    fmt::format("use at most {} of them; common are a whole URI, sip:*@host, "
                                "sip:*@*.suffix and tel:+44*",
                                table::kMaxOdd));
            return;
        }
        std::vector<Placed>& rivals = odd_by_rank_[rank];
        for (const Placed& rival : rivals)
            if (rival.domain != placed.domain && table::intersect(rival.glob, placed.glob)) {
                tie(rival, placed);
                break;
            }
        rivals.push_back(placed);
    }

    void tie(const Placed& earlier, const Placed& later) {
        context_.report.error(later.word->mark,
                              fmt::format("pattern {} of domain {} ties with {} of domain {} ({})",
                                          quote(later.word->text), name(later), quote(earlier.word->text),
                                          name(earlier), language::place(earlier.word->mark)),
                              "make one of them more specific, or remove it: a user belongs to one domain");
    }

    [[nodiscard]] std::string name(const Placed& placed) const {
        return quote(context_.policy.domains[placed.domain].name.text);
    }

    Context& context_;
    std::unordered_map<std::string, Placed> seen_;
    std::unordered_map<std::uint64_t, std::vector<Placed>> odd_by_rank_;
    std::size_t odd_count_ = 0;
};

}  // namespace

void check_patterns(Context& context) {
    const auto& domains = context.policy.domains;
    std::size_t count = 0;
    for (const language::Domain& domain : domains) count += domain.users.size();
    Ties ties(context, count);
    for (std::size_t i = 0; i < domains.size(); ++i) {
        for (const language::Word& word : domains[i].users) {
            if (const auto pattern = table::make_pattern(word.text))
                ties.add(word, i, *pattern);
            else
                context.report.error(
                    word.mark, fmt::format("{} is no user pattern: {}", quote(word.text), pattern.error()),
                    "write a whole URI, sip:*@host, sip:*@*.suffix or tel:+44*");
        }
    }
}

const std::vector<std::string>& globs_of(Context& context, std::size_t domain) {
    const auto [at, fresh] = context.globs.try_emplace(domain);
    std::vector<std::string>& globs = at->second;
    if (!fresh) return globs;
    if (context.same_users != nullptr) {
        for (const auto& record : context.same_users->patterns())
            if (record.domain == domain)
                globs.push_back(table::to_glob(record.shape, context.same_users->pattern_text(record.text)));
    } else {
        for (const language::Word& word : context.policy.domains[domain].users)
            if (const auto pattern = table::make_pattern(word.text))
                globs.push_back(table::to_glob(*pattern));
    }
    return globs;
}

}  // namespace kmsgate::policy::check
