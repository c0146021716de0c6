// SPDX-License-Identifier: BSD-3-Clause
#include "tests/property/naive.hpp"

#include "tests/property/naive_judge.hpp"

// An optional that is empty here is a broken test, which may die of it.
// NOLINTBEGIN(bugprone-unchecked-optional-access)
namespace kmsgate::naive {
namespace detail {

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
    bool foreign = false;
    for (const Names& names : m_.lists)
        if (names)
            for (const auto& n : *names) foreign = foreign || kms(n).empty();
    if (foreign && (krr[0].policed || krr[1].policed) && action(Cause::unknown_kms_in_krr) == Action::drop) {
        a.verdict = "drop";
        a.reason = "unknown-kms-in-krr";
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
        if (kept.empty())
            a.reason = "empty-intersection";
        else if (a.verdict != "rewrite")
            a.reason = s == 0 ? "krr-initiator-narrowed" : "krr-receiver-narrowed";
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

}  // namespace detail

using detail::Judge;
using policy::language::Edge;
using policy::language::Policy;

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
    return detail::has(judge.view(side, as_krr).allow, judge.kms(name));
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
// NOLINTEND(bugprone-unchecked-optional-access)
