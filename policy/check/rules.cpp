// SPDX-License-Identifier: BSD-3-Clause
// The rules of an edge: what they refer to, and whether each can match.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "dataplane/sip/ascii.hpp"
#include "policy/check/context.hpp"

namespace kmsgate::policy::check {
namespace {

using language::quote;
using language::Rule;
using language::Word;
using table::Side;

/// Comparisons of rule globs with user patterns, for a warning only: beyond them none is given.
constexpr std::size_t kMaxComparisons = 1'000'000;

std::string_view side_text(Side side) {
    return side == Side::initiator ? "initiator" : "receiver";
}

/// Could one user be spelled both ways? (sip:+N@h;user=phone is tel:+N too.)
bool may_meet(std::string_view a, std::string_view b) {
    const bool tel = a.starts_with("tel:") != b.starts_with("tel:");
    return tel || table::intersect(a, b);
}

class EdgeRules {
  public:
    EdgeRules(Context& context, const language::Edge& edge, std::size_t& comparisons)
        : context_(context), edge_(edge), comparisons_(comparisons) {
        const std::optional<std::size_t> index = context.domains.find(edge.domain.text);
        if (index) domain_ = &context.policy.domains[*index];
        if (edge.proxy == table::Proxy::is) is_domain_ = index;
    }

    void run() {
        for (const Rule& rule : edge_.rules) {
            if (context_.report.full()) return;
            check_allow(rule);
            std::string condition = check_when(rule);
            if (!rule.side_unknown) check_order(rule, std::move(condition));
        }
        for (const SideState& side : sides_)
            if (side.last != nullptr && side.unconditional == nullptr)
                context_.report.warning(side.last->mark,
                                        fmt::format("no rule for side {} of edge {} is without `when`",
                                                    side_text(side.last->side), quote(edge_.name.text)),
                                        "end with one that is: what none matches is not policed (no-rule)");
    }

  private:
    struct SideState {
        const Rule* last = nullptr;
        const Rule* unconditional = nullptr;
        std::unordered_map<std::string_view, const Rule*> names;
        std::unordered_map<std::string, const Rule*> conditions;
    };

    [[nodiscard]] std::string owner(const Rule& rule) const {
        return fmt::format("rule {} of edge {}", quote(rule.name.text), quote(edge_.name.text));
    }

    void check_allow(const Rule& rule) {
        std::size_t count = 0;
        for (const Word& word : rule.allow) {
            ++count;
            if (word.text == "home") {
                count += check_home(rule, word);
            } else if (!sip::iequal(word.text, "any")) {
                refer(context_, context_.kms, word, "KMS", "kms");
            } else if (word.text != "any") {
                context_.report.error(word.mark, fmt::format("{} is reserved", quote(word.text)),
                                      "write `any`");
            } else if (rule.allow.size() > 1) {
                context_.report.error(word.mark, fmt::format("`any` beside other words in {}", owner(rule)),
                                      "write `any` alone, or name the KMSs");
            }
        }
        const std::string list = "`allow` of " + owner(rule);
        check_repeated(context_, rule.allow, list);
        // More words than that were reported when the file was read.
        if (count > table::kMaxAllow && rule.allow.size() <= table::kMaxAllow)
            context_.report.error(rule.allow[0].mark,
                                  fmt::format("{} has {} KMSs with `home` written out", list, count),
                                  fmt::format("allow at most {}", table::kMaxAllow));
        if (rule.allow.empty() && !rule.name.text.empty())
            context_.report.warning(rule.mark, list + " is empty: every KMS is refused",
                                    "list the KMSs, or write `any` for a rule that polices nothing");
    }

    /// Reports a domain without home; the KMSs that `home` stands for besides the first.
    std::size_t check_home(const Rule& rule, const Word& word) {
        if (domain_ == nullptr) return 0;
        if (domain_->home.text.empty())
            context_.report.error(word.mark,
                                  fmt::format("`home` in {}, but domain {} has no home KMS", owner(rule),
                                              quote(domain_->name.text)),
                                  "add `home:` to the domain, or name the KMSs");
        for (const Word& kms : domain_->secondary) (void)context_.kms.use(kms.text);
        return domain_->secondary.size();
    }

