// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>

#include "policy/compile/image.hpp"
#include "policy/table/table.hpp"
#include "policy/table/view.hpp"

namespace kmsgate::policy::compile {
namespace {

constexpr std::uint32_t kGoodProbe = 16;  // slots: two cache lines
constexpr unsigned kSeeds = 4;            // tried at each size
constexpr unsigned kDoublings = 6;

struct Index {
    std::vector<table::IndexSlot> slots;
    std::uint32_t probe = 0;  ///< longest way to an entry
};

/// At most half of the slots in use before any doubling; no slots for no entries.
[[nodiscard]] Index make_index(const std::vector<std::uint32_t>& hashes, unsigned doublings) {
    Index out;
    if (hashes.empty()) return out;
    out.slots.resize(std::bit_ceil(hashes.size() * 2) << doublings);
    const std::size_t mask = out.slots.size() - 1;
    for (std::size_t entry = 0; entry < hashes.size(); ++entry) {
        std::size_t at = hashes[entry] & mask;
        std::uint32_t way = 1;
        for (; out.slots[at].entry != table::kNone; at = (at + 1) & mask) ++way;
        out.slots[at] = {hashes[entry], static_cast<std::uint32_t>(entry)};
        out.probe = std::max(out.probe, way);
    }
    return out;
}

[[nodiscard]] std::vector<std::uint32_t> hash_names(const Image& image, std::uint64_t seed) {
    std::vector<std::uint32_t> out;
    out.reserve(image.kms_names.size());
    for (const table::KmsNameRecord& name : image.kms_names)
        out.push_back(table::index_hash(image.strings.get(name.name), seed));
    return out;
}

[[nodiscard]] std::vector<std::uint32_t> hash_patterns(const Image& image, std::uint64_t seed) {
    std::vector<std::uint32_t> out;
    out.reserve(image.header.odd_first);
    for (std::size_t i = 0; i < image.header.odd_first; ++i) {
        const table::PatternRecord& p = image.patterns[i];
        out.push_back(table::index_hash(table::PatternKey(p.shape, image.strings.get(p.text)).key(), seed));
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
            Index names = make_index(hash_names(image, seed), doublings);
            Index patterns = make_index(hash_patterns(image, seed), doublings);
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
