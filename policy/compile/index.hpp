// SPDX-License-Identifier: BSD-3-Clause
// Inside of the compiler: the indexes of names and patterns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "policy/table/format.hpp"

namespace kmsgate::policy::compile {

struct Index {
    std::vector<table::IndexSlot> slots;
    std::uint64_t seed = 0;
    std::uint32_t probe = 0;  ///< longest way to an entry
};

/// The slot of entry `number`.
[[nodiscard]] inline table::IndexSlot slot_of(std::size_t number, table::Text text, std::uint32_t hash,
                                              std::uint32_t value) {
    return {hash, static_cast<std::uint32_t>(number << 8 | text.size), text.offset, value};
}

/// The index of what `entries(seed)` gives: the slots that are in use. Fixed seeds in a fixed order: the same
/// entries give the same index. Were no seed good enough, the last one stays, and open() says so if its
/// lookups are too long.
[[nodiscard]] Index make_index(
    const std::function<std::vector<table::IndexSlot>(std::uint64_t seed)>& entries);

}  // namespace kmsgate::policy::compile
