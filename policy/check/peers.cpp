// SPDX-License-Identifier: BSD-3-Clause
// Peers: whose addresses are whose, and which rules of the well-formed list they need not keep.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <unordered_map>

#include "dataplane/mikey/rule.hpp"
#include "policy/check/context.hpp"
#include "policy/table/cidr.hpp"

namespace kmsgate::policy::check {
namespace {

using language::quote;
using language::Word;

constexpr std::uint32_t kMappedBits = 96;  // IPv4 stands as ::ffff:a.b.c.d

/// The network as it should be written.
std::string to_text(const table::CidrRecord& network, bool is_v4) {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    const char* const text =
        is_v4 ? inet_ntop(AF_INET, network.address.data() + 12, buffer.data(), buffer.size())
              : inet_ntop(AF_INET6, network.address.data(), buffer.data(), buffer.size());
    if (text == nullptr) return "the network";
    return fmt::format("{}/{}", text, is_v4 ? network.prefix - kMappedBits : network.prefix);
}

std::vector<std::string_view> relaxable_names() {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < mikey::kRules; ++i)
        if (mikey::relaxable(static_cast<mikey::Rule>(i)))
            names.push_back(to_string(static_cast<mikey::Rule>(i)));
    return names;
}

void check_relax(Context& context, const language::Peer& peer) {
    const std::vector<std::string_view> names = relaxable_names();
    for (const Word& word : peer.relax) {
        const std::optional<mikey::Rule> rule = mikey::rule_from_string(word.text);
        if (rule && mikey::relaxable(*rule)) continue;
        if (context.report.full()) return;
        std::string known;
        for (const std::string_view name : names) known += (known.empty() ? "" : ", ") + std::string(name);
        const std::string_view near = language::nearest(word.text, names);
        context.report.error(word.mark,
                             rule ? fmt::format("rule {} cannot be relaxed", quote(word.text))
                                  : fmt::format("unknown rule {} in `relax`", quote(word.text)),
                             near.empty() || rule ? "write one of: " + known
                                                  : fmt::format("write {} (known: {})", quote(near), known));
    }
    check_repeated(context, peer.relax, "`relax` of peer " + quote(peer.name.text));
}

}  // namespace

std::optional<std::string> check_network(Context& context, const Word& word) {
    const std::optional<table::Cidr> network = table::parse_cidr(word.text);
    if (!network) {
        context.report.error(
            word.mark, fmt::format("{} is no network", quote(word.text)),
            context.peers.find(word.text)
                ? fmt::format("write the addresses of peer {}, not its name", quote(word.text))
                : "write an address or a CIDR: 10.0.0.0/8, 192.0.2.1, fd00::/8");
        return std::nullopt;
    }
    if (network->host_bits)
        context.report.warning(word.mark, fmt::format("{} has bits behind its prefix", quote(word.text)),
                               "write " + to_text(network->record, word.text.find(':') == std::string::npos));
    const auto& address = network->record.address;
    return std::string(address.begin(), address.end()) + std::to_string(network->record.prefix);
}

void check_peers(Context& context) {
    struct Owner {
        const language::Peer* peer;
        const Word* word;
    };
    std::unordered_map<std::string, Owner> owners;
    for (const language::Peer& peer : context.policy.peers) {
        for (const Word& word : peer.addresses) {
            const std::optional<std::string> key = check_network(context, word);
            if (!key) continue;
            const auto [earlier, fresh] = owners.try_emplace(*key, Owner{&peer, &word});
            if (fresh) continue;
            const Owner& owner = earlier->second;
            const std::string what =
                fmt::format("network {} belongs to peer {} already ({})", quote(word.text),
                            quote(owner.peer->name.text), language::place(owner.word->mark));
            if (owner.peer == &peer)
                context.report.warning(word.mark, what, "remove it once");
            else
                context.report.error(word.mark, what, "give every network to one peer");
        }
        check_relax(context, peer);
    }
}

}  // namespace kmsgate::policy::check
