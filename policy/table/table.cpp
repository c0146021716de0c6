// SPDX-License-Identifier: BSD-3-Clause
#include "policy/table/table.hpp"

#include "policy/table/view.hpp"

namespace kmsgate::policy::table {
namespace {

template <class Record>
[[nodiscard]] std::optional<std::uint32_t> find_name(const Table& table, std::span<const Record> records,
                                                     std::string_view name) noexcept {
    for (std::size_t i = 0; i < records.size(); ++i)
        if (table.text(records[i].name) == name) return static_cast<std::uint32_t>(i);
    return std::nullopt;
}

}  // namespace

Table::Table(std::span<const std::byte> blob) noexcept
    : blob_(blob),
      header_(&header_of(blob)),
      sip_hash_(text_hash("sip:", header_->patterns.seed)),
      strings_(section_of<char>(blob, Section::strings)),
      pattern_strings_(section_of<char>(blob, Section::pattern_strings)),
      kms_(section_of<KmsRecord>(blob, Section::kms)),
      kms_index_(section_of<IndexSlot>(blob, Section::kms_index)),
      pattern_index_(section_of<IndexSlot>(blob, Section::pattern_index)),
      tags_(section_of<Text>(blob, Section::tags)),
      domains_(section_of<DomainRecord>(blob, Section::domains)),
      edges_(section_of<EdgeRecord>(blob, Section::edges)),
      rules_(section_of<RuleRecord>(blob, Section::rules)),
      kms_lists_(section_of<std::uint32_t>(blob, Section::kms_lists)),
      allow_bits_(section_of<std::uint64_t>(blob, Section::allow_bits)),
      globs_(section_of<Text>(blob, Section::globs)),
      cidrs_(section_of<CidrRecord>(blob, Section::cidrs)),
      peers_(section_of<PeerRecord>(blob, Section::peers)),
      ports_(section_of<std::uint16_t>(blob, Section::ports)) {}

std::string Table::digest() const {
    std::string out = "sha256:";
    for (const std::uint8_t byte : header().digest) {
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 0xF];
    }
    return out;
}

std::optional<EdgeId> Table::find_edge(std::string_view name) const noexcept {
    return find_name(*this, edges(), name);
}
std::optional<DomainId> Table::find_domain(std::string_view name) const noexcept {
    return find_name(*this, domains(), name);
}
std::optional<unsigned> Table::find_tag(std::string_view name) const noexcept {
    const auto all = tags();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (text(all[i]) == name) return static_cast<unsigned>(i);
    return std::nullopt;
}

const PeerRecord* Table::find_peer(const Address& address) const noexcept {
    const PeerRecord* best = nullptr;
    std::uint32_t longest = 0;
    for (const PeerRecord& peer : peers()) {
        for (const CidrRecord& network : cidrs(peer.addresses)) {
            if (best != nullptr && network.prefix <= longest) continue;
            if (!contains(network, address)) continue;
            best = &peer;
            longest = network.prefix;
        }
    }
    return best;
}

}  // namespace kmsgate::policy::table