    /// Checks the conditions; returns them in one text, equal for equal conditions.
    std::string check_when(const Rule& rule) {
        std::array<std::vector<std::string>, 4> keys;
        for (const Word& tag : rule.when.tag) {
            refer(context_, context_.tags, tag, "tag", "tags");
            keys[0].push_back(tag.text);
        }
        for (const Word& user : rule.when.user) keys[1].push_back(check_user(rule, user));
        for (const Word& peer : rule.when.peer)
            keys[2].push_back(check_network(context_, peer).value_or(peer.text));
        for (const Word& visited : rule.when.visited) {
            check_visited(rule, visited);
            keys[3].push_back(visited.text);
        }
        std::string all;
        for (std::vector<std::string>& key : keys) {
            std::ranges::sort(key);
            const auto [first, last] = std::ranges::unique(key);
            key.erase(first, last);
            all += fmt::format("{};", key.size());
            for (const std::string& text : key) all += fmt::format("{}:{}", text.size(), text);
        }
        return all;
    }

    /// Returns the glob in normal form.
    std::string check_user(const Rule& rule, const Word& user) {
        const std::expected<table::Pattern, std::string> pattern = table::make_pattern(user.text);
        if (!pattern) {
            context_.report.error(user.mark,
                                  fmt::format("{} is no user pattern: {}", quote(user.text), pattern.error()),
                                  "write a whole URI, sip:*@host, sip:*@*.suffix or tel:+44*");
            return user.text;
        }
        std::string glob = table::to_glob(*pattern);
        if (!is_domain_) return glob;
        const std::vector<std::string>& users = globs_of(context_, *is_domain_);
        if (comparisons_ + users.size() <= kMaxComparisons) {
            comparisons_ += users.size();
            const auto meets = [&](const std::string& user_glob) { return may_meet(user_glob, glob); };
            if (std::ranges::none_of(users, meets))
                context_.report.warning(user.mark,
                                        fmt::format("{} in {} matches no user of domain {}", quote(user.text),
                                                    owner(rule), quote(edge_.domain.text)),
                                        "an is edge polices users of its domain only: name some of them");
        }
        return glob;
    }

    void check_visited(const Rule& rule, const Word& visited) {
        const auto visible = [](char c) { return c >= 0x20 && c <= 0x7E; };
        if (visited.text.size() <= table::kMaxText && std::ranges::all_of(visited.text, visible)) return;
        context_.report.error(
            visited.mark,
            fmt::format("{} in {} is no pattern of a network", quote(visited.text), owner(rule)),
            fmt::format("write at most {} ASCII characters; `*` stands for any text", table::kMaxText));
    }

    void check_order(const Rule& rule, std::string condition) {
        SideState& side = sides_[static_cast<std::size_t>(rule.side)];
        side.last = &rule;
        if (!rule.name.text.empty()) {
            const auto [earlier, fresh] = side.names.emplace(rule.name.text, &rule);
            if (!fresh)
                context_.report.error(
                    rule.name.mark,
                    fmt::format("rule {} stands twice on side {} of edge {}", quote(rule.name.text),
                                side_text(rule.side), quote(edge_.name.text)),
                    "give it another name (the first is at " + language::place(earlier->second->name.mark) +
                        ")");
        }
        const auto [same, fresh] = side.conditions.emplace(std::move(condition), &rule);
        const Rule* const shadow = side.unconditional != nullptr ? side.unconditional
                                   : fresh                       ? nullptr
                                                                 : same->second;
        if (shadow != nullptr)
            context_.report.warning(rule.mark,
                                    fmt::format("{} cannot match: rule {} ({}) matches first", owner(rule),
                                                quote(shadow->name.text), language::place(shadow->mark)),
                                    "move it before that rule, or remove it");
        const language::When& when = rule.when;
        const bool always =
            when.tag.empty() && when.user.empty() && when.peer.empty() && when.visited.empty();
        if (always && side.unconditional == nullptr) side.unconditional = &rule;
    }

    Context& context_;
    const language::Edge& edge_;
    std::size_t& comparisons_;
    const language::Domain* domain_ = nullptr;
    std::optional<std::size_t> is_domain_;  ///< the same by number, on is edges
    std::array<SideState, 2> sides_;
};

}  // namespace

void check_rules(Context& context) {
    std::size_t comparisons = 0;
    for (const language::Edge& edge : context.policy.edges) EdgeRules(context, edge, comparisons).run();
}

}  // namespace kmsgate::policy::check
