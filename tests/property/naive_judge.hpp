// SPDX-License-Identifier: BSD-3-Clause
// The parts of the naive walk: names, conditions, the rules of a side. Included by naive.cpp only.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

#include "tests/property/naive.hpp"

// An optional that is empty here is a broken test, which may die of it.
// NOLINTBEGIN(bugprone-unchecked-optional-access)
namespace kmsgate::naive::detail {

using policy::language::Edge;
using policy::language::Policy;
using policy::language::Rule;
using policy::language::Word;
using Strings = std::vector<std::string>;

inline std::string lower(std::string s) {
    for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return s;
}
inline bool has(const Strings& list, const std::string& s) {
    return std::find(list.begin(), list.end(), s) != list.end();
}

inline bool glob(const char* g, const char* t, bool star_takes_at) {
    if (*g == 0) return *t == 0;
    if (*g == '*') {
        if (glob(g + 1, t, star_takes_at)) return true;
        return *t != 0 && (star_takes_at || *t != '@') && glob(g, t + 1, star_takes_at);
    }
    return *g == *t && glob(g + 1, t + 1, star_takes_at);
}

/// Address as a string of 128 or 32 characters '0' and '1'.
inline std::string bits(const std::string& address) {
    unsigned char raw[16];
    const bool v6 = address.find(':') != std::string::npos;
    if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), raw) != 1) return "?";
    std::string out = v6 ? "6:" : "4:";
    for (int i = 0; i < (v6 ? 128 : 32); ++i) out += (raw[i / 8] >> (7 - i % 8) & 1) != 0 ? '1' : '0';
    return out;
}
inline bool in_network(const std::string& network, const std::string& address) {
    const auto slash = network.find('/');
    const std::string net = bits(network.substr(0, slash));
    const std::size_t length =
        slash == std::string::npos ? net.size() - 2 : std::stoul(network.substr(slash + 1));
    return bits(address).compare(0, length + 2, net, 0, length + 2) == 0;
}

/// What the rules of one side come to.
struct View {
    std::vector<const Rule*> set;  ///< in table order, those that police
    std::string named;
    bool policed = false, unknown = false, unjudged = false;
    Action action{};
    Strings allow;  ///< short names, in order
};

struct Complaint {
    std::string reason, verdict;
    int side = -1;
    std::size_t offer = 0;
    bool readable = false, register_may = false;
};

class Judge {
  public:
    Judge(const Policy& p, const Edge& e, const Message& m) : p_(p), e_(e), m_(m) {}

    Action action(Cause cause) const {
        for (const auto& f : e_.failure)
            if (f.cause == cause) return f.action;
        for (const auto& f : p_.failure)
            if (f.cause == cause) return f.action;
        return policy::default_action(cause);
    }
    /// Short name of the KMS that a name means; empty: none of the policy's.
    std::string kms(const std::string& name) const {
        for (const auto& k : p_.kms) {
            if (lower(k.uri.text) == lower(name)) return k.name.text;
            for (const auto& alias : k.aliases)
                if (lower(alias.text) == lower(name)) return k.name.text;
        }
        return "";
    }
    std::string uri(const std::string& short_name) const {
        for (const auto& k : p_.kms)
            if (k.name.text == short_name) return k.uri.text;
        return "?";
    }
    static bool any(const Rule& r) { return r.allow.front().text == "any"; }
    Strings allow(const Rule& r) const {
        Strings out;
        const auto put = [&](const std::string& s) {
            if (!has(out, s)) out.push_back(s);
        };
        for (const Word& w : r.allow) {
            if (w.text != "home") {
                put(w.text);
                continue;
            }
            for (const auto& d : p_.domains)
                if (d.name.text == e_.domain.text) {
                    put(d.home.text);
                    for (const Word& s : d.secondary) put(s.text);
                }
        }
        return out;
    }
    bool elsewhere(const Rule& r) const {  // the conditions that ask for no user
        bool peer = r.when.peer.empty();
        for (const Word& w : r.when.peer) peer = peer || in_network(w.text, m_.peer);
        bool visited = r.when.visited.empty();
        for (const Word& w : r.when.visited)
            for (const auto& v : m_.visited) visited = visited || glob(w.text.c_str(), v.c_str(), true);
        return peer && visited;
    }
    static bool needs_user(const Rule& r) { return !r.when.tag.empty() || !r.when.user.empty(); }
    static bool for_user(const Rule& r, const Person& u) {
        bool tag = r.when.tag.empty();
        for (const Word& w : r.when.tag) tag = tag || u.tags.contains(w.text);
        bool user = r.when.user.empty();
        for (const Word& w : r.when.user) {
            user = user || glob(w.text.c_str(), u.uri.c_str(), false);
            if (!u.alias.empty()) user = user || glob(w.text.c_str(), u.alias.c_str(), false);
        }
        return tag && user;
    }

