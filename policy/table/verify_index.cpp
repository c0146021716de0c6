// SPDX-License-Identifier: BSD-3-Clause
// Verification of the patterns and of both indexes: every entry must be found as a lookup will look for it.
#include <algorithm>
#include <bit>

#include "policy/table/pattern.hpp"
#include "policy/table/verify.hpp"

namespace kmsgate::policy::table {
namespace {

/// What the slot of an entry has to hold.
struct Entry {
    std::uint32_t hash;
    Text text;
    std::uint32_t value;
};

/// Slots whole, texts by `text_of`, each as `entry_of(number)` says, each of the `entries` in exactly one
/// slot, and found from where a lookup starts within its bound.
template <class TextOf, class EntryOf>
[[nodiscard]] Fault check_slots(const View& view, Section section, std::uint32_t probe, std::size_t entries,
                                TextOf text_of, EntryOf entry_of) {
    const auto slots = view.section<IndexSlot>(section);
    const std::string_view name = kSectionTypes[std::to_underlying(section)].name;
    if (!slots.empty() && !std::has_single_bit(slots.size()))
        return fmt::format("section {}: {} slots are no power of two", name, slots.size());
    if (probe > kMaxProbe) return fmt::format("section {}: lookups of {} slots", name, probe);
    if (entries > kMaxIndexed) return fmt::format("section {}: {} entries", name, entries);
    std::size_t used = 0;
    if (Fault fault = each<IndexSlot>(view, section, [&](const IndexSlot& slot) -> Fault {
            if (slot.name == kNone)
                return slot.hash == 0 && slot.text == 0 && slot.value == 0 ? std::nullopt
                                                                           : Fault("a free slot with a hash");
            if (slot.name >> 8 >= entries) return fmt::format("no entry {}", slot.name >> 8);
            const Entry entry = entry_of(slot.name >> 8);
            if (slot.hash != entry.hash) return "wrong hash";
            if (slot.text != entry.text.offset || (slot.name & 0xFF) != entry.text.size) return "wrong text";
            if (slot.value != entry.value) return "wrong value";
            ++used;
            return std::nullopt;
        }))
        return fault;
    if (used != entries)
        return fmt::format("section {}: {} slots in use for {} entries", name, used, entries);
    for (std::uint32_t i = 0; i < entries; ++i) {
        const Entry entry = entry_of(i);
        const IndexSlot* found =
            find_slot(slots, entry.hash, probe, entry.text.size, [&](const IndexSlot& slot) {
                return (slot.value & 7) == (entry.value & 7) &&
                       same_text(text_of({slot.text, entry.text.size}), text_of(entry.text));
            });
        if (found == nullptr || found->name >> 8 != i)
            return fmt::format("section {}: `{}` cannot be found", name, text_of(entry.text));
    }
    return std::nullopt;
}

[[nodiscard]] std::string_view name_of_shape(Shape shape) noexcept {
    constexpr std::array<std::string_view, 5> names = {"exact", "host", "suffix", "prefix", "odd"};
    return names[std::to_underlying(shape)];
}

[[nodiscard]] Fault check_pattern(const View& view, const PatternRecord& record) {
    if (Fault bad = check_pattern_text(view, record.text, "text")) return bad;
    if (record.domain >= view.header().patterns.domains)
        return fmt::format("domain {}, but the header knows of {}", record.domain,
                           view.header().patterns.domains);
    if (record.shape > Shape::odd) return "unknown shape";
    if (record.reserved != std::array<std::uint8_t, 3>{}) return "a reserved field is not zero";
    const std::string_view text = view.pattern_text(record.text);
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
    if (Fault fault = check_slots(
            view, Section::kms_index, header.kms_probe, names.size(), [&](Text t) { return view.text(t); },
            [&](std::size_t i) {
                return Entry{kms_hash(view.text(names[i].name), header.kms_seed), names[i].name,
                             names[i].kms};
            }))
        return fault;
    const auto slots = view.section<IndexSlot>(Section::kms_index);
    const auto find = [&](std::string_view name) {
        return find_slot(
            slots, kms_hash(name, header.kms_seed), header.kms_probe, name.size(),
            [&](const IndexSlot& slot) { return view.text(names[slot.name >> 8].name) == name; });
    };
    const auto all = view.section<KmsRecord>(Section::kms);
    for (std::size_t id = 0; id < all.size(); ++id) {
        std::string uri(view.text(all[id].uri));
        for (char& c : uri) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        const IndexSlot* slot = find(uri);
        if (slot == nullptr || slot->value != id)
            return fmt::format("section kms: record {}: its uri is not in the index", id);
    }
    return std::nullopt;
}

Fault verify_pattern_domains(const View& view) {
    const std::uint32_t domains = view.header().patterns.domains;
    if (domains > view.count(Section::domains))
        return fmt::format("section patterns: no domain has the id {}", domains - 1);
    return std::nullopt;
}

Fault verify_patterns(const View& view) {
    const PatternsHead& header = view.header().patterns;
    const auto all = view.section<PatternRecord>(Section::patterns);
    if (std::uint64_t{header.odd_first} + header.odd_count != all.size())
        return "header: wrong count of odd patterns";
    if (header.odd_count > kMaxOdd)
        return fmt::format("{} odd patterns, more than {}", header.odd_count, kMaxOdd);
    if (Fault fault = each<PatternRecord>(view, Section::patterns,
                                          [&](const PatternRecord& p) { return check_pattern(view, p); }))
        return fault;
    std::array<Lengths, kIndexedShapes> lengths{};
    std::uint32_t domains = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const PatternRecord& pattern = all[i];
        domains = std::max(domains, pattern.domain + 1);
        if ((pattern.shape == Shape::odd) != (i >= header.odd_first))
            return fmt::format("section patterns: record {}: odd patterns stand last", i);
        if (i > header.odd_first && pattern.rank > all[i - 1].rank)
            return fmt::format("section patterns: record {}: odd patterns stand in falling rank", i);
        if (pattern.shape != Shape::odd)
            add_length(lengths[std::to_underlying(pattern.shape)], pattern.text.size);
    }
    if (domains != header.domains) return "header: domains do not fit the patterns";
    if (lengths != header.lengths) return "header: lengths do not fit the patterns";
    return std::nullopt;
}

Fault verify_pattern_index(const View& view) {
    const auto all = view.section<PatternRecord>(Section::patterns);
    const PatternsHead& header = view.header().patterns;
    return check_slots(
        view, Section::pattern_index, header.probe, header.odd_first,
        [&](Text t) { return view.pattern_text(t); },
        [&](std::size_t i) {
            const PatternRecord& p = all[i];
            return Entry{pattern_hash(p.shape, view.pattern_text(p.text), header.seed), p.text,
                         pattern_value(p.domain, p.shape)};
        });
}

}  // namespace kmsgate::policy::table
