// SPDX-License-Identifier: BSD-3-Clause
// Rules of one side of an edge, by name: added, removed, moved, changed.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "policy/explain/diff_inside.hpp"

namespace kmsgate::policy::explain {
namespace {

using table::RuleRecord;
using table::Side;
using Rules = std::span<const RuleRecord>;
using Places = std::unordered_map<std::string_view, std::size_t>;

Places places_of(const table::Table& table, Rules rules) {
    Places out;
    for (std::size_t i = 0; i < rules.size(); ++i) out.emplace(table.text(rules[i].name), i);
    return out;
}

/// Which of these numbers stand in a longest rising run: what need not have moved.
std::vector<bool> rising(const std::vector<std::size_t>& numbers) {
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::vector<std::size_t> ends;  // place of the smallest end of a run of each length
    std::vector<std::size_t> before(numbers.size(), kNone);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto at =
            std::ranges::lower_bound(ends, numbers[i], {}, [&](std::size_t place) { return numbers[place]; });
        if (at != ends.begin()) before[i] = *(at - 1);
        if (at == ends.end())
            ends.push_back(i);
        else
            *at = i;
    }
    std::vector<bool> out(numbers.size());
    for (std::size_t i = ends.empty() ? kNone : ends.back(); i != kNone; i = before[i]) out[i] = true;
    return out;
}

Words tag_words(const table::Table& table, std::uint32_t bits) {
    Words out;
    for (std::size_t i = 0; i < table.tags().size(); ++i)
        if ((bits >> i & 1U) != 0) out.push_back(text(table, table.tags()[i]));
    std::ranges::sort(out);
    return out;
}

std::string allow_text(const table::Table& table, const RuleRecord& rule) {
    return rule.allow_any != 0 ? "any" : joined(kms_words(table, rule.allow), "none");
}

/// Compares what one side of an edge holds.
class SideOfEdge {
  public:
    SideOfEdge(const Tables& tables, const table::EdgeRecord& before, const table::EdgeRecord& after,
               Side side, std::vector<Change>& out)
        : before_(*tables.before),
          after_(tables.after),
          old_(before_.rules(before, side)),
          new_(after_.rules(after, side)),
          side_(side),
          out_(out),
          edge_(text(after_, after.name)) {}

    void compare() {
        const Places old = places_of(before_, old_);
        std::vector<std::size_t> kept;
        std::vector<std::size_t> came_from;
        for (std::size_t i = 0; i < new_.size(); ++i) {
            const auto at = old.find(after_.text(new_[i].name));
            if (at == old.end()) continue;
            kept.push_back(i);
            came_from.push_back(at->second);
        }
        const std::vector<bool> stayed = rising(came_from);
        std::size_t next = 0;
        for (std::size_t i = 0; i < new_.size(); ++i) {
            if (next >= kept.size() || kept[next] != i) {
                added(new_[i], i);
                continue;
            }
            if (!stayed[next]) moved(new_[i], came_from[next], i);
            changed(old_[came_from[next]], new_[i]);
            ++next;
        }
        const Places now = places_of(after_, new_);
        for (const RuleRecord& rule : old_)
            if (!now.contains(before_.text(rule.name))) removed(rule);
    }

