// SPDX-License-Identifier: BSD-3-Clause
// decide() on the compiled table against the naive walk over the policy as written; and what must hold of
// every rewritten KRR. Fixed seeds: a failure prints policy and message and comes back the same.
#include <arpa/inet.h>

#include <algorithm>
#include <map>

#include "tests/property/naive.hpp"
#include "tests/property/random_policy.hpp"
#include "tests/unit/decide/gate.hpp"

// An optional that is empty here is a broken test, which may die of it.
// NOLINTBEGIN(bugprone-unchecked-optional-access)
namespace kmsgate::naive {
namespace {

namespace decide = policy::decide;
using decide::testing::Gate;
using decide::testing::Scene;
using policy::table::Side;

constexpr std::uint32_t kPolicies = 2500;
constexpr int kMessages = 12;

policy::table::Address address(const std::string& text) {
    policy::table::Address a{};
    if (text.find(':') != std::string::npos) {
        EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), a.data()), 1);
    } else {
        a[10] = a[11] = 0xFF;
        EXPECT_EQ(inet_pton(AF_INET, text.c_str(), a.data() + 12), 1);
    }
    return a;
}

Scene scene(const Gate& gate, const Message& m) {
    Scene s(gate);
    for (std::size_t side = 0; side < 2; ++side) {
        for (const Person& p : m.users[side].candidates) {
            s.user(static_cast<Side>(side), m.users[side].state, p.uri);
            s.alias_last(static_cast<Side>(side), p.alias);
            for (const auto& tag : p.tags) s.tag_last(static_cast<Side>(side), tag);
        }
    }
    for (const Offer& o : m.offers) {
        if (o.state == IMessage::State::read)
            s.offer(o.kms[0] ? o.kms[0]->c_str() : nullptr, o.kms[1] ? o.kms[1]->c_str() : nullptr);
        else
            s.broken(o.state);
    }
    for (const auto& v : m.visited) s.visited(v);
    s.krr(m.lists[0], m.lists[1]).krr_state(m.krr);
    s.facts.mode = m.mode;
    s.facts.arrival = m.arrival;
    s.facts.message_class = m.kind;
    s.facts.unanswerable = m.unanswerable;
    s.facts.is_register = m.is_register;
    s.facts.grandfathered = m.grandfathered;
    s.facts.malformed_sip = m.malformed;
    s.facts.mikey_claim = m.claim;
    s.facts.uninspectable = m.uninspectable;
    s.facts.off_port = m.off_port;
    s.facts.tunnelled = m.tunnelled;
    s.facts.peer = address(m.peer);
    return s;
}

Answer ours(Scene& s, decide::Record* record = nullptr) {
    const decide::Decision d = s.judge(record);
    Answer a;
    a.verdict = decide::to_string(d.verdict);
    if (d.would) a.would = decide::to_string(*d.would);
    a.reason = decide::reason_text(d);
    a.alarm = d.alarm;
    a.strictest = d.strictest;
    for (std::size_t side = 0; side < 2; ++side) {
        a.policed[side] = d.policed[side];
        a.rule[side] = s.rule(d, static_cast<Side>(side));
        const bool krr =
            d.effective() == decide::Verdict::redirect || d.effective() == decide::Verdict::rewrite;
        if (krr) a.lists[side] = s.list(d, static_cast<Side>(side));
    }
    return a;
}

const policy::language::Edge& edge_of(const policy::language::Policy& p) {
    return *std::find_if(p.edges.begin(), p.edges.end(), [](const auto& e) { return e.name.text == "e"; });
}

std::string describe(const Message& m) {
    std::string out = "class " + std::to_string(static_cast<int>(m.kind)) + ", arrival " +
                      std::to_string(static_cast<int>(m.arrival)) + ", krr " +
                      std::to_string(static_cast<int>(m.krr)) + ", peer " + m.peer;
    for (const auto& [set, name] : {std::pair{m.unanswerable, " unanswerable"},
                                    {m.is_register, " register"},
                                    {m.grandfathered, " grandfathered"},
                                    {m.malformed, " malformed"},
                                    {m.claim, " claim"},
                                    {m.uninspectable, " uninspectable"},
                                    {m.off_port, " off-port"},
                                    {m.tunnelled, " tunnelled"}})
        if (set) out += name;
    for (const auto& v : m.visited) out += "\n  visited " + v;
    for (const Offer& o : m.offers)
        out += "\n  offer state " + std::to_string(static_cast<int>(o.state)) + " " + o.kms[0].value_or("-") +
               " " + o.kms[1].value_or("-");
    for (const User& u : m.users) {
        out += "\n  user state " + std::to_string(static_cast<int>(u.state));
        for (const Person& p : u.candidates) {
            out += " " + p.uri + " " + p.alias + "(";
            for (const auto& t : p.tags) out += t + " ";
            out += ")";
        }
    }
    for (const Names& names : m.lists) {
        out += "\n  list " + std::string(names ? "" : "ANY");
        if (names)
            for (const auto& n : *names) out += n + " ";
    }
    return out;
}

