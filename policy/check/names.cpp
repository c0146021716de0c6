// SPDX-License-Identifier: BSD-3-Clause
// KMS URIs, and the names that domains and edges refer to.
#include <fmt/format.h>

#include <unordered_map>

#include "dataplane/sip/ascii.hpp"
#include "policy/check/context.hpp"

namespace kmsgate::policy::check {
namespace {

using language::quote;
using language::Word;

/// A KMS name of a message must lead to one KMS: URIs and aliases are compared in any letter case.
class KmsUris {
  public:
    explicit KmsUris(language::Report& report) : report_(report) {}

    void add(const language::Kms& kms, const Word& uri) {
        if (uri.text.empty()) return;
        std::string key;
        for (const char c : uri.text) key += sip::lower(c);
        const auto [earlier, fresh] = seen_.try_emplace(std::move(key), Seen{&kms, &uri});
        if (fresh) return;
        report_.error(uri.mark,
                      fmt::format("{} of KMS {} is a name of KMS {} already ({})", quote(uri.text),
                                  quote(kms.name.text), quote(earlier->second.kms->name.text),
                                  language::place(earlier->second.uri->mark)),
                      "give every URI and alias to one KMS, once (letter case does not tell them apart)");
    }

  private:
    struct Seen {
        const language::Kms* kms;
        const Word* uri;
    };
    language::Report& report_;
    std::unordered_map<std::string, Seen> seen_;
};

void check_domain(Context& context, const language::Domain& domain) {
    const std::string owner = quote(domain.name.text);
    refer(context, context.kms, domain.home, "KMS", "kms");
    for (const Word& word : domain.secondary) refer(context, context.kms, word, "KMS", "kms");
    for (const Word& word : domain.external) refer(context, context.kms, word, "KMS", "kms");
    check_repeated(context, domain.secondary, "`secondary` of domain " + owner);
    check_repeated(context, domain.external, "`external` of domain " + owner);
}

}  // namespace

void check_names(Context& context) {
    KmsUris uris(context.report);
    for (const language::Kms& kms : context.policy.kms) {
        uris.add(kms, kms.uri);
        for (const Word& alias : kms.aliases) uris.add(kms, alias);
    }
    for (const language::Domain& domain : context.policy.domains) check_domain(context, domain);
    for (const language::Edge& edge : context.policy.edges)
        refer(context, context.domains, edge.domain, "domain", "domains");
}

void check_unused(Context& context) {
    for (const language::Kms& kms : context.policy.kms)
        if (!context.kms.used(kms.name.text))
            context.report.warning(kms.name.mark, fmt::format("KMS {} is not used", quote(kms.name.text)),
                                   "name it in a rule or a domain, or remove it");
    for (const Word& tag : context.policy.tags)
        if (!context.tags.used(tag.text))
            context.report.warning(tag.mark, fmt::format("no rule asks for tag {}", quote(tag.text)),
                                   "ask for it in `when` of a rule, or remove it");
    // The users of a domain without an edge are still told apart from those of the others.
    for (const language::Domain& domain : context.policy.domains)
        if (!context.domains.used(domain.name.text) && domain.users.empty())
            context.report.warning(domain.name.mark,
                                   fmt::format("domain {} has no edge and no users", quote(domain.name.text)),
                                   "give it users, name it in an edge, or remove it");
    for (const language::Peer& peer : context.policy.peers)
        if (!peer.trusted && peer.relax.empty())
            context.report.warning(
                peer.name.mark,
                fmt::format("peer {} is not trusted and relaxes nothing", quote(peer.name.text)),
                "set `trusted: true` or `relax`, or remove it");
}

}  // namespace kmsgate::policy::check
