// SPDX-License-Identifier: BSD-3-Clause
// The numbers of kmsgate-traffic, under this room's name.
#pragma once

#include "tools/traffic/encode/random.hpp"

namespace kmsgate::bench {
using traffic::Random;
}  // namespace kmsgate::bench
