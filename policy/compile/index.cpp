// SPDX-License-Identifier: BSD-3-Clause
#include "policy/compile/index.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace kmsgate::policy::compile {
namespace {

constexpr std::uint32_t kGoodProbe = 16;  // slots: four cache lines, at worst
constexpr unsigned kSeeds = 4;            // tried at each size
constexpr unsigned kDoublings = 6;

/// A slot of each entry, at most half of them in use before any doubling; no slots for no entries. Given up
/// where the way to an entry is longer than `most`.
[[nodiscard]] bool place(Index& out, const std::vector<table::IndexSlot>& entries, unsigned doublings,
                         std::uint32_t most) {
    out.slots.clear();
    out.probe = 0;
    if (entries.empty()) return true;
    out.slots.resize(std::bit_ceil(entries.size() * 2) << doublings);
    const std::size_t mask = out.slots.size() - 1;
    for (const table::IndexSlot& entry : entries) {
        std::size_t at = entry.hash & mask;
        std::uint32_t way = 1;
        for (; out.slots[at].name != table::kNone; at = (at + 1) & mask) ++way;
        if (way > most) return false;
        out.slots[at] = entry;
        out.probe = std::max(out.probe, way);
    }
    return true;
}

}  // namespace

Index make_index(const std::function<std::vector<table::IndexSlot>(std::uint64_t seed)>& entries) {
    Index out;
    std::vector<std::vector<table::IndexSlot>> by_seed;
    for (unsigned doublings = 0; doublings <= kDoublings; ++doublings) {
        for (out.seed = 1; out.seed <= kSeeds; ++out.seed) {
            if (by_seed.size() < out.seed) by_seed.push_back(entries(out.seed));
            if (place(out, by_seed[out.seed - 1], doublings, kGoodProbe)) return out;
        }
    }
    out.seed = kSeeds;
    static_cast<void>(place(out, by_seed.back(), kDoublings, table::kNone));
    return out;
}

}  // namespace kmsgate::policy::compile