TEST(DecideProperty, AgreesWithTheNaiveWalk) {
    std::map<std::string, int> seen;
    for (std::uint32_t seed = 1; seed <= kPolicies && !::testing::Test::HasFailure(); ++seed) {
        Dice dice(seed);
        const std::string yaml = random_policy(dice);
        const Gate gate(Gate::Whole{yaml});
        if (::testing::Test::HasFailure()) FAIL() << "seed " << seed << "\n" << yaml;
        const auto& edge = edge_of(gate.policy());
        for (int i = 0; i < kMessages; ++i) {
            const Message m = random_message(dice);
            Scene s = scene(gate, m);
            const Answer expected = judge(gate.policy(), edge, m);
            const Answer got = ours(s);
            ASSERT_EQ(got, expected) << "seed " << seed << "\n"
                                     << yaml << describe(m) << "\ngot      " << to_string(got)
                                     << "\nexpected " << to_string(expected);
            decide::Record record;
            ASSERT_EQ(ours(s, &record), got) << "the record changes the decision";
            ++seen[got.verdict + " " + got.reason];
        }
    }
    // A world in which nothing happens would agree as well.
    for (const char* outcome : {"forward allowed",
                                "forward no-mikey",
                                "forward no-rule",
                                "forward bypass",
                                "forward krr-adheres",
                                "redirect initiator-kms-not-allowed",
                                "redirect receiver-kms-not-allowed",
                                "redirect unknown-user",
                                "redirect missing-idr",
                                "reject malformed-mikey",
                                "reject duplicate-idr",
                                "reject mikey-other-type",
                                "reject malformed-sip",
                                "forward malformed-sip",
                                "reject uninspectable-body",
                                "drop response-mikey",
                                "rewrite krr-initiator-narrowed",
                                "rewrite krr-receiver-narrowed",
                                "rewrite empty-intersection",
                                "drop empty-intersection",
                                "reject empty-intersection",
                                "forward empty-intersection",
                                "drop unparsable-krr",
                                "drop krr-out-of-place",
                                "drop unknown-kms-in-krr",
                                "forward unknown-user",
                                "drop unknown-user",
                                "drop off-port-sip",
                                "drop tunnelled"})
        EXPECT_GT(seen[outcome], 0) << outcome;
}

/// What the KRR says after this edge, as the next one reads it.
Names list_after(const Scene& s, const decide::Decision& d, std::size_t side) {
    const std::string text = s.list(d, static_cast<Side>(side));
    if (text == "ANY") return std::nullopt;
    std::vector<std::string> names;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        names.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

TEST(KrrProperty, RewritesOnlyNarrow) {
    int rewrites = 0;
    for (std::uint32_t seed = 100001; seed <= 100000 + kPolicies; ++seed) {
        Dice dice(seed);
        const std::string yaml = random_policy(dice);
        const Gate gate(Gate::Whole{yaml});
        const auto& edge = edge_of(gate.policy());
        for (int i = 0; i < kMessages; ++i) {
            Message m = random_message(dice);
            m.mode = policy::table::Mode::enforce;
            m.kind = MessageClass::response;
            m.krr = Krr::State::read;
            m.malformed = m.uninspectable = m.off_port = m.tunnelled = false;
            m.offers.clear();
            for (Names& list : m.lists) list = random_list(dice);
            Scene s = scene(gate, m);
            const decide::Decision d = s.judge();
            if (d.verdict != decide::Verdict::rewrite) continue;
            ++rewrites;
            Message next = m;
            for (std::size_t side = 0; side < 2; ++side) {
                const Names after = list_after(s, d, side);
                next.lists[side] = after;
                if (!d.policed[side]) {
                    ASSERT_EQ(after, m.lists[side]) << "the other side was touched\n" << yaml << describe(m);
                    continue;
                }
                // Left as it is because empty-intersection is forwarded: another side made it a rewrite.
                if (d.krr[side].kind == decide::ListOut::Kind::copy && after == m.lists[side]) continue;
                ASSERT_TRUE(after.has_value()) << "ANY was left\n" << yaml << describe(m);
                const auto allows = [&](const std::string& n) {
                    return allowed(gate.policy(), edge, m, static_cast<int>(side), true, n);
                };
                for (const auto& n : *after) ASSERT_TRUE(allows(n)) << n << "\n" << yaml << describe(m);
                for (const char* n : kWritten) {
                    const bool offered =
                        !m.lists[side] || std::count(m.lists[side]->begin(), m.lists[side]->end(), n) > 0;
                    if (!offered || !allows(n)) continue;
                    const bool kept = std::any_of(after->begin(), after->end(), [&](const std::string& k) {
                        return gate.table().find_kms(k) == gate.table().find_kms(n);
                    });
                    ASSERT_TRUE(kept) << n << " was lost\n" << yaml << describe(m);
                }
            }
            Scene again = scene(gate, next);
            const decide::Decision second = again.judge();
            ASSERT_EQ(second.verdict, decide::Verdict::forward) << yaml << describe(next);
        }
    }
    EXPECT_GT(rewrites, 1000);
}

}  // namespace
}  // namespace kmsgate::naive
// NOLINTEND(bugprone-unchecked-optional-access)