    bool concerned(int side, bool as_krr) const {
        if (e_.proxy == policy::table::Proxy::cs)
            return ((m_.arrival == Arrival::inside) != as_krr) == (side == 0);
        return m_.kind == MessageClass::unknown ||
               m_.users[static_cast<std::size_t>(side)].state != UserState::other;
    }

    View view(int side, bool as_krr) const {
        View v;
        if (!concerned(side, as_krr)) return v;
        std::vector<const Rule*> rules;
        for (const Rule& r : e_.rules)
            if (static_cast<int>(r.side) == side) rules.push_back(&r);
        const bool is = e_.proxy == policy::table::Proxy::is;
        const User& user = m_.users[static_cast<std::size_t>(side)];
        std::vector<const Rule*> matched;
        bool unknown = false;
        if (user.state == UserState::unknown || (is && m_.kind == MessageClass::unknown)) {
            for (const Rule* r : rules) {
                if (!elsewhere(*r)) continue;
                matched.push_back(r);
                if (!needs_user(*r)) break;
            }
            unknown = is || (!matched.empty() && needs_user(*matched.front()));
        } else {
            for (const Rule* r : rules)  // in table order: is it the first match of some candidate?
                for (std::size_t c = 0; c < user.candidates.size(); ++c) {
                    if (c > 0 && user.state == UserState::other) break;
                    const auto first = std::find_if(rules.begin(), rules.end(), [&](const Rule* q) {
                        return elsewhere(*q) && for_user(*q, user.candidates[c]);
                    });
                    if (first != rules.end() && *first == r) {
                        matched.push_back(r);
                        break;
                    }
                }
        }
        for (const Rule* r : matched)
            if (!any(*r)) v.set.push_back(r);
        if (v.set.empty()) {
            if (!matched.empty()) v.named = matched.front()->name.text;
            return v;
        }
        v.action = action(Cause::unknown_user);
        v.unknown = unknown;
        if (unknown && v.action == Action::forward) {
            v.unjudged = true;
            return v;
        }
        v.policed = true;
        v.named = v.set.front()->name.text;
        for (const auto& k : allow(*v.set.front()))
            if (std::all_of(v.set.begin(), v.set.end(), [&](const Rule* r) { return has(allow(*r), k); }))
                v.allow.push_back(k);
        return v;
    }

    bool request() const { return m_.kind == MessageClass::request; }
    bool response() const { return m_.kind == MessageClass::response; }
    /// What an action comes to when the message could or could not be answered.
    std::string does(Action a) const {
        std::string word(policy::to_string(a));
        if (word == "forward" || word == "drop") return word;
        return request() && !m_.unanswerable ? word : "drop";
    }
    Complaint by_cause(Cause cause) const {
        return {std::string(policy::reason_text(cause)), does(action(cause))};
    }

    /// Everything that can be said against the message, in the order of precedence.
    std::vector<Complaint> complaints(const std::array<View, 2>& offer, const std::array<View, 2>& krr) const;
    Answer krr_answer(const std::array<View, 2>& offer, const std::array<View, 2>& krr) const;
    Answer enforce() const;

    std::string written(const Strings& short_names) const {
        std::string out;
        for (const auto& n : short_names) out.append(out.empty() ? "" : " ").append(uri(n));
        return out;
    }
    static std::string as_is(const Names& names) {
        if (!names) return "ANY";
        std::string out;
        for (const auto& n : *names) out.append(out.empty() ? "" : " ").append(n);
        return out;
    }
    /// Lists of the KRR that answers a complaint.
    std::array<std::string, 2> lists(const std::array<View, 2>& offer, const Complaint& c) const {
        std::array<std::string, 2> out = {"ANY", "ANY"};
        for (std::size_t s = 0; s < 2; ++s) {
            if (offer[s].policed) {
                out[s] = written(offer[s].allow);
            } else if (c.readable && m_.offers[c.offer].kms[s]) {
                const Rule& r = *offer[1 - s].set.front();
                const bool copy = r.other ? *r.other == policy::table::Other::copy
                                          : r.side == policy::table::Side::initiator;
                if (copy) out[s] = *m_.offers[c.offer].kms[s];
            }
        }
        return out;
    }

  private:
    const Policy& p_;
    const Edge& e_;
    const Message& m_;
};

}  // namespace kmsgate::naive::detail
// NOLINTEND(bugprone-unchecked-optional-access)
