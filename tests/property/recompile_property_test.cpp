// SPDX-License-Identifier: BSD-3-Clause
// A compiler that keeps what did not change says and writes, after any sequence of edits, what one says and
// writes that begins from nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "policy/compile/compile.hpp"
#include "policy/language/problem.hpp"
#include "tests/property/random_policy.hpp"

namespace kmsgate::policy::compile {
namespace {

using naive::Dice;

/// A policy as somebody edits it: users in lists of every style, enough of them for lists that are read
/// without the YAML scanner.
struct Draft {
    struct Domain {
        std::string name;
        std::vector<std::string> users;
        int style = 0;
        bool secondary = false;
    };
    std::vector<Domain> domains;
    std::vector<std::string> kms;
    std::vector<std::string> rules;
    std::string edge_domain;
    std::string proxy = "is";
    std::string head;     ///< lines before all others
    std::string tail;     ///< lines behind all others
    std::string between;  ///< a line in the middle of the first list
    int next = 0;

    [[nodiscard]] std::string text() const {
        std::string out = head + "version: 1\ntags: [roaming]\nkms:\n";
        for (const std::string& name : kms) out += fmt::format("  {}: kms-{}.example\n", name, name);
        out += "domains:\n";
        for (std::size_t i = 0; i < domains.size(); ++i) add_domain(out, domains[i], i == 0);
        out += fmt::format("edges:\n  e:\n    domain: {}\n    proxy: {}\n    rules:\n", edge_domain, proxy);
        for (const std::string& rule : rules) out += "      - " + rule + "\n";
        return out + tail;
    }

