// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mikey/rule.hpp"
#include "policy/compile/image.hpp"
#include "policy/table/cidr.hpp"

namespace kmsgate::policy::compile {

table::Range add_cidrs(Build& build, const std::vector<language::Word>& networks) {
    std::vector<table::CidrRecord> records;
    for (const language::Word& network : networks)
        if (const auto cidr = table::parse_cidr(network.text)) records.push_back(cidr->record);
    return append(build.image.cidrs, records);
}

void add_peers(Build& build) {
    for (const language::Peer& peer : build.policy.peers) {
        mikey::RuleSet relax;
        for (const language::Word& name : peer.relax)
            if (const auto rule = mikey::rule_from_string(name.text)) relax.add(*rule);
        build.image.peers.push_back({build.image.strings.add(peer.name.text),
                                     add_cidrs(build, peer.addresses), relax.bits(), peer.trusted ? 1U : 0U,
                                     0});
    }
}

}  // namespace kmsgate::policy::compile
