// SPDX-License-Identifier: BSD-3-Clause
#include "tests/property/naive.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace kmsgate::naive {
namespace {

using policy::language::Edge;
using policy::language::Policy;
using policy::language::Rule;
using policy::language::Word;
using Strings = std::vector<std::string>;

std::string lower(std::string s) {
    for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return s;
}
bool has(const Strings& list, const std::string& s) {
    return std::find(list.begin(), list.end(), s) != list.end();
}

bool glob(const char* g, const char* t, bool star_takes_at) {
    if (*g == 0) return *t == 0;
    if (*g == '*') {
        if (glob(g + 1, t, star_takes_at)) return true;
        return *t != 0 && (star_takes_at || *t != '@') && glob(g, t + 1, star_takes_at);
    }
    return *g == *t && glob(g + 1, t + 1, star_takes_at);
}

/// Address as a string of 128 or 32 characters '0' and '1'.
std::string bits(const std::string& address) {
    unsigned char raw[16];
    const bool v6 = address.find(':') != std::string::npos;
    if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), raw) != 1) return "?";
    std::string out = v6 ? "6:" : "4:";
    for (int i = 0; i < (v6 ? 128 : 32); ++i) out += (raw[i / 8] >> (7 - i % 8) & 1) != 0 ? '1' : '0';
    return out;
}
bool in_network(const std::string& network, const std::string& address) {
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
        for (const Word& w : r.when.user) user = user || glob(w.text.c_str(), u.uri.c_str(), false);
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
        const std::string word(policy::to_string(a));
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

std::vector<Complaint> Judge::complaints(const std::array<View, 2>& offer,
                                         const std::array<View, 2>& krr) const {
    std::vector<Complaint> out;
    const bool offered = offer[0].policed || offer[1].policed;
    const bool back = krr[0].policed || krr[1].policed;
    const bool has_krr = m_.krr != Krr::State::none;
    if (m_.malformed && (offered || (has_krr && back)))
        out.push_back(by_cause(m_.claim || has_krr || !m_.offers.empty() ? Cause::malformed_sip_mikey
                                                                         : Cause::malformed_sip));
    if (m_.uninspectable && (offered || back)) out.push_back(by_cause(Cause::uninspectable_body));
    for (std::size_t s = 0; s < 2; ++s)
        if (offer[s].unjudged && !m_.offers.empty()) out.push_back({"unknown-user", "forward"});
    if (!offered || (m_.grandfathered && e_.in_dialog == policy::table::InDialog::grandfather)) return out;
    for (std::size_t i = 0; i < m_.offers.size(); ++i) {
        const Offer& o = m_.offers[i];
        if (o.state == IMessage::State::malformed) out.push_back(by_cause(Cause::malformed_mikey));
        if (o.state == IMessage::State::duplicate_idr) out.push_back(by_cause(Cause::duplicate_idr));
        if (o.state == IMessage::State::other_type) out.push_back(by_cause(Cause::mikey_other_type));
        if (o.state != IMessage::State::read) continue;
        for (std::size_t s = 0; s < 2; ++s) {
            if (!offer[s].policed) continue;
            Complaint c;
            if (offer[s].unknown && offer[s].action != Action::strictest) {
                c = by_cause(Cause::unknown_user);
            } else if (!o.kms[s]) {
                c = by_cause(Cause::missing_idr);
                c.register_may = true;
            } else if (!has(offer[s].allow, kms(*o.kms[s]))) {
                c.reason = offer[s].unknown ? "unknown-user"
                           : s == 0         ? "initiator-kms-not-allowed"
                                            : "receiver-kms-not-allowed";
                c.verdict = does(Action::redirect);
                c.register_may = true;
            } else {
                continue;
            }
            if (response() && c.verdict != "forward") c = by_cause(Cause::response_mikey);
            c.offer = i;
            c.readable = true;
            out.push_back(c);
        }
    }
    return out;
}

Answer Judge::krr_answer(const std::array<View, 2>& offer, const std::array<View, 2>& krr) const {
    Answer a;
    a.verdict = "forward";
    a.reason = "no-rule";
    if (m_.krr != Krr::State::read || !response()) {
        if (e_.rules.empty()) return a;
        const Complaint c =
            by_cause(m_.krr == Krr::State::unparsable ? Cause::unparsable_krr : Cause::krr_out_of_place);
        a.reason = c.reason;
        a.verdict = c.verdict;
        if (a.verdict == "redirect" && !offer[0].policed && !offer[1].policed) a.verdict = "reject";
        a.lists = lists(offer, c);
        return a;
    }
    std::string first_forwarded;
    for (std::size_t s = 0; s < 2; ++s) {
        const View& v = krr[s];
        const Names& in = m_.lists[s];
        a.lists[s] = as_is(in);
        if (v.unjudged && first_forwarded.empty()) first_forwarded = "unknown-user";
        if (!v.policed) continue;
        if (v.unknown && v.action != Action::strictest) {
            a.verdict = "drop";
            a.reason = "unknown-user";
            return a;
        }
        Strings kept;
        bool adheres = in.has_value();
        if (in) {
            for (const auto& n : *in) {
                if (has(v.allow, kms(n)))
                    kept.push_back(n);
                else
                    adheres = false;
            }
        } else {
            for (const auto& k : v.allow) kept.push_back(uri(k));
        }
        if (adheres) {
            if (a.reason == "no-rule") a.reason = "krr-adheres";
            continue;
        }
        if (kept.empty()) {
            const Action empty = action(Cause::empty_intersection);
            if (empty == Action::forward) {
                if (first_forwarded.empty()) first_forwarded = "empty-intersection";
                continue;
            }
            if (empty != Action::rewrite) {
                a.verdict = empty == Action::reject ? "reject" : "drop";
                a.reason = "empty-intersection";
                return a;
            }
        }
        a.lists[s] = as_is(kept);
        if (a.verdict != "rewrite") a.reason = s == 0 ? "krr-initiator-narrowed" : "krr-receiver-narrowed";
        a.verdict = "rewrite";
    }
    if (a.verdict == "forward" && !first_forwarded.empty()) a.reason = first_forwarded;
    if (a.reason == "no-rule" && !(krr[0].named.empty() && krr[1].named.empty())) a.reason = "allowed";
    return a;
}

Answer Judge::enforce() const {
    const bool has_krr = m_.krr != Krr::State::none;
    const bool faults = m_.malformed || m_.uninspectable || m_.off_port || m_.tunnelled;
    Answer a;
    a.verdict = "forward";
    a.reason = m_.offers.empty() && !has_krr ? "no-mikey" : "no-rule";
    std::array<View, 2> offer;
    std::array<View, 2> krr;
    if (!m_.offers.empty() || faults || !response())
        for (int s = 0; s < 2; ++s) offer[static_cast<std::size_t>(s)] = view(s, false);
    const bool back = has_krr || m_.uninspectable || (response() && (m_.off_port || m_.tunnelled));
    if (back && (response() || m_.kind == MessageClass::unknown))
        for (int s = 0; s < 2; ++s) krr[static_cast<std::size_t>(s)] = view(s, true);
    const auto finish = [&](Answer answer) {
        for (std::size_t s = 0; s < 2; ++s) {
            const bool from_krr = !offer[s].policed && (krr[s].policed || offer[s].named.empty());
            const View& v = from_krr ? krr[s] : offer[s];
            answer.rule[s] = v.named;
            answer.policed[s] = v.policed;
            answer.strictest = answer.strictest || (v.policed && v.unknown && v.action == Action::strictest);
        }
        return answer;
    };
    const auto with = [&](const Complaint& c) {
        Answer answer = a;
        answer.verdict = c.verdict;
        answer.reason = c.reason;
        if (c.verdict == "redirect") answer.lists = lists(offer, c);
        return finish(answer);
    };
    if (offer[0].policed || offer[1].policed || krr[0].policed || krr[1].policed) {
        std::vector<Complaint> gate;
        for (const auto& [present, cause] :
             {std::pair{m_.off_port, Cause::off_port_sip}, std::pair{m_.tunnelled, Cause::tunnelled}}) {
            if (!present || action(cause) == Action::judge) continue;
            gate.push_back(by_cause(cause));
            if (gate.back().verdict == "redirect") gate.back().verdict = "reject";
        }
        for (const auto& c : gate)
            if (c.verdict != "forward") return with(c);
        if (!gate.empty()) return with(gate.front());
    }
    auto all = complaints(offer, krr);
    const bool lenient = m_.is_register && request() && e_.on_register == policy::table::Register::alarm;
    const Complaint* alarm = nullptr;
    const Complaint* let_go = nullptr;
    for (const auto& c : all) {
        if (c.verdict == "forward") {
            let_go = let_go == nullptr ? &c : let_go;
        } else if (lenient && c.register_may) {
            alarm = alarm == nullptr ? &c : alarm;
        } else {
            return with(c);
        }
    }
    std::optional<Answer> returned;
    if (has_krr) returned = krr_answer(offer, krr);
    if (returned && returned->verdict != "forward") return finish(*returned);
    if (alarm != nullptr) {
        Answer answer = with(*alarm);
        answer.alarm = true;
        answer.would = answer.verdict;
        answer.verdict = "forward";
        return answer;
    }
    if (let_go != nullptr) return with(*let_go);
    if (returned && returned->reason != "no-rule") return finish(*returned);
    if (!m_.offers.empty() && !(offer[0].named.empty() && offer[1].named.empty())) {
        a.reason = "allowed";
        return finish(a);
    }
    return a;
}

}  // namespace

