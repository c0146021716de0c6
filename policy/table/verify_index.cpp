// SPDX-License-Identifier: BSD-3-Clause
// Verification of the patterns and of both indexes: every entry must be found as a lookup will look for it.
#include <bit>

#include "policy/table/pattern.hpp"
#include "policy/table/verify.hpp"

namespace kmsgate::policy::table {
namespace {

/// Slots whole, hashes right, each of the `entries` in exactly one slot. `hash_of(entry)` is its key's hash.
template <class HashOf>
[[nodiscard]] Fault check_slots(const View& view, Section section, std::uint32_t probe, std::size_t entries,
                                HashOf hash_of) {
    const auto slots = view.section<IndexSlot>(section);
    const std::string_view name = kSectionTypes[std::to_underlying(section)].name;
    if (!slots.empty() && !std::has_single_bit(slots.size()))
        return fmt::format("section {}: {} slots are no power of two", name, slots.size());
    if (probe > kMaxProbe) return fmt::format("section {}: lookups of {} slots", name, probe);
    std::size_t used = 0;
    if (Fault fault = each<IndexSlot>(view, section, [&](const IndexSlot& slot) -> Fault {
            if (slot.entry == kNone) return slot.hash == 0 ? std::nullopt : Fault("a free slot with a hash");
            if (slot.entry >= entries) return fmt::format("no entry {}", slot.entry);
            if (slot.hash != hash_of(slot.entry)) return "wrong hash";
            ++used;
            return std::nullopt;
        }))
        return fault;
    if (used != entries)
        return fmt::format("section {}: {} slots in use for {} entries", name, used, entries);
    return std::nullopt;
}

[[nodiscard]] std::string_view name_of_shape(Shape shape) noexcept {
    constexpr std::array<std::string_view, 5> names = {"exact", "host", "suffix", "prefix", "odd"};
    return names[std::to_underlying(shape)];
}

[[nodiscard]] Fault check_pattern(const View& view, const PatternRecord& record) {
    if (Fault bad = check_text(view, record.text, Charset::uri, "text")) return bad;
    if (record.domain >= view.count(Section::domains))
        return fmt::format("no domain has the id {}", record.domain);
    if (record.shape > Shape::odd) return "unknown shape";
    if (record.reserved != std::array<std::uint8_t, 3>{}) return "a reserved field is not zero";
    const std::string_view text = view.text(record.text);
    const std::string glob = to_glob(record.shape, text);
    if (glob.size() > kMaxText) return "longer than a pattern may be";
    const Pattern pattern = classify(glob);
    if (pattern.shape != record.shape || pattern.text != text)
        return fmt::format("`{}` is not of shape {}", text, name_of_shape(record.shape));
    if (pattern.rank != record.rank) return "wrong rank";
    return std::nullopt;
}

}  // namespace

Fault verify_kms_index(const View& view) {
    const auto names = view.section<KmsNameRecord>(Section::kms_names);
    const Header& header = view.header();
    const auto hash_of = [&](std::size_t i) {
        return index_hash(view.text(names[i].name), header.hash_seed);
    };
    if (Fault fault = check_slots(view, Section::kms_index, header.kms_probe, names.size(), hash_of))
        return fault;
    const auto slots = view.section<IndexSlot>(Section::kms_index);
    const auto find = [&](std::string_view name) {
        return find_slot(slots, index_hash(name, header.hash_seed), header.kms_probe,
                         [&](std::uint32_t i) { return view.text(names[i].name) == name; });
    };
    for (std::size_t i = 0; i < names.size(); ++i)
        if (find(view.text(names[i].name)) != i)
            return fmt::format("section kms_index: `{}` cannot be found", view.text(names[i].name));
    const auto all = view.section<KmsRecord>(Section::kms);
    for (std::size_t id = 0; id < all.size(); ++id) {
        std::string uri(view.text(all[id].uri));
        for (char& c : uri) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        const std::uint32_t entry = find(uri);
        if (entry == kNone || names[entry].kms != id)
            return fmt::format("section kms: record {}: its uri is not in the index", id);
    }
    return std::nullopt;
}

Fault verify_patterns(const View& view) {
    const Header& header = view.header();
    const auto all = view.section<PatternRecord>(Section::patterns);
    if (std::uint64_t{header.odd_first} + header.odd_count != all.size())
        return "header: wrong count of odd patterns";
    if (header.odd_count > kMaxOdd)
        return fmt::format("{} odd patterns, more than {}", header.odd_count, kMaxOdd);
    if (Fault fault = each<PatternRecord>(view, Section::patterns,
                                          [&](const PatternRecord& p) { return check_pattern(view, p); }))
        return fault;
    std::array<std::uint64_t, 4> prefixes{};
    std::array<std::uint64_t, 4> suffixes{};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const PatternRecord& pattern = all[i];
        if ((pattern.shape == Shape::odd) != (i >= header.odd_first))
            return fmt::format("section patterns: record {}: odd patterns stand last", i);
        if (i > header.odd_first && pattern.rank > all[i - 1].rank)
            return fmt::format("section patterns: record {}: odd patterns stand in falling rank", i);
        const std::uint64_t length = std::uint64_t{1} << (pattern.text.size % 64);
        if (pattern.shape == Shape::prefix) prefixes[pattern.text.size / 64] |= length;
        if (pattern.shape == Shape::suffix) suffixes[pattern.text.size / 64] |= length;
    }
    if (prefixes != header.prefix_lengths) return "header: prefix_lengths do not fit the patterns";
    if (suffixes != header.suffix_lengths) return "header: suffix_lengths do not fit the patterns";
    return std::nullopt;
}

Fault verify_pattern_index(const View& view) {
    const auto all = view.section<PatternRecord>(Section::patterns);
    const auto slots = view.section<IndexSlot>(Section::pattern_index);
    const Header& header = view.header();
    const auto hash_of = [&](std::size_t i) {
        return index_hash(PatternKey(all[i].shape, view.text(all[i].text)).key(), header.hash_seed);
    };
    if (Fault fault =
            check_slots(view, Section::pattern_index, header.pattern_probe, header.odd_first, hash_of))
        return fault;
    for (std::uint32_t i = 0; i < header.odd_first; ++i) {
        const std::uint32_t found = find_slot(slots, hash_of(i), header.pattern_probe, [&](std::uint32_t j) {
            return all[j].shape == all[i].shape && view.text(all[j].text) == view.text(all[i].text);
        });
        if (found != i)
            return fmt::format("section pattern_index: `{}` cannot be found", view.text(all[i].text));
    }
    return std::nullopt;
}

}  // namespace kmsgate::policy::table
