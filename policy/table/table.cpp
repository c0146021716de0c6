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

template <class T>
std::span<const T> Table::section(Section s) const noexcept {
    return section_of<T>(blob_, s);
}
const Header& Table::header() const noexcept {
    return header_of(blob_);
}

std::string Table::digest() const {
    std::string out = "sha256:";
    for (const std::uint8_t byte : header().digest) {
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 0xF];
    }
    return out;
}

std::string_view Table::text(Text t) const noexcept {
    return text_of(blob_, t);
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

std::span<const KmsRecord> Table::kms() const noexcept {
    return section<KmsRecord>(Section::kms);
}
std::span<const Text> Table::tags() const noexcept {
    return section<Text>(Section::tags);
}
std::span<const DomainRecord> Table::domains() const noexcept {
    return section<DomainRecord>(Section::domains);
}
std::span<const EdgeRecord> Table::edges() const noexcept {
    return section<EdgeRecord>(Section::edges);
}
std::span<const RuleRecord> Table::rules() const noexcept {
    return section<RuleRecord>(Section::rules);
}
std::span<const PeerRecord> Table::peers() const noexcept {
    return section<PeerRecord>(Section::peers);
}

std::span<const RuleRecord> Table::rules(const EdgeRecord& edge, Side side) const noexcept {
    const Range range = edge.rules[std::to_underlying(side)];
    return rules().subspan(range.first, range.count);
}
bool Table::allows(const RuleRecord& rule, KmsId kms) const noexcept {
    if (rule.allow_any != 0) return true;
    if (kms >= this->kms().size()) return false;
    const std::uint64_t word = section<std::uint64_t>(Section::allow_bits)[rule.allow_bits + kms / 64];
    return (word >> (kms % 64) & 1U) != 0;
}
std::span<const std::uint32_t> Table::kms_list(Range range) const noexcept {
    return section<std::uint32_t>(Section::kms_lists).subspan(range.first, range.count);
}
std::span<const Text> Table::globs(Range range) const noexcept {
    return section<Text>(Section::globs).subspan(range.first, range.count);
}
std::span<const CidrRecord> Table::cidrs(Range range) const noexcept {
    return section<CidrRecord>(Section::cidrs).subspan(range.first, range.count);
}
std::span<const std::uint16_t> Table::ports(Range range) const noexcept {
    return section<std::uint16_t>(Section::ports).subspan(range.first, range.count);
}

}  // namespace kmsgate::policy::table