  private:
    void add_domain(std::string& out, const Domain& domain, bool first) const {
        out += fmt::format("  {}:\n    home: A\n", domain.name);
        if (domain.secondary) out += "    secondary: [B]\n";
        if (domain.users.empty()) return;
        if (domain.style == 3) {
            std::string list;
            for (const std::string& user : domain.users) list += (list.empty() ? "\"" : ", \"") + user + "\"";
            out += "    users: [" + list + "]\n";
            return;
        }
        constexpr std::string_view kQuotes[] = {"\"", "'", ""};
        out += "    users:\n";
        for (std::size_t i = 0; i < domain.users.size(); ++i) {
            if (first && i == domain.users.size() / 2) out += between;
            const std::string_view quote = kQuotes[static_cast<std::size_t>(domain.style)];
            out += fmt::format("      - {}{}{}\n", quote, domain.users[i], quote);
        }
    }
};

std::string fresh_user(Draft& draft, Dice& dice) {
    const int n = draft.next++;
    switch (dice.pick(7)) {
        case 0:
            return fmt::format("sip:*@h{}.example", n);
        case 1:
            return fmt::format("sip:*@*.s{}.example", n);
        case 2:
            return fmt::format("tel:+44{}*", 1000 + n);
        case 3:
            return fmt::format("sip:u{}@control.example", n);
        case 4:
            return fmt::format("sip:%41{}@Control.Example;x=y", n);  // of another form than it is written in
        case 5:
            return fmt::format("sip:ops-*@o{}.example", n);  // of an uncommon shape
        default:
            return fmt::format("SIPS:U{}@*.x{}.example", n, n);
    }
}

std::string fresh_rule(Draft& draft, Dice& dice) {
    const std::string when = dice.chance(30)   ? ", when: {user: \"sip:*@h1.example\"}"
                             : dice.chance(30) ? ", when: {tag: roaming}"
                                               : "";
    return fmt::format("{{name: r{}, side: {}{}, allow: [{}]}}", draft.next++,
                       dice.chance(50) ? "initiator" : "receiver", when,
                       dice.chance(20)   ? "home"
                       : dice.chance(50) ? "A"
                                         : "B, A");
}

Draft first_draft(Dice& dice) {
    Draft out;
    out.kms = {"A", "B", "C"};
    for (int d = 0; d < 3; ++d) {
        Draft::Domain domain{fmt::format("d{}", d), {}, static_cast<int>(dice.pick(4)), false};
        for (std::size_t i = 0; i < 3 + dice.pick(30); ++i) domain.users.push_back(fresh_user(out, dice));
        out.domains.push_back(std::move(domain));
    }
    out.edge_domain = "d0";
    for (int i = 0; i < 4; ++i) out.rules.push_back(fresh_rule(out, dice));
    return out;
}

/// Edits that leave all users as they are.
void edit_around(Draft& draft, Dice& dice) {
    switch (dice.pick(8)) {
        case 0:
            draft.rules[dice.pick(draft.rules.size())] = fresh_rule(draft, dice);
            break;
        case 1:
            draft.rules.push_back(fresh_rule(draft, dice));
            break;
        case 2:
            draft.kms.push_back(fmt::format("K{}", draft.next++));
            break;
        case 3:
            draft.head += "# a comment\n";
            break;
        case 4:
            draft.domains[dice.pick(draft.domains.size())].style = static_cast<int>(dice.pick(4));
            break;
        case 5:
            draft.proxy = dice.chance(50) ? "is" : "cs";
            break;
        case 6:
            draft.edge_domain = draft.domains[dice.pick(draft.domains.size())].name;
            break;
        default:
            draft.between = dice.chance(50) ? "" : dice.chance(50) ? "\n" : "      # of whom more follow\n";
            break;
    }
}

/// Edits of the users, or of the domains that they belong to.
void edit_users(Draft& draft, Dice& dice) {
    Draft::Domain& domain = draft.domains[dice.pick(draft.domains.size())];
    Draft::Domain& other = draft.domains[dice.pick(draft.domains.size())];
    auto& users = domain.users;
    switch (dice.pick(8)) {
        case 0:
            users.insert(users.begin() + static_cast<std::ptrdiff_t>(dice.pick(users.size() + 1)),
                         fresh_user(draft, dice));
            break;
        case 1:
            if (!users.empty())
                users.erase(users.begin() + static_cast<std::ptrdiff_t>(dice.pick(users.size())));
            break;
        case 2:
            if (!users.empty()) users[dice.pick(users.size())] = fresh_user(draft, dice);
            break;
        case 3:  // the same texts, one of another domain
            if (!users.empty()) {
                other.users.insert(other.users.begin(), users.back());
                users.pop_back();
            }
            break;
        case 4:
            if (users.size() > 1) std::swap(users[0], users[dice.pick(users.size())]);
            break;
        case 5:
            std::swap(domain.users, other.users);
            break;
        case 6:
            std::ranges::rotate(draft.domains, draft.domains.begin() + 1);
            break;
        default:
            domain.name = fmt::format("d{}", draft.next++);
            draft.edge_domain = domain.name;
            break;
    }
}

/// Edits after which something is to be said: warnings of users, faults of each kind.
void edit_badly(Draft& draft, Dice& dice) {
    Draft::Domain& domain = draft.domains[dice.pick(draft.domains.size())];
    switch (dice.pick(6)) {
        case 0:
            if (!domain.users.empty()) domain.users.push_back(domain.users[0]);
            break;
        case 1:
            for (Draft::Domain& each : draft.domains) each.users.push_back("sip:*@tie.example");
            break;
        case 2:
            domain.users.push_back("sip:no blank@x");
            break;
        case 3:
            draft.tail = "unknown: 1\n";
            break;
        case 4:
            draft.rules.push_back("{name: x, side: initiator, allow: [nobody]}");
            break;
        default:
            draft.between = "     - \"sip:*@crooked.example\"\n";
            break;
    }
}

std::string said(const language::Problems& problems) {
    std::string out;
    for (const language::Problem& p : problems) out += language::to_string(p, "policy.yaml") + "\n";
    return out;
}

TEST(Recompile, SaysAndWritesWhatOneFromNothingDoes) {
    std::size_t good = 0, bad = 0;
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
        Dice dice(seed);
        Compiler compiler;
        Draft draft = first_draft(dice);
        Draft sound = draft;
        for (int step = 0; step < 60; ++step) {
            SCOPED_TRACE(fmt::format("seed {}, step {}", seed, step));
            const std::string text = draft.text();
            const Compiled whole = compile_text(text);
            const Compiler::Outcome kept = compiler.compile_text(text);
            ASSERT_EQ(said(kept.problems), said(whole.problems)) << text;
            ASSERT_EQ(kept.sealed == nullptr, whole.blob.empty()) << text;
            if (kept.sealed) {
                ASSERT_TRUE(kept.sealed->blob == whole.blob) << text;
                ASSERT_EQ(kept.sealed->table.blob().data(), kept.sealed->blob.data());
                sound = draft;
                ++good;
            } else {
                ++bad;
                if (dice.chance(70)) draft = sound;
            }
            const std::size_t edits = 1 + dice.pick(2);
            for (std::size_t i = 0; i < edits; ++i) {
                const std::size_t kind = dice.pick(10);
                if (kind < 6) edit_around(draft, dice);
                if (kind >= 6 && kind < 9) edit_users(draft, dice);
                if (kind == 9) edit_badly(draft, dice);
            }
        }
    }
    EXPECT_GT(good, 1500U);
    EXPECT_GT(bad, 200U);
}

TEST(Recompile, TheUsersOfTwoPoliciesInTurns) {
    Dice dice(7);
    Draft one = first_draft(dice), two = first_draft(dice);
    Compiler compiler;
    for (int step = 0; step < 40; ++step) {
        Draft& draft = dice.chance(50) ? one : two;
        edit_around(draft, dice);
        const std::string text = draft.text();
        const Compiler::Outcome kept = compiler.compile_text(text);
        const Compiled whole = compile_text(text);
        ASSERT_EQ(kept.sealed == nullptr, whole.blob.empty());
        if (!kept.sealed) continue;
        ASSERT_TRUE(kept.sealed->blob == whole.blob);
    }
}

}  // namespace
}  // namespace kmsgate::policy::compile