  private:
    std::string subject(std::string_view name) const {
        return fmt::format("edge {}, {}, rule {}", edge_, side_ == Side::initiator ? "initiator" : "receiver",
                           name);
    }
    Change& add(What what, std::string name) {
        Change& change = out_.emplace_back();
        change.kind = Kind::rule;
        change.what = what;
        change.name = std::move(name);
        change.edge = edge_;
        change.side = side_;
        return change;
    }
    void added(const RuleRecord& rule, std::size_t place) {
        Change& change = add(What::added, text(after_, rule.name));
        const bool first = old_.empty();
        if (first) change.effect = Effect::stricter;
        change.to = std::to_string(place + 1);
        change.text = fmt::format("{}: added as number {}, allow {}{}", subject(change.name), place + 1,
                                  allow_text(after_, rule), first ? "; the side was not policed before" : "");
    }
    void removed(const RuleRecord& rule) {
        Change& change = add(What::removed, text(before_, rule.name));
        const bool last = new_.empty();
        if (last) change.effect = Effect::looser;
        change.text =
            fmt::format("{}: removed, it allowed {}{}", subject(change.name), allow_text(before_, rule),
                        last ? "; the side is not policed any more" : "");
    }
    void moved(const RuleRecord& rule, std::size_t from, std::size_t to) {
        Change& change = add(What::moved, text(after_, rule.name));
        change.from = std::to_string(from + 1);
        change.to = std::to_string(to + 1);
        change.text =
            fmt::format("{}: moved from number {} to {}", subject(change.name), change.from, change.to);
    }
    void list(const RuleRecord& rule, std::string_view field, const Words& from, const Words& to) {
        if (from == to) return;
        Change& change = add(What::changed, text(after_, rule.name));
        set_list(change, subject(change.name), field, from, to);
        // A condition that comes or goes is more than its words.
        if (from.empty()) change.text += " (no condition before)";
        if (to.empty()) change.text += " (no condition any more)";
    }
    void changed(const RuleRecord& old, const RuleRecord& now) {
        list(now, "when.tag", tag_words(before_, old.tags), tag_words(after_, now.tags));
        list(now, "when.user", glob_words(before_, old.users), glob_words(after_, now.users));
        list(now, "when.peer", cidr_words(before_, old.peers), cidr_words(after_, now.peers));
        list(now, "when.visited", glob_words(before_, old.visited), glob_words(after_, now.visited));
        allow(old, now);
        if (old.other == now.other) return;
        Change& change = add(What::changed, text(after_, now.name));
        const auto word = [](table::Other other) { return other == table::Other::copy ? "copy" : "any"; };
        set_value(change, subject(change.name), "other", word(old.other), word(now.other));
    }
    void allow(const RuleRecord& old, const RuleRecord& now) {
        const Words from = kms_keys(before_, old.allow);
        const Words to = kms_keys(after_, now.allow);
        if (old.allow_any == now.allow_any && from == to) return;
        Change& change = add(What::changed, text(after_, now.name));
        const std::string about = subject(change.name);
        set_value(change, about, "allow", allow_text(before_, old), allow_text(after_, now));
        if (old.allow_any != now.allow_any) {
            change.effect = old.allow_any != 0 ? Effect::stricter : Effect::looser;
            return;
        }
        // By what they are; shown by what they are called.
        const Words names_from = kms_words(before_, old.allow);
        const Words names_to = kms_words(after_, now.allow);
        for (std::size_t i = 0; i < to.size(); ++i)
            if (std::ranges::find(from, to[i]) == from.end()) change.added.push_back(names_to[i]);
        for (std::size_t i = 0; i < from.size(); ++i)
            if (std::ranges::find(to, from[i]) == to.end()) change.removed.push_back(names_from[i]);
        if (change.added.empty() && change.removed.empty()) {
            change.text += " (their order in the KRR)";
            return;
        }
        change.text = fmt::format("{}: allow {}", about, plus_minus(change.added, change.removed));
        change.effect = change.added.empty()     ? Effect::stricter
                        : change.removed.empty() ? Effect::looser
                                                 : Effect::other;
    }

    const table::Table& before_;
    const table::Table& after_;
    Rules old_;
    Rules new_;
    Side side_;
    std::vector<Change>& out_;
    std::string edge_;
};

}  // namespace

void diff_rules(const Tables& tables, const table::EdgeRecord& before, const table::EdgeRecord& after,
                Side side, std::vector<Change>& out) {
    SideOfEdge(tables, before, after, side, out).compare();
}

}  // namespace kmsgate::policy::explain