Answer judge(const Policy& policy, const Edge& edge, const Message& message) {
    Answer a;
    if (message.mode == policy::table::Mode::bypass) {
        a.verdict = "forward";
        a.reason = "bypass";
        return a;
    }
    a = Judge(policy, edge, message).enforce();
    if (message.mode == policy::table::Mode::shadow) {
        a.would = a.verdict;
        a.verdict = "forward";
    }
    const std::string& real = a.would.empty() ? a.verdict : a.would;
    if (real != "redirect" && real != "rewrite") a.lists = {};
    return a;
}

bool allowed(const Policy& policy, const Edge& edge, const Message& message, int side, bool as_krr,
             const std::string& name) {
    const Judge judge(policy, edge, message);
    return has(judge.view(side, as_krr).allow, judge.kms(name));
}

std::string to_string(const Answer& a) {
    std::string out;
    const auto put = [&](std::initializer_list<const char*> words) {
        for (const char* w : words) out.append(w);
    };
    put({a.verdict.c_str(), " would=", a.would.c_str(), " reason=", a.reason.c_str()});
    for (std::size_t s = 0; s < 2; ++s)
        put({s == 0 ? " | initiator" : " | receiver", a.policed[s] ? " policed by " : " rule ",
             a.rule[s].c_str(), " [", a.lists[s].c_str(), "]"});
    put({a.alarm ? " alarm" : "", a.strictest ? " strictest" : ""});
    return out;
}

}  // namespace kmsgate::naive
