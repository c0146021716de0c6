// SPDX-License-Identifier: BSD-3-Clause
// Verification of what has a name and no rules: KMSs, tags, globs, ports, domains, peers.
#include <algorithm>

#include "dataplane/krr/pieces.hpp"
#include "dataplane/mikey/rule.hpp"
#include "policy/table/verify.hpp"

namespace kmsgate::policy::table {
namespace {

template <class T>
[[nodiscard]] std::vector<std::string_view> names_of(const View& view, Section section) {
    std::vector<std::string_view> out;
    for (const T& record : view.section<T>(section)) out.push_back(view.text(record.name));
    return out;
}

[[nodiscard]] Fault check_kms_id(const View& view, std::uint32_t id, std::string_view what) {
    if (id >= view.count(Section::kms)) return fmt::format("{}: no KMS has the id {}", what, id);
    return std::nullopt;
}

/// `xml` is krr::piece_kms(uri), which this room does not link for it needs an XML library.
[[nodiscard]] bool is_kms_xml(std::string_view xml, std::string_view uri) {
    std::string expected(krr::pieces::open<krr::names::kms_uri>);
    for (const char c : uri) {
        switch (c) {
            case '&':
                expected += "&amp;";
                break;
            case '<':
                expected += "&lt;";
                break;
            case '>':
                expected += "&gt;";
                break;
            case '"':
                expected += "&quot;";
                break;
            case '\'':
                expected += "&apos;";
                break;
            default:
                expected += c;
        }
    }
    return xml == expected.append(krr::pieces::close<krr::names::kms_uri>);
}

[[nodiscard]] Fault check_relax(std::uint64_t bits) {
    for (std::size_t i = 0; i < 64; ++i) {
        if ((bits >> i & 1U) == 0) continue;
        if (i >= mikey::kRules || !mikey::relaxable(static_cast<mikey::Rule>(i)))
            return fmt::format("rule {} of I_MESSAGEs cannot be relaxed", i);
    }
    return std::nullopt;
}

}  // namespace

Fault verify_kms(const View& view) {
    if (Fault fault = each<KmsRecord>(view, Section::kms, [&](const KmsRecord& kms) -> Fault {
            if (Fault bad = check_text(view, kms.uri, Charset::uri, "uri")) return bad;
            if (Fault bad = check_text(view, kms.name, Charset::name, "name")) return bad;
            if (Fault bad = check_bounds(view, kms.xml, "xml")) return bad;
            if (!is_kms_xml(view.text(kms.xml), view.text(kms.uri))) return "xml is not that of its uri";
            return std::nullopt;
        }))
        return fault;
    if (Fault fault = check_distinct(names_of<KmsRecord>(view, Section::kms), "KMS")) return fault;
    if (Fault fault = each<KmsNameRecord>(view, Section::kms_names, [&](const KmsNameRecord& name) -> Fault {
            if (Fault bad = check_text(view, name.name, Charset::lower, "name")) return bad;
            if (name.reserved != 0) return "a reserved field is not zero";
            return check_kms_id(view, name.kms, "name");
        }))
        return fault;
    return each<std::uint32_t>(view, Section::kms_lists,
                               [&](std::uint32_t id) { return check_kms_id(view, id, "entry"); });
}

Fault verify_words(const View& view) {
    if (view.count(Section::tags) > kMaxTags) return fmt::format("section tags: more than {} tags", kMaxTags);
    if (Fault fault = each<Text>(view, Section::tags,
                                 [&](Text t) { return check_text(view, t, Charset::name, "tag"); }))
        return fault;
    std::vector<std::string_view> tags;
    for (const Text t : view.section<Text>(Section::tags)) tags.push_back(view.text(t));
    if (Fault fault = check_distinct(std::move(tags), "tag")) return fault;
    if (Fault fault = each<Text>(view, Section::globs,
                                 [&](Text t) { return check_text(view, t, Charset::name, "glob"); }))
        return fault;
    return each<std::uint16_t>(view, Section::ports, [](std::uint16_t port) -> Fault {
        if (port == 0) return "port 0";
        return std::nullopt;
    });
}

Fault verify_domains(const View& view) {
    if (view.count(Section::domains) >= kMaxDomains) return "section domains: too many";
    if (Fault fault = each<DomainRecord>(view, Section::domains, [&](const DomainRecord& domain) -> Fault {
            if (Fault bad = check_text(view, domain.name, Charset::name, "name")) return bad;
            if (domain.reserved != 0) return "a reserved field is not zero";
            if (Fault bad = check_range(view, domain.secondary, Section::kms_lists, "secondary")) return bad;
            if (domain.secondary.count > kMaxAllow) return "more secondary KMSs than a list may have";
            return domain.home == kNone ? std::nullopt : check_kms_id(view, domain.home, "home");
        }))
        return fault;
    return check_distinct(names_of<DomainRecord>(view, Section::domains), "domain");
}

Fault verify_peers(const View& view) {
    if (Fault fault = each<CidrRecord>(view, Section::cidrs, [](const CidrRecord& network) -> Fault {
            if (network.prefix > 128) return fmt::format("prefix of {} bits", network.prefix);
            if (network.reserved != 0) return "a reserved field is not zero";
            for (std::size_t bit = network.prefix; bit < 128; ++bit)
                if ((network.address[bit / 8] >> (7 - bit % 8) & 1U) != 0) return "bits behind the prefix";
            return std::nullopt;
        }))
        return fault;
    if (Fault fault = each<PeerRecord>(view, Section::peers, [&](const PeerRecord& peer) -> Fault {
            if (Fault bad = check_text(view, peer.name, Charset::name, "name")) return bad;
            if (Fault bad = check_range(view, peer.addresses, Section::cidrs, "addresses")) return bad;
            if (peer.trusted > 1) return "trusted is neither 0 nor 1";
            if (peer.reserved != 0) return "a reserved field is not zero";
            return check_relax(peer.relax);
        }))
        return fault;
    return check_distinct(names_of<PeerRecord>(view, Section::peers), "peer");
}

}  // namespace kmsgate::policy::table
