// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/krr/emit.hpp"
#include "policy/compile/image.hpp"

namespace kmsgate::policy::compile {
namespace {

/// Action of every cause: the default, unless the policy or, before it, the edge says otherwise.
void set_failure(table::EdgeRecord& record, const std::vector<language::Failure>& everywhere,
                 const std::vector<language::Failure>& here) {
    for (std::size_t i = 0; i < kCauses; ++i) record.failure[i] = default_action(static_cast<Cause>(i));
    for (const auto* settings : {&everywhere, &here})
        for (const language::Failure& setting : *settings)
            if (setting.cause < Cause::count_)
                record.failure[static_cast<std::size_t>(setting.cause)] = setting.action;
}

}  // namespace

void add_edges(Build& build) {
    Image& image = build.image;
    const language::Limits& limits = build.policy.limits;
    for (const language::Edge& edge : build.policy.edges) {
        table::EdgeRecord record;
        record.name = image.strings.add(edge.name.text);
        record.krr_after_id = image.strings.add(krr::piece_after_id(
            edge.processor.text.empty() ? "urn:x-kmsgate:edge:" + edge.name.text : edge.processor.text));
        const auto domain = build.domain_ids.find(edge.domain.text);
        record.domain = domain == build.domain_ids.end() ? table::kNone : domain->second;
        record.proxy = edge.proxy;
        record.mode = edge.mode;
        record.in_dialog = edge.in_dialog;
        record.on_register = edge.on_register;
        record.udp_ports = append(image.ports, edge.udp);
        record.tcp_ports = append(image.ports, edge.tcp);
        record.tls_ports = append(image.ports, edge.tls);
        record.redirects_per_second = edge.limits.redirects_per_second.value_or(
            limits.redirects_per_second.value_or(language::kDefaultRedirectsPerSecond));
        record.per_source =
            edge.limits.per_source.value_or(limits.per_source.value_or(language::kDefaultPerSource));
        set_failure(record, build.policy.failure, edge.failure);
        add_rules(build, edge, static_cast<std::uint32_t>(image.edges.size()), record);
        image.edges.push_back(record);
    }
}

}  // namespace kmsgate::policy::compile
