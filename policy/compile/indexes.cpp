// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>

#include "policy/compile/image.hpp"
#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::compile {
namespace {

constexpr std::uint32_t kGoodProbe = 16;  // slots: four cache lines, at worst
constexpr unsigned kSeeds = 4;            // tried at each size
constexpr unsigned kDoublings = 6;

struct Index {
    std::vector<table::IndexSlot> slots;
    std::uint32_t probe = 0;  ///< longest way to an entry
};

/// A slot of each entry, at most half of them in use before any doubling; no slots for no entries.
[[nodiscard]] Index make_index(const std::vector<table::IndexSlot>& entries, unsigned doublings) {
    Index out;
    if (entries.empty()) return out;
    out.slots.resize(std::bit_ceil(entries.size() * 2) << doublings);
    const std::size_t mask = out.slots.size() - 1;
    for (const table::IndexSlot& entry : entries) {
        std::size_t at = entry.hash & mask;
        std::uint32_t way = 1;
        for (; out.slots[at].name != table::kNone; at = (at + 1) & mask) ++way;
        out.slots[at] = entry;
        out.probe = std::max(out.probe, way);
    }
    return out;
}

/// The slot of entry `number`.
[[nodiscard]] table::IndexSlot slot_of(std::size_t number, table::Text text, std::uint32_t hash,
                                       std::uint32_t value) {
    return {hash, static_cast<std::uint32_t>(number << 8 | text.size), text.offset, value};
}

[[nodiscard]] std::vector<table::IndexSlot> name_slots(const Image& image, std::uint64_t seed) {
    std::vector<table::IndexSlot> out;
    out.reserve(image.kms_names.size());
    for (const table::KmsNameRecord& name : image.kms_names)
        out.push_back(
            slot_of(out.size(), name.name, table::kms_hash(image.strings.get(name.name), seed), name.kms));
    return out;
}

[[nodiscard]] std::vector<table::IndexSlot> pattern_slots(const Image& image, std::uint64_t seed) {
    std::vector<table::IndexSlot> out;
    out.reserve(image.header.odd_first);
    for (std::size_t i = 0; i < image.header.odd_first; ++i) {
        const table::PatternRecord& p = image.patterns[i];
        out.push_back(slot_of(i, p.text, table::pattern_hash(p.shape, image.strings.get(p.text), seed),
                              table::pattern_value(p.domain, p.shape)));
    }
    return out;
}

}  // namespace

// Fixed seeds in a fixed order: the same policy gives the same bytes. Were no seed good enough, the last one
// stays, and open() says so if its lookups are too long.
void add_indexes(Build& build) {
    Image& image = build.image;
    for (unsigned doublings = 0; doublings <= kDoublings; ++doublings) {
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            Index names = make_index(name_slots(image, seed), doublings);
            Index patterns = make_index(pattern_slots(image, seed), doublings);
            image.header.hash_seed = seed;
            image.header.kms_probe = names.probe;
            image.header.pattern_probe = patterns.probe;
            image.kms_index = std::move(names.slots);
            image.pattern_index = std::move(patterns.slots);
            if (std::max(names.probe, patterns.probe) <= kGoodProbe) return;
        }
    }
}

}  // namespace kmsgate::policy::compile
