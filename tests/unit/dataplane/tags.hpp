// SPDX-License-Identifier: BSD-3-Clause
// Tables of user tags for tests.
#pragma once

#include <memory>
#include <stdexcept>

#include "dataplane/memory/user_tags.hpp"

namespace kmsgate::test {

/// An empty table; the EAL runs.
inline std::unique_ptr<memory::UserTags> made_tags(std::size_t capacity) {
    auto made = memory::UserTags::create("test", capacity, {3, 4});
    if (!made) throw std::runtime_error(made.error());
    return std::move(*made);
}

}  // namespace kmsgate::test
