// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/policy.hpp"

#include <fmt/format.h>

#include <iterator>

namespace kmsgate::bench {

namespace {

/// "K03, K04, K05" for KMSs 2 to 4.
std::string list(std::size_t first, std::size_t count) {
    std::string out;
    for (std::size_t k = first; k < first + count; ++k)
        out += fmt::format("{}K{:02}", k == first ? "" : ", ", k + 1);
    return out;
}

}  // namespace

std::string domain_name(std::size_t domain) {
    return fmt::format("mc{}", domain + 1);
}

std::string kms_name(std::size_t kms) {
    const std::size_t domain = kms / kKmsOfDomain;
    if (domain >= kDomains) return fmt::format("kms{:02}.partner.example", kms + 1);
    return fmt::format("kms{:02}.{}.example", kms + 1, domain_name(domain));
}

std::string policy_text() {
    std::string out = "version: 1\ntags: [roaming, migrated]\nkms:\n";
    auto to = std::back_inserter(out);
    for (std::size_t k = 0; k < kKmsCount; ++k) fmt::format_to(to, "  K{:02}: {}\n", k + 1, kms_name(k));
    out += "domains:\n";
    for (std::size_t d = 0; d < kDomains; ++d)
        fmt::format_to(
            to,
            "  {0}:\n    users: [\"sip:*@{0}.example\", \"sip:*@*.{0}.example\", \"tel:+44{1}0*\"]\n"
            "    home: K{2:02}\n    secondary: [{3}]\n    external: [{4}]\n",
            domain_name(d), d + 1, d * kKmsOfDomain + 1, list(d * kKmsOfDomain + 1, 2),
            list(kDomains * kKmsOfDomain, 4));
    out += "edges:\n";
    for (std::size_t d = 0; d < kDomains; ++d) {
        const std::size_t first = d * kKmsOfDomain;
        fmt::format_to(
            to,
            "  {0}-access:\n    domain: {0}\n    proxy: cs\n    rules:\n"
            "      - {{name: roaming, side: initiator, when: {{tag: roaming}}, allow: [{1}], other: copy}}\n"
            "      - {{name: attached, side: initiator, allow: [{2}], other: any}}\n",
            domain_name(d), list(first + 6, 4), list(first, 6));
        fmt::format_to(to,
                       "  {0}-home:\n    domain: {0}\n    proxy: is\n    rules:\n"
                       "      - {{name: ours, side: initiator, allow: [home, {1}], other: copy}}\n"
                       "      - {{name: called, side: receiver, allow: [{2}]}}\n",
                       domain_name(d), list(first + 4, 3), list(first + 1, 7));
    }
    fmt::format_to(
        to,
        "  mc1-visitors:\n    domain: mc1\n    proxy: cs\n    rules:\n"
        "      - {{name: visited, side: initiator, when: {{visited: \"*utran-cell-id-3gpp=23430*\"}}, "
        "allow: [{0}], other: copy}}\n"
        "      - {{name: others, side: initiator, allow: [{1}], other: any}}\n",
        list(0, 16), list(10, 30));
    fmt::format_to(to,
                   "  {0}:\n    domain: mc1\n    proxy: cs\n    rules:\n"
                   "      - {{name: emergency, side: initiator, allow: [{1}], other: copy}}\n"
                   "      - {{name: emergency, side: receiver, allow: [{1}]}}\n",
                   kIsolatedEdge, list(kKmsCount - 3, 3));
    out +=
        "failure: {malformed-mikey: reject}\nlimits: {redirects-per-second: 100000, per-source: 100}\n"
        "peers:\n  ims: {addresses: [10.0.0.0/8], trusted: true}\n";
    return out;
}

}  // namespace kmsgate::bench
