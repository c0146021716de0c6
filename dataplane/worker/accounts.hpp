// SPDX-License-Identifier: BSD-3-Clause
// The accounting identity of design 4.4, live.
#pragma once

#include <cstddef>
#include <string>

#include "dataplane/worker/worker.hpp"

namespace kmsgate::worker {

/// What does not add up of a worker between two rounds, in words; empty when all does:
///   frames in                   = frames into its pipelines + no-edge + link-local
///   frames out + tx-dropped     = frames out of its pipelines + link-local
///   of each of the `slots` edges: frames in + generated = frames out + absorbed + dropped + held
[[nodiscard]] std::string unaccounted(const Worker& worker, std::size_t slots);

}  // namespace kmsgate::worker
