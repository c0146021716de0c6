// SPDX-License-Identifier: BSD-3-Clause
// The key of the To tags that replay's answers have.
#pragma once

#include "dataplane/memory/siphash.hpp"

namespace kmsgate::replay {

/// Fixed, so that the same capture gives the same bytes; a live dataplane makes its own.
inline constexpr memory::Key kTagKey = {0x6b6d73676174652d, 0x7265706c61792d31};

}  // namespace kmsgate::replay
