// SPDX-License-Identifier: BSD-3-Clause
// Inside of the compiler: a table in the making, and the steps that fill it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/compile/strings.hpp"
#include "policy/language/model.hpp"
#include "policy/table/format.hpp"
#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::compile {

/// The sections of the patterns, laid out one behind the other, and what the header says of them.
struct PatternPart {
    table::PatternsHead head;  ///< digest: all zeros where the part is new
    std::array<std::uint64_t, table::kPatternSections> counts{};
    std::span<const std::byte> bytes;
    std::vector<std::byte> made;  ///< what `bytes` looks at, unless that is a table

    PatternPart() = default;
    PatternPart(PatternPart&&) = default;
    PatternPart& operator=(PatternPart&&) = default;
};
/// The part of a policy's patterns.
[[nodiscard]] PatternPart make_patterns(const language::Policy& policy);
/// The part as it stands in a table, whose blob stays in place.
[[nodiscard]] PatternPart patterns_of(const table::Table& table);

/// The sections of a table before they are laid out. Header: sizes, offsets and digest are still missing.
struct Image {
    table::Header header;
    StringPool strings;
    std::vector<table::KmsRecord> kms;
    std::vector<table::KmsNameRecord> kms_names;
    std::vector<table::IndexSlot> kms_index;
    std::vector<table::Text> tags;
    std::vector<table::DomainRecord> domains;
    std::vector<table::EdgeRecord> edges;
    std::vector<table::RuleRecord> rules;
    std::vector<std::uint32_t> kms_lists;
    std::vector<std::uint64_t> allow_bits;
    std::vector<table::Text> globs;
    std::vector<table::CidrRecord> cidrs;
    std::vector<table::PeerRecord> peers;
    std::vector<std::uint16_t> ports;
    PatternPart patterns;
};

/// The forms that one allow list takes in the table.
struct AllowList {
    table::Range ids;
    std::uint32_t bits = 0;
    table::Text krr;
};

/// What the steps hand on to each other.
struct Build {
    const language::Policy& policy;
    Image image;
    std::unordered_map<std::string_view, std::uint32_t> kms_ids;  ///< by short name
    std::unordered_map<std::string_view, std::uint32_t> domain_ids;
    std::unordered_map<std::string_view, std::uint32_t> tag_bits;
    std::map<std::vector<std::uint32_t>, AllowList> allow_lists;  ///< equal lists are written once
};

// The steps, in the order in which compile() takes them. Names that do not resolve (check reports them) are
// left out.
void add_kms(Build& build);  ///< KMSs, their names and aliases
void add_tags(Build& build);
void add_domains(Build& build);  ///< needs KMSs
void add_peers(Build& build);
void add_edges(Build& build);      ///< needs all of the above; with their rules
void add_kms_index(Build& build);  ///< needs KMSs
/// Lays the sections out and closes the table with its digest.
[[nodiscard]] std::vector<std::byte> seal(const Image& image);
/// The bytes of sections, each 8-byte aligned, one behind the other.
class Layout {
  public:
    explicit Layout(std::vector<std::byte>& out) : out_(out) {}
    /// Where the section starts.
    template <class Records>
    std::size_t put(const Records& records) {
        const auto bytes = std::as_bytes(std::span(records.data(), records.size()));
        const std::size_t at = out_.size();
        out_.reserve(at + bytes.size() + 7);
        out_.insert(out_.end(), bytes.begin(), bytes.end());
        out_.resize(static_cast<std::size_t>(table::align8(out_.size())));
        return at;
    }

  private:
    std::vector<std::byte>& out_;
};

/// Rules of an edge: the initiator's, then the receiver's.
void add_rules(Build& build, const language::Edge& edge, std::uint32_t edge_id, table::EdgeRecord& record);
/// Networks of a list, one behind the other.
[[nodiscard]] table::Range add_cidrs(Build& build, const std::vector<language::Word>& networks);

/// Puts `more` behind `all`.
template <class T>
[[nodiscard]] table::Range append(std::vector<T>& all, const std::vector<T>& more) {
    const table::Range range{static_cast<std::uint32_t>(all.size()), static_cast<std::uint32_t>(more.size())};
    all.insert(all.end(), more.begin(), more.end());
    return more.empty() ? table::Range{} : range;
}

}  // namespace kmsgate::policy::compile
