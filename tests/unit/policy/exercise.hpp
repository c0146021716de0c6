// SPDX-License-Identifier: BSD-3-Clause
// Calls everything that a table offers, over all its records; true when the answers fit together.
#pragma once

#include <string>

#include "policy/table/pattern.hpp"
#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::test {

namespace detail {

[[nodiscard]] inline bool edges_hold(const table::Table& t, std::size_t& touched) {
    for (std::size_t e = 0; e < t.edges().size(); ++e) {
        const table::EdgeRecord& edge = t.edges()[e];
        if (t.find_edge(t.text(edge.name)) != e) return false;
        if (edge.domain >= t.domains().size()) return false;
        touched += t.text(edge.krr_after_id).size();
        for (std::size_t c = 0; c < kCauses; ++c)
            if (to_string(t.action(edge, static_cast<Cause>(c))).empty()) return false;
        for (const table::Range ports : {edge.udp_ports, edge.tcp_ports, edge.tls_ports})
            for (const std::uint16_t port : t.ports(ports)) touched += port;
        for (const table::Side side : {table::Side::initiator, table::Side::receiver}) {
            for (const table::RuleRecord& rule : t.rules(edge, side)) {
                if (rule.edge != e || rule.side != side) return false;
                std::size_t allowed = 0;
                for (table::KmsId k = 0; k < t.kms().size(); ++k) allowed += t.allows(rule, k) ? 1U : 0U;
                if (rule.allow_any == 0 && allowed != t.kms_list(rule.allow).size()) return false;
                for (const std::uint32_t k : t.kms_list(rule.allow))
                    if (!t.allows(rule, k)) return false;
                if (rule.allow_any == 0 && t.allows(rule, table::kNone)) return false;
                for (const table::Text glob : t.globs(rule.users))
                    touched += table::glob_match(t.text(glob), "sip:a@b.c", false) ? 1U : 0U;
                for (const table::Text glob : t.globs(rule.visited))
                    touched += table::glob_match(t.text(glob), "Visited@1", true) ? 1U : 0U;
                for (const table::CidrRecord& network : t.cidrs(rule.peers))
                    if (network.prefix >= 96 && !table::contains(network, network.address)) return false;
                touched += t.text(rule.name).size() + t.text(rule.krr_list).size();
            }
        }
    }
    return true;
}

}  // namespace detail

[[nodiscard]] inline bool exercise(const table::Table& t) {
    std::size_t touched = t.digest().size();
    for (std::size_t i = 0; i < t.kms().size(); ++i) {
        const table::KmsRecord& kms = t.kms()[i];
        if (t.find_kms(t.text(kms.uri)) != i) return false;
        touched += t.text(kms.xml).size() + t.text(kms.name).size();
    }
    for (std::size_t i = 0; i < t.tags().size(); ++i)
        if (t.find_tag(t.text(t.tags()[i])) != i) return false;
    for (std::size_t i = 0; i < t.domains().size(); ++i) {
        if (t.find_domain(t.text(t.domains()[i].name)) != i) return false;
        for (const std::uint32_t k : t.kms_list(t.domains()[i].secondary))
            if (k >= t.kms().size()) return false;
    }
    for (const table::PeerRecord& peer : t.peers())
        for (const table::CidrRecord& network : t.cidrs(peer.addresses))
            touched += t.find_peer(network.address) != nullptr ? t.text(peer.name).size() : 0;
    for (const auto& pattern : t.patterns()) {
        // A user of the pattern's own shape: the glob with its stars filled in.
        const std::string glob = table::to_glob(pattern.shape, t.pattern_text(pattern.text));
        for (const std::string_view fill : {"", "a", "x.y"}) {
            std::string user;
            for (const char c : glob) c == '*' ? user.append(fill) : user.append(1, c);
            const auto match = t.match_user(user);
            if (!match || match->rank < pattern.rank || match->domain >= t.domains().size()) return false;
        }
    }
    for (const std::string_view odd :
         {"", "@", ":", "sip:", "sip:@", "sip:a@b@c", "a@b:c", ".....", "sip:a@....."})
        touched += t.find_user(odd).has_value() ? 1U : 0U;
    const std::string longest(2000, '.');
    if (t.find_kms(longest)) return false;
    touched += t.find_user("sip:a@" + longest).has_value() ? 1U : 0U;
    return detail::edges_hold(t, touched) && touched > 0;
}

}  // namespace kmsgate::policy::test
